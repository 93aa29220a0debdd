/*
 * area_code.c: the hierarchical code of an area: text and binary form, order, hash, and what lies in what.
 *
 * The form on disk stands in area_code.h.  What lies in a code is a range of the order, so `col <@ expr` is turned
 * into a btree range for anything that is constant while the index is scanned.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/sortsupport.h"

#include "area_code.h"
#include "enum_label.h"
#include "liskeban.h"

#define AREA_LEVELS (AREA_MICROGRID + 1)

/* Share of a column's values that satisfy <@ or @> where nothing is known. */
#define AREA_DEFAULT_SELECTIVITY 0.005

/* Digits of a code of each level, and 10 ^ (18 - digits). */
static const int level_digits[AREA_LEVELS] = {2, 4, 6, 9, 12, 15, 18};
static const uint64 level_unit[AREA_LEVELS] = {
	UINT64CONST(10000000000000000), UINT64CONST(100000000000000), UINT64CONST(1000000000000),
	UINT64CONST(1000000000), UINT64CONST(1000000), UINT64CONST(1000), UINT64CONST(1)
};

static EnumLabels area_level_enum = {
	.type = "area_level",
	.labels = {"province", "city", "district", "town", "village", "grid", "microgrid"}
};

PG_FUNCTION_INFO_V1(area_code_in);
PG_FUNCTION_INFO_V1(area_code_out);
PG_FUNCTION_INFO_V1(area_code_recv);
PG_FUNCTION_INFO_V1(area_code_send);
PG_FUNCTION_INFO_V1(area_code_eq);
PG_FUNCTION_INFO_V1(area_code_ne);
PG_FUNCTION_INFO_V1(area_code_lt);
PG_FUNCTION_INFO_V1(area_code_le);
PG_FUNCTION_INFO_V1(area_code_gt);
PG_FUNCTION_INFO_V1(area_code_ge);
PG_FUNCTION_INFO_V1(area_code_cmp);
PG_FUNCTION_INFO_V1(area_code_sortsupport);
PG_FUNCTION_INFO_V1(area_code_hash);
PG_FUNCTION_INFO_V1(area_code_hash_extended);
PG_FUNCTION_INFO_V1(area_code_smaller);
PG_FUNCTION_INFO_V1(area_code_larger);
PG_FUNCTION_INFO_V1(area_within);
PG_FUNCTION_INFO_V1(area_covers);
PG_FUNCTION_INFO_V1(area_code_last);
PG_FUNCTION_INFO_V1(area_within_support);
PG_FUNCTION_INFO_V1(area_covers_support);
PG_FUNCTION_INFO_V1(area_withinsel);
PG_FUNCTION_INFO_V1(area_coverssel);
PG_FUNCTION_INFO_V1(area_code_level_sql);
PG_FUNCTION_INFO_V1(area_code_level_literal);
PG_FUNCTION_INFO_V1(area_code_parent_sql);
PG_FUNCTION_INFO_V1(area_code_parent_level_sql);

/*
 * Why 18 padded digits are no code of that level, or NULL: the first segment is not zero, no zero segment comes before
 * one that is not, and nothing stands after the last segment.
 */
static const char *
area_code_problem(uint64 digits, AreaLevel level)
{
	if (digits / level_unit[AREA_PROVINCE] == 0)
		return gettext_noop("The first two digits name a province and are not 00.");
	for (int i = AREA_CITY; i <= (int) level; i++)
		if (digits % level_unit[i - 1] / level_unit[i] == 0)
			return gettext_noop("A segment of zeros comes before one that is not.");
	if (digits % level_unit[level] != 0)
		return gettext_noop("Digits stand after the last segment.");
	return NULL;
}

/* Read the text form; false, with the reason in *detail, when it is none. */
static bool
area_code_parse(const char *str, AreaCode *code, const char **detail)
{
	size_t		len = strlen(str);
	uint64		digits = 0;
	int			level;

	*detail = gettext_noop("A code has 2, 4, 6, 9, 12, 15 or 18 digits and nothing else.");
	for (level = AREA_PROVINCE; level < AREA_LEVELS; level++)
		if ((size_t) level_digits[level] == len)
			break;
	if (level == AREA_LEVELS)
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (str[i] < '0' || str[i] > '9')
			return false;
		digits = digits * 10 + (str[i] - '0');
	}
	digits *= level_unit[level];

	/* Segments of zeros at the end are padding: 320117001000 is the town 320117001. */
	while (level > AREA_PROVINCE && digits % level_unit[level - 1] == 0)
		level--;
	*detail = area_code_problem(digits, (AreaLevel) level);
	if (*detail)
		return false;
	*code = digits * 8 + level;
	return true;
}

char *
area_code_to_cstring(AreaCode code)
{
	AreaLevel	level = area_code_level(code);
	char		buf[AREA_CODE_MAX_DIGITS + 3];

	snprintf(buf, sizeof(buf), "%018" INT64_MODIFIER "u", (uint64) (code / 8));
	buf[level_digits[level]] = '\0';
	return pstrdup(buf);
}

/* The area of that level that code lies in; code itself for its own level. */
AreaCode
area_code_parent(AreaCode code, AreaLevel level)
{
	uint64		digits = code / 8;

	Assert(level <= area_code_level(code));
	return (digits - digits % level_unit[level]) * 8 + level;
}

/* The codes that lie in code, itself included, are exactly those from *lo to *hi. */
void
area_code_range(AreaCode code, AreaCode *lo, AreaCode *hi)
{
	*lo = code;
	*hi = (code / 8 + level_unit[area_code_level(code)] - 1) * 8 + AREA_MICROGRID;
}

bool
area_code_contains(AreaCode outer, AreaCode inner)
{
	AreaCode	lo,
				hi;

	area_code_range(outer, &lo, &hi);
	return inner >= lo && inner <= hi;
}

/* Read the text form, or throw 22P02. */
static AreaCode
area_code_read(const char *str)
{
	const char *detail;
	AreaCode	code;

	if (!area_code_parse(str, &code, &detail))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "area_code", str),
				 errdetail("%s", _(detail))));
	return code;
}

Datum
area_code_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_AREA_CODE(area_code_read(PG_GETARG_CSTRING(0)));
}

Datum
area_code_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(area_code_to_cstring(PG_GETARG_AREA_CODE(0)));
}

Datum
area_code_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	AreaCode	code = (AreaCode) pq_getmsgint64(buf);
	uint64		digits = code / 8;

	if ((code & 7) > AREA_MICROGRID || digits >= UINT64CONST(1000000000000000000) ||
		area_code_problem(digits, area_code_level(code)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", "area_code")));
	PG_RETURN_AREA_CODE(code);
}

Datum
area_code_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, PG_GETARG_AREA_CODE(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
area_code_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_AREA_CODE(0) == PG_GETARG_AREA_CODE(1));
}

Datum
area_code_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_AREA_CODE(0) != PG_GETARG_AREA_CODE(1));
}

Datum
area_code_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_AREA_CODE(0) < PG_GETARG_AREA_CODE(1));
}

Datum
area_code_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_AREA_CODE(0) <= PG_GETARG_AREA_CODE(1));
}

Datum
area_code_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_AREA_CODE(0) > PG_GETARG_AREA_CODE(1));
}

Datum
area_code_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_AREA_CODE(0) >= PG_GETARG_AREA_CODE(1));
}

static inline int
area_code_order(AreaCode a, AreaCode b)
{
	return a < b ? -1 : a > b ? 1 : 0;
}

Datum
area_code_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(area_code_order(PG_GETARG_AREA_CODE(0), PG_GETARG_AREA_CODE(1)));
}

static int
area_code_fastcmp(Datum a, Datum b, SortSupport ssup)
{
	return area_code_order(DatumGetAreaCode(a), DatumGetAreaCode(b));
}

Datum
area_code_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

	ssup->comparator = area_code_fastcmp;
	PG_RETURN_VOID();
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014).  Frozen: hash indexes and partitions rest on it. */
static uint64
area_code_mix(uint64 x)
{
	x = (x ^ (x >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

Datum
area_code_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) area_code_mix(PG_GETARG_AREA_CODE(0)));
}

Datum
area_code_hash_extended(PG_FUNCTION_ARGS)
{
	uint64		seed = (uint64) PG_GETARG_INT64(1);

	PG_RETURN_UINT64(area_code_mix(PG_GETARG_AREA_CODE(0) ^ area_code_mix(seed)));
}

Datum
area_code_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_AREA_CODE(Min(PG_GETARG_AREA_CODE(0), PG_GETARG_AREA_CODE(1)));
}

Datum
area_code_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_AREA_CODE(Max(PG_GETARG_AREA_CODE(0), PG_GETARG_AREA_CODE(1)));
}

/* a <@ b */
Datum
area_within(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(area_code_contains(PG_GETARG_AREA_CODE(1), PG_GETARG_AREA_CODE(0)));
}

/* a @> b */
Datum
area_covers(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(area_code_contains(PG_GETARG_AREA_CODE(0), PG_GETARG_AREA_CODE(1)));
}

/* The upper end of the range that lies in a code: a bound for comparisons, not always a code that can be written. */
Datum
area_code_last(PG_FUNCTION_ARGS)
{
	AreaCode	lo,
				hi;

	area_code_range(PG_GETARG_AREA_CODE(0), &lo, &hi);
	PG_RETURN_AREA_CODE(hi);
}

/* The function liskeban._area_code_last, which lives in the schema of the operator's function. */
static Oid
area_code_last_oid(Oid sibling, Oid typid)
{
	char	   *nspname = get_namespace_name(get_func_namespace(sibling));

	return LookupFuncName(list_make2(makeString(nspname), makeString("_area_code_last")), 1, &typid, true);
}

/*
 * Turn `col <@ expr` and `expr @> col` into `col >= expr AND col <= _area_code_last(expr)`, which says the same, for
 * an expr that does not change while a btree on col is scanned.
 */
static List *
area_code_index_condition(SupportRequestIndexCondition *req)
{
	List	   *args;
	Node	   *column;
	Node	   *bound;
	Node	   *last;
	Oid			typid;
	Oid			ge,
				le,
				last_oid;

	if (req->index->relam != BTREE_AM_OID)
		return NIL;
	if (is_opclause(req->node))
		args = ((OpExpr *) req->node)->args;
	else if (is_funcclause(req->node))
		args = ((FuncExpr *) req->node)->args;
	else
		return NIL;
	if (list_length(args) != 2)
		return NIL;

	column = (Node *) list_nth(args, req->indexarg);
	bound = (Node *) list_nth(args, 1 - req->indexarg);
	if (!is_pseudo_constant_for_index(req->root, bound, req->index))
		return NIL;

	typid = exprType(bound);
	ge = get_opfamily_member(req->opfamily, typid, typid, BTGreaterEqualStrategyNumber);
	le = get_opfamily_member(req->opfamily, typid, typid, BTLessEqualStrategyNumber);
	last_oid = area_code_last_oid(req->funcid, typid);
	if (!OidIsValid(ge) || !OidIsValid(le) || !OidIsValid(last_oid))
		return NIL;

	if (IsA(bound, Const) && ((Const *) bound)->constisnull)
		return NIL;
	if (IsA(bound, Const))
	{
		AreaCode	lo,
					hi;

		area_code_range(DatumGetAreaCode(((Const *) bound)->constvalue), &lo, &hi);
		last = (Node *) makeConst(typid, -1, InvalidOid, sizeof(AreaCode), AreaCodeGetDatum(hi), false,
								  FLOAT8PASSBYVAL);
	}
	else
		last = (Node *) makeFuncExpr(last_oid, typid, list_make1(copyObject(bound)), InvalidOid, InvalidOid,
									 COERCE_EXPLICIT_CALL);

	req->lossy = false;
	return list_make2(make_opclause(ge, BOOLOID, false, (Expr *) copyObject(column), (Expr *) copyObject(bound),
									InvalidOid, InvalidOid),
					  make_opclause(le, BOOLOID, false, (Expr *) copyObject(column), (Expr *) last,
									InvalidOid, InvalidOid));
}

/* Only the side that lies within is a range: `col @> expr` asks for ancestors. */
static Datum
area_code_support(Node *rawreq, int inner_arg)
{
	List	   *result = NIL;

	if (IsA(rawreq, SupportRequestIndexCondition) &&
		((SupportRequestIndexCondition *) rawreq)->indexarg == inner_arg)
		result = area_code_index_condition((SupportRequestIndexCondition *) rawreq);
	PG_RETURN_POINTER(result);
}

/* Planner support for <@. */
Datum
area_within_support(PG_FUNCTION_ARGS)
{
	return area_code_support((Node *) PG_GETARG_POINTER(0), 0);
}

/* Planner support for @>. */
Datum
area_covers_support(PG_FUNCTION_ARGS)
{
	return area_code_support((Node *) PG_GETARG_POINTER(0), 1);
}

/* Share of a histogram's values that come before code, interpolated within a bin. */
static double
area_code_histogram_before(const AttStatsSlot *slot, AreaCode code)
{
	int			lo = 0;
	int			hi = slot->nvalues - 1;
	AreaCode	first,
				next;

	if (code <= DatumGetAreaCode(slot->values[lo]))
		return 0.0;
	if (code >= DatumGetAreaCode(slot->values[hi]))
		return 1.0;
	while (hi - lo > 1)
	{
		int			mid = (lo + hi) / 2;

		if (DatumGetAreaCode(slot->values[mid]) <= code)
			lo = mid;
		else
			hi = mid;
	}
	first = DatumGetAreaCode(slot->values[lo]);
	next = DatumGetAreaCode(slot->values[hi]);
	return (lo + (double) (code - first) / (double) (next - first)) / (slot->nvalues - 1);
}

/* Share of a column's values, by its histogram, that lie in code; negative when it has none. */
static double
area_code_histogram_selectivity(VariableStatData *vardata, AreaCode code)
{
	AttStatsSlot slot;
	AreaCode	lo,
				hi;
	double		selec = -1.0;

	if (!get_attstatsslot(&slot, vardata->statsTuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES))
		return selec;
	if (slot.nvalues > 1)
	{
		area_code_range(code, &lo, &hi);
		selec = area_code_histogram_before(&slot, hi) - area_code_histogram_before(&slot, lo);
		selec = Max(selec, 1.0e-6);
	}
	free_attstatsslot(&slot);
	return selec;
}

/*
 * Selectivity against a constant: exact over the most common values; over the rest the difference of two inequalities
 * when the column is on the side that lies within, a small default for ancestors and for what is not known.
 */
static double
area_code_selectivity(PG_FUNCTION_ARGS, bool left_is_inner)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid			operator = PG_GETARG_OID(1);
	List	   *args = (List *) PG_GETARG_POINTER(2);
	int			varRelid = PG_GETARG_INT32(3);
	VariableStatData vardata;
	Node	   *other;
	bool		varonleft;
	double		selec = AREA_DEFAULT_SELECTIVITY;

	if (!get_restriction_variable(root, args, varRelid, &vardata, &other, &varonleft))
		return selec;

	if (IsA(other, Const) && ((Const *) other)->constisnull)
		selec = 0.0;
	else if (IsA(other, Const) && HeapTupleIsValid(vardata.statsTuple))
	{
		Datum		value = ((Const *) other)->constvalue;
		double		nullfrac = ((Form_pg_statistic) GETSTRUCT(vardata.statsTuple))->stanullfrac;
		double		sumcommon;
		double		common;
		double		rest = -1.0;
		FmgrInfo	opproc;

		fmgr_info(get_opcode(operator), &opproc);
		common = mcv_selectivity(&vardata, &opproc, InvalidOid, value, varonleft, &sumcommon);
		if (varonleft == left_is_inner)
			rest = area_code_histogram_selectivity(&vardata, DatumGetAreaCode(value));
		if (rest < 0)
			rest = AREA_DEFAULT_SELECTIVITY;
		selec = common + rest * Max(1.0 - nullfrac - sumcommon, 0.0);
	}
	ReleaseVariableStats(vardata);
	CLAMP_PROBABILITY(selec);
	return selec;
}

/* Restriction estimator of <@. */
Datum
area_withinsel(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(area_code_selectivity(fcinfo, true));
}

/* Restriction estimator of @>. */
Datum
area_coverssel(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(area_code_selectivity(fcinfo, false));
}

/* area_level(code) */
Datum
area_code_level_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(enum_label_datum(&area_level_enum, area_code_level(PG_GETARG_AREA_CODE(0))));
}

/*
 * area_level('320117'): without this form the parser would take an untyped literal for a cast to the enum, which has
 * the same name.
 */
Datum
area_code_level_literal(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(enum_label_datum(&area_level_enum, area_code_level(area_code_read(PG_GETARG_CSTRING(0)))));
}

/* area_parent(code) */
Datum
area_code_parent_sql(PG_FUNCTION_ARGS)
{
	AreaCode	code = PG_GETARG_AREA_CODE(0);

	if (area_code_level(code) == AREA_PROVINCE)
		PG_RETURN_NULL();
	PG_RETURN_AREA_CODE(area_code_parent(code, area_code_level(code) - 1));
}

/* area_parent(code, level) */
Datum
area_code_parent_level_sql(PG_FUNCTION_ARGS)
{
	AreaCode	code = PG_GETARG_AREA_CODE(0);
	AreaLevel	level = (AreaLevel) enum_label_position(&area_level_enum, PG_GETARG_DATUM(1));

	if (level > area_code_level(code))
		PG_RETURN_NULL();
	PG_RETURN_AREA_CODE(area_code_parent(code, level));
}
