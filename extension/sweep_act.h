/*
 * sweep_act.h: what the sweep does to a ticket at an instant: the ticket resumes, climbs, is closed, or its progress was
 * missed.
 */
#ifndef LISKEBAN_SWEEP_ACT_H
#define LISKEBAN_SWEEP_ACT_H

#include "postgres.h"

#include "subject.h"
#include "ticket_row.h"
#include "worklist.h"

typedef enum ActKind
{
	ACT_NONE = 0,
	ACT_RESUME,					/* a suspension ends */
	ACT_MISS,					/* progress was not reported: the next is due */
	ACT_CLOSE,					/* the citizen could not be reached */
	ACT_CLIMB
} ActKind;

/* A locked ticket of the batch. */
typedef struct SweepTicket
{
	int64		ticket_id;
	TicketRow	row;
	TimestampTz seen_until;		/* its own levels have been gathered up to here */
	bool		active;			/* there may be more to do */
	bool		hinted;			/* something hangs on it whose time has come */
	bool		stuck;			/* an act on it failed: left to the next sweep */
	bool		may_act;		/* other tables say that it climbs from its village, or is closed */
	ActKind		act;
	TimestampTz act_at;
	const char *reason;			/* of ACT_CLIMB */
	Tier		to;
} SweepTicket;

/* Their numbers, as an int8[]. */
extern Datum sweep_ids(SweepTicket **tickets, int n);

/*
 * Of the active tickets whose own clocks ask for an act by then, which ones do other tables not keep from it?  Sets
 * may_act of each; as the owner, with SPI connected.
 */
extern void sweep_see_who_may_act(SweepTicket *tickets, int n, TimestampTz as_of);

/* Which act comes next on the ticket, not later than as_of?  Sets act, and what belongs to it. */
extern void sweep_choose_act(SweepTicket *ticket, const WorklistTimes *times, const SubjectClock *clocks, int n,
							 TimestampTz as_of);

/*
 * The chosen acts of the active tickets, kind by kind, all at once; one by one where that fails.  A ticket on which it
 * cannot be done is stuck.
 */
extern void sweep_do_acts(SweepTicket *tickets, int n);

#endif							/* LISKEBAN_SWEEP_ACT_H */
