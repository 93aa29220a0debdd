/*
 * similarity.c: how much two texts, and two places, have in common.
 *
 * Texts are compared by similarity() of pg_trgm, which is called in whatever schema it is, as PostGIS is.  pg_trgm asks
 * the database's ctype what a letter is; C knows none beyond ASCII, and every Chinese text would be as good as empty.
 * There the same is reckoned here, with everything beyond ASCII a letter but punctuation.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "utils/syscache.h"

#include "area_index.h"
#include "compat.h"
#include "liskeban.h"
#include "postgis.h"

PG_FUNCTION_INFO_V1(text_similarity);
PG_FUNCTION_INFO_V1(point_distance);

/* pg_trgm's similarity(text, text), found again after any function of the database changed. */
static FmgrInfo similarity;
static bool similarity_valid = false;
static bool callback_registered = false;

static void
functions_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	similarity_valid = false;
}

static FmgrInfo *
trgm_similarity(void)
{
	Oid			argtypes[2] = {TEXTOID, TEXTOID};
	Oid			oid;

	if (similarity_valid)
		return &similarity;
	if (!callback_registered)
	{
		CacheRegisterSyscacheCallback(PROCOID, functions_changed, (Datum) 0);
		callback_registered = true;
	}
	oid = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("similarity"),
						  PointerGetDatum(buildoidvector(argtypes, 2)),
						  ObjectIdGetDatum(extension_schema("pg_trgm")));
	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function \"%s\" of extension \"%s\" does not exist", "similarity", "pg_trgm")));
	fmgr_info_cxt(oid, &similarity, TopMemoryContext);
	similarity_valid = true;
	return &similarity;
}

/* ---- trigrams of our own ---- */

static int
compare_trigrams(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return (x > y) - (x < y);
}

/* Beyond ASCII all but the blocks of punctuation that Chinese text uses. */
static inline bool
is_letter(pg_wchar c)
{
	if (c <= 0x7f)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
	return !((c >= 0x80 && c <= 0xbf) || (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x3003) ||
			 (c >= 0x3008 && c <= 0x3020) || (c >= 0xff01 && c <= 0xff0f) || (c >= 0xff1a && c <= 0xff20) ||
			 (c >= 0xff3b && c <= 0xff40) || (c >= 0xff5b && c <= 0xff65));
}

/* The distinct trigrams of a text, sorted: each word with two blanks before it and one behind; 21 bits a character. */
static int
trigrams(text *t, uint64 **result)
{
	int			len = VARSIZE_ANY_EXHDR(t);
	pg_wchar   *chars = palloc((len + 1) * sizeof(pg_wchar));
	int			nchars = pg_mb2wchar_with_len(VARDATA_ANY(t), chars, len);
	uint64	   *out = palloc((2 * (Size) len + 4) * sizeof(uint64));
	uint64		window = 0;
	bool		word = false;
	int			n = 0;
	int			distinct = 0;

	for (int i = 0; i <= nchars; i++)
	{
		pg_wchar	c = i < nchars ? chars[i] : ' ';

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (is_letter(c))
		{
			if (!word)
				window = ((uint64) ' ' << 21) | ' ';
			word = true;
		}
		else if (word)
		{
			word = false;
			c = ' ';
		}
		else
			continue;
		window = ((window << 21) | c) & ((UINT64CONST(1) << 63) - 1);
		out[n++] = window;
	}
	pfree(chars);
	qsort(out, n, sizeof(uint64), compare_trigrams);
	for (int i = 0; i < n; i++)
		if (i == 0 || out[i] != out[i - 1])
			out[distinct++] = out[i];
	*result = out;
	return distinct;
}

static double
own_similarity(text *a, text *b)
{
	uint64	   *x;
	uint64	   *y;
	int			nx = trigrams(a, &x);
	int			ny = trigrams(b, &y);
	int			common = 0;

	for (int i = 0, j = 0; i < nx && j < ny;)
	{
		if (x[i] == y[j])
		{
			common++;
			i++;
			j++;
		}
		else if (x[i] < y[j])
			i++;
		else
			j++;
	}
	pfree(x);
	pfree(y);
	return nx + ny == 0 ? 0 : (double) common / (nx + ny - common);
}

/*
 * _text_similarity(text, text) returns double precision, 0..1
 */
Datum
text_similarity(PG_FUNCTION_ARGS)
{
	if (lc_ctype_is_c(DEFAULT_COLLATION_OID))
		PG_RETURN_FLOAT8(own_similarity(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1)));
	PG_RETURN_FLOAT8(DatumGetFloat4(FunctionCall2Coll(trgm_similarity(), DEFAULT_COLLATION_OID,
													  PG_GETARG_DATUM(0), PG_GETARG_DATUM(1))));
}

/*
 * _point_distance(geometry, geometry) returns double precision, metres
 */
Datum
point_distance(PG_FUNCTION_ARGS)
{
	double		metres;

	if (!area_point_distance(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &metres))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(metres);
}
