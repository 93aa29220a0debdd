/*
 * category.c: the registry keys that a ticket names, checked from memory, for one foreign key costs more than the row.
 *
 * One cache over four tables; codes are looked up as they stand in the ticket.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "category.h"
#include "liskeban.h"
#include "registry_cache.h"

typedef struct KeyEntry
{
	char		code[REGISTRY_KEY_BYTES];
	bool		retired;
} KeyEntry;

typedef struct KeyCache
{
	HTAB	   *categories;
	HTAB	   *sources;
	HTAB	   *departments;
	HTAB	   *reject_reasons;
} KeyCache;

static HTAB *
key_table(const char *name, Size entrysize, MemoryContext cxt)
{
	HASHCTL		ctl = {.keysize = REGISTRY_KEY_BYTES, .entrysize = entrysize, .hcxt = cxt};

	return hash_create(name, 128, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static HTAB *
key_load(const char *name, const char *sql, MemoryContext cxt)
{
	HTAB	   *htab = key_table(name, sizeof(KeyEntry), cxt);

	registry_query(sql);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		char	   *code = TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull));
		KeyEntry   *entry;

		if (strlen(code) >= REGISTRY_KEY_BYTES)
			continue;
		entry = hash_search(htab, code, HASH_ENTER, NULL);
		entry->retired = DatumGetBool(SPI_getbinval(tup, desc, 2, &isnull));
	}
	return htab;
}

static void *
keys_load(MemoryContext cxt)
{
	KeyCache   *keys = MemoryContextAllocZero(cxt, sizeof(KeyCache));

	keys->sources = key_load("liskeban sources",
							 "SELECT code, retired_at IS NOT NULL FROM liskeban.source_system", cxt);
	keys->departments = key_load("liskeban departments",
								 "SELECT code, retired_at IS NOT NULL FROM liskeban.department", cxt);
	keys->reject_reasons = key_load("liskeban reject reasons",
									"SELECT code, retired_at IS NOT NULL FROM liskeban.reject_reason", cxt);

	keys->categories = key_table("liskeban categories", sizeof(Category), cxt);
	registry_query("SELECT code, domain, pg_catalog.array_position('{simple,general,hard}', difficulty::text) - 1,"
				   " pg_catalog.array_position('{village,town,department}', lead) - 1,"
				   " department, on_site, about_staff, needs_photo, retired_at IS NOT NULL FROM liskeban.category");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		char	   *code = TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull));
		Category   *c;
		Datum		department;
		MemoryContext old;

		if (strlen(code) >= REGISTRY_KEY_BYTES)
			continue;
		old = MemoryContextSwitchTo(cxt);
		c = hash_search(keys->categories, code, HASH_ENTER, NULL);
		c->domain = TextDatumGetCString(SPI_getbinval(tup, desc, 2, &isnull));
		c->difficulty = DatumGetInt32(SPI_getbinval(tup, desc, 3, &isnull));
		c->lead = (Lead) DatumGetInt32(SPI_getbinval(tup, desc, 4, &isnull));
		department = SPI_getbinval(tup, desc, 5, &isnull);
		c->department = isnull ? NULL : TextDatumGetCString(department);
		c->on_site = DatumGetBool(SPI_getbinval(tup, desc, 6, &isnull));
		c->about_staff = DatumGetBool(SPI_getbinval(tup, desc, 7, &isnull));
		c->needs_photo = DatumGetBool(SPI_getbinval(tup, desc, 8, &isnull));
		c->retired = DatumGetBool(SPI_getbinval(tup, desc, 9, &isnull));
		MemoryContextSwitchTo(old);
	}
	return keys;
}

static RegistryCache key_cache = {
	.name = "liskeban registry keys",
	.tables = {"category", "source_system", "department", "reject_reason", NULL},
	.load = keys_load
};

/* Look a text Datum up; hash keys are strings of fixed width, so an oversized one is none of ours. */
static void *
key_find(HTAB *htab, Datum code)
{
	text	   *t = DatumGetTextPP(code);
	int			len = VARSIZE_ANY_EXHDR(t);
	char		key[REGISTRY_KEY_BYTES];

	if (len >= REGISTRY_KEY_BYTES)
		return NULL;
	memcpy(key, VARDATA_ANY(t), len);
	key[len] = '\0';
	return hash_search(htab, key, HASH_FIND, NULL);
}

const Category *
category_find_datum(Datum code)
{
	const KeyCache *keys = registry_get(&key_cache);

	return key_find(keys->categories, code);
}

void
source_check(Datum code)
{
	const KeyCache *keys = registry_get(&key_cache);
	const KeyEntry *entry = key_find(keys->sources, code);

	if (entry == NULL || entry->retired)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("source system \"%s\" is not registered, or retired", TextDatumGetCString(code)),
				 errhint("See liskeban.source_system.")));
}

bool
department_in_force(Datum code)
{
	const KeyCache *keys = registry_get(&key_cache);
	const KeyEntry *entry = key_find(keys->departments, code);

	return entry != NULL && !entry->retired;
}

void
department_check(Datum code)
{
	if (!department_in_force(code))
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("department \"%s\" is not registered, or retired", TextDatumGetCString(code)),
				 errhint("See liskeban.department.")));
}

void
reject_reason_check(Datum code)
{
	const KeyCache *keys = registry_get(&key_cache);
	const KeyEntry *entry = key_find(keys->reject_reasons, code);

	if (entry == NULL || entry->retired)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("reject reason \"%s\" is not registered, or retired", TextDatumGetCString(code)),
				 errhint("See liskeban.reject_reason.")));
}
