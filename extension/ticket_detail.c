/*
 * ticket_detail.c: what of a ticket changed, as history tells it: {column: [old, new]}.
 *
 * Built for each event, so built flat: the tree of values stands on the stack, its keys already in the order in which
 * jsonb keeps them, and the text that is hashed is written from the same tree.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "calendar.h"
#include "category.h"
#include "compat.h"
#include "liskeban.h"
#include "maintain.h"
#include "recompute.h"
#include "revert.h"
#include "ticket_row.h"

/* Keys: the columns, two that go with the category, what a revert undid, and until when a decline may be appealed. */
#define KEY_DOMAIN TC_COUNT
#define KEY_ON_SITE (TC_COUNT + 1)
#define KEY_REVERTS (TC_COUNT + 2)
#define KEY_APPEAL_UNTIL (TC_COUNT + 3)
#define KEY_COUNT (TC_COUNT + 4)

typedef struct DetailKey
{
	int			key;
	const char *name;
	int			len;
} DetailKey;

/* In jsonb's order: the shorter first, then by bytes. */
static DetailKey keys[KEY_COUNT];
static int	nkeys = 0;

typedef struct Detail
{
	int			n;
	JsonbPair	pairs[KEY_COUNT];
	JsonbValue	sides[KEY_COUNT][2];
} Detail;

static int
compare_keys(const void *a, const void *b)
{
	const DetailKey *x = a;
	const DetailKey *y = b;

	return x->len != y->len ? x->len - y->len : memcmp(x->name, y->name, x->len);
}

static void
order_keys(void)
{
	int			n = 0;

	for (int k = 0; k < KEY_COUNT; k++)
	{
		if (k < TC_COUNT && !ticket_columns[k].in_detail)
			continue;
		keys[n].key = k;
		keys[n].name = k == KEY_DOMAIN ? "domain" : k == KEY_ON_SITE ? "on_site" : k == KEY_REVERTS ? "reverts"
			: k == KEY_APPEAL_UNTIL ? "appeal_until" : ticket_columns[k].name;
		keys[n].len = strlen(keys[n].name);
		n++;
	}
	qsort(keys, n, sizeof(DetailKey), compare_keys);
	nkeys = n;
}

/* ---- values ---- */

/*
 * Instants stand in UTC with microseconds, whatever the session's zone: detail is hashed.  Those of one statement are
 * often the same for many of its tickets, so the last ones are kept.
 */
#define UTC_TEXT_SIZE sizeof("-000000-00-00T00:00:00.000000Z")
#define KEPT_INSTANTS 16

static const char *
utc_text(TimestampTz t)
{
	static struct
	{
		TimestampTz t;
		char		text[UTC_TEXT_SIZE];
	}			kept[KEPT_INSTANTS];
	struct pg_tm tt;
	fsec_t		fsec;
	int			slot;
	char	   *str;
	char	   *p;

	if (TIMESTAMP_IS_NOBEGIN(t))
		return "-infinity";
	if (TIMESTAMP_IS_NOEND(t))
		return "infinity";
	slot = (uint64) t * UINT64CONST(0x9E3779B97F4A7C15) >> 60;
	str = kept[slot].text;
	if (kept[slot].t == t && *str != '\0')
		return pstrdup(str);
	if (timestamp2tm(t, NULL, &tt, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	if (tt.tm_year < 0 || tt.tm_year > 9999)
		return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tt.tm_year, tt.tm_mon, tt.tm_mday,
						tt.tm_hour, tt.tm_min, tt.tm_sec, (int) fsec);
	p = str;
	p = pg_ultostr_zeropad(p, tt.tm_year, 4);
	*p++ = '-';
	p = pg_ultostr_zeropad(p, tt.tm_mon, 2);
	*p++ = '-';
	p = pg_ultostr_zeropad(p, tt.tm_mday, 2);
	*p++ = 'T';
	p = pg_ultostr_zeropad(p, tt.tm_hour, 2);
	*p++ = ':';
	p = pg_ultostr_zeropad(p, tt.tm_min, 2);
	*p++ = ':';
	p = pg_ultostr_zeropad(p, tt.tm_sec, 2);
	*p++ = '.';
	p = pg_ultostr_zeropad(p, fsec, 6);
	*p++ = 'Z';
	*p = '\0';
	kept[slot].t = t;
	return pstrdup(str);
}

/* IntervalStyle is the session's; an amount of hours, minutes, seconds is not. */
static char *
span_text(const Interval *span)
{
	int64		usec = span->time + (span->day + span->month * INT64CONST(30)) * USECS_PER_DAY;
	char	   *str = palloc(sizeof("-") + MAXINT8LEN + sizeof(":00:00.000000"));
	char	   *p = str;

	if (usec < 0)
		*p++ = '-';
	p += pg_lltoa(compat_abs_s64(usec) / USECS_PER_HOUR, p);
	*p++ = ':';
	p = pg_ultostr_zeropad(p, compat_abs_s64(usec) / USECS_PER_MINUTE % 60, 2);
	*p++ = ':';
	p = pg_ultostr_zeropad(p, compat_abs_s64(usec) / USECS_PER_SEC % 60, 2);
	*p++ = '.';
	p = pg_ultostr_zeropad(p, compat_abs_s64(usec) % USECS_PER_SEC, 6);
	*p = '\0';
	return str;
}

static void
set_string(JsonbValue *v, const char *str, int len)
{
	v->type = jbvString;
	v->val.string.val = unconstify(char *, str);
	v->val.string.len = len;
}

static void
set_text(JsonbValue *v, Datum d)
{
	text	   *t = DatumGetTextPP(d);

	set_string(v, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
}

static void
set_cstring(JsonbValue *v, const char *str)
{
	set_string(v, str, strlen(str));
}

static void
set_bool(JsonbValue *v, bool value)
{
	v->type = jbvBool;
	v->val.boolean = value;
}

static void
set_number(JsonbValue *v, int64 value)
{
	v->type = jbvNumeric;
	v->val.numeric = int64_to_numeric(value);
}

/* One side of a change. */
static void
set_value(JsonbValue *v, const TicketRow *row, TicketColumn c)
{
	Datum		d;

	if (row == NULL || row_isnull(row, c))
	{
		v->type = jbvNull;
		return;
	}
	d = row_datum(row, c);
	if (ticket_columns[c].enumkind != ENUM_NONE)
	{
		set_cstring(v, ticket_enum_label(row->layout, ticket_columns[c].enumkind, DatumGetObjectId(d)));
		return;
	}
	switch (row->layout->atttype[c])
	{
		case BOOLOID:
			set_bool(v, DatumGetBool(d));
			break;
		case INT4OID:
		case INT8OID:
			set_number(v, row->layout->atttype[c] == INT4OID ? DatumGetInt32(d) : DatumGetInt64(d));
			break;
		case TIMESTAMPTZOID:
			set_cstring(v, utc_text(DatumGetTimestampTz(d)));
			break;
		case INTERVALOID:
			set_cstring(v, span_text(DatumGetIntervalP(d)));
			break;
		case TEXTOID:
			set_text(v, d);
			break;
		case TEXTARRAYOID:
			{
				Datum	   *elems;
				bool	   *nulls;
				int			n;

				deconstruct_array(DatumGetArrayTypeP(d), TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
				v->type = jbvArray;
				v->val.array.nElems = n;
				v->val.array.rawScalar = false;
				v->val.array.elems = palloc(sizeof(JsonbValue) * Max(n, 1));
				for (int i = 0; i < n; i++)
					set_text(&v->val.array.elems[i], elems[i]);
				break;
			}
		default:
			/* The only other type in the table is area_code. */
			set_cstring(v, area_code_to_cstring(DatumGetAreaCode(d)));
	}
}

/* At the first event what is as any ticket begins says nothing. */
static bool
is_initial(const TicketRow *row, TicketColumn c)
{
	if (row_isnull(row, c))
		return true;
	switch (row->layout->atttype[c])
	{
		case BOOLOID:
			return !DatumGetBool(row_datum(row, c));
		case INT4OID:
			return DatumGetInt32(row_datum(row, c)) == 0;
		case TEXTARRAYOID:
			return ARR_NDIM(DatumGetArrayTypeP(row_datum(row, c))) == 0;
		default:
			return false;
	}
}

static bool
is_told(const TicketRow *old, const TicketRow *new, TicketColumn c)
{
	return old == NULL ? !is_initial(new, c) : row_changed(old, new, c);
}

/* ---- the tree and its text ---- */

/* A pair of a key and [old, new], whose sides are the caller's to set. */
static JsonbValue *
add_pair(Detail *detail, const DetailKey *key)
{
	JsonbPair  *pair = &detail->pairs[detail->n];
	JsonbValue *sides = detail->sides[detail->n];

	set_string(&pair->key, key->name, key->len);
	pair->value.type = jbvArray;
	pair->value.val.array.nElems = 2;
	pair->value.val.array.elems = sides;
	pair->value.val.array.rawScalar = false;
	pair->order = detail->n++;
	return sides;
}

/* A pair of a key and one value, which is the caller's to set. */
static JsonbValue *
add_scalar(Detail *detail, const DetailKey *key)
{
	JsonbPair  *pair = &detail->pairs[detail->n];

	set_string(&pair->key, key->name, key->len);
	pair->order = detail->n++;
	return &pair->value;
}

/* The most bytes that the text of a value takes. */
static Size
text_bound(const JsonbValue *v)
{
	Size		bound = 32;		/* a number, a word, brackets */

	if (v->type == jbvString)
		bound += (Size) v->val.string.len * 6;
	else if (v->type == jbvArray)
		for (int i = 0; i < v->val.array.nElems; i++)
			bound += text_bound(&v->val.array.elems[i]) + 2;
	return bound;
}

static char *
put_bytes(char *p, const char *bytes, int len)
{
	memcpy(p, bytes, len);
	return p + len;
}

static char *
put_string(char *p, const char *str, int len)
{
	StringInfoData escaped;

	for (int i = 0; i < len; i++)
	{
		if (likely((unsigned char) str[i] >= ' ' && str[i] != '"' && str[i] != '\\'))
			continue;
		initStringInfo(&escaped);
		escape_json(&escaped, pnstrdup(str, len));
		return put_bytes(p, escaped.data, escaped.len);
	}
	*p++ = '"';
	p = put_bytes(p, str, len);
	*p++ = '"';
	return p;
}

/* Write a value as jsonb's output function does; there is room for it. */
static char *
put_value(char *p, const JsonbValue *v)
{
	char	   *number;

	switch (v->type)
	{
		case jbvNull:
			return put_bytes(p, "null", 4);
		case jbvBool:
			return v->val.boolean ? put_bytes(p, "true", 4) : put_bytes(p, "false", 5);
		case jbvNumeric:
			number = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(v->val.numeric)));
			return put_bytes(p, number, strlen(number));
		case jbvString:
			return put_string(p, v->val.string.val, v->val.string.len);
		case jbvArray:
			*p++ = '[';
			for (int i = 0; i < v->val.array.nElems; i++)
			{
				if (i > 0)
					p = put_bytes(p, ", ", 2);
				p = put_value(p, &v->val.array.elems[i]);
			}
			*p++ = ']';
			return p;
		default:
			elog(ERROR, "unexpected type %d in the detail of a ticket", (int) v->type);
	}
}

static void
put_detail(StringInfo buf, const Detail *detail)
{
	Size		bound = 2;
	char	   *p;

	for (int i = 0; i < detail->n; i++)
		bound += detail->pairs[i].key.val.string.len + 6 + text_bound(&detail->pairs[i].value);
	if (bound > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("what changed of a ticket is too long to be told")));
	enlargeStringInfo(buf, (int) bound);
	p = buf->data + buf->len;
	*p++ = '{';
	for (int i = 0; i < detail->n; i++)
	{
		const JsonbValue *key = &detail->pairs[i].key;

		if (i > 0)
			p = put_bytes(p, ", ", 2);
		/* Names of columns: nothing to escape. */
		*p++ = '"';
		p = put_bytes(p, key->val.string.val, key->val.string.len);
		p = put_bytes(p, "\": ", 3);
		p = put_value(p, &detail->pairs[i].value);
	}
	*p++ = '}';
	*p = '\0';
	buf->len = p - buf->data;
}

/*
 * What figures need of the category goes into the detail where it changes, with the ticket's category or with the
 * category's row: the row may change again.  So may the calendar, hence the end of the time for an appeal.
 */
Jsonb *
ticket_detail(const TicketRow *old, const TicketRow *new, StringInfo text)
{
	Detail		detail;
	JsonbValue	object;
	const Category *is = NULL;
	const char *old_domain = NULL;
	bool		old_on_site = false;

	if (nkeys == 0)
		order_keys();
	detail.n = 0;

	if (is_told(old, new, TC_CATEGORY))
	{
		const Category *was = old ? category_find_datum(row_datum(old, TC_CATEGORY)) : NULL;

		is = category_find_datum(row_datum(new, TC_CATEGORY));
		if (was != NULL)
		{
			old_domain = was->domain;
			old_on_site = was->on_site;
		}
	}
	else if (old != NULL)
	{
		const CategoryBefore *before = recompute_category_before(row_datum(new, TC_CATEGORY));

		if (before != NULL)
		{
			is = category_find_datum(row_datum(new, TC_CATEGORY));
			old_domain = before->domain;
			old_on_site = before->on_site;
		}
	}

	for (int i = 0; i < nkeys; i++)
	{
		int			k = keys[i].key;
		JsonbValue *sides;

		if (k == KEY_DOMAIN)
		{
			if (is == NULL || (old_domain != NULL && strcmp(old_domain, is->domain) == 0))
				continue;
			sides = add_pair(&detail, &keys[i]);
			if (old_domain != NULL)
				set_cstring(&sides[0], old_domain);
			else
				sides[0].type = jbvNull;
			set_cstring(&sides[1], is->domain);
		}
		else if (k == KEY_ON_SITE)
		{
			if (is == NULL || (old_domain != NULL && old_on_site == is->on_site))
				continue;
			sides = add_pair(&detail, &keys[i]);
			if (old_domain != NULL)
				set_bool(&sides[0], old_on_site);
			else
				sides[0].type = jbvNull;
			set_bool(&sides[1], is->on_site);
		}
		else if (k == KEY_REVERTS)
		{
			if (revert_active())
				set_number(add_scalar(&detail, &keys[i]), revert_active());
		}
		else if (k == KEY_APPEAL_UNTIL)
		{
			/* A working day of the calendar as it stands, which figures must not ask of a later one. */
			if (old != NULL && maintain_action() != NULL && strcmp(maintain_action(), "decline_whistle") == 0)
			{
				sides = add_pair(&detail, &keys[i]);
				sides[0].type = jbvNull;
				set_cstring(&sides[1], utc_text(calendar_add(row_time(new, TC_UPDATED_AT), USECS_PER_DAY, BASIS_WORKING_DAY)));
			}
		}
		else if (is_told(old, new, (TicketColumn) k))
		{
			sides = add_pair(&detail, &keys[i]);
			set_value(&sides[0], old, (TicketColumn) k);
			set_value(&sides[1], new, (TicketColumn) k);
		}
	}
	if (detail.n == 0)
		return NULL;
	put_detail(text, &detail);
	object.type = jbvObject;
	object.val.object.nPairs = detail.n;
	object.val.object.pairs = detail.pairs;
	return JsonbValueToJsonb(&object);
}
