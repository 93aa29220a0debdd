/*
 * resident_fact.c: facts that pass with time: how many full years, or months, ago a date of a resident's was on a day.
 *
 * n years (12 n months) after a date is the same day of the month, or the last day of the month where it has no such day
 * (Civil Code, art. 204), which is PostgreSQL's date + interval too: who was born on 29 February becomes a year older on 28
 * February, but in leap years.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "liskeban.h"
#include "resident.h"

PG_FUNCTION_INFO_V1(facts_on);
PG_FUNCTION_INFO_V1(facts_change);

typedef struct Civil
{
	int			year;
	int			month;
	int			day;
} Civil;

/* What passes: a fact's name, the date it is reckoned from, and how many months one of it has. */
typedef struct Passing
{
	char	   *fact;
	char	   *since;
	int			months;
} Passing;

static int
passing_read(FunctionCallInfo fcinfo, Passing **passing)
{
	Datum	   *facts;
	Datum	   *since;
	Datum	   *months;
	int			n;
	int			nsince;
	int			nmonths;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &facts, NULL, &n);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false, TYPALIGN_INT, &since, NULL, &nsince);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), INT4OID, 4, true, TYPALIGN_INT, &months, NULL, &nmonths);
	if (n != nsince || n != nmonths)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays have different lengths")));
	*passing = palloc(n * sizeof(Passing));
	for (int i = 0; i < n; i++)
	{
		(*passing)[i].fact = TextDatumGetCString(facts[i]);
		(*passing)[i].since = TextDatumGetCString(since[i]);
		(*passing)[i].months = Max(1, DatumGetInt32(months[i]));
	}
	return n;
}

/* Facts hold dates as 2026-11-24. */
static bool
date_read(const char *text, int len, Civil *date)
{
	char		buf[11];

	if (len != 10)
		return false;
	memcpy(buf, text, 10);
	buf[10] = '\0';
	return sscanf(buf, "%4d-%2d-%2d", &date->year, &date->month, &date->day) == 3 && date->year > 0 &&
		date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= day_tab[isleap(date->year)][date->month - 1];
}

bool
resident_is_date(const char *text, int len)
{
	Civil		date;

	if (!date_read(text, len, &date) || date.year < 1000 || date.year > 2999)
		return false;
	for (int i = 0; i < len; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* The date that is a fact of that name; false where there is none. */
static bool
fact_date(JsonbContainer *facts, const char *name, Civil *date)
{
	JsonbValue	value;

	return getKeyJsonValueFromContainer(facts, name, strlen(name), &value) != NULL && value.type == jbvString &&
		date_read(value.val.string.val, value.val.string.len, date);
}

/* The day that many months later, as a Julian day. */
static int
months_after(const Civil *date, int months)
{
	int			all = date->year * 12 + date->month - 1 + months;
	int			year = all / 12;
	int			month = all % 12 + 1;

	return date2j(year, month, Min(date->day, day_tab[isleap(year)][month - 1]));
}

/* How many times so many months have passed since the date; -1 where it has not come yet. */
static int
passed(const Civil *date, int months, const Civil *now, int today)
{
	int			n = ((now->year - date->year) * 12 + now->month - date->month) / months;

	if (months_after(date, 0) > today)
		return -1;
	/* the month may have begun and the day not come */
	while (n > 0 && months_after(date, n * months) > today)
		n--;
	return n;
}

static int
day_read(FunctionCallInfo fcinfo, Civil *now)
{
	DateADT		day = PG_GETARG_DATEADT(4);
	int			today;

	if (DATE_NOT_FINITE(day))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("day must be finite")));
	today = day + POSTGRES_EPOCH_JDATE;
	j2date(today, &now->year, &now->month, &now->day);
	return today;
}

static void
push_key(JsonbParseState **state, const char *key)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	(void) pushJsonbValue(state, WJB_KEY, &value);
}

/*
 * _facts_on(facts jsonb, passing text[], since text[], months integer[], day date) returns jsonb: the facts with what has
 * passed until that day; a date that has not come yet adds none.
 */
Datum
facts_on(PG_FUNCTION_ARGS)
{
	Jsonb	   *facts = PG_GETARG_JSONB_P(0);
	Passing    *passing;
	int			n = passing_read(fcinfo, &passing);
	Civil		now;
	int			today = day_read(fcinfo, &now);
	JsonbParseState *state = NULL;
	JsonbIterator *it;
	JsonbValue	value;
	JsonbIteratorToken token;

	if (!JB_ROOT_IS_OBJECT(facts))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts must be a JSON object")));
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	it = JsonbIteratorInit(&facts->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_END_OBJECT)
		(void) pushJsonbValue(&state, token, &value);
	for (int i = 0; i < n; i++)
	{
		Civil		date;
		int			times;

		if (!fact_date(&facts->root, passing[i].since, &date) ||
			(times = passed(&date, passing[i].months, &now, today)) < 0)
			continue;
		push_key(&state, passing[i].fact);
		value.type = jbvNumeric;
		value.val.numeric = int64_to_numeric(times);
		(void) pushJsonbValue(&state, WJB_VALUE, &value);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/*
 * _facts_change(facts jsonb, passing text[], since text[], months integer[], day date) returns date: the next day after
 * that one on which one of them is another; NULL where none passes.
 */
Datum
facts_change(PG_FUNCTION_ARGS)
{
	Jsonb	   *facts = PG_GETARG_JSONB_P(0);
	Passing    *passing;
	int			n = passing_read(fcinfo, &passing);
	Civil		now;
	int			today = day_read(fcinfo, &now);
	int			first = PG_INT32_MAX;

	for (int i = 0; i < n; i++)
	{
		Civil		date;

		if (JB_ROOT_IS_OBJECT(facts) && fact_date(&facts->root, passing[i].since, &date))
		{
			int			times = passed(&date, passing[i].months, &now, today);

			first = Min(first, months_after(&date, (times + 1) * passing[i].months));
		}
	}
	if (first == PG_INT32_MAX)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(first - POSTGRES_EPOCH_JDATE);
}
