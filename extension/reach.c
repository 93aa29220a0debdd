/*
 * reach.c: who stands where: which tickets an actor's duties and offices reach, on which rung, and which areas and
 * departments the actor may speak for, direct and supervise.
 *
 * Duties come with the actor (identity.c).  Offices are cached here over liskeban.official, with the departments'
 * parents and towns over liskeban.department.
 *
 * A ticket and a unit are reached in two ways.  A ticket is its holder's: its department itself, within the area of the
 * membership where that has one; a dispatcher's also by where it lies.  A unit is spoken for from above as well: whoever
 * reaches a department reaches those below it, and whoever reaches a town its offices.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "category.h"
#include "enum_label.h"
#include "liskeban.h"
#include "reach.h"
#include "registry_cache.h"

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

static EnumLabels tier_enum = {
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
		o->tier = (Tier) enum_label_position(&tier_enum, SPI_getbinval(tup, desc, 2, &isnull));
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

const Office *
reach_offices(int *n)
{
	const OfficeTable *table = registry_get(&office_cache);

	*n = table->noffices;
	return table->offices;
}

uint64
reach_version(void)
{
	(void) registry_get(&office_cache);
	return office_cache.version;
}

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

/* ---- rungs ---- */

Tier
unit_rung(const Unit *unit)
{
	if (unit->department != NULL)
		return TIER_TOWN;
	if (!unit->has_area)
		return TIER_DISTRICT;
	switch (area_code_level(unit->area))
	{
		case AREA_PROVINCE:
		case AREA_CITY:
		case AREA_DISTRICT:
			return TIER_DISTRICT;
		case AREA_TOWN:
			return TIER_TOWN;
		default:
			return TIER_VILLAGE;
	}
}

bool
unit_of_ticket(const TicketRow *row, Unit *unit)
{
	TicketState state = row_state(row);

	memset(unit, 0, sizeof(*unit));
	if (state != STATE_REPORTED && state != STATE_ACCEPTED && state != STATE_RESOLVED)
	{
		unit->has_area = !row_isnull(row, TC_RESPONSIBLE_AREA);
		unit->area = unit->has_area ? row_area(row, TC_RESPONSIBLE_AREA) : 0;
		unit->department = row_isnull(row, TC_DEPARTMENT) ? NULL : TextDatumGetCString(row_datum(row, TC_DEPARTMENT));
	}
	if (unit->has_area || unit->department != NULL)
		return false;
	unit->has_area = true;
	unit->area = platform_get()->district;
	return true;
}

void
unit_of_row(const RowGuard *g, Unit *unit)
{
	unit->has_area = !row_guard_isnull(g, "area");
	unit->area = unit->has_area ? DatumGetAreaCode(row_guard_datum(g, "area")) : 0;
	unit->department = row_guard_text(g, "department");
}

/* ---- tickets ---- */

/* Does the department take part? */
static bool
co_department(const TicketRow *row, const char *department)
{
	Datum	   *elems;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(row_datum(row, TC_CO_DEPARTMENTS)), TEXTOID, -1, false, TYPALIGN_INT,
					  &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (strcmp(TextDatumGetCString(elems[i]), department) == 0)
			return true;
	return false;
}

/*
 * A dispatcher also reaches what lies in the area, whoever holds it; departments that take part reach it too, where
 * with_co says so.
 */
static bool
membership_reaches(const Membership *m, const TicketRow *row, bool with_co)
{
	if (m->has_area)
	{
		bool		in = is_whole_district(m->area);

		if (!in && !row_isnull(row, TC_RESPONSIBLE_AREA))
			in = area_code_contains(m->area, row_area(row, TC_RESPONSIBLE_AREA));
		if (!in && m->duty == DUTY_DISPATCHER && !row_isnull(row, TC_AREA))
			in = area_code_contains(m->area, row_area(row, TC_AREA));
		if (!in)
			return false;
	}
	if (m->department != NULL && !row_text_is(row, TC_DEPARTMENT, m->department) &&
		!(with_co && co_department(row, m->department)))
		return false;
	if (m->source != NULL && !row_text_is(row, TC_SOURCE, m->source))
		return false;
	return true;
}

bool
actor_has_role(const Actor *actor, int roles, const TicketRow *row)
{
	if (actor->admin)
		return true;
	if ((roles & ROLE_PLATFORM) && actor->platform)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];
		int			bit = m->duty == DUTY_DISPATCHER ? ROLE_DISPATCHER :
			m->duty == DUTY_HANDLER ? ROLE_HANDLER :
			m->duty == DUTY_SOURCE ? ROLE_SOURCE : 0;

		if (!m->gateway && (bit & roles) && membership_reaches(m, row, true))
			return true;
	}
	return false;
}

bool
actor_leads(const Actor *actor, const TicketRow *row)
{
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (!m->gateway && m->duty == DUTY_HANDLER && membership_reaches(m, row, false))
			return true;
	}
	return false;
}

/* Has the membership a part in the work, at the desk or on the spot? */
static bool
is_of_work(const Membership *m)
{
	return !m->gateway && (m->duty == DUTY_HANDLER || m->duty == DUTY_DISPATCHER);
}

static Tier
membership_rung(const Membership *m)
{
	Unit		unit = {.has_area = m->has_area, .area = m->area, .department = m->department};

	return unit_rung(&unit);
}

/* Is the ticket in the charge of the office?  Who heads a department and leads an area too leads as its head. */
static bool
office_reaches(const Office *o, const TicketRow *row)
{
	if (o->tier >= TIER_DISTRICT)
		return true;
	if (o->department != NULL)
		return row_text_is(row, TC_DEPARTMENT, o->department);
	return o->has_area && !row_isnull(row, TC_RESPONSIBLE_AREA) &&
		area_code_contains(o->area, row_area(row, TC_RESPONSIBLE_AREA));
}

bool
actor_stands_on(const Actor *actor, Tier tier, const TicketRow *row)
{
	const OfficeTable *table = registry_get(&office_cache);

	if (actor->admin)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (is_of_work(m) && membership_rung(m) == tier && membership_reaches(m, row, false))
			return true;
	}
	for (int i = 0; i < table->noffices; i++)
	{
		const Office *o = &table->offices[i];

		if (o->tier == tier && strcmp(o->role_name, actor->name) == 0 && office_reaches(o, row))
			return true;
	}
	return false;
}

bool
actor_stands_somewhere(const Actor *actor)
{
	const OfficeTable *table = registry_get(&office_cache);

	if (actor->admin)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
		if (is_of_work(&actor->memberships[i]))
			return true;
	for (int i = 0; i < table->noffices; i++)
		if (strcmp(table->offices[i].role_name, actor->name) == 0)
			return true;
	return false;
}

int
actor_rung(const Actor *actor, const TicketRow *row)
{
	const OfficeTable *table = registry_get(&office_cache);
	int			rung = actor->admin ? TIER_PRINCIPAL : -1;

	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (is_of_work(m) && membership_reaches(m, row, true))
			rung = Max(rung, (int) membership_rung(m));
	}
	for (int i = 0; i < table->noffices; i++)
	{
		const Office *o = &table->offices[i];

		if (o->tier >= TIER_DISTRICT && strcmp(o->role_name, actor->name) == 0)
			rung = Max(rung, (int) o->tier);
	}
	return rung;
}

/* ---- units ---- */

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

ArrayType *
reach_departments(const Actor *actor)
{
	const OfficeTable *table = registry_get(&office_cache);
	HASH_SEQ_STATUS status;
	Department *d;
	Datum	   *codes = palloc((hash_get_num_entries(table->departments) + 1) * sizeof(Datum));
	int			n = 0;

	hash_seq_init(&status, table->departments);
	while ((d = hash_seq_search(&status)) != NULL)
	{
		Unit		unit = {.department = d->code};

		if (reach_answers(actor, &unit))
			codes[n++] = CStringGetTextDatum(d->code);
	}
	return n == 0 ? construct_empty_array(TEXTOID) : construct_array(codes, n, TEXTOID, -1, false, TYPALIGN_INT);
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

		if (!is_of_work(m))
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
		return psprintf(_("area \"%s\""), area_code_to_cstring(unit->area));
	if (!unit->has_area)
		return psprintf(_("department \"%s\""), unit->department);
	return psprintf(_("area \"%s\", department \"%s\""), area_code_to_cstring(unit->area), unit->department);
}
