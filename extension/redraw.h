/*
 * redraw.h: what becomes of a ticket whose areas were split, merged or renamed.
 */
#ifndef LISKEBAN_REDRAW_H
#define LISKEBAN_REDRAW_H

#include "ticket_change.h"

/* A ticket that was over is open again: it lies, and is held, where its areas went meanwhile. */
extern void redraw_follow(Change *change);

#endif							/* LISKEBAN_REDRAW_H */
