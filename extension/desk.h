/*
 * desk.h: what the desk settles for good.
 */
#ifndef LISKEBAN_DESK_H
#define LISKEBAN_DESK_H

#include "ticket_change.h"

/* Was the desk's answer to the citizen of this ticket the last word? */
extern bool desk_answered_finally(int64 ticket_id);

/* LK002: a ticket that was answered for good is not reopened. */
extern void desk_check_reopen(const Change *change);

/* LK002: turned down as repeated after a final answer is what the same telephone said of the same category before. */
extern void desk_check_repeat(const Change *change);

#endif							/* LISKEBAN_DESK_H */
