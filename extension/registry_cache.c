/*
 * registry_cache.c: the one cache discipline for registry rows.
 *
 * Each cache lives in a memory context of its own under CacheMemoryContext.  A relcache callback moves its counter
 * and marks it invalid, nothing more; InvalidOid moves all.  registry_get() rebuilds in a fresh context with the
 * newest snapshot (a transaction's own would keep old rules for good under REPEATABLE READ) and keeps the result for
 * later calls only if the counter did not move meanwhile.  The old context is handed to the transaction, whose callers
 * may still hold pointers into it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "catalog/pg_class.h"

#include "area_code.h"
#include "liskeban.h"
#include "registry_cache.h"

static RegistryCache *all_caches = NULL;
static bool callback_registered = false;

PG_FUNCTION_INFO_V1(registry_changed);

/* Relcache callback: only marks; InvalidOid means everything. */
static void
registry_invalidate(Datum arg, Oid relid)
{
	for (RegistryCache *cache = all_caches; cache != NULL; cache = cache->next)
	{
		for (int i = 0; cache->tables[i] != NULL; i++)
		{
			if (relid == InvalidOid || relid == cache->relids[i])
			{
				cache->counter++;
				cache->valid = false;
				break;
			}
		}
	}
}

/*
 * OID of a relation of schema liskeban.
 */
Oid
platform_relid(const char *name)
{
	Oid			nsp = get_namespace_oid(LISKEBAN_SCHEMA, true);
	Oid			relid = OidIsValid(nsp) ? get_relname_relid(name, nsp) : InvalidOid;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no platform in this database"),
				 errdetail("Relation \"%s.%s\" does not exist.", LISKEBAN_SCHEMA, name),
				 errhint("Run CALL liskeban.create_platform(district, name) first.")));
	return relid;
}

bool
platform_has(const char *name)
{
	Oid			nsp = get_namespace_oid(LISKEBAN_SCHEMA, true);

	return OidIsValid(nsp) && OidIsValid(get_relname_relid(name, nsp));
}

/*
 * Become the owner of the platform's tables, with a search_path that nobody can plant in, until owner_leave() or an
 * error.  As in ri_triggers.c the switch is local and row security does not apply.
 */
void
owner_enter(OwnerScope *scope)
{
	owner_enter_bare(scope);
	scope->guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
owner_leave(OwnerScope *scope)
{
	AtEOXact_GUC(true, scope->guc_level);
	owner_leave_bare(scope);
}

void
owner_enter_bare(OwnerScope *scope)
{
	Oid			relid = platform_relid("platform");
	HeapTuple	tup = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tup))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tup))->relowner;
	ReleaseSysCache(tup);

	GetUserIdAndSecContext(&scope->save_userid, &scope->save_sec_context);
	SetUserIdAndSecContext(owner, scope->save_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
}

void
owner_leave_bare(OwnerScope *scope)
{
	SetUserIdAndSecContext(scope->save_userid, scope->save_sec_context);
}

/*
 * A query of a load() function, with the snapshot that registry_get() made active.
 */
void
registry_query(const char *sql)
{
	int			rc = SPI_execute(sql, true, 0);

	if (rc != SPI_OK_SELECT)
		elog(ERROR, "registry query failed: %s: %s", SPI_result_code_string(rc), sql);
}

void
registry_begin(RegistryScope *scope, Oid relid)
{
	owner_enter(&scope->owner);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");

	/*
	 * The newest snapshot.  In parallel mode that one may not be taken; a catalog snapshot of the table is as new.
	 */
	if (IsInParallelMode())
		PushActiveSnapshot(GetCatalogSnapshot(relid));
	else
		PushActiveSnapshot(GetLatestSnapshot());
}

void
registry_end(RegistryScope *scope)
{
	PopActiveSnapshot();
	SPI_finish();
	owner_leave(&scope->owner);
}

/*
 * Build the cache, with a snapshot that is newer than whatever invalidated it.
 */
static void
registry_load(RegistryCache *cache)
{
	MemoryContext fresh;
	MemoryContext old;
	RegistryScope scope;
	uint64		before;
	void	   *data;

	for (int i = 0; cache->tables[i] != NULL; i++)
		cache->relids[i] = platform_relid(cache->tables[i]);

	before = cache->counter;
	/* Names of contexts must be constants; those of caches are. */
	fresh = AllocSetContextCreateInternal(CurrentMemoryContext, cache->name, ALLOCSET_DEFAULT_SIZES);

	registry_begin(&scope, cache->relids[0]);
	data = cache->load(fresh);
	registry_end(&scope);

	/* Complete: swap.  What callers up the stack may still read lives until the transaction ends. */
	old = cache->context;
	MemoryContextSetParent(fresh, CacheMemoryContext);
	cache->context = fresh;
	cache->data = data;
	cache->version++;
	if (old != NULL)
		MemoryContextSetParent(old, TopTransactionContext);
	cache->valid = cache->counter == before;
}

bool
registry_is_loaded(RegistryCache *cache)
{
	AcceptInvalidationMessages();
	return cache->valid;
}

/*
 * The data of a cache, true as of the last invalidation this backend could have seen.
 */
void *
registry_get(RegistryCache *cache)
{
	AcceptInvalidationMessages();
	if (likely(cache->valid))
		return cache->data;

	if (!cache->registered)
	{
		if (!callback_registered)
		{
			CacheRegisterRelcacheCallback(registry_invalidate, (Datum) 0);
			callback_registered = true;
		}
		cache->next = all_caches;
		all_caches = cache;
		cache->registered = true;
	}

	/*
	 * Once is enough: what overtakes the load was committed after this call began.  It leaves the cache invalid, so that the
	 * next call reads again; where every invalidation is of everything (debug_discard_caches), each call does.
	 */
	registry_load(cache);
	return cache->data;
}

/*
 * registry_changed(): AFTER STATEMENT trigger on every registry table; as a BEFORE trigger it refuses, for rows are
 * retired and not deleted (rules, calendar and shifts have no such trigger: what no longer holds has no row), and a
 * key that tickets and history name never changes.
 *
 *   CREATE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.<table>
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed();
 *   CREATE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.<table>
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed();
 *   CREATE TRIGGER registry_key_kept BEFORE UPDATE ON liskeban.<table>
 *     FOR EACH ROW WHEN (the key changes) EXECUTE FUNCTION liskeban.registry_changed();
 *
 * AFTER each row it invalidates too: in a hub, for logical replication fires no statement triggers.
 */
Datum
registry_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		(TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) && TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
		 !TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger, after a row, or before an update of a key",
						"registry_changed")));

	if (TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) && TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_RESTRICT_VIOLATION),
				 errmsg("the key of a row of \"%s\" never changes", RelationGetRelationName(trigdata->tg_relation)),
				 errdetail("Tickets and history name it."),
				 errhint("Retire the row and insert another.")));
	if (TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_RESTRICT_VIOLATION),
				 errmsg("rows of \"%s\" are retired, never deleted", RelationGetRelationName(trigdata->tg_relation)),
				 errhint("Set its end (retired_at, valid_to or ends_at) instead.")));

	CacheInvalidateRelcache(trigdata->tg_relation);
	CommandCounterIncrement();
	PG_RETURN_POINTER(NULL);
}

/* ---- the platform's own row ---- */

static void *
platform_load(MemoryContext cxt)
{
	Platform   *p;
	HeapTuple	tup;
	TupleDesc	desc;
	bool		isnull;
	MemoryContext old;

	registry_query("SELECT district, ticket_prefix, time_zone, snap_distance, arrival_distance, reopen_within,"
				   " rework_floor, rework_floor_hard FROM liskeban.platform");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the platform has not been set up"),
				 errhint("Run CALL liskeban.create_platform(district, name) first.")));
	tup = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;

	old = MemoryContextSwitchTo(cxt);
	p = palloc0(sizeof(Platform));
	p->district = DatumGetAreaCode(SPI_getbinval(tup, desc, 1, &isnull));
	p->district_digits = (int64) (p->district >> 3);
	for (int i = 6; i < AREA_CODE_MAX_DIGITS; i++)
		p->district_digits /= 10;
	p->ticket_prefix = TextDatumGetCString(SPI_getbinval(tup, desc, 2, &isnull));
	p->time_zone = TextDatumGetCString(SPI_getbinval(tup, desc, 3, &isnull));
	p->zone = pg_tzset(p->time_zone);
	if (p->zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" of the platform is not known", p->time_zone)));
	p->snap_distance = DatumGetFloat8(SPI_getbinval(tup, desc, 4, &isnull));
	p->arrival_distance = DatumGetFloat8(SPI_getbinval(tup, desc, 5, &isnull));
	p->reopen_within = *DatumGetIntervalP(SPI_getbinval(tup, desc, 6, &isnull));
	p->rework_floor = *DatumGetIntervalP(SPI_getbinval(tup, desc, 7, &isnull));
	p->rework_floor_hard = *DatumGetIntervalP(SPI_getbinval(tup, desc, 8, &isnull));
	MemoryContextSwitchTo(old);
	return p;
}

static RegistryCache platform_cache = {
	.name = "liskeban platform",
	.tables = {"platform", NULL},
	.load = platform_load
};

const Platform *
platform_get(void)
{
	return (const Platform *) registry_get(&platform_cache);
}
