/*
 * scope.h: what an actor sees: the tickets and units of its duties and offices, as the row security policies ask for them.
 */
#ifndef LISKEBAN_SCOPE_H
#define LISKEBAN_SCOPE_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"

#include "area_code.h"
#include "ticket_row.h"

/* One duty or office: an area, a department, or a department within an area. */
typedef struct ScopeEntry
{
	bool		has_area;
	AreaCode	low;
	AreaCode	high;
	const char *department;		/* NULL: any */
} ScopeEntry;

typedef struct Scope
{
	bool		all;			/* the whole district */
	int			nentries;
	ScopeEntry *entries;
	bool		has_area;		/* an entry of an area alone; low and high hold all of them */
	AreaCode	low;
	AreaCode	high;
	ArrayType  *departments;	/* text[] */
	ArrayType  *sources;		/* text[] */
} Scope;

/* The scope of this statement's actor; lives until the transaction ends. */
extern const Scope *scope_get(void);

/* The same, for all calls of one execution. */
static inline const Scope *
scope_of_call(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = unconstify(Scope *, scope_get());
	return fcinfo->flinfo->fn_extra;
}

/* Is the ticket seen for where it stands? */
extern bool scope_sees_row(const Scope *scope, const TicketRow *ticket);

/*
 * Whoever moves a ticket out of its own sight, or reports one that lies beyond it, sees it until the transaction ends:
 * PostgreSQL would refuse the UPDATE otherwise, for the new row must be one that its writer may see.  Called by the guard
 * with the row as it was (NULL: a new one) and as it will be.
 */
extern void scope_hold(const TicketRow *old, const TicketRow *new);
extern bool scope_is_held(int64 ticket_id);

/*
 * scope_row.c: the tickets in which an area of the scope's takes part and has not done so yet, in the current memory
 * context; NULL without any.
 */
extern int64 *scope_parts(const Scope *scope, int *n);

extern bool scope_text_is(const text *t, const char *s);

#endif							/* LISKEBAN_SCOPE_H */
