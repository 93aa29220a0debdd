/*
 * identity.c: who acts, and with which duties.
 *
 * The actor is the identity acted for (act_as), else the outer user: SET ROLE is seen, a definer function is not.
 * The identity stands in a setting that only this module writes, so that parallel workers inherit it.  Memberships
 * are cached over liskeban.membership; the answer for the present actor is kept beside them, keyed by the cache's
 * version.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "access/parallel.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"

#include "identity.h"
#include "liskeban.h"
#include "registry_cache.h"

static char *acting_as = NULL;	/* setting liskeban.acting_as */
static bool acting_as_writable = false;
static uint64 acting_as_epoch = 0;
static bool as_platform = false;	/* the platform's own doing, raised and lowered by maintain.c */

PG_FUNCTION_INFO_V1(act_as);
PG_FUNCTION_INFO_V1(actor_sql);

/* Everyone's rows, by role_name. */
typedef struct MembershipEntry
{
	char		role_name[256];
	int			n;
	int			capacity;
	Membership *rows;
} MembershipEntry;

static const char *const duty_labels[] = {"admin", "dispatcher", "handler", "source", "analyst"};

static void *
membership_load(MemoryContext cxt)
{
	HASHCTL		ctl = {.keysize = 256, .entrysize = sizeof(MembershipEntry), .hcxt = cxt};
	HTAB	   *htab = hash_create("liskeban membership", 256, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	registry_query("SELECT role_name, duty, area, department, source, gateway FROM liskeban.membership"
				   " WHERE retired_at IS NULL AND pg_catalog.length(role_name) < 64");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		char	   *role = TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull));
		char	   *duty = TextDatumGetCString(SPI_getbinval(tup, desc, 2, &isnull));
		bool		found;
		MembershipEntry *entry = hash_search(htab, role, HASH_ENTER, &found);
		Membership *m;
		Datum		d;
		MemoryContext old = MemoryContextSwitchTo(cxt);

		if (!found)
		{
			entry->n = 0;
			entry->capacity = 4;
			entry->rows = palloc(entry->capacity * sizeof(Membership));
		}
		else if (entry->n == entry->capacity)
		{
			entry->capacity *= 2;
			entry->rows = repalloc(entry->rows, entry->capacity * sizeof(Membership));
		}
		m = &entry->rows[entry->n++];
		memset(m, 0, sizeof(*m));
		for (int k = 0; k < (int) lengthof(duty_labels); k++)
			if (strcmp(duty, duty_labels[k]) == 0)
				m->duty = (Duty) k;
		d = SPI_getbinval(tup, desc, 3, &isnull);
		m->has_area = !isnull;
		m->area = isnull ? 0 : DatumGetAreaCode(d);
		d = SPI_getbinval(tup, desc, 4, &isnull);
		m->department = isnull ? NULL : TextDatumGetCString(d);
		d = SPI_getbinval(tup, desc, 5, &isnull);
		m->source = isnull ? NULL : TextDatumGetCString(d);
		m->gateway = DatumGetBool(SPI_getbinval(tup, desc, 6, &isnull));
		MemoryContextSwitchTo(old);
	}
	return htab;
}

static RegistryCache membership_cache = {
	.name = "liskeban membership",
	.tables = {"membership", NULL},
	.load = membership_load
};

uint64
identity_version(void)
{
	(void) registry_get(&membership_cache);
	return membership_cache.version;
}

static const MembershipEntry *
membership_find(const char *role)
{
	HTAB	   *htab = registry_get(&membership_cache);

	if (strlen(role) >= 256)
		return NULL;
	return hash_search(htab, role, HASH_FIND, NULL);
}

/* Does the role stand above the platform's own duties? */
static bool
is_platform_admin(Oid roleid)
{
	Oid			admin = get_role_oid(ADMIN_ROLE, true);

	return superuser_arg(roleid) || (OidIsValid(admin) && is_member_of_role_nosuper(roleid, admin));
}

bool
identity_set_platform(bool on)
{
	bool		was = as_platform;

	as_platform = on;
	return was;
}

/*
 * The actor of this statement.
 */
const Actor *
identity_actor(void)
{
	static Actor actor;
	static char name[NAMEDATALEN];
	static char login[NAMEDATALEN];
	static uint64 version = 0;
	static Oid	outer = InvalidOid;
	static Oid	session = InvalidOid;
	static bool for_identity = false;
	static bool for_platform = false;
	Oid			outer_now = GetOuterUserId();
	Oid			session_now = GetSessionUserId();
	bool		identity_now = acting_as != NULL && acting_as[0] != '\0' && !as_platform;

	(void) registry_get(&membership_cache);
	if (version == 0 || version != membership_cache.version || outer != outer_now || session != session_now ||
		for_identity != identity_now || for_platform != as_platform || (identity_now && strcmp(name, acting_as) != 0))
	{
		const MembershipEntry *entry;

		version = 0;
		strlcpy(name, identity_now ? acting_as : GetUserNameFromId(outer_now, false), sizeof(name));
		strlcpy(login, GetUserNameFromId(session_now, false), sizeof(login));
		actor.platform = as_platform || (!identity_now && strcmp(name, PLATFORM_ROLE) == 0);
		if (actor.platform)
			strlcpy(name, PLATFORM_ACTOR, sizeof(name));
		entry = membership_find(name);
		actor.name = name;
		actor.login = login;
		actor.nmemberships = entry ? entry->n : 0;
		actor.memberships = entry ? entry->rows : NULL;
		outer = outer_now;
		session = session_now;
		for_identity = identity_now;
		for_platform = as_platform;
		version = membership_cache.version;
	}

	/* Role grants are the server's to cache, and may change while the memberships do not. */
	actor.admin = !identity_now && !as_platform && is_platform_admin(outer_now);
	for (int i = 0; !actor.admin && i < actor.nmemberships; i++)
		actor.admin = actor.memberships[i].duty == DUTY_ADMIN && !actor.memberships[i].gateway;
	return &actor;
}

/* Does the gateway's row reach everything that the identity's row allows? */
static bool
gateway_covers(const Membership *gateway, const Membership *row)
{
	if (!gateway->gateway || gateway->duty != row->duty)
		return false;
	if (gateway->has_area && !(row->has_area && area_code_contains(gateway->area, row->area)))
		return false;
	if (gateway->department && !(row->department && strcmp(gateway->department, row->department) == 0))
		return false;
	if (gateway->source && !(row->source && strcmp(gateway->source, row->source) == 0))
		return false;
	return true;
}

/*
 * May this login act for the identity?  Raises 42501 if not.
 */
static void
check_act_as(const char *identity)
{
	Oid			outer = GetOuterUserId();
	char	   *login = GetUserNameFromId(outer, false);
	const MembershipEntry *theirs = membership_find(identity);
	const MembershipEntry *mine = membership_find(login);
	int			duties = 0;

	for (int i = 0; theirs != NULL && i < theirs->n; i++)
		duties += !theirs->rows[i].gateway;
	if (duties == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("identity \"%s\" has no membership", identity),
				 errhint("Insert a row for it into liskeban.membership.")));
	if (is_platform_admin(outer) || strcmp(identity, login) == 0)
		return;

	for (int i = 0; i < theirs->n; i++)
	{
		bool		covered = theirs->rows[i].gateway;

		for (int k = 0; !covered && mine != NULL && k < mine->n; k++)
			covered = gateway_covers(&mine->rows[k], &theirs->rows[i]);
		if (!covered)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("role \"%s\" may not act for identity \"%s\"", login, identity),
					 errdetail("No gateway membership of the role covers the identity's duty \"%s\".",
							   duty_labels[theirs->rows[i].duty])));
	}
}

/*
 * act_as(identity text, for_transaction boolean): from now on (or until the transaction ends) act for the identity;
 * NULL ends it.
 */
Datum
act_as(PG_FUNCTION_ARGS)
{
	char	   *identity = PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0));
	bool		local = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	if (strlen(identity) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("identity is longer than %d bytes", NAMEDATALEN - 1)));
	if (!PG_ARGISNULL(0))
		check_act_as(identity);

	acting_as_writable = true;
	PG_TRY();
	{
		(void) set_config_option("liskeban.acting_as", identity, PGC_SUSET, PGC_S_SESSION,
								 local ? GUC_ACTION_LOCAL : GUC_ACTION_SET, true, 0, false);
	}
	PG_FINALLY();
	{
		acting_as_writable = false;
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}

/* actor(): the name that history will bear. */
Datum
actor_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(identity_actor()->name));
}

/* Only act_as() writes it; a worker takes over its leader's. */
static bool
acting_as_check(char **newval, void **extra, GucSource source)
{
	if (acting_as_writable || InitializingParallelWorker || *newval == NULL || (*newval)[0] == '\0')
		return true;
	GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
	GUC_check_errmsg("setting \"liskeban.acting_as\" is written by liskeban.act_as() only");
	return false;
}

/* Whoever keeps something for the actor sees that it is another, also after RESET and at the end of a transaction. */
static void
acting_as_assign(const char *newval, void *extra)
{
	acting_as_epoch++;
}

uint64
identity_epoch(void)
{
	return acting_as_epoch;
}

void
identity_init(void)
{
	DefineCustomStringVariable("liskeban.acting_as",
							   "The identity this session acts for; written by liskeban.act_as() only.",
							   NULL,
							   &acting_as, "", PGC_SUSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   acting_as_check, acting_as_assign, NULL);
}
