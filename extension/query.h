/*
 * query.h: the statements that C runs through SPI: questions of one value, plans that are kept, rows that C gathered.
 */
#ifndef LISKEBAN_QUERY_H
#define LISKEBAN_QUERY_H

#include "postgres.h"
#include "executor/spi.h"

/*
 * The first column of the one row that a SELECT, or an INSERT … RETURNING, gives; of a type passed by value.  With the
 * present rights; *isnull may be NULL where the value cannot be.
 */
extern Datum query_value(const char *sql, int nargs, Oid *argtypes, Datum *values, const char *nulls, bool *isnull);

/* The same as the owner of the platform's tables. */
extern Datum query_value_as_owner(const char *sql, int nargs, Oid *argtypes, Datum *values, const char *nulls,
								  bool *isnull);

/*
 * Does the owner find that it is so?  Of a SELECT of one boolean, NULL being no, over $1, the key of a ticket or of what
 * hangs on one, and $2 of the given type (InvalidOid: none).
 */
extern bool query_is_true(const char *sql, Datum id, Oid type, Datum other);

/* Keep a plan in *plan: made when there is none, made again when it is stale.  SPI is connected. */
extern void query_plan(SPIPlanPtr *plan, const char *sql, int nargs, Oid *argtypes);

/*
 * The plan for a statement over a number of rows that C or a trigger hands it: the one that is kept in *plan for a few,
 * one of its own for many.  The one that is kept may have been made while the tables were empty, and read them through for
 * each row.
 */
extern SPIPlanPtr query_plan_for(SPIPlanPtr *plan, const char *sql, int nargs, Oid *argtypes, double nrows);

/* Rows of C's own making under the name by which statements read them; they stay the caller's. */
extern void query_name_rows(EphemeralNamedRelationData *named, const char *name, TupleDesc desc, Tuplestorestate *rows,
							int64 nrows);

/* Let the statements that follow in this SPI connection read them. */
extern void query_see_rows(EphemeralNamedRelation named);

#endif							/* LISKEBAN_QUERY_H */
