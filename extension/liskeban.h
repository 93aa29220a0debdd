/*
 * liskeban.h: what every module shares: the time, the codes, the platform's own row.
 */
#ifndef LISKEBAN_H
#define LISKEBAN_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "pgtime.h"
#include "compat.h"

/* SQLSTATEs of class LK, which README lists. */
#define ERRCODE_LK_NO_TRANSITION MAKE_SQLSTATE('L', 'K', '0', '0', '1')
#define ERRCODE_LK_MISSING_REQUIREMENT MAKE_SQLSTATE('L', 'K', '0', '0', '2')
#define ERRCODE_LK_MAINTAINED_COLUMN MAKE_SQLSTATE('L', 'K', '0', '0', '3')
#define ERRCODE_LK_HISTORY MAKE_SQLSTATE('L', 'K', '0', '0', '4')
#define ERRCODE_LK_NO_GROUND MAKE_SQLSTATE('L', 'K', '0', '0', '5')
#define ERRCODE_LK_IMPOSSIBLE_TIME MAKE_SQLSTATE('L', 'K', '0', '0', '6')

#define LISKEBAN_SCHEMA "liskeban"
#define LISKEBAN_SRID 4490

/* Does a function's argument of type text hold something? */
#define ARG_HAS_TEXT(n) (!PG_ARGISNULL(n) && VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(n)) > 0)

/* now.c: the one clock source (statement_timestamp(), or the setting liskeban.now). */
extern TimestampTz liskeban_now(void);
extern void now_init(void);

/* identity.c */
extern void identity_init(void);

/* resident_key.c */
extern void resident_key_init(void);

#endif							/* LISKEBAN_H */
