/*
 * revert.h: a wrong click undone.
 */
#ifndef LISKEBAN_REVERT_H
#define LISKEBAN_REVERT_H

#include "postgres.h"
#include "datatype/timestamp.h"

/* The seq of the event that the statement under way undoes; 0: it is no revert. */
extern int32 revert_active(void);

/* When that event happened: since then clocks that run again have not been watched. */
extern TimestampTz revert_since(void);

#endif							/* LISKEBAN_REVERT_H */
