/*
 * number_array.c: arrays of numbers as C arrays, for functions that reckon over them.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"

#include "number_array.h"

static int
number_array_length(ArrayType *array, const char *name)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array \"%s\" must have one dimension", name)));
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array \"%s\" must not contain nulls", name)));
	return ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
}

const double *
number_array_float8(ArrayType *array, const char *name, int *n)
{
	const double *values = (const double *) ARR_DATA_PTR(array);

	Assert(ARR_ELEMTYPE(array) == FLOAT8OID);
	*n = number_array_length(array, name);
	for (int i = 0; i < *n; i++)
		if (!isfinite(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("array \"%s\" must contain finite numbers only", name),
					 errdetail("Element %d is %g.", i + 1, values[i])));
	return values;
}

const int32 *
number_array_int4(ArrayType *array, const char *name, int *n)
{
	Assert(ARR_ELEMTYPE(array) == INT4OID);
	*n = number_array_length(array, name);
	return (const int32 *) ARR_DATA_PTR(array);
}

ArrayType *
number_array_from_float8(const double *values, int n)
{
	Datum	   *elems = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		elems[i] = Float8GetDatum(values[i]);
	return construct_array(elems, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

ArrayType *
number_array_from_int4(const int32 *values, int n)
{
	Datum	   *elems = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		elems[i] = Int32GetDatum(values[i]);
	return construct_array(elems, n, INT4OID, sizeof(int32), true, TYPALIGN_INT);
}
