/*
 * maintain.h: the platform's own writes to a ticket, which no setting and no role can feign.
 */
#ifndef LISKEBAN_MAINTAIN_H
#define LISKEBAN_MAINTAIN_H

#include "postgres.h"
#include "commands/trigger.h"
#include "executor/spi.h"

/* Is this backend in a write of the platform's own?  Then maintained columns are let through. */
extern bool maintain_active(void);

/* The action that such a write records in history ("contact", "extend", …); NULL: what the change itself is. */
extern const char *maintain_action(void);

/* Is a history being loaded?  Then events take the stamps given, and roles and requirements do not apply. */
extern bool maintain_history(void);

/* Does the statement clear texts of personal data, and write nothing else?  Then history takes it. */
extern bool maintain_redacts(const TriggerData *trigdata);

/* May an INSERT of tickets say which of them have a reporter?  (_reporters_follow()) */
extern bool maintain_reporters_follow(void);

/*
 * Run one statement as a write of the platform's own, with the rights of the caller, or of the tables' owner.
 * Returns the number of rows.
 */
typedef enum MaintainAs
{
	MAINTAIN_AS_CALLER,
	MAINTAIN_AS_OWNER,			/* the caller's doing, with the owner's rights */
	MAINTAIN_AS_PLATFORM		/* the platform's doing, with the owner's rights */
} MaintainAs;

/* An UPDATE may give the event's time as updated_at. */
extern uint64 maintain_execute(MaintainAs as, const char *action, const char *sql,
							   int nargs, Oid *argtypes, Datum *values, const char *nulls);

/* The same of a statement over the transition tables of the trigger that runs. */
extern uint64 maintain_execute_trigger(MaintainAs as, const char *action, const char *sql, TriggerData *trigdata);

/* The same of a statement over rows of C's own making, which it reads by their name. */
extern uint64 maintain_execute_from(MaintainAs as, const char *action, const char *sql, EphemeralNamedRelation rows);

/*
 * Execute a plan that writes what history_kept() keeps from everyone else; SPI is connected, as the owner.  Returns
 * SPI's code.
 */
extern int	maintain_append(SPIPlanPtr plan, Datum *values, const char *nulls);

/*
 * Append rows that C gathered: the INSERT reads them by name.  The plan is kept in *plan, made again when it is stale.
 * As the owner; returns how many rows were new.
 */
extern int64 maintain_append_rows(SPIPlanPtr *plan, const char *sql, const char *name, TupleDesc desc,
								  Tuplestorestate *rows, int64 nrows);

#endif							/* LISKEBAN_MAINTAIN_H */
