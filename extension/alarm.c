/*
 * alarm.c: levels of clocks that passed, gathered and then written in one set.
 *
 * An alarm is unique by ticket, clock, level, run and subject, so whoever finds it first writes it and everyone else
 * leaves it: two sweeps, or a sweep and the log.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "alarm.h"
#include "enum_label.h"
#include "liskeban.h"
#include "maintain.h"
#include "sla.h"

#define ALARM_COLUMNS 7

static SPIPlanPtr insert_plan = NULL;

static EnumLabels clock_labels = {
	.type = "clock",
	.labels = {"accept", "dispatch", "respond", "contact", "plan", "resolve", "feedback", "sign", "handle", "reply",
	"party", "progress"}
};
static EnumLabels lamp_labels = {
	.type = "lamp",
	.labels = {"green", "yellow", "red", "red2", "red3"}
};

void
alarm_begin(AlarmBuffer *alarms, TimestampTz fired_at)
{
	alarms->desc = NULL;
	alarms->rows = NULL;
	alarms->nrows = 0;
	alarms->fired_at = fired_at;
}

/* Most statements have no alarm: the store is made with the first. */
void
alarm_add(AlarmBuffer *alarms, int64 ticket_id, int64 subject, const RunningClock *clock, Lamp level, TimestampTz at)
{
	Datum		values[ALARM_COLUMNS];
	bool		nulls[ALARM_COLUMNS] = {false};

	values[0] = Int64GetDatum(ticket_id);
	nulls[0] = ticket_id == 0;
	values[1] = enum_label_datum(&clock_labels, clock->clock);
	values[2] = enum_label_datum(&lamp_labels, level);
	values[3] = Int32GetDatum(clock->run);
	values[4] = TimestampTzGetDatum(at);
	values[5] = TimestampTzGetDatum(Max(alarms->fired_at, at));
	values[6] = Int64GetDatum(subject);
	nulls[6] = subject == 0;
	if (alarms->rows == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

		alarms->desc = CreateTemplateTupleDesc(ALARM_COLUMNS);
		TupleDescInitEntry(alarms->desc, 1, "ticket_id", INT8OID, -1, 0);
		TupleDescInitEntry(alarms->desc, 2, "clock", enum_label_type(&clock_labels), -1, 0);
		TupleDescInitEntry(alarms->desc, 3, "level", enum_label_type(&lamp_labels), -1, 0);
		TupleDescInitEntry(alarms->desc, 4, "run", INT4OID, -1, 0);
		TupleDescInitEntry(alarms->desc, 5, "at", TIMESTAMPTZOID, -1, 0);
		TupleDescInitEntry(alarms->desc, 6, "fired_at", TIMESTAMPTZOID, -1, 0);
		TupleDescInitEntry(alarms->desc, 7, "subject", INT8OID, -1, 0);
		alarms->rows = tuplestore_begin_heap(false, false, work_mem);
		MemoryContextSwitchTo(old);
	}
	tuplestore_putvalues(alarms->rows, alarms->desc, values, nulls);
	alarms->nrows++;
}

void
alarm_collect(AlarmBuffer *alarms, const TicketRow *row, TimestampTz from, TimestampTz until)
{
	RunningClock clocks[SLA_MAX_RUNNING];
	int			n = sla_running(row, clocks);

	for (int i = 0; i < n; i++)
	{
		for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
		{
			TimestampTz at = sla_level_at(&clocks[i], level);

			if (at >= from && at <= until)
				alarm_add(alarms, row_int64(row, TC_TICKET_ID), 0, &clocks[i], level, at);
		}
	}
}

int64
alarm_end(AlarmBuffer *alarms)
{
	int64		written = 0;

	if (alarms->nrows == 0)
		return 0;
	/* A platform of version 0.1.0 has no alarms until upgrade_platform(). */
	if (OidIsValid(get_relname_relid("alarm", get_namespace_oid(LISKEBAN_SCHEMA, false))))
		written = maintain_append_rows(&insert_plan,
									   "INSERT INTO liskeban.alarm (ticket_id, clock, level, run, at, fired_at, subject)"
									   " SELECT ticket_id, clock, level, run, at, fired_at, subject FROM alarm_rows"
									   " ON CONFLICT DO NOTHING",
									   "alarm_rows", alarms->desc, alarms->rows, alarms->nrows);
	tuplestore_end(alarms->rows);
	FreeTupleDesc(alarms->desc);
	alarm_begin(alarms, alarms->fired_at);
	return written;
}
