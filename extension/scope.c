/*
 * scope.c: what an actor sees, for the policies of row security (sql/platform/88_row_security.sql).
 *
 * A scope is reckoned from the actor's duties of handler and dispatcher, of source, and from its offices.  A policy asks
 * for it in two ways: by values that stand in conditions of an index (scope_from, scope_low, scope_high,
 * scope_departments, scope_sources, scope_held), and by a function of the row that decides (in_scope, and those of
 * scope_row.c), for the span from the lowest area to the highest may hold areas of others, and confidential matters are
 * kept from the unit concerned.  None of it reads a setting but through identity.c.
 *
 * The scope of the last actor is kept in a context of its own, keyed by the actor's name and the versions of what it was
 * made from; one that is replaced lives until the transaction ends.  Within one execution of a query each call of a
 * function keeps the scope it found first (fn_extra), so that a row costs no look at the caches.  Tickets held in sight
 * live in TopTransactionContext.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/supportnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "category.h"
#include "identity.h"
#include "liskeban.h"
#include "reach.h"
#include "registry_cache.h"
#include "scope.h"

PG_FUNCTION_INFO_V1(scope_from);
PG_FUNCTION_INFO_V1(scope_low);
PG_FUNCTION_INFO_V1(scope_high);
PG_FUNCTION_INFO_V1(scope_departments);
PG_FUNCTION_INFO_V1(scope_answered);
PG_FUNCTION_INFO_V1(scope_sources);
PG_FUNCTION_INFO_V1(scope_name);
PG_FUNCTION_INFO_V1(scope_held);
PG_FUNCTION_INFO_V1(in_scope);
PG_FUNCTION_INFO_V1(in_scope_support);

/* ---- the scope of the present actor ---- */

static void
add_entry(Scope *scope, bool has_area, AreaCode area, const char *department)
{
	ScopeEntry *e = &scope->entries[scope->nentries++];

	memset(e, 0, sizeof(*e));
	e->has_area = has_area;
	if (has_area)
		area_code_range(area, &e->low, &e->high);
	e->department = department ? pstrdup(department) : NULL;
	if (has_area && department == NULL)
	{
		scope->low = scope->has_area ? Min(scope->low, e->low) : e->low;
		scope->high = scope->has_area ? Max(scope->high, e->high) : e->high;
		scope->has_area = true;
	}
}

static ArrayType *
text_array(Datum *values, int n)
{
	return n == 0 ? construct_empty_array(TEXTOID) : construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* In the current memory context. */
static Scope *
scope_make(const Actor *actor)
{
	int			noffices;
	const Office *offices = reach_offices(&noffices);
	Scope	   *scope = palloc0(sizeof(Scope));
	Datum	   *sources = palloc((actor->nmemberships + 1) * sizeof(Datum));
	Datum	   *departments;
	int			nsources = 0;
	int			ndepartments = 0;

	scope->all = actor->admin || actor->platform;
	scope->entries = palloc((actor->nmemberships + noffices + 1) * sizeof(ScopeEntry));
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (m->gateway)
			continue;
		if (m->duty == DUTY_SOURCE && m->source != NULL)
			sources[nsources++] = CStringGetTextDatum(m->source);
		else if (m->duty == DUTY_HANDLER || m->duty == DUTY_DISPATCHER)
		{
			bool		whole = !m->has_area || area_code_contains(m->area, platform_get()->district);

			if (whole && m->department == NULL)
				scope->all = true;
			else
				add_entry(scope, !whole, m->area, m->department);
		}
	}
	for (int i = 0; i < noffices; i++)
	{
		const Office *o = &offices[i];

		if (strcmp(o->role_name, actor->name) != 0)
			continue;
		if (o->tier >= TIER_DISTRICT)
			scope->all = true;
		else if (o->department != NULL)
			add_entry(scope, false, 0, o->department);
		else if (o->has_area)
			add_entry(scope, true, o->area, NULL);
	}

	departments = palloc((scope->nentries + 1) * sizeof(Datum));
	for (int i = 0; i < scope->nentries; i++)
		if (scope->entries[i].department != NULL)
			departments[ndepartments++] = CStringGetTextDatum(scope->entries[i].department);
	scope->departments = text_array(departments, ndepartments);
	scope->answered = scope->all || scope->nentries == 0 ? construct_empty_array(TEXTOID) : reach_departments(actor);
	scope->sources = text_array(sources, nsources);
	return scope;
}

const Scope *
scope_get(void)
{
	static Scope *scope = NULL;
	static MemoryContext context = NULL;
	static char name[NAMEDATALEN];
	static bool admin = false;
	static bool platform = false;
	static uint64 version = 0;
	const Actor *actor = identity_actor();
	uint64		version_now = identity_version() + reach_version();

	if (scope == NULL || version != version_now || admin != actor->admin || platform != actor->platform ||
		strcmp(name, actor->name) != 0)
	{
		MemoryContext fresh = AllocSetContextCreate(CurrentMemoryContext, "liskeban scope", ALLOCSET_SMALL_SIZES);
		MemoryContext caller = MemoryContextSwitchTo(fresh);
		Scope	   *made = scope_make(actor);

		MemoryContextSwitchTo(caller);
		MemoryContextSetParent(fresh, CacheMemoryContext);
		if (context != NULL)
			MemoryContextSetParent(context, TopTransactionContext);
		context = fresh;
		scope = made;
		strlcpy(name, actor->name, sizeof(name));
		admin = actor->admin;
		platform = actor->platform;
		version = version_now;
	}
	return scope;
}

void *
scope_memo_renew(FunctionCallInfo fcinfo, Size size)
{
	ScopeMemo  *memo = fcinfo->flinfo->fn_extra;

	if (memo == NULL)
		memo = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, size);
	memset(memo, 0, size);
	memo->scope = scope_get();
	memo->epoch = identity_epoch();
	memo->outer = GetOuterUserId();
	fcinfo->flinfo->fn_extra = memo;
	return memo;
}

/* ---- conditions of an index ---- */

/*
 * scope_from(): 0 for who sees the whole district, NULL for anybody else: "ticket_id >= scope_from()" is true of all, or
 * of nothing.
 */
Datum
scope_from(PG_FUNCTION_ARGS)
{
	if (!scope_of_call(fcinfo)->all)
		PG_RETURN_NULL();
	PG_RETURN_INT64(0);
}

/* scope_low(), scope_high(): the span of the actor's areas; NULL without one. */
Datum
scope_low(PG_FUNCTION_ARGS)
{
	const Scope *scope = scope_of_call(fcinfo);

	if (!scope->has_area)
		PG_RETURN_NULL();
	PG_RETURN_AREA_CODE(scope->low);
}

Datum
scope_high(PG_FUNCTION_ARGS)
{
	const Scope *scope = scope_of_call(fcinfo);

	if (!scope->has_area)
		PG_RETURN_NULL();
	PG_RETURN_AREA_CODE(scope->high);
}

Datum
scope_departments(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(scope_of_call(fcinfo)->departments);
}

Datum
scope_answered(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(scope_of_call(fcinfo)->answered);
}

Datum
scope_sources(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(scope_of_call(fcinfo)->sources);
}

/* The actor's name, kept for the execution. */
Datum
scope_name(PG_FUNCTION_ARGS)
{
	typedef struct NameMemo
	{
		ScopeMemo	head;
		text	   *name;
	} NameMemo;
	NameMemo   *memo = scope_memo(fcinfo, sizeof(NameMemo));

	if (memo->name == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		memo->name = cstring_to_text(identity_actor()->name);
		MemoryContextSwitchTo(caller);
	}
	PG_RETURN_TEXT_P(memo->name);
}

/* ---- what decides ---- */

/* What in_scope() looks at. */
typedef struct ScopedRow
{
	bool		has_responsible;
	AreaCode	responsible;
	bool		has_area;
	AreaCode	area;
	text	   *department;		/* NULL: none */
	ArrayType  *co_departments; /* NULL: not known */
	bool		confidential;
	Datum		category;		/* 0: not known */
	bool		dispatched;		/* ever: it stands on a rung */
} ScopedRow;

bool
scope_text_is(const text *t, const char *s)
{
	size_t		len = strlen(s);

	return VARSIZE_ANY_EXHDR(t) == len && memcmp(VARDATA_ANY(t), s, len) == 0;
}

static bool
takes_part(ArrayType *co_departments, const char *department)
{
	Datum	   *elems;
	bool	   *nulls;
	int			n;

	if (co_departments == NULL || ARR_NDIM(co_departments) == 0)
		return false;
	deconstruct_array(co_departments, TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i] && scope_text_is(DatumGetTextPP(elems[i]), department))
			return true;
	return false;
}

/* Kept from the unit concerned: confidential, or about its staff. */
static bool
is_hidden(const ScopedRow *row)
{
	const Category *category;

	if (row->confidential)
		return true;
	category = row->category == (Datum) 0 ? NULL : category_find_datum(row->category);
	return category != NULL && category->about_staff;
}

/*
 * A ticket is seen by whoever holds it or takes part in it, and where it lies; a hidden one by its holders alone, and by
 * the district alone until it was first dispatched, one rung up: before, nobody can say which unit is concerned.
 */
static bool
scope_sees(const Scope *scope, const ScopedRow *row)
{
	bool		lies = false;

	if (scope->all)
		return true;
	for (int i = 0; i < scope->nentries; i++)
	{
		const ScopeEntry *e = &scope->entries[i];

		if (e->department != NULL && !(row->department != NULL && scope_text_is(row->department, e->department)) &&
			!takes_part(row->co_departments, e->department))
			continue;
		if (!e->has_area || (row->has_responsible && row->responsible >= e->low && row->responsible <= e->high))
			return row->dispatched || !is_hidden(row);
		lies |= row->has_area && row->area >= e->low && row->area <= e->high;
	}
	return lies && !is_hidden(row);
}

/*
 * in_scope(responsible_area, area, department, co_departments, confidential, category, tier) returns boolean
 */
Datum
in_scope(PG_FUNCTION_ARGS)
{
	const Scope *scope = scope_of_call(fcinfo);
	ScopedRow	row;

	if (scope->all)
		PG_RETURN_BOOL(true);
	row.has_responsible = !PG_ARGISNULL(0);
	row.responsible = row.has_responsible ? PG_GETARG_AREA_CODE(0) : 0;
	row.has_area = !PG_ARGISNULL(1);
	row.area = row.has_area ? PG_GETARG_AREA_CODE(1) : 0;
	row.department = PG_ARGISNULL(2) ? NULL : PG_GETARG_TEXT_PP(2);
	row.co_departments = PG_ARGISNULL(3) ? NULL : PG_GETARG_ARRAYTYPE_P(3);
	row.confidential = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	row.category = PG_ARGISNULL(5) ? (Datum) 0 : PG_GETARG_DATUM(5);
	row.dispatched = !PG_ARGISNULL(6);
	PG_RETURN_BOOL(scope_sees(scope, &row));
}

/* What it leaves of what the conditions of an index found is nearly all. */
Datum
in_scope_support(PG_FUNCTION_ARGS)
{
	Node	   *rawreq = (Node *) PG_GETARG_POINTER(0);

	if (IsA(rawreq, SupportRequestSelectivity))
	{
		((SupportRequestSelectivity *) rawreq)->selectivity = 1.0;
		PG_RETURN_POINTER(rawreq);
	}
	PG_RETURN_POINTER(NULL);
}

/* The same of a ticket that was taken apart. */
bool
scope_sees_row(const Scope *scope, const TicketRow *ticket)
{
	ScopedRow	row;

	row.has_responsible = !row_isnull(ticket, TC_RESPONSIBLE_AREA);
	row.responsible = row.has_responsible ? row_area(ticket, TC_RESPONSIBLE_AREA) : 0;
	row.has_area = !row_isnull(ticket, TC_AREA);
	row.area = row.has_area ? row_area(ticket, TC_AREA) : 0;
	row.department = row_isnull(ticket, TC_DEPARTMENT) ? NULL : DatumGetTextPP(row_datum(ticket, TC_DEPARTMENT));
	row.co_departments = row_isnull(ticket, TC_CO_DEPARTMENTS) ? NULL : DatumGetArrayTypeP(row_datum(ticket, TC_CO_DEPARTMENTS));
	row.confidential = row_bool(ticket, TC_CONFIDENTIAL);
	row.category = row_isnull(ticket, TC_CATEGORY) ? (Datum) 0 : row_datum(ticket, TC_CATEGORY);
	row.dispatched = !row_isnull(ticket, TC_TIER);
	return scope_sees(scope, &row);
}

/* ---- what is held in sight ---- */

typedef struct HeldTicket
{
	int64		ticket_id;
	SubTransactionId subid;		/* in which it was moved */
} HeldTicket;

static HeldTicket *held = NULL; /* in the order of subid */
static int	nheld = 0;
static int	held_capacity = 0;
static uint64 held_version = 0; /* counts changes of it */

/* With the transaction goes the sight, and its memory. */
static void
scope_forget(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		held = NULL;
		nheld = held_capacity = 0;
		held_version++;
	}
}

/* What a subtransaction moved is where it was when that is rolled back, with all that was within it. */
static void
scope_forget_sub(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	while (nheld > 0 && held[nheld - 1].subid >= subid)
	{
		nheld--;
		held_version++;
	}
}

/*
 * How many there are.  None in a parallel plan, whose workers know of none: what writes, and what it returns, is never
 * one.
 */
static int
held_here(void)
{
	return IsInParallelMode() ? 0 : nheld;
}

bool
scope_is_held(int64 ticket_id)
{
	for (int i = held_here() - 1; i >= 0; i--)
		if (held[i].ticket_id == ticket_id)
			return true;
	return false;
}

void
scope_hold(const TicketRow *old, const TicketRow *new)
{
	static bool registered = false;
	const Scope *scope;

	/* What a definer function writes is no concern of its caller's sight. */
	if (GetUserId() != GetOuterUserId())
		return;
	scope = scope_get();
	if (scope->all || scope_sees_row(scope, new) || scope_is_held(row_int64(new, TC_TICKET_ID)) ||
		(old != NULL && !scope_sees_row(scope, old)))
		return;

	if (!registered)
	{
		RegisterXactCallback(scope_forget, NULL);
		RegisterSubXactCallback(scope_forget_sub, NULL);
		registered = true;
	}
	if (held == NULL)
	{
		held_capacity = 16;
		held = MemoryContextAlloc(TopTransactionContext, held_capacity * sizeof(HeldTicket));
	}
	else if (nheld == held_capacity)
	{
		held_capacity *= 2;
		held = repalloc(held, held_capacity * sizeof(HeldTicket));
	}
	held[nheld].ticket_id = row_int64(new, TC_TICKET_ID);
	held[nheld++].subid = GetCurrentSubTransactionId();
	held_version++;
}

/* What scope_held() keeps for an execution. */
typedef struct HeldMemo
{
	ScopeMemo	head;
	bool		known;
	uint64		version;		/* of what is held */
	int			nparts;
	int64	   *parts;			/* scope_parts() */
	ArrayType  *array;			/* of what was held then */
} HeldMemo;

/*
 * scope_held() returns bigint[]: tickets seen for another reason than where they are: what this transaction moved out of
 * sight, and what an area of the actor's takes part in.
 */
Datum
scope_held(PG_FUNCTION_ARGS)
{
	HeldMemo   *memo = scope_memo(fcinfo, sizeof(HeldMemo));
	MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	int			n = held_here();

	if (!memo->known)
	{
		if (!memo->head.scope->all)
			memo->parts = scope_parts(memo->head.scope, &memo->nparts);
		memo->known = true;
	}
	if (memo->array == NULL || memo->version != held_version)
	{
		Datum	   *values = palloc((n + memo->nparts + 1) * sizeof(Datum));

		if (memo->array != NULL)
			pfree(memo->array);
		for (int i = 0; i < n; i++)
			values[i] = Int64GetDatum(held[i].ticket_id);
		for (int i = 0; i < memo->nparts; i++)
			values[n + i] = Int64GetDatum(memo->parts[i]);
		memo->array = n + memo->nparts == 0 ? construct_empty_array(INT8OID)
			: construct_array(values, n + memo->nparts, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
		memo->version = held_version;
		pfree(values);
	}
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(memo->array);
}
