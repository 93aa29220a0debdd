/*
 * reach.c: whom an actor may speak for, direct and supervise: an area or a department, by duty or by office.
 *
 * Duties come with the actor (identity.c).  Offices are cached here over liskeban.official, with the departments'
 * parents and towns over liskeban.department: a membership or an office that reaches a town reaches its offices too.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "category.h"
#include "enum_label.h"
#include "liskeban.h"
#include "reach.h"
#include "registry_cache.h"

typedef struct Office
{
	char	   *role_name;
	Tier		tier;
	bool		has_area;
	AreaCode	area;
	char	   *department;		/* NULL: none */
} Office;

typedef struct Department
{
	char		code[REGISTRY_KEY_BYTES];	/* hash key */
	char	   *parent;			/* NULL: none */
	bool		has_area;		/* a town's office; otherwise the district's */
	AreaCode	area;
} Department;

typedef struct OfficeTable
{
	int			noffices;
	Office	   *offices;
	HTAB	   *departments;
} OfficeTable;

static EnumLabels tier_labels = {
	.type = "tier",
	.labels = {"village", "town", "district", "principal"}
};

static char *
copied_text(HeapTuple tup, TupleDesc desc, int column)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tup, desc, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(d);
}

static void *
office_load(MemoryContext cxt)
{
	HASHCTL		ctl = {.keysize = REGISTRY_KEY_BYTES, .entrysize = sizeof(Department), .hcxt = cxt};
	OfficeTable *table = MemoryContextAllocZero(cxt, sizeof(OfficeTable));
	bool		isnull;

	registry_query("SELECT role_name, tier, area, department FROM liskeban.official WHERE retired_at IS NULL");
	table->noffices = (int) SPI_processed;
	table->offices = MemoryContextAllocZero(cxt, Max(SPI_processed, 1) * sizeof(Office));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Office	   *o = &table->offices[i];
		MemoryContext old = MemoryContextSwitchTo(cxt);

		o->role_name = copied_text(tup, desc, 1);
		o->tier = (Tier) enum_label_position(&tier_labels, SPI_getbinval(tup, desc, 2, &isnull));
		o->area = DatumGetAreaCode(SPI_getbinval(tup, desc, 3, &isnull));
		o->has_area = !isnull;
		o->department = copied_text(tup, desc, 4);
		MemoryContextSwitchTo(old);
	}

	table->departments = hash_create("liskeban department tree", 256, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	registry_query("SELECT code, parent, area FROM liskeban.department");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		char	   *code = copied_text(tup, desc, 1);
		Department *d;
		MemoryContext old;

		/* No membership names a code as long as that. */
		if (strlen(code) >= REGISTRY_KEY_BYTES)
			continue;
		d = hash_search(table->departments, code, HASH_ENTER, NULL);
		old = MemoryContextSwitchTo(cxt);
		d->parent = copied_text(tup, desc, 2);
		d->area = DatumGetAreaCode(SPI_getbinval(tup, desc, 3, &isnull));
		d->has_area = !isnull;
		MemoryContextSwitchTo(old);
	}
	return table;
}

static RegistryCache office_cache = {
	.name = "liskeban office",
	.tables = {"official", "department", NULL},
	.load = office_load
};

static const Department *
department_find(const OfficeTable *table, const char *code)
{
	return code == NULL || strlen(code) >= REGISTRY_KEY_BYTES ? NULL : hash_search(table->departments, code, HASH_FIND, NULL);
}

/* Is the department the other one, or below it?  A chain that somebody closed to a ring ends too. */
static bool
department_within(const OfficeTable *table, const char *code, const char *outer)
{
	for (int depth = 0; code != NULL && depth < 32; depth++)
	{
		const Department *d;

		if (strcmp(code, outer) == 0)
			return true;
		d = department_find(table, code);
		code = d ? d->parent : NULL;
	}
	return false;
}

static bool
is_whole_district(AreaCode area)
{
	return area_code_contains(area, platform_get()->district);
}

/* Does the unit lie in the area?  A department lies in its town's, or in the district's. */
static bool
unit_in_area(const OfficeTable *table, const Unit *unit, AreaCode area)
{
	const Department *d;

	if (is_whole_district(area))
		return true;
	if (unit->has_area)
		return area_code_contains(area, unit->area);
	d = department_find(table, unit->department);
	return d != NULL && d->has_area && area_code_contains(area, d->area);
}

static bool
membership_reaches_unit(const OfficeTable *table, const Membership *m, const Unit *unit)
{
	if (m->gateway)
		return false;
	if (m->department != NULL)
		return unit->department != NULL && department_within(table, unit->department, m->department);
	return !m->has_area || unit_in_area(table, unit, m->area);
}

static bool
reach_by_duty(const OfficeTable *table, const Actor *actor, const Unit *unit, bool handlers)
{
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if ((m->duty == DUTY_DISPATCHER || (handlers && m->duty == DUTY_HANDLER)) && membership_reaches_unit(table, m, unit))
			return true;
	}
	return false;
}

static bool
office_leads(const OfficeTable *table, const Office *o, const Unit *unit)
{
	if (o->tier >= TIER_DISTRICT)
		return true;
	if (o->department != NULL && unit->department != NULL && department_within(table, unit->department, o->department))
		return true;
	return o->has_area && unit_in_area(table, unit, o->area);
}

/* By an office that leads the unit and stands at least on the rung. */
static bool
reach_by_office(const OfficeTable *table, const Actor *actor, const Unit *unit, Tier tier)
{
	for (int i = 0; i < table->noffices; i++)
	{
		const Office *o = &table->offices[i];

		if (o->tier >= tier && strcmp(o->role_name, actor->name) == 0 && office_leads(table, o, unit))
			return true;
	}
	return false;
}

bool
reach_answers(const Actor *actor, const Unit *unit)
{
	const OfficeTable *table = registry_get(&office_cache);

	return actor->admin || reach_by_duty(table, actor, unit, true) || reach_by_office(table, actor, unit, TIER_VILLAGE);
}

bool
reach_directs(const Actor *actor, const Unit *unit)
{
	const OfficeTable *table = registry_get(&office_cache);

	return actor->admin || reach_by_duty(table, actor, unit, false) || reach_by_office(table, actor, unit, TIER_TOWN);
}

bool
reach_directs_any(const Actor *actor)
{
	const OfficeTable *table = registry_get(&office_cache);

	if (actor->admin)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
		if (!actor->memberships[i].gateway && actor->memberships[i].duty == DUTY_DISPATCHER)
			return true;
	for (int i = 0; i < table->noffices; i++)
		if (table->offices[i].tier >= TIER_TOWN && strcmp(table->offices[i].role_name, actor->name) == 0)
			return true;
	return false;
}

bool
reach_supervises(const Actor *actor, const Unit *unit, int tier)
{
	const OfficeTable *table = registry_get(&office_cache);

	if (actor->admin)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (m->duty != DUTY_DISPATCHER || !membership_reaches_unit(table, m, unit))
			continue;
		/* The desk of the district stands above whoever holds it, another one above what is smaller. */
		if (m->department != NULL ? strcmp(unit->department, m->department) != 0
			: !m->has_area || is_whole_district(m->area) || !unit->has_area || unit->area != m->area)
			return true;
	}
	return reach_by_office(table, actor, unit, Min(tier + 1, TIER_PRINCIPAL));
}

bool
reach_serves(const Actor *actor, const Unit *unit)
{
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (m->gateway || (m->duty != DUTY_HANDLER && m->duty != DUTY_DISPATCHER))
			continue;
		if (m->department != NULL ? unit->department != NULL && strcmp(unit->department, m->department) == 0
			: unit->has_area && (m->has_area ? m->area : platform_get()->district) == unit->area)
			return true;
	}
	return false;
}

char *
unit_name(const Unit *unit)
{
	if (unit->department == NULL)
		return psprintf("area \"%s\"", area_code_to_cstring(unit->area));
	if (!unit->has_area)
		return psprintf("department \"%s\"", unit->department);
	return psprintf("area \"%s\", department \"%s\"", area_code_to_cstring(unit->area), unit->department);
}
