/*
 * reach.h: who stands where: which tickets an actor's duties and offices reach, on which rung, and which areas and
 * departments the actor may speak for, direct and supervise.
 */
#ifndef LISKEBAN_REACH_H
#define LISKEBAN_REACH_H

#include "postgres.h"

#include "utils/array.h"

#include "area_code.h"
#include "identity.h"
#include "row_guard.h"
#include "ticket_row.h"

/* ---- offices ---- */

/* A row of liskeban.official in force. */
typedef struct Office
{
	char	   *role_name;
	Tier		tier;
	bool		has_area;
	AreaCode	area;
	char	   *department;		/* NULL: none */
} Office;

/* All of them; they live until the transaction ends. */
extern const Office *reach_offices(int *n);

/* Moves whenever offices, or departments, were read anew. */
extern uint64 reach_version(void);

/* ---- tickets ---- */

#define ROLE_DISPATCHER 1
#define ROLE_HANDLER 2
#define ROLE_SOURCE 4
#define ROLE_PLATFORM 8

/* Has the actor one of these duties for the ticket?  Admins have all. */
extern bool actor_has_role(const Actor *actor, int roles, const TicketRow *row);

/* Is the actor a handler of whoever holds the ticket, and not only of a department that takes part? */
extern bool actor_leads(const Actor *actor, const TicketRow *row);

/*
 * Does the actor stand on this very rung of the ticket: by a duty of handler or dispatcher of that rung that reaches it
 * as its holder's does, or by an office of that rung which has it in its charge?  Admins stand on every rung.
 */
extern bool actor_stands_on(const Actor *actor, Tier tier, const TicketRow *row);

/* Does the actor stand on any rung, of whatever ticket? */
extern bool actor_stands_somewhere(const Actor *actor);

/*
 * The highest rung on which the actor stands by a duty of dispatcher or handler that reaches the ticket, also as one
 * that takes part, or by an office of the district's or the principal's; -1 when there is none.  Admins stand on every
 * rung.
 */
extern int	actor_rung(const Actor *actor, const TicketRow *row);

/* ---- units ---- */

/* Whom something is addressed to: an area, a department, or a department within an area. */
typedef struct Unit
{
	bool		has_area;
	AreaCode	area;
	const char *department;		/* NULL: none */
} Unit;

/* The rung on which it stands: a department ranks with the towns; neither is the district. */
extern Tier unit_rung(const Unit *unit);

/* Who has the ticket: its holder, else the desk of the district; returns whether it is the desk. */
extern bool unit_of_ticket(const TicketRow *row, Unit *unit);

/* Of the columns area and department. */
extern void unit_of_row(const RowGuard *g, Unit *unit);

/* Of the unit itself, or on a rung above it: handlers, dispatchers and those who lead it; admins. */
extern bool reach_answers(const Actor *actor, const Unit *unit);

/* The departments that the actor answers for, a text[] in the current memory context. */
extern ArrayType *reach_departments(const Actor *actor);

/* May direct the unit: its dispatchers, those who lead it; admins. */
extern bool reach_directs(const Actor *actor, const Unit *unit);

/* May direct anybody at all. */
extern bool reach_directs_any(const Actor *actor);

/*
 * Stands above the unit, which holds something on the given rung (-1: none): a dispatcher of the district or of an area
 * that the unit's lies in, an official of a higher rung; admins.
 */
extern bool reach_supervises(const Actor *actor, const Unit *unit, int tier);

/* Does the actor serve in this very unit, as handler or dispatcher? */
extern bool reach_serves(const Actor *actor, const Unit *unit);

/* How a message names it: area "…", department "…". */
extern char *unit_name(const Unit *unit);

#endif							/* LISKEBAN_REACH_H */
