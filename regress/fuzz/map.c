/*
 * map.c: the loader's map and a record that it is to read, within a backend of their own.
 *
 * Both are jsonb, numbers and times of the server, which no library has: this harness is loaded by a single-user server
 * that has nothing else (regress/fuzz/fuzz), and runs libFuzzer there; without it, it is given the files of the corpus.
 *
 *   CREATE FUNCTION record_payload(text, text, jsonb, text, boolean, OUT payload jsonb, OUT reason text) ...;
 *   SELECT fuzz(record_payload's oid, ARRAY['fuzz', 'argument of libFuzzer', ...]);
 *
 * An input is a line each of the map, of the zone, of the header (empty: the record is JSON) and the record.  A map may
 * be refused, for what is known to be wrong with one; what a record says is answered and never raised.
 */
#include "../../extension/request_map.c"
#include "../../extension/record.c"

#include "catalog/pg_type_d.h"
#include "libpq/pqsignal.h"
#include "utils/array.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(fuzz);

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test) (const uint8_t *data, size_t size));
extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FmgrInfo payload;
static MemoryContext inputs;

/* The catalog of messages is not asked for. */
const char *
message_domain(void)
{
	return "liskeban";
}

static void pg_attribute_noreturn()
broken(const char *what)
{
	fprintf(stderr, "map.c: %s\n", what);
	abort();
}

/* What may be wrong with a map. */
static bool
is_maps_fault(int sqlerrcode)
{
	return sqlerrcode == ERRCODE_INVALID_PARAMETER_VALUE || sqlerrcode == ERRCODE_INVALID_TEXT_REPRESENTATION ||
		sqlerrcode == ERRCODE_UNTRANSLATABLE_CHARACTER || sqlerrcode == ERRCODE_UNDEFINED_COLUMN ||
		sqlerrcode == ERRCODE_AMBIGUOUS_COLUMN || sqlerrcode == ERRCODE_STATEMENT_TOO_COMPLEX ||
		sqlerrcode == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
}

/* The next line, or all that is left. */
static text *
take_line(const char **at, const char *end, bool last)
{
	const char *begin = *at;
	const char *newline = last ? NULL : memchr(begin, '\n', end - begin);

	*at = newline ? newline + 1 : end;
	return cstring_to_text_with_len(begin, (newline ? newline : end) - begin);
}

/* Asks for the payload of a record; NULL only looks at the map. */
static void
ask(text *map, text *zone, text *header, text *record, bool history)
{
	LOCAL_FCINFO(call, 5);
	HeapTupleHeader row;
	HeapTupleData tuple;
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2];

	InitFunctionCallInfoData(*call, &payload, 5, InvalidOid, NULL, NULL);
	call->args[0].value = PointerGetDatum(record);
	call->args[0].isnull = record == NULL;
	call->args[1].value = PointerGetDatum(header);
	call->args[1].isnull = header == NULL;
	call->args[2].value = DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(map)));
	call->args[2].isnull = false;
	call->args[3].value = PointerGetDatum(zone);
	call->args[3].isnull = false;
	call->args[4].value = BoolGetDatum(history);
	call->args[4].isnull = false;
	row = DatumGetHeapTupleHeader(FunctionCallInvoke(call));
	if (record == NULL)
		return;

	desc = ((CompiledMap *) payload.fn_extra)->desc;
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	tuple.t_data = row;
	heap_deform_tuple(&tuple, desc, values, nulls);
	if (nulls[0] == nulls[1])
		broken("neither a payload nor a reason, or both");
	if (!nulls[0])
	{
		/* Read again as text it is the same. */
		char	   *str = DatumGetCString(DirectFunctionCall1(jsonb_out, values[0]));

		(void) DirectFunctionCall1(jsonb_in, CStringGetDatum(str));
	}
	else if (VARSIZE_ANY_EXHDR(DatumGetTextPP(values[1])) == 0)
		broken("a reason without words");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *) data;
	const char *end = at + size;
	volatile bool map_stands = false;
	MemoryContext old;
	bool		history;

	/* The loader hands out text: UTF-8 without zero bytes. */
	if (size < 1 || memchr(data, '\0', size) != NULL || !pg_verifymbstr(at, size, true))
		return 0;
	history = *at++ & 1;
	old = MemoryContextSwitchTo(inputs);
	PG_TRY();
	{
		text	   *map = take_line(&at, end, false);
		text	   *zone = take_line(&at, end, false);
		text	   *header = take_line(&at, end, false);
		text	   *record = take_line(&at, end, true);

		if (VARSIZE_ANY_EXHDR(header) == 0)
			header = NULL;
		ask(map, zone, header, NULL, history);
		map_stands = true;
		ask(map, zone, header, record, history);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(inputs);
		error = CopyErrorData();
		FlushErrorState();
		if (map_stands || !is_maps_fault(error->sqlerrcode))
		{
			fprintf(stderr, "%s: %s\n", unpack_sql_state(error->sqlerrcode), error->message);
			broken(map_stands ? "raised for what a record says" : "raised");
		}
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	payload.fn_extra = NULL;
	MemoryContextReset(inputs);
	return 0;
}

/* fuzz(function oid, arguments text[]) returns void; does not return where libFuzzer runs. */
Datum
fuzz(PG_FUNCTION_ARGS)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
	char	  **arguments;

	inputs = AllocSetContextCreate(TopMemoryContext, "inputs", ALLOCSET_DEFAULT_SIZES);
	fmgr_info_cxt(PG_GETARG_OID(0), &payload, TopMemoryContext);
	payload.fn_mcxt = inputs;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &n);
	arguments = palloc0((n + 1) * sizeof(char *));
	for (int i = 0; i < n; i++)
		arguments[i] = TextDatumGetCString(values[i]);
	/* Whatever else raises ends the server, and is seen by that. */
	ExitOnAnyError = false;
	LLVMFuzzerRunDriver(&n, &arguments, LLVMFuzzerTestOneInput);
	ExitOnAnyError = true;
	PG_RETURN_VOID();
}
