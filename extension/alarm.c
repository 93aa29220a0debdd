/*
 * alarm.c: levels of clocks that passed, gathered and then written in one set.
 *
 * An alarm is unique by ticket, clock, level, run and subject, so whoever finds it first writes it and everyone else
 * leaves it: two sweeps, or a sweep and the log.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "alarm.h"
#include "category.h"
#include "enum_label.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "reach.h"
#include "sla.h"
#include "supervision.h"

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

Datum
alarm_clock_datum(ClockKind clock)
{
	return enum_label_datum(&clock_labels, clock);
}

Datum
alarm_lamp_datum(Lamp level)
{
	return enum_label_datum(&lamp_labels, level);
}

Oid
alarm_clock_type(void)
{
	return enum_label_type(&clock_labels);
}

Oid
alarm_lamp_type(void)
{
	return enum_label_type(&lamp_labels);
}

ClockKind
alarm_clock(Datum clock)
{
	return (ClockKind) enum_label_position(&clock_labels, clock);
}

Lamp
alarm_lamp(Datum level)
{
	return (Lamp) enum_label_position(&lamp_labels, level);
}

void
alarm_begin(AlarmBuffer *alarms, TimestampTz fired_at)
{
	memset(alarms, 0, sizeof(*alarms));
	alarms->fired_at = fired_at;
}

/* Most statements have no alarm: the store is made with the first. */
static void
make_store(AlarmBuffer *alarms)
{
	MemoryContext old;

	alarms->context = AllocSetContextCreate(TopTransactionContext, "liskeban alarms", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(alarms->context);
	alarms->desc = CreateTemplateTupleDesc(ALARM_COLUMNS);
	TupleDescInitEntry(alarms->desc, 1, "ticket_id", INT8OID, -1, 0);
	TupleDescInitEntry(alarms->desc, 2, "clock", alarm_clock_type(), -1, 0);
	TupleDescInitEntry(alarms->desc, 3, "level", alarm_lamp_type(), -1, 0);
	TupleDescInitEntry(alarms->desc, 4, "run", INT4OID, -1, 0);
	TupleDescInitEntry(alarms->desc, 5, "at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(alarms->desc, 6, "fired_at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(alarms->desc, 7, "subject", INT8OID, -1, 0);
	alarms->rows = tuplestore_begin_heap(false, false, work_mem);
	alarms->capacity = 16;
	alarms->alarms = palloc(alarms->capacity * sizeof(Alarm));
	MemoryContextSwitchTo(old);
}

/* The next alarm of the buffer; the caller may say whom it is about. */
static Alarm *
add(AlarmBuffer *alarms, int64 ticket_id, int64 subject, const RunningClock *clock, Lamp level, TimestampTz at)
{
	Datum		values[ALARM_COLUMNS];
	bool		nulls[ALARM_COLUMNS] = {false};
	Alarm	   *alarm;

	if (alarms->rows == NULL)
		make_store(alarms);
	else if (alarms->nrows == alarms->capacity)
	{
		alarms->capacity *= 2;
		alarms->alarms = repalloc(alarms->alarms, alarms->capacity * sizeof(Alarm));
	}
	alarm = &alarms->alarms[alarms->nrows++];
	memset(alarm, 0, sizeof(*alarm));
	alarm->ticket_id = ticket_id;
	alarm->subject = subject;
	alarm->clock = clock->clock;
	alarm->rule = clock->clock;
	alarm->level = level;
	alarm->run = clock->run;
	alarm->at = at;

	values[0] = Int64GetDatum(ticket_id);
	nulls[0] = ticket_id == 0;
	values[1] = alarm_clock_datum(clock->clock);
	values[2] = alarm_lamp_datum(level);
	values[3] = Int32GetDatum(clock->run);
	values[4] = TimestampTzGetDatum(at);
	values[5] = TimestampTzGetDatum(Max(alarms->fired_at, at));
	values[6] = Int64GetDatum(subject);
	nulls[6] = subject == 0;
	tuplestore_putvalues(alarms->rows, alarms->desc, values, nulls);
	return alarm;
}

void
alarm_add(AlarmBuffer *alarms, int64 ticket_id, int64 subject, const RunningClock *clock, Lamp level, TimestampTz at)
{
	(void) add(alarms, ticket_id, subject, clock, level, at);
}

/*
 * Whom a clock of the ticket's own is about, as the ticket stood when it passed: the desk before it is handed out and
 * once it is resolved, its holder in between, nobody while it is suspended.  A respond clock that a contact meets goes
 * by the rule for contact.
 */
static void
address(Alarm *alarm, const TicketRow *row, MemoryContext context)
{
	MemoryContext old;
	Unit		unit;

	alarm->addressed = true;
	if (alarm->clock == CLOCK_RESPOND)
	{
		const Category *category = category_find_datum(row_datum(row, TC_CATEGORY));

		if (category != NULL && !category->on_site)
			alarm->rule = CLOCK_CONTACT;
	}
	if (row_state(row) == STATE_SUSPENDED)
		return;
	old = MemoryContextSwitchTo(context);
	(void) unit_of_ticket(row, &unit);
	MemoryContextSwitchTo(old);
	alarm->has_area = unit.has_area;
	alarm->area = unit.area;
	alarm->department = unit.department;
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
			Alarm	   *alarm;

			if (at < from || at > until)
				continue;
			alarm = add(alarms, row_int64(row, TC_TICKET_ID), 0, &clocks[i], level, at);
			if (level >= LAMP_RED)
				address(alarm, row, alarms->context);
		}
	}
}

static bool
is_alarm(const Alarm *alarm, HeapTuple tup, TupleDesc desc)
{
	bool		isnull;
	Datum		ticket_id = SPI_getbinval(tup, desc, 2, &isnull);

	if (alarm->ticket_id != (isnull ? 0 : DatumGetInt64(ticket_id)))
		return false;
	if (alarm->clock != alarm_clock(SPI_getbinval(tup, desc, 3, &isnull)) ||
		alarm->level != alarm_lamp(SPI_getbinval(tup, desc, 4, &isnull)) ||
		alarm->run != DatumGetInt32(SPI_getbinval(tup, desc, 5, &isnull)))
		return false;
	return alarm->subject == DatumGetInt64(SPI_getbinval(tup, desc, 6, &isnull));
}

/* Write the rows; what is new gets its alarm_id: the statement returns those in the order of the rows, without the rest. */
static int64
write_alarms(AlarmBuffer *alarms)
{
	EphemeralNamedRelationData enr;
	int64		written;
	int64		k = 0;

	query_name_rows(&enr, "alarm_rows", alarms->desc, alarms->rows, alarms->nrows);
	SPI_connect();
	query_see_rows(&enr);
	query_plan(&insert_plan, "INSERT INTO liskeban.alarm (ticket_id, clock, level, run, at, fired_at, subject)"
							 " SELECT ticket_id, clock, level, run, at, fired_at, subject FROM alarm_rows"
							 " ON CONFLICT DO NOTHING RETURNING alarm_id, ticket_id, clock, level, run,"
							 " COALESCE(subject, 0)", 0, NULL);
	if (maintain_append(insert_plan, NULL, NULL) != SPI_OK_INSERT_RETURNING)
		elog(ERROR, "could not append to liskeban.alarm");
	written = (int64) SPI_processed;
	for (int64 i = 0; i < written; i++)
	{
		bool		isnull;

		while (k < alarms->nrows && !is_alarm(&alarms->alarms[k], SPI_tuptable->vals[i], SPI_tuptable->tupdesc))
			k++;
		if (k == alarms->nrows)
			elog(ERROR, "liskeban.alarm took a row that was not given");
		alarms->alarms[k++].alarm_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	SPI_finish();
	return written;
}

int64
alarm_end(AlarmBuffer *alarms)
{
	int64		written = 0;

	if (alarms->nrows == 0)
		return 0;
	/* A platform of version 0.1.0 has no alarms until upgrade_platform(). */
	if (platform_has("alarm"))
	{
		written = write_alarms(alarms);
		if (written > 0)
			supervision_follow(alarms);
	}
	tuplestore_end(alarms->rows);
	MemoryContextDelete(alarms->context);
	alarm_begin(alarms, alarms->fired_at);
	return written;
}
