/*
 * scope.h: what an actor sees: the tickets and units of its duties and offices, as the row security policies ask for them.
 */
#ifndef LISKEBAN_SCOPE_H
#define LISKEBAN_SCOPE_H

#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "area_code.h"
#include "identity.h"
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
	ArrayType  *departments;	/* text[]: of its duties and offices */
	ArrayType  *answered;		/* text[]: departments that it answers for, those below them too */
	ArrayType  *sources;		/* text[] */
} Scope;

/* The scope of this statement's actor; lives until the transaction ends. */
extern const Scope *scope_get(void);

/*
 * What the calls of a function keep in fn_extra for one execution, at the head of a struct of their own.  An expression of
 * PL/pgSQL lives as long as the transaction, so it is kept for one actor only.
 */
typedef struct ScopeMemo
{
	const Scope *scope;
	uint64		epoch;
	Oid			outer;
} ScopeMemo;

/* The memo of this function, of the given size, zeroed where it is new or the actor another. */
extern void *scope_memo_renew(FunctionCallInfo fcinfo, Size size);

static inline void *
scope_memo(FunctionCallInfo fcinfo, Size size)
{
	ScopeMemo  *memo = fcinfo->flinfo->fn_extra;

	if (likely(memo != NULL && memo->epoch == identity_epoch() && memo->outer == GetOuterUserId()))
		return memo;
	return scope_memo_renew(fcinfo, size);
}

/* The scope alone. */
static inline const Scope *
scope_of_call(FunctionCallInfo fcinfo)
{
	return ((ScopeMemo *) scope_memo(fcinfo, sizeof(ScopeMemo)))->scope;
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
