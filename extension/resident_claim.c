/*
 * resident_claim.c: what departments say of a person: whether a value is one of its attribute, which word goes first, what
 * holds, and that no identity number stands in any of it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "liskeban.h"
#include "resident.h"

PG_FUNCTION_INFO_V1(without_numbers);
PG_FUNCTION_INFO_V1(value_fault);
PG_FUNCTION_INFO_V1(merged_claims);
PG_FUNCTION_INFO_V1(facts_in_force);

#define TEXT_LENGTH 200
#define LIST_LENGTH 50
/* fifteen digits were a number before 1999; its last may be an X */
#define NUMBER_DIGITS 15

/* A department's word on an attribute, as it is ordered. */
typedef struct Claim
{
	JsonbValue	claim;
	bool		none;			/* it says that there is none */
	int64		rank;
	JsonbValue	source;
	JsonbValue	date;
} Claim;

/* The bytes of a digit, ASCII or full width; 0 where there is none. */
static int
digit_length(const char *at, const char *end)
{
	if (at < end && *at >= '0' && *at <= '9')
		return 1;
	if (end - at >= 3 && memcmp(at, "\xEF\xBC", 2) == 0 && (unsigned char) at[2] >= 0x90 && (unsigned char) at[2] <= 0x99)
		return 3;
	return 0;
}

static int
x_length(const char *at, const char *end)
{
	if (at < end && (*at == 'X' || *at == 'x'))
		return 1;
	if (end - at >= 3 && (memcmp(at, "\xEF\xBC\xB8", 3) == 0 || memcmp(at, "\xEF\xBD\x98", 3) == 0))
		return 3;
	return 0;
}

/*
 * Where what may be an identity number, or a broken one, ends that begins here: digits with at most a blank or a hyphen
 * between two of them; NULL where none begins.
 */
static const char *
number_end(const char *at, const char *end)
{
	const char *last = at;
	int			digits = 0;
	int			length;

	while ((length = digit_length(at, end)) > 0)
	{
		digits++;
		at += length;
		last = at;
		if (at < end && (*at == ' ' || *at == '-'))
			at++;
	}
	if (digits >= NUMBER_DIGITS - 1 && (length = x_length(at, end)) > 0)
		return at + length;
	return digits >= NUMBER_DIGITS ? last : NULL;
}

static bool
has_number(const char *text, int len)
{
	const char *end = text + len;

	/* where none begins at the first digit of a run, none begins at a later one */
	for (const char *at = text; at < end; at++)
	{
		int			length = digit_length(at, end);

		if (length == 0)
			continue;
		if (number_end(at, end) != NULL)
			return true;
		while ((length = digit_length(at, end)) > 0)
			at += length;
		at--;
	}
	return false;
}

/* _without_numbers(given text) returns text: the text without what may be an identity number. */
Datum
without_numbers(PG_FUNCTION_ARGS)
{
	text	   *given = PG_GETARG_TEXT_PP(0);
	const char *at = VARDATA_ANY(given);
	const char *end = at + VARSIZE_ANY_EXHDR(given);
	StringInfoData kept;

	if (!has_number(at, end - at))
		PG_RETURN_TEXT_P(given);
	initStringInfo(&kept);
	while (at < end)
	{
		const char *after = number_end(at, end);

		if (after != NULL)
		{
			appendStringInfoString(&kept, "[证件号]");
			at = after;
		}
		else
			appendStringInfoChar(&kept, *at++);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(kept.data, kept.len));
}

static bool
is_string(const JsonbValue *value)
{
	return value->type == jbvString;
}

/* Whether a text may be kept: not too long, and no number. */
static const char *
text_fault(const JsonbValue *value)
{
	if (pg_mbstrlen_with_len(value->val.string.val, value->val.string.len) > TEXT_LENGTH)
		return "is longer than 200 characters";
	if (has_number(value->val.string.val, value->val.string.len))
		return "has what may be an identity number";
	return NULL;
}

static bool
is_named(Jsonb *values, const JsonbValue *value)
{
	JsonbValue	found;

	return getKeyJsonValueFromContainer(&values->root, value->val.string.val, value->val.string.len, &found) != NULL;
}

static bool
list_is_fit(Jsonb *values, JsonbContainer *list)
{
	if (!JsonContainerIsArray(list) || JsonContainerIsScalar(list) || JsonContainerSize(list) > LIST_LENGTH)
		return false;
	for (uint32 i = 0; i < JsonContainerSize(list); i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(list, i);

		if (!is_string(element) || text_fault(element) != NULL ||
			(JsonContainerSize(&values->root) > 0 && !is_named(values, element)))
			return false;
	}
	return true;
}

/* The codes of six to twelve digits are the nation's; the district's own have fifteen or eighteen. */
static bool
is_area(const JsonbValue *value)
{
	int			len = value->val.string.len;

	if (len < 6 || len > 18 || len % 3 != 0 || value->val.string.val[0] == '0')
		return false;
	return strspn(pnstrdup(value->val.string.val, len), "0123456789") == (size_t) len;
}

/*
 * _value_fault(kind text, values jsonb, value jsonb) returns text: why a value is none of an attribute of that kind; NULL
 * when it is.
 */
Datum
value_fault(PG_FUNCTION_ARGS)
{
	char	   *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Jsonb	   *values = PG_GETARG_JSONB_P(1);
	Jsonb	   *given = PG_GETARG_JSONB_P(2);
	JsonbValue	value;
	const char *fault = NULL;

	if (!JB_ROOT_IS_SCALAR(given) || !JsonbExtractScalar(&given->root, &value))
		value.type = jbvBinary;

	if (value.type == jbvNull)
		PG_RETURN_NULL();
	if (strcmp(kind, "passed") == 0)
		fault = "is reckoned, not given";
	else if (strcmp(kind, "number") == 0)
	{
		if (value.type != jbvNumeric)
			fault = "is no number";
		else
		{
			char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));

			if (has_number(digits, strlen(digits)))
				fault = "has what may be an identity number";
		}
	}
	else if (strcmp(kind, "boolean") == 0)
	{
		if (value.type != jbvBool)
			fault = "is neither true nor false";
	}
	else if (strcmp(kind, "date") == 0)
	{
		if (!is_string(&value) || !resident_is_date(value.val.string.val, value.val.string.len))
			fault = "is no date like 2026-11-24";
	}
	else if (strcmp(kind, "list") == 0)
	{
		if (!list_is_fit(values, &given->root))
			fault = "is no list of what it may be";
	}
	else if (!is_string(&value))
		fault = "is no text";
	else if (strcmp(kind, "code") == 0)
	{
		if (!is_named(values, &value))
			fault = "is none of its values";
	}
	else if (strcmp(kind, "area") == 0)
	{
		if (!is_area(&value))
			fault = "is no area code";
	}
	else
		fault = text_fault(&value);

	if (fault == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(fault));
}

static int
compare_strings(const JsonbValue *a, const JsonbValue *b)
{
	int			order = memcmp(a->val.string.val, b->val.string.val, Min(a->val.string.len, b->val.string.len));

	return order != 0 ? order : a->val.string.len - b->val.string.len;
}

/* What holds first: something before nothing, by trust, the newest, and by name that it be one order. */
static int
compare_claims(const void *left, const void *right)
{
	const Claim *a = left;
	const Claim *b = right;

	if (a->none != b->none)
		return a->none ? 1 : -1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (compare_strings(&a->date, &b->date) != 0)
		return compare_strings(&b->date, &a->date);
	return compare_strings(&a->source, &b->source);
}

/* The claim, with what it is ordered by. */
static void
claim_read(Claim *claim, const JsonbValue *attribute, const JsonbValue *given, Jsonb *trust)
{
	JsonbValue	value;
	JsonbValue	ranks;

	claim->claim = *given;
	if (given->type != jbvBinary || !JsonContainerIsObject(given->val.binary.data) ||
		getKeyJsonValueFromContainer(given->val.binary.data, "value", 5, &value) == NULL ||
		getKeyJsonValueFromContainer(given->val.binary.data, "source", 6, &claim->source) == NULL ||
		getKeyJsonValueFromContainer(given->val.binary.data, "date", 4, &claim->date) == NULL ||
		!is_string(&claim->source) || !is_string(&claim->date))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a claim must have a value, a source and a date")));
	claim->none = value.type == jbvNull;
	/* whom nobody trusts any more comes last */
	claim->rank = PG_INT64_MAX;
	if (getKeyJsonValueFromContainer(&trust->root, attribute->val.string.val, attribute->val.string.len, &ranks) != NULL &&
		ranks.type == jbvBinary && JsonContainerIsObject(ranks.val.binary.data) &&
		getKeyJsonValueFromContainer(ranks.val.binary.data, claim->source.val.string.val, claim->source.val.string.len, &value) != NULL &&
		value.type == jbvNumeric)
		claim->rank = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value.val.numeric)));
}

/* Writes what is said of an attribute: the claims that stand, with a new one (or NULL) in place of its department's. */
static void
push_claims(JsonbParseState **state, JsonbValue *attribute, JsonbContainer *stand, const JsonbValue *news, Jsonb *trust)
{
	uint32		n = stand != NULL && JsonContainerIsArray(stand) ? JsonContainerSize(stand) : 0;
	Claim	   *claims = palloc((n + 1) * sizeof(Claim));
	Claim		said;
	int			kept = 0;

	if (news != NULL)
		claim_read(&said, attribute, news, trust);
	for (uint32 i = 0; i < n; i++)
	{
		claim_read(&claims[kept], attribute, getIthJsonbValueFromContainer(stand, i), trust);
		if (news == NULL || compare_strings(&claims[kept].source, &said.source) != 0)
			kept++;
		else if (compare_strings(&claims[kept].date, &said.date) > 0)
		{
			/* an older word changes nothing */
			news = NULL;
			kept++;
		}
	}
	if (news != NULL)
		claims[kept++] = said;
	qsort(claims, kept, sizeof(Claim), compare_claims);

	(void) pushJsonbValue(state, WJB_KEY, attribute);
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < kept; i++)
		(void) pushJsonbValue(state, WJB_ELEM, &claims[i].claim);
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
	pfree(claims);
}

/*
 * _merged_claims(claims jsonb, news jsonb, trust jsonb) returns jsonb: the claims, {attribute: [{value, source, date}]},
 * with the news, {attribute: {value, source, date}}, of each attribute in the order in which they hold.
 */
Datum
merged_claims(PG_FUNCTION_ARGS)
{
	Jsonb	   *claims = PG_GETARG_JSONB_P(0);
	Jsonb	   *news = PG_GETARG_JSONB_P(1);
	Jsonb	   *trust = PG_GETARG_JSONB_P(2);
	JsonbParseState *state = NULL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	attribute;
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(claims) || !JB_ROOT_IS_OBJECT(news) || !JB_ROOT_IS_OBJECT(trust))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("claims, news and trust must be JSON objects")));
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	it = JsonbIteratorInit(&claims->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &attribute, true)) == WJB_KEY)
	{
		JsonbValue	said;
		bool		is_news = getKeyJsonValueFromContainer(&news->root, attribute.val.string.val, attribute.val.string.len, &said) != NULL;

		(void) JsonbIteratorNext(&it, &value, true);
		push_claims(&state, &attribute, value.type == jbvBinary ? value.val.binary.data : NULL, is_news ? &said : NULL, trust);
	}
	it = JsonbIteratorInit(&news->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &attribute, true)) == WJB_KEY)
	{
		JsonbValue	stand;

		(void) JsonbIteratorNext(&it, &value, true);
		if (getKeyJsonValueFromContainer(&claims->root, attribute.val.string.val, attribute.val.string.len, &stand) == NULL)
			push_claims(&state, &attribute, NULL, &value, trust);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* _facts_in_force(claims jsonb) returns jsonb: of each attribute the value that holds. */
Datum
facts_in_force(PG_FUNCTION_ARGS)
{
	Jsonb	   *claims = PG_GETARG_JSONB_P(0);
	JsonbParseState *state = NULL;
	JsonbIterator *it = JsonbIteratorInit(&claims->root);
	JsonbValue	attribute;
	JsonbValue	value;

	(void) JsonbIteratorNext(&it, &value, true);
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	while (JB_ROOT_IS_OBJECT(claims) && JsonbIteratorNext(&it, &attribute, true) == WJB_KEY)
	{
		JsonbValue *first;
		JsonbValue	holds;

		(void) JsonbIteratorNext(&it, &value, true);
		if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data) ||
			(first = getIthJsonbValueFromContainer(value.val.binary.data, 0)) == NULL || first->type != jbvBinary ||
			getKeyJsonValueFromContainer(first->val.binary.data, "value", 5, &holds) == NULL || holds.type == jbvNull)
			continue;
		(void) pushJsonbValue(&state, WJB_KEY, &attribute);
		(void) pushJsonbValue(&state, WJB_VALUE, &holds);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
