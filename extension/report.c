/*
 * report.c: what the report's views need that SQL alone does not give.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "calendar.h"
#include "enum_label.h"
#include "liskeban.h"
#include "sla.h"

PG_FUNCTION_INFO_V1(clock_lamp);

static EnumLabels bases = {.type = "time_basis", .labels = {"calendar", "working_day", "working_hour"}};
static EnumLabels lamps = {.type = "lamp", .labels = {"green", "yellow", "red", "red2", "red3"}};

/*
 * clock_lamp(due, given, basis, as_of): the lamp of a clock that runs, at an instant.  A view whose owner may read
 * but some columns of a ticket cannot hand a whole row to ticket_clocks().
 */
Datum
clock_lamp(PG_FUNCTION_ARGS)
{
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(3);
	RunningClock clock;
	Lamp		lamp = LAMP_GREEN;

	clock.clock = CLOCK_RESOLVE;
	clock.due = PG_GETARG_TIMESTAMPTZ(0);
	clock.given = calendar_amount(PG_GETARG_INTERVAL_P(1), true);
	clock.basis = (TimeBasis) enum_label_position(&bases, PG_GETARG_DATUM(2));
	for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
		if (sla_level_at(&clock, level) <= as_of)
			lamp = level;
	PG_RETURN_DATUM(enum_label_datum(&lamps, lamp));
}
