/*
 * hazard.h: what signals come to: rules, hazards, and the steps of their chains.
 */
#ifndef LISKEBAN_HAZARD_H
#define LISKEBAN_HAZARD_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "maintain.h"

/* A row of liskeban.hazard_rule in force. */
typedef struct HazardRule
{
	Datum		code;			/* text, as the next */
	Datum		chain;
	Datum		condition;		/* jsonpath */
	bool		major;
	int			burst;
} HazardRule;

/*
 * The first rule of the source whose condition holds; NULL none.  What a condition raised is no error here: *fault says
 * which and why, NULL where all went well.
 */
extern const HazardRule *hazard_rule_match(const char *source, Jsonb *signal, char **fault);

/* An open hazard, as a signal finds it. */
typedef struct Hazard
{
	int64		hazard_id;
	int64		ticket_id;
	bool		major;
} Hazard;

/* Dispatch a ticket that was made for a hazard, with its term (0: the category's), as the platform. */
extern void hazard_take_up(int64 ticket_id, Datum department, TimestampTz due);

/* Open a step of the hazard: its child ticket, dispatched to the step's department. */
extern void hazard_open_step(int64 hazard_id, int step);

/* List the hazard for supervision by name: it is major from now on. */
extern void hazard_list(int64 hazard_id, MaintainAs as);

/* Which step of the ticket's hazard is not over yet; NULL none. */
extern char *hazard_step_open(int64 ticket_id);

/* Is the ticket a review of a hazard that this actor rectified? */
extern bool hazard_rectified_by(int64 ticket_id, Datum actor);

/* Has the platform hazards?  One of an earlier version has none until upgrade_platform(). */
extern bool hazard_there(void);

#endif							/* LISKEBAN_HAZARD_H */
