/*
 * record.c: what stands in one record of a source's file: its fields, its instants.  Nothing here raises for what a
 * record says.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/formatting.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "record.h"

/* Digits of a numeric, by its documentation, and as deep a nesting as any stack allows. */
#define JSON_MAX_BEFORE_POINT 131072
#define JSON_MAX_AFTER_POINT 16383
#define JSON_MAX_DEPTH 1000

PG_FUNCTION_INFO_V1(record_csv_fields);

char *
record_quote(const char *str, int len)
{
	int			clip = pg_mbcliplen(str, len, 60);
	char	   *result = palloc(clip + 6);

	memcpy(result, str, clip);
	for (int i = 0; i < clip; i++)
		if ((unsigned char) result[i] < ' ')
			result[i] = ' ';
	strcpy(result + clip, clip < len ? "…" : "");
	return result;
}

pg_tz *
record_zone(const char *name)
{
	pg_tz	   *zone = pg_tzset(name);

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", name)));
	return zone;
}

/* From broken-down local time (or with its own offset) to an instant. */
static bool
time_from_tm(struct pg_tm *tm, fsec_t fsec, int *offset, pg_tz *zone, TimestampTz *result)
{
	int			tz = offset ? *offset : DetermineTimeZoneOffset(tm, zone);

	return tm2timestamp(tm, fsec, &tz, result) == 0 && IS_VALID_TIMESTAMP(*result);
}

/*
 * Is every field a zone that is known, where DecodeDateTime() looks for a zone by its name?  It would raise an error.
 */
static bool
zones_known(char **field, const int *ftype, int nfields)
{
	for (int i = 0; i < nfields; i++)
		if (ftype[i] == DTK_DATE && !(field[i][0] >= '0' && field[i][0] <= '9') && pg_tzset(field[i]) == NULL)
			return false;
	return true;
}

/*
 * DecodeDateTime() would take the session's zone for a missing offset and the session's DateStyle for a date that
 * does not begin with the year: so such dates are refused, and it is first asked without room for an offset.
 */
bool
record_read_time(const char *str, pg_tz *zone, TimestampTz *result)
{
	char		work[MAXDATELEN + MAXDATEFIELDS];
	char	   *field[MAXDATEFIELDS];
	int			ftype[MAXDATEFIELDS];
	int			nfields;
	int			dtype;
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	int			digits = 0;

	while (*str == ' ')
		str++;
	while (str[digits] >= '0' && str[digits] <= '9')
		digits++;
	if (!(digits == 8 || (digits == 4 && (str[4] == '-' || str[4] == '/'))))
		return false;

	for (int pass = 0; pass < 2; pass++)
	{
		bool		with_offset = (pass == 1);

		if (ParseDateTime(str, work, sizeof(work), field, ftype, MAXDATEFIELDS, &nfields) != 0)
			return false;
		if (with_offset && !zones_known(field, ftype, nfields))
			return false;
		offset = 0;
		if (compat_decode_datetime(field, ftype, nfields, &dtype, &tm, &fsec,
								   with_offset ? &offset : NULL) == 0)
			return dtype == DTK_DATE &&
				time_from_tm(&tm, fsec, with_offset ? &offset : NULL, zone, result);
	}
	return false;
}

bool
record_read_time_by_format(const char *str, int len, text *format, pg_tz *zone, TimestampTz *result)
{
	Oid			type;
	int32		typmod;
	int			offset = 0;
	bool		failed = false;
	Datum		value;
	struct pg_tm tm;
	fsec_t		fsec;

	value = compat_parse_datetime(cstring_to_text_with_len(str, len), format, C_COLLATION_OID,
								  &type, &typmod, &offset, &failed);
	if (failed)
		return false;
	switch (type)
	{
		case TIMESTAMPTZOID:
			*result = DatumGetTimestampTz(value);
			return true;
		case TIMESTAMPOID:
			if (timestamp2tm(DatumGetTimestamp(value), NULL, &tm, &fsec, NULL, NULL) != 0)
				return false;
			return time_from_tm(&tm, fsec, NULL, zone, result);
		case DATEOID:
			memset(&tm, 0, sizeof(tm));
			j2date(DatumGetDateADT(value) + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon,
				   &tm.tm_mday);
			return time_from_tm(&tm, 0, NULL, zone, result);
		default:
			return false;
	}
}

int
record_split_csv(char *str, int len, RecordField *fields, int max, const char **reason)
{
	char	   *p = str;
	char	   *end = str + len;
	int			n = 0;

	for (;;)
	{
		RecordField field;

		if (p < end && *p == '"')
		{
			char	   *out = ++p;

			field.str = p;
			for (;;)
			{
				char	   *quote = memchr(p, '"', end - p);

				if (quote == NULL)
				{
					*reason = _("a quote is not closed");
					return -1;
				}
				memmove(out, p, quote - p);
				out += quote - p;
				p = quote + 1;
				if (p >= end || *p != '"')
					break;
				*out++ = '"';
				p++;
			}
			field.len = out - field.str;
			if (p < end && *p != ',')
			{
				*reason = _("something follows a closing quote");
				return -1;
			}
		}
		else
		{
			char	   *comma = memchr(p, ',', end - p);

			field.str = p;
			p = comma ? comma : end;
			field.len = p - field.str;
		}
		if (n < max)
			fields[n] = field;
		n++;
		if (p >= end)
			return n;
		p++;
	}
}

int
record_max_fields(const char *str, int len)
{
	int			n = 1;

	for (int i = 0; i < len; i++)
		if (str[i] == ',')
			n++;
	return n;
}

/* Looks at no more than strings, numbers and brackets, so that it can be asked before the JSON is parsed. */
const char *
record_json_excess(const char *p, int len)
{
	const char *end = p + len;
	int			depth = 0;

	for (; p < end; p++)
	{
		if (*p == '"')
		{
			for (p++; p < end && *p != '"'; p++)
				if (*p == '\\')
					p++;
		}
		else if (*p == '{' || *p == '[')
		{
			if (++depth > JSON_MAX_DEPTH)
				return _("is nested too deep");
		}
		else if (*p == '}' || *p == ']')
			depth--;
		else if (*p >= '0' && *p <= '9')
		{
			const char *dot = NULL;
			const char *digits = p;
			int64		before;
			int64		after;
			int64		exponent = 0;

			for (; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && dot == NULL)); p++)
				if (*p == '.')
					dot = p;
			before = (dot ? dot : p) - digits;
			after = dot ? p - dot - 1 : 0;
			if (p < end && (*p == 'e' || *p == 'E'))
			{
				bool		negative;

				p++;
				negative = p < end && *p == '-';
				if (p < end && (*p == '-' || *p == '+'))
					p++;
				for (; p < end && *p >= '0' && *p <= '9'; p++)
					if (exponent <= JSON_MAX_BEFORE_POINT)
						exponent = exponent * 10 + (*p - '0');
				if (negative)
					exponent = -exponent;
			}
			p--;
			if (before + exponent > JSON_MAX_BEFORE_POINT || after - exponent > JSON_MAX_AFTER_POINT)
				return _("has a number out of range");
		}
	}
	return NULL;
}

/*
 * liskeban._csv_fields(record text) returns text[]; NULL when it is no record.
 */
Datum
record_csv_fields(PG_FUNCTION_ARGS)
{
	text	   *record = PG_GETARG_TEXT_P_COPY(0);
	char	   *str = VARDATA(record);
	int			len = VARSIZE(record) - VARHDRSZ;
	int			max = record_max_fields(str, len);
	RecordField *fields = palloc(max * sizeof(RecordField));
	Datum	   *values = palloc(max * sizeof(Datum));
	const char *reason;
	int			n = record_split_csv(str, len, fields, max, &reason);

	if (n < 0)
		PG_RETURN_NULL();
	for (int i = 0; i < n; i++)
		values[i] = PointerGetDatum(cstring_to_text_with_len(fields[i].str, fields[i].len));
	PG_RETURN_ARRAYTYPE_P(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}
