/*
 * hazard_rule.c: the rules that signals are held against.
 *
 * One cache over liskeban.hazard_rule holds them by source, in the order in which they are tried, each with its condition
 * as jsonpath compiled it.  Conditions are PostgreSQL's to evaluate; what they raise ends a subtransaction and no more.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "hazard.h"
#include "registry_cache.h"

/* The rules of a source; the sources are few, and looked through. */
typedef struct SourceRules
{
	char	   *source;
	int			n;
	HazardRule *rules;
} SourceRules;

typedef struct RuleBook
{
	int			n;
	SourceRules *sources;
	Datum		no_variables;	/* jsonb */
} RuleBook;

static void *
rules_load(MemoryContext cxt)
{
	RuleBook   *book = MemoryContextAllocZero(cxt, sizeof(RuleBook));
	MemoryContext old;

	registry_query("SELECT r.source, r.code, r.chain, r.condition, r.severity OPERATOR(pg_catalog.=) 'major', r.burst"
				   " FROM liskeban.hazard_rule AS r JOIN liskeban.hazard_chain AS c ON c.code OPERATOR(pg_catalog.=) r.chain"
				   " WHERE r.retired_at IS NULL AND c.retired_at IS NULL ORDER BY r.source, r.priority, r.code");
	old = MemoryContextSwitchTo(cxt);
	book->no_variables = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	book->sources = palloc0(sizeof(SourceRules) * (SPI_processed + 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		char	   *source;
		SourceRules *of;
		HazardRule *rule;
		bool		isnull;

		source = TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull));
		if (book->n == 0 || strcmp(book->sources[book->n - 1].source, source) != 0)
		{
			of = &book->sources[book->n++];
			of->source = source;
			of->rules = palloc0(sizeof(HazardRule) * (SPI_processed - i));
		}
		of = &book->sources[book->n - 1];
		rule = &of->rules[of->n++];
		rule->code = datumCopy(SPI_getbinval(tup, desc, 2, &isnull), false, -1);
		rule->chain = datumCopy(SPI_getbinval(tup, desc, 3, &isnull), false, -1);
		rule->condition = PointerGetDatum(PG_DETOAST_DATUM_COPY(SPI_getbinval(tup, desc, 4, &isnull)));
		rule->major = DatumGetBool(SPI_getbinval(tup, desc, 5, &isnull));
		rule->burst = DatumGetInt32(SPI_getbinval(tup, desc, 6, &isnull));
	}
	MemoryContextSwitchTo(old);
	return book;
}

static RegistryCache rule_cache = {
	.name = "liskeban hazard rules",
	.tables = {"hazard_rule", "hazard_chain", NULL},
	.load = rules_load
};

/* Does the condition hold?  Unknown does not. */
static bool
holds(const HazardRule *rule, Jsonb *signal, Datum no_variables)
{
	LOCAL_FCINFO(call, 4);
	Datum		result;

	InitFunctionCallInfoData(*call, NULL, 4, DEFAULT_COLLATION_OID, NULL, NULL);
	call->args[0].value = JsonbPGetDatum(signal);
	call->args[1].value = rule->condition;
	call->args[2].value = no_variables;
	call->args[3].value = BoolGetDatum(false);
	for (int i = 0; i < 4; i++)
		call->args[i].isnull = false;
	result = jsonb_path_match(call);
	return !call->isnull && DatumGetBool(result);
}

/* Is it the server's trouble, which no other rule would be spared? */
static bool
is_servers(int sqlerrcode)
{
	int			class = ERRCODE_TO_CATEGORY(sqlerrcode);

	return class == ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED) || class == ERRCODE_TO_CATEGORY(ERRCODE_OUT_OF_MEMORY) ||
		class == ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR);
}

/* From the place given on: the place of the first that holds, of the one that failed, or n. */
static int
first_that_holds(const RuleBook *book, const SourceRules *of, int from, Jsonb *signal, char **fault)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int i = from;

	*fault = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		while (i < of->n && !holds(&of->rules[i], signal, book->no_variables))
			i++;
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
		if (is_servers(error->sqlerrcode))
			ReThrowError(error);
		*fault = psprintf(_("rule \"%s\": %s"), TextDatumGetCString(of->rules[i].code), error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return i;
}

const HazardRule *
hazard_rule_match(const char *source, Jsonb *signal, char **fault)
{
	const RuleBook *book = registry_get(&rule_cache);
	const SourceRules *of = NULL;

	*fault = NULL;
	for (int i = 0; i < book->n && of == NULL; i++)
		if (strcmp(book->sources[i].source, source) == 0)
			of = &book->sources[i];
	if (of == NULL)
		return NULL;
	for (int i = 0; i < of->n; i++)
	{
		char	   *failed;

		i = first_that_holds(book, of, i, signal, &failed);
		if (failed == NULL)
			return i < of->n ? &of->rules[i] : NULL;
		/* One that fails is passed over: another may know a hazard by the same signal. */
		if (*fault == NULL)
			*fault = failed;
	}
	return NULL;
}
