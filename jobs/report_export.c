/*
 * report_export.c: the figures of a report for machines and spreadsheets, as JSON and as CSV.
 */
#include <string.h>

#include "report_chart.h"
#include "report_export.h"

static void
put_json_string(JobBuffer *out, const char *text)
{
	put(out, "\"");
	for (const unsigned char *p = (const unsigned char *) text; *p; p++)
	{
		if (*p == '"' || *p == '\\')
			put(out, "\\%c", *p);
		else if (*p < 0x20)
			put(out, "\\u%04x", *p);
		else
			job_buffer_add(out, (const char *) p, 1);
	}
	put(out, "\"");
}

/* int2, int4, int8, float, numeric: what JSON has as a number. */
static bool
is_number(Oid type)
{
	return type == 20 || type == 21 || type == 23 || type == 700 || type == 701 || type == 1700;
}

void
report_json(JobBuffer *out, const Report *report)
{
	put(out, "{\"district\": ");
	put_json_string(out, report->district);
	put(out, ", \"period\": \"%s\", \"first_day\": \"%s\", \"last_day\": \"%s\", \"as_of\": ", report->period, report->first_day, report->last_day);
	put_json_string(out, report->as_of);
	put(out, ", \"tables\": {");
	for (int t = 0; t < TABLES; t++)
	{
		PGresult   *rows = report->rows[t];

		put(out, "%s\n\"%s\": {\"title\": ", t ? "," : "", report_tables[t].name);
		put_json_string(out, report_tables[t].title[report->language]);
		put(out, ", \"definition\": ");
		put_json_string(out, report_tables[t].definition[report->language]);
		put(out, ", \"query\": ");
		put_json_string(out, report_tables[t].sql);
		put(out, ", \"rows\": [");
		for (int i = 0; i < PQntuples(rows); i++)
		{
			put(out, "%s\n {", i ? "," : "");
			for (int c = 0; c < PQnfields(rows); c++)
			{
				put(out, "%s", c ? ", " : "");
				put_json_string(out, PQfname(rows, c));
				put(out, ": ");
				if (PQgetisnull(rows, i, c))
					put(out, "null");
				else if (is_number(PQftype(rows, c)))
					put(out, "%s", PQgetvalue(rows, i, c));
				else if (PQftype(rows, c) == 16)
					put(out, "%s", *PQgetvalue(rows, i, c) == 't' ? "true" : "false");
				else
					put_json_string(out, PQgetvalue(rows, i, c));
			}
			put(out, "}");
		}
		put(out, "]}");
	}
	put(out, "}}\n");
}

void
report_csv(JobBuffer *out, const Report *report, TableId table)
{
	PGresult   *rows = report->rows[table];

	put(out, "\xEF\xBB\xBF");
	for (int i = -1; i < PQntuples(rows); i++)
	{
		for (int c = 0; c < PQnfields(rows); c++)
		{
			const char *value = i < 0 ? PQfname(rows, c) : PQgetvalue(rows, i, c);
			bool		text = i >= 0 && !is_number(PQftype(rows, c));
			/* what a spreadsheet would make a number or a formula of */
			bool		code = text && strlen(value) >= 6 && strspn(value, "0123456789") == strlen(value);
			bool		formula = text && strchr("=+-@\t", *value) != NULL && *value != '\0';

			/* so would it of a ticket's number, of which it keeps fifteen digits */
			code = code || (i >= 0 && PQftype(rows, c) == 20 && strlen(value) >= 12);
			put(out, "%s\"", c ? "," : "");
			if (code)
				put(out, "=\"\"");
			else if (formula)
				put(out, "'");
			for (const char *p = value; *p; p++)
				put(out, *p == '"' ? "\"\"" : "%c", *p);
			put(out, code ? "\"\"\"" : "\"");
		}
		put(out, "\r\n");
	}
}
