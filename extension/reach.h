/*
 * reach.h: whom an actor may speak for, direct and supervise: an area or a department, by duty or by office.
 */
#ifndef LISKEBAN_REACH_H
#define LISKEBAN_REACH_H

#include "postgres.h"

#include "area_code.h"
#include "identity.h"
#include "ticket_row.h"

/* Whom something is addressed to: an area, a department, or a department within an area. */
typedef struct Unit
{
	bool		has_area;
	AreaCode	area;
	const char *department;		/* NULL: none */
} Unit;

/* Of the unit itself, or on a rung above it: handlers, dispatchers and those who lead it; admins. */
extern bool reach_answers(const Actor *actor, const Unit *unit);

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
