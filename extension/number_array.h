/*
 * number_array.h: arrays of numbers as C arrays, for functions that reckon over them.
 */
#ifndef LISKEBAN_NUMBER_ARRAY_H
#define LISKEBAN_NUMBER_ARRAY_H

#include "postgres.h"

#include "utils/array.h"

/*
 * The elements of a one-dimensional array of float8 or int4, in the array's own memory; `name` is for the message.
 * 2202E for more dimensions, 22004 for a NULL among them, 22003 for NaN and infinities.
 */
extern const double *number_array_float8(ArrayType *array, const char *name, int *n);
extern const int32 *number_array_int4(ArrayType *array, const char *name, int *n);

extern ArrayType *number_array_from_float8(const double *values, int n);
extern ArrayType *number_array_from_int4(const int32 *values, int n);

#endif							/* LISKEBAN_NUMBER_ARRAY_H */
