/*
 * sweep.h: what fell due until a time fires, what was suspended until then resumes.
 */
#ifndef LISKEBAN_SWEEP_H
#define LISKEBAN_SWEEP_H

#include "datatype/timestamp.h"

/* All of it, in the caller's transaction, but for tickets that another writes to; returns the alarms fired. */
extern int64 sweep_until(TimestampTz as_of);

#endif							/* LISKEBAN_SWEEP_H */
