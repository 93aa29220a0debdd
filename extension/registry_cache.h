/*
 * registry_cache.h: the one cache discipline for rows that rarely change and are read for every ticket.
 */
#ifndef LISKEBAN_REGISTRY_CACHE_H
#define LISKEBAN_REGISTRY_CACHE_H

#include "postgres.h"
#include "executor/spi.h"
#include "utils/memutils.h"

#define REGISTRY_MAX_TABLES 6

/*
 * A cache over some tables of schema liskeban.  A module declares one statically with name, tables (NULL-terminated)
 * and load, and asks registry_get() each time it needs the data: never keep the pointer over anything that may run
 * SQL in between, unless it is for the rest of the transaction (what was handed out lives until the transaction ends).
 *
 * load() builds the data in cxt.  It runs with SPI connected, the newest snapshot active, as the owner of the tables
 * and with search_path = pg_catalog, pg_temp; use registry_query() and name everything in full.  It may be called
 * again at once when an invalidation arrived while it ran.  Other memory (malloc) is released by a context callback.
 */
typedef struct RegistryCache
{
	const char *name;
	const char *tables[REGISTRY_MAX_TABLES + 1];
	void	   *(*load) (MemoryContext cxt);

	/* private to registry_cache.c */
	bool		registered;
	bool		valid;
	uint64		counter;		/* moved by every invalidation */
	uint64		version;		/* moved by every load: a cheap way to see that derived data is stale */
	Oid			relids[REGISTRY_MAX_TABLES];
	MemoryContext context;
	void	   *data;
	struct RegistryCache *next;
} RegistryCache;

extern void *registry_get(RegistryCache *cache);

/* Run a read-only query inside load(); SPI_processed and SPI_tuptable are set. */
extern void registry_query(const char *sql);

/*
 * Run C code as the owner of the platform's tables with a safe search_path, the way ri_triggers.c does; undone by
 * owner_leave(), and by itself when an error is thrown.
 */
typedef struct OwnerScope
{
	Oid			save_userid;
	int			save_sec_context;
	int			guc_level;
} OwnerScope;

extern void owner_enter(OwnerScope *scope);
extern void owner_leave(OwnerScope *scope);

/*
 * The same without a search_path, which costs more than a short statement: for kept plans that name everything in full,
 * operators too.
 */
extern void owner_enter_bare(OwnerScope *scope);
extern void owner_leave_bare(OwnerScope *scope);

/* Is the data there and true, so that registry_get() would load nothing? */
extern bool registry_is_loaded(RegistryCache *cache);

/*
 * What a load() runs in, for a single question to a registry table that is no cache: SPI connected, the newest snapshot
 * active, the owner's rights.
 */
typedef struct RegistryScope
{
	OwnerScope	owner;
} RegistryScope;

extern void registry_begin(RegistryScope *scope, Oid relid);
extern void registry_end(RegistryScope *scope);

/* OID of a table or sequence of schema liskeban; an error with a hint when there is no platform yet. */
extern Oid	platform_relid(const char *name);

/* Is there such a relation?  A platform of an earlier version lacks what is new until upgrade_platform(). */
extern bool platform_has(const char *name);

/* The platform's one row. */
typedef struct Platform
{
	uint64		district;		/* AreaCode */
	char	   *ticket_prefix;
	char	   *time_zone;
	struct pg_tz *zone;
	double		snap_distance;
	double		arrival_distance;
	Interval	reopen_within;
	Interval	rework_floor;
	Interval	rework_floor_hard;
	int64		district_digits;	/* 320117 */
} Platform;

extern const Platform *platform_get(void);

#endif							/* LISKEBAN_REGISTRY_CACHE_H */
