/*
 * feedback_keep.c: writes answers of citizens down in liskeban.feedback, as the owner: one as it is given, or those of a
 * history all at once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "feedback_keep.h"
#include "maintain.h"
#include "query.h"
#include "ticket_row.h"

static SPIPlanPtr insert_plan = NULL;
static SPIPlanPtr insert_loaded_plan = NULL;

int64
feedback_keep(const FeedbackAnswer *answer, int64 request_id)
{
	const TicketLayout *layout = ticket_layout();
	Oid			argtypes[9] = {INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, layout->atttype[TC_SATISFACTION],
	BOOLOID, TEXTOID, INT8OID};
	Datum		values[9];
	char		nulls[10] = "         ";
	bool		isnull;
	int64		feedback_id;

	values[0] = Int64GetDatum(answer->ticket_id);
	values[1] = Int32GetDatum(answer->run);
	values[2] = TimestampTzGetDatum(answer->at);
	values[3] = CStringGetTextDatum(answer->recorded_by);
	values[4] = answer->channel;
	values[5] = answer->satisfaction == NO_ANSWER ? (Datum) 0
		: ObjectIdGetDatum(layout->enum_oid[ENUM_SATISFACTION][answer->satisfaction]);
	values[6] = BoolGetDatum(answer->solved == 1);
	values[7] = answer->comment;
	values[8] = Int64GetDatum(request_id);
	if (answer->channel == 0)
		nulls[4] = 'n';
	if (answer->satisfaction == NO_ANSWER)
		nulls[5] = 'n';
	if (answer->solved == NO_ANSWER)
		nulls[6] = 'n';
	if (answer->comment == 0)
		nulls[7] = 'n';
	if (request_id == 0)
		nulls[8] = 'n';

	SPI_connect();
	query_plan(&insert_plan, "INSERT INTO liskeban.feedback (ticket_id, run, at, recorded_by, channel,"
							 " satisfaction, solved, comment, request_id)"
							 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING feedback_id", 9, argtypes);
	if (maintain_append(insert_plan, values, nulls) != SPI_OK_INSERT_RETURNING)
		elog(ERROR, "could not write liskeban.feedback");
	feedback_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return feedback_id;
}

void
feedback_keep_loaded(const FeedbackAnswer *answers, int n)
{
	const TicketLayout *layout = ticket_layout();
	TupleDesc	desc = CreateTemplateTupleDesc(6);
	Tuplestorestate *rows = tuplestore_begin_heap(false, false, work_mem);

	TupleDescInitEntry(desc, 1, "ticket_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "run", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 3, "at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 4, "recorded_by", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 5, "satisfaction", layout->atttype[TC_SATISFACTION], -1, 0);
	TupleDescInitEntry(desc, 6, "solved", BOOLOID, -1, 0);
	for (int i = 0; i < n; i++)
	{
		const FeedbackAnswer *answer = &answers[i];
		text	   *recorded_by = cstring_to_text(answer->recorded_by);
		Datum		values[6];
		bool		nulls[6] = {false};

		values[0] = Int64GetDatum(answer->ticket_id);
		values[1] = Int32GetDatum(answer->run);
		values[2] = TimestampTzGetDatum(answer->at);
		values[3] = PointerGetDatum(recorded_by);
		nulls[4] = answer->satisfaction == NO_ANSWER;
		values[4] = nulls[4] ? (Datum) 0 : ObjectIdGetDatum(layout->enum_oid[ENUM_SATISFACTION][answer->satisfaction]);
		nulls[5] = answer->solved == NO_ANSWER;
		values[5] = BoolGetDatum(answer->solved == 1);
		tuplestore_putvalues(rows, desc, values, nulls);
		pfree(recorded_by);
	}
	(void) maintain_append_rows(&insert_loaded_plan,
								"INSERT INTO liskeban.feedback (ticket_id, run, at, recorded_by, satisfaction, solved)"
								" SELECT ticket_id, run, at, recorded_by, satisfaction, solved FROM loaded_answers",
								"loaded_answers", desc, rows, n);
	tuplestore_end(rows);
	FreeTupleDesc(desc);
}
