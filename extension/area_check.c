/*
 * area_check.c: what an area may be when it is written.
 *
 * Contract: CREATE TRIGGER area_check BEFORE INSERT OR UPDATE OF code, geom ON liskeban.area
 *           FOR EACH ROW EXECUTE FUNCTION liskeban.area_check();
 * The code is the platform's district or lies in it; the outline is a valid Polygon or MultiPolygon, not empty, in
 * degrees, or NULL; else 22023.  What concerns two areas (overlap, gap, a child outside its parent) is let through and
 * listed by the view liskeban.area_problem.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "area_code.h"
#include "area_shape.h"
#include "liskeban.h"
#include "postgis.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(area_check);
PG_FUNCTION_INFO_V1(area_geom_problem_sql);

/*
 * Why a geometry cannot be an outline, palloc'd in the present context; NULL when it can.  *repairable: it is a polygon
 * all the same, of which ST_MakeValid could make a valid one.
 */
static char *
area_geom_problem(Datum geom, bool *repairable)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext cxt = AllocSetContextCreate(caller, "liskeban outline", ALLOCSET_DEFAULT_SIZES);
	bytea	   *ewkb;
	EwkbReader	reader = {0};
	EwkbHead	head;
	ShapePool	pool;
	Shape		shape;
	char	   *problem = NULL;

	*repairable = false;
	MemoryContextSwitchTo(cxt);
	ewkb = postgis_as_ewkb(geom);
	reader.data = VARDATA_ANY(ewkb);
	reader.len = VARSIZE_ANY_EXHDR(ewkb);
	ewkb_head(&reader, &head);
	shape_pool_init(&pool, cxt);
	if (head.type != WKB_POLYGON && head.type != WKB_MULTIPOLYGON)
		problem = _("It is no Polygon or MultiPolygon.");
	else if (!shape_add(&pool, geom, &shape))
		problem = _("It is empty.");
	else if (!(shape.xmin >= -180 && shape.xmax <= 180 && shape.ymin >= -90 && shape.ymax <= 90))
		problem = _("Its coordinates are no degrees of longitude and latitude.");
	else
	{
		problem = postgis_invalid_reason(geom);
		*repairable = true;
	}
	MemoryContextSwitchTo(caller);
	if (problem)
		problem = pstrdup(problem);
	MemoryContextDelete(cxt);
	return problem;
}

/* _area_geom_problem(geometry): what the loader says of a feature that it rejects. */
Datum
area_geom_problem_sql(PG_FUNCTION_ARGS)
{
	bool		repairable;
	char	   *problem = area_geom_problem(PG_GETARG_DATUM(0), &repairable);

	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}

/* The value of a column by name, for a DBA may add columns. */
static Datum
row_value(HeapTuple tuple, TupleDesc desc, const char *name, bool *isnull)
{
	int			attnum = SPI_fnumber(desc, name);

	if (attnum <= 0)
		elog(ERROR, "table of trigger area_check has no column \"%s\"", name);
	return heap_getattr(tuple, attnum, desc, isnull);
}

Datum
area_check(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	HeapTuple	tuple;
	TupleDesc	desc;
	AreaCode	code;
	Datum		geom;
	bool		isnull;
	bool		repairable;
	char	   *problem;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		!(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) || TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a BEFORE INSERT OR UPDATE trigger for each row",
						"area_check")));
	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	desc = RelationGetDescr(trigdata->tg_relation);

	code = DatumGetAreaCode(row_value(tuple, desc, "code", &isnull));
	if (isnull)
		return PointerGetDatum(tuple);	/* the primary key has its say */
	if (!area_code_contains(platform_get()->district, code))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("area %s does not lie in district %s", area_code_to_cstring(code),
						area_code_to_cstring(platform_get()->district))));

	geom = row_value(tuple, desc, "geom", &isnull);
	problem = isnull ? NULL : area_geom_problem(geom, &repairable);
	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("outline of area %s cannot be used", area_code_to_cstring(code)),
				 errdetail("%s", problem),
				 repairable ? errhint("Repair it with ST_MakeValid, or load it with --make-valid.") : 0));
	return PointerGetDatum(tuple);
}
