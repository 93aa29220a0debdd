/*
 * request.h: what a handler asked for and another granted, and its one use.
 */
#ifndef LISKEBAN_REQUEST_H
#define LISKEBAN_REQUEST_H

#include "lifecycle.h"

/* Raise LK002 unless a granted, unused request permits this move. */
extern void request_check(const Transition *t, const TicketRow *old, const TicketRow *new);

/* Mark the request that permits this move as used by event seq. */
extern void request_use(const Transition *t, const TicketRow *old, const TicketRow *new, int32 seq);

#endif							/* LISKEBAN_REQUEST_H */
