/*
 * lifecycle.h: which move a change of a ticket is, and what it needs.
 */
#ifndef LISKEBAN_LIFECYCLE_H
#define LISKEBAN_LIFECYCLE_H

#include "postgres.h"

#include "identity.h"
#include "reach.h"
#include "ticket_row.h"

/* Actions whose doing is more than the table says; the rest of what a row of the table may name is ACTION_OTHER. */
typedef enum Action
{
	ACTION_OTHER = 0,
	ACTION_ACCEPT,
	ACTION_ANSWER,
	ACTION_REJECT,
	ACTION_WITHDRAW,
	ACTION_DISPATCH,
	ACTION_REDISPATCH,
	ACTION_RETURN,
	ACTION_ARRIVE,
	ACTION_PLAN,
	ACTION_RESOLVE,
	ACTION_SUSPEND,
	ACTION_RESUME,
	ACTION_CLOSE,
	ACTION_REWORK,
	ACTION_REOPEN,
	ACTION_MERGE,
	ACTION_UNMERGE,

	/* What a change comes to, whichever move or step of the platform's brought it; for consequence.c alone. */
	ACTION_NEW_HOLDER,			/* a ticket that was dispatched before has another responsible_area or department */
	ACTION_PLANNED,				/* it is planned now, or planned anew */
	ACTION_UNPLANNED,			/* it is planned no more */
	ACTION_OFF_RUNG,			/* a move took it off the rung it was on */
	ACTION_WORK_AGAIN			/* resolved or closed before, it is to be worked on again */
} Action;

typedef enum RequirementKind
{
	REQUIRE_COLUMN,				/* column, or another one */
	REQUIRE_PARTIES_DONE,
	REQUIRE_SUSPENDED_FROM,
	REQUIRE_REOPEN_WINDOW,
	REQUIRE_REQUEST,
	REQUIRE_REPORTER_ANSWERED,
	REQUIRE_HARD,
	REQUIRE_OFF_SITE,
	REQUIRE_CONTACTED,
	REQUIRE_ANOTHER_HOLDER,
	REQUIRE_NOT_DESIGNATED,
	REQUIRE_PHOTO
} RequirementKind;

typedef struct Requirement
{
	RequirementKind kind;
	char	   *text;			/* as written in the table */
	TicketColumn column[2];
	int			ncolumns;
} Requirement;

typedef struct Transition
{
	TicketState from;
	TicketState to;
	Action		action;
	char	   *name;
	int			roles;			/* ROLE_ bits */
	int			nrequirements;
	Requirement *requirements;
} Transition;

/*
 * The move that turns old into new; NULL when none is asked for.  LK001 when the state changes in a way the table
 * does not know.
 */
extern const Transition *lifecycle_move(const TicketRow *old, const TicketRow *new);

/* The name of the move that the guard let through in this statement; NULL when there was none. */
extern const char *lifecycle_move_name(const TicketRow *old, const TicketRow *new);

/* Raise 42501 unless the actor may make this move of this ticket as it was. */
extern void lifecycle_check_role(const Transition *t, const TicketRow *old, const Actor *actor);

/* Raise LK002 naming the first requirement that is missing on new. */
extern void lifecycle_check_requirements(const Transition *t, const TicketRow *old, const TicketRow *new,
										 bool has_note, TimestampTz at);

extern Action action_by_name(const char *name);
extern const char *action_name(Action action);

#endif							/* LISKEBAN_LIFECYCLE_H */
