/*
 * hazard_signal.c: receive_signal(): what a device says, and what becomes of it.
 *
 * Each call appends one row to liskeban.hazard_signal, whatever the payload says: the rules of its source ignore it, or it
 * is counted on an open hazard, or makes one, or what is wrong with it is quarantined.  The way of nearly every signal, a
 * rule and at most an open hazard of the same device, is C and two kept plans; what makes a hazard runs in a subtransaction,
 * so that a rule which leads nowhere keeps nobody's signals waiting.
 *
 * Two sessions with the first signal of a device: they take turns by an advisory lock, and the unique indexes of
 * liskeban.hazard see to it that one is made.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "storage/lock.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "category.h"
#include "hazard.h"
#include "intake.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(receive_signal);
PG_FUNCTION_INFO_V1(receive_signal_as);

/* What is searched by is not longer. */
#define MAX_KEY 200

/* While this long ago a storm was still counted on, it goes on; and so long a burst is reckoned over. */
#define STORM_WITHIN USECS_PER_MINUTE

typedef struct Signal
{
	MemoryContext context;		/* of the call, which outlives the statements of SPI */
	Datum		source;			/* text */
	Datum		payload;		/* jsonb; NULL with no_payload */
	bool		no_payload;
	text	   *device;			/* what it is about; NULL only in what cannot be read */
	text	   *gateway;		/* NULL: none */
	TimestampTz at;
	const HazardRule *rule;		/* NULL: none holds */
	char	   *fault;			/* NULL: none */
	const char *outcome;
	Hazard		hazard;			/* 0: none */
	int64		reject_id;		/* 0: none */
} Signal;

/* ---- the payload ---- */

/* A member that is a text or a number, as text; false where it is something else. */
static bool
read_key(Jsonb *payload, const char *name, const char *prefix, text **key, char **fault)
{
	JsonbValue	value;
	int			lead = strlen(prefix);
	const char *str;
	int			len;

	*key = NULL;
	if (getKeyJsonValueFromContainer(&payload->root, name, strlen(name), &value) == NULL || value.type == jbvNull)
		return true;
	if (value.type == jbvString)
	{
		str = value.val.string.val;
		len = value.val.string.len;
	}
	else if (value.type == jbvNumeric)
	{
		str = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
		len = strlen(str);
	}
	else
	{
		*fault = psprintf(_("%s is neither a text nor a number"), name);
		return false;
	}
	if (len > MAX_KEY)
	{
		*fault = psprintf(_("%s is longer than %d bytes"), name, MAX_KEY);
		return false;
	}
	if (len == 0)
		return true;
	*key = palloc(VARHDRSZ + lead + len);
	SET_VARSIZE(*key, VARHDRSZ + lead + len);
	memcpy(VARDATA(*key), prefix, lead);
	memcpy(VARDATA(*key) + lead, str, len);
	return true;
}

/* What the signal is about: its device, else the object of the register that it names. */
static void
read_payload(Signal *signal)
{
	Jsonb	   *payload;

	if (signal->no_payload)
	{
		signal->fault = _("the signal is missing");
		return;
	}
	payload = DatumGetJsonbP(signal->payload);
	if (!JB_ROOT_IS_OBJECT(payload) || JB_ROOT_IS_SCALAR(payload))
	{
		signal->fault = _("the signal is no JSON object");
		return;
	}
	if (!read_key(payload, "device", "", &signal->device, &signal->fault) ||
		!read_key(payload, "gateway", "", &signal->gateway, &signal->fault))
		return;
	if (signal->device == NULL && !read_key(payload, "object", "object:", &signal->device, &signal->fault))
		return;
	if (signal->device == NULL)
		signal->fault = _("device and object are missing");
}

/* ---- open hazards ---- */

/* Is there an open hazard by that key?  $4 is since when a storm goes on. */
static bool
find_by(SPIPlanPtr *plan, const char *sql, int nargs, Signal *signal, text *key)
{
	static Oid	argtypes[4] = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[4] = {signal->source, signal->rule->chain, PointerGetDatum(key),
	TimestampTzGetDatum(signal->at - STORM_WITHIN)};
	bool		isnull;

	query_plan(plan, sql, nargs, argtypes);
	if (SPI_execute_plan(*plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.hazard");
	if (SPI_processed == 0)
		return false;
	signal->hazard.hazard_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	signal->hazard.ticket_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	signal->hazard.major = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return true;
}

#define FIND_HAZARD \
	"SELECT h.hazard_id, h.ticket_id, h.severity OPERATOR(pg_catalog.=) 'major' FROM liskeban.hazard AS h" \
	" WHERE h.source OPERATOR(pg_catalog.=) $1 AND h.chain OPERATOR(pg_catalog.=) $2 AND h.closed_at IS NULL"

static bool
find_of_device(Signal *signal)
{
	static SPIPlanPtr plan = NULL;

	return find_by(&plan, FIND_HAZARD " AND h.device OPERATOR(pg_catalog.=) $3", 3, signal, signal->device);
}

/* Of a storm that goes on, or any. */
static bool
find_storm(Signal *signal, bool any)
{
	static SPIPlanPtr going_on = NULL;
	static SPIPlanPtr plan = NULL;

	if (signal->gateway == NULL)
		return false;
	if (any)
		return find_by(&plan, FIND_HAZARD " AND h.gateway OPERATOR(pg_catalog.=) $3 AND h.storm", 3, signal, signal->gateway);
	return find_by(&going_on, FIND_HAZARD " AND h.gateway OPERATOR(pg_catalog.=) $3 AND h.storm"
				   " AND (SELECT s.at FROM liskeban.hazard_signal AS s WHERE s.hazard_id OPERATOR(pg_catalog.=) h.hazard_id"
				   " ORDER BY s.signal_id DESC LIMIT 1) OPERATOR(pg_catalog.>) $4", 4, signal, signal->gateway);
}

/* Have the devices of the gateway opened as many within a minute as the rule lets them? */
static bool
is_burst(const Signal *signal)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[4] = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[4] = {signal->source, signal->rule->chain, PointerGetDatum(signal->gateway),
	TimestampTzGetDatum(signal->at - STORM_WITHIN)};

	if (signal->gateway == NULL)
		return false;
	query_plan(&plan, "SELECT FROM liskeban.hazard AS h WHERE h.source OPERATOR(pg_catalog.=) $1"
			   " AND h.gateway OPERATOR(pg_catalog.=) $3 AND h.opened_at OPERATOR(pg_catalog.>) $4"
			   " AND h.chain OPERATOR(pg_catalog.=) $2 AND NOT h.storm", 4, argtypes);
	if (signal->rule->burst == 0)
		return true;
	if (SPI_execute_plan(plan, values, NULL, false, signal->rule->burst) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.hazard");
	return SPI_processed == (uint64) signal->rule->burst;
}

/* Until the transaction ends, who else would make a hazard of the same gateway, or else device, waits. */
static void
take_turns(const Signal *signal)
{
	text	   *key = signal->gateway ? signal->gateway : signal->device;
	uint64		hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), signal->gateway != NULL);
	text	   *source = DatumGetTextPP(signal->source);

	hash = hash_combine64(hash, hash_bytes_extended((unsigned char *) VARDATA_ANY(source), VARSIZE_ANY_EXHDR(source), 0));
	(void) DirectFunctionCall1(pg_advisory_xact_lock_int8, Int64GetDatum((int64) hash));
}

/* ---- what becomes of it ---- */

/* A new hazard with its ticket, dispatched, and the first of its steps. */
static void
make_hazard(Signal *signal, bool storm)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[7] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, JSONBOID, TIMESTAMPTZOID};
	Datum		values[7] = {signal->rule->code, signal->source, PointerGetDatum(signal->device),
		PointerGetDatum(signal->gateway), BoolGetDatum(storm), signal->payload, TimestampTzGetDatum(signal->at)};
	char		nulls[8] = "       ";
	HeapTuple	row;
	TupleDesc	desc;
	Datum		department;
	TimestampTz due;
	int			step;
	bool		no_step;
	bool		isnull;

	if (storm)
		nulls[2] = 'n';
	if (signal->gateway == NULL)
		nulls[3] = 'n';
	query_plan(&plan, "SELECT r.hazard_id, r.ticket_id, r.department, r.due, r.first_step"
			   " FROM liskeban._report_hazard($1, $2, $3, $4, $5, $6, $7) AS r", 7, argtypes);
	if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not report a hazard");
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	signal->hazard.hazard_id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	signal->hazard.ticket_id = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));
	signal->hazard.major = false;
	department = SPI_getbinval(row, desc, 3, &isnull);
	due = DatumGetTimestampTz(SPI_getbinval(row, desc, 4, &isnull));
	if (isnull)
		due = 0;
	step = DatumGetInt32(SPI_getbinval(row, desc, 5, &no_step));
	hazard_take_up(signal->hazard.ticket_id, department, due);
	if (!no_step)
		hazard_open_step(signal->hazard.hazard_id, step);
}

/* On the hazard that is open, else on a new one. */
static void
count_or_make(Signal *signal)
{
	bool		storm;

	signal->outcome = "attached";
	if (!find_of_device(signal) && !find_storm(signal, false))
	{
		take_turns(signal);
		if (!find_of_device(signal) && !find_storm(signal, false))
		{
			storm = is_burst(signal);
			if (!storm || !find_storm(signal, true))
			{
				make_hazard(signal, storm);
				signal->outcome = "ticketed";
			}
		}
	}
	if (signal->rule->major && !signal->hazard.major)
		hazard_list(signal->hazard.hazard_id, MAINTAIN_AS_PLATFORM);
}

/* May the transaction go on, and the signal be put aside for what was raised? */
static bool
is_signals_fault(int sqlerrcode)
{
	static const int others[] = {
		ERRCODE_CONNECTION_EXCEPTION, ERRCODE_INVALID_TRANSACTION_STATE, ERRCODE_TRANSACTION_ROLLBACK,
		ERRCODE_INSUFFICIENT_RESOURCES, ERRCODE_PROGRAM_LIMIT_EXCEEDED, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		ERRCODE_OPERATOR_INTERVENTION, ERRCODE_SYSTEM_ERROR, ERRCODE_INTERNAL_ERROR
	};

	for (int i = 0; i < (int) lengthof(others); i++)
		if (ERRCODE_TO_CATEGORY(sqlerrcode) == ERRCODE_TO_CATEGORY(others[i]))
			return false;
	return true;
}

/*
 * What goes wrong is undone, and said.  False where another session made the hazard of the same device by another gateway
 * meanwhile: then there is one to be found.
 */
static bool
try_dispatch(Signal *signal)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = true;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		count_or_make(signal);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!is_signals_fault(error->sqlerrcode))
			ReThrowError(error);
		done = error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION;
		memset(&signal->hazard, 0, sizeof(Hazard));
		/* It is told after SPI_finish(). */
		signal->fault = MemoryContextStrdup(signal->context,
											psprintf(_("rule \"%s\": %s"), TextDatumGetCString(signal->rule->code), error->message));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return done;
}

/* A signal that a rule knows and no open hazard of its device takes. */
static void
dispatch_signal(Signal *signal)
{
	for (int attempt = 0; attempt < 3; attempt++)
	{
		signal->fault = NULL;
		if (try_dispatch(signal))
			return;
	}
}

static void
quarantine(Signal *signal)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[3] = {TEXTOID, JSONBOID, TEXTOID};
	Datum		values[3] = {signal->source, signal->payload, CStringGetTextDatum(signal->fault)};
	bool		isnull;

	signal->outcome = "quarantined";
	query_plan(&plan, "SELECT liskeban._quarantine_signal($1, $2, $3)", 3, argtypes);
	if (SPI_execute_plan(plan, values, signal->no_payload ? " n " : NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not write liskeban.intake_reject");
	signal->reject_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	if (isnull)
		signal->reject_id = 0;
}

/* One row for each signal; the text of one that is quarantined stands there. */
static void
append(const Signal *signal)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[7] = {TIMESTAMPTZOID, INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, JSONBOID};
	Datum		values[7] = {TimestampTzGetDatum(signal->at), Int64GetDatum(signal->hazard.hazard_id),
		Int64GetDatum(signal->reject_id), signal->source, signal->rule ? signal->rule->code : (Datum) 0,
	CStringGetTextDatum(signal->outcome), signal->payload};
	char		nulls[8] = "       ";

	if (signal->hazard.hazard_id == 0)
		nulls[1] = 'n';
	if (signal->reject_id == 0)
		nulls[2] = 'n';
	if (signal->rule == NULL)
		nulls[4] = 'n';
	if (signal->no_payload || signal->reject_id != 0)
		nulls[6] = 'n';
	query_plan(&plan, "INSERT INTO liskeban.hazard_signal (at, hazard_id, reject_id, source, rule, outcome, payload)"
			   " VALUES ($1, $2, $3, $4, $5, $6, $7)", 7, argtypes);
	if (maintain_append(plan, values, nulls) != SPI_OK_INSERT)
		elog(ERROR, "could not write liskeban.hazard_signal");
}

static Datum
receive(FunctionCallInfo fcinfo, const char *source)
{
	Signal		signal = {0};
	OwnerScope	scope;
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	Datum		values[3];
	bool		nulls[3];

	signal.context = CurrentMemoryContext;
	signal.source = CStringGetTextDatum(source);
	source_check(signal.source);
	signal.no_payload = PG_ARGISNULL(1);
	signal.payload = signal.no_payload ? (Datum) 0 : PG_GETARG_DATUM(1);
	signal.at = liskeban_now();
	signal.outcome = "ignored";
	read_payload(&signal);
	if (signal.fault == NULL)
	{
		signal.rule = hazard_rule_match(source, DatumGetJsonbP(signal.payload), &signal.fault);
		if (signal.rule != NULL)
			signal.fault = NULL;
	}

	/* Statements here name everything in full. */
	owner_enter_bare(&scope);
	SPI_connect();
	if (signal.rule != NULL)
	{
		if (find_of_device(&signal) && (signal.hazard.major || !signal.rule->major))
			signal.outcome = "attached";
		else
			dispatch_signal(&signal);
	}
	if (signal.fault != NULL)
		quarantine(&signal);
	append(&signal);
	SPI_finish();
	owner_leave_bare(&scope);

	if (desc == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		fcinfo->flinfo->fn_extra = BlessTupleDesc(desc);
		MemoryContextSwitchTo(old);
	}
	nulls[0] = signal.hazard.ticket_id == 0;
	values[0] = Int64GetDatum(signal.hazard.ticket_id);
	nulls[1] = false;
	values[1] = CStringGetTextDatum(signal.outcome);
	nulls[2] = signal.fault == NULL;
	values[2] = signal.fault ? CStringGetTextDatum(signal.fault) : (Datum) 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(fcinfo->flinfo->fn_extra, values, nulls)));
}

/* receive_signal(source text, payload jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text) */
Datum
receive_signal(PG_FUNCTION_ARGS)
{
	const char *reason;
	const char *source = intake_resolve_source(PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0)), &reason);

	if (reason != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg_internal("%s", reason),
				 errhint("Its duty \"source\" is a row of liskeban.membership.")));
	return receive(fcinfo, source);
}

/* _receive_signal(source text, payload jsonb, OUT …): the same of a source that the caller need not report for. */
Datum
receive_signal_as(PG_FUNCTION_ARGS)
{
	return receive(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)));
}
