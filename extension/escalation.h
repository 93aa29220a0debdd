/*
 * escalation.h: the ladder: how long a rung has, and how a ticket climbs.
 */
#ifndef LISKEBAN_ESCALATION_H
#define LISKEBAN_ESCALATION_H

#include "postgres.h"

#include "calendar.h"
#include "maintain.h"
#include "ticket_row.h"

/* What liskeban.escalation_policy says of a rung. */
typedef struct RungPolicy
{
	bool		known;			/* is there such a row? */
	int64		sign_within;	/* microseconds of the calendar */
	int64		handle_within;	/* microseconds in basis */
	TimeBasis	basis;
	bool		automatic;
	int32		max_declined;
} RungPolicy;

extern const RungPolicy *escalation_policy(Tier tier);

/* A ticket's way up: from where it stands, when, and why. */
typedef struct Rise
{
	const TicketRow *row;		/* as it stands before */
	Tier		to;
	TimestampTz at;
	const char *reason;
} Rise;

/* Is somebody at work on it?  In these states a ticket climbs by itself. */
static inline bool
state_is_handled(TicketState s)
{
	return s == STATE_DISPATCHED || s == STATE_ON_SITE || s == STATE_PLANNED;
}

/* Does an overdue ticket on this rung climb by itself, and where to? */
extern bool escalation_is_automatic(Tier from, Tier *to);

/*
 * The instant at which the sweep has to act on the ticket by one of its own clocks: it leaves the village at the red of
 * plan or resolve, it is closed as unreachable at that of feedback.  Whether it does, other tables say too.
 */
extern bool escalation_acts_at(const TicketRow *row, TimestampTz *at);

/*
 * Raise a whistle for each of the tickets, which the caller has locked; an open whistle of theirs is overtaken.  Returns
 * the last whistle's id.
 */
extern int64 escalation_raise_all(MaintainAs as, const char *raised_by, bool automatic, int64 appeal_of,
								  const Rise *rises, int n);

/*
 * A whistle that the rules themselves ask for, by the platform's doing: one rung up, without further ground; none where
 * there is no rung above, or nobody at work.
 */
extern void escalation_raise(int64 ticket_id, const char *raised_by, const char *reason, bool automatic, TimestampTz at);

#endif							/* LISKEBAN_ESCALATION_H */
