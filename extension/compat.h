/*
 * compat.h: every test of the server's version stands here.
 */
#ifndef LISKEBAN_COMPAT_H
#define LISKEBAN_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "liskeban needs PostgreSQL 15 or later"
#endif

/* 16 split the varlena's home header, and gave DecodeDateTime a place for its complaints. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#define compat_decode_datetime(field, ftype, nf, dtype, tm, fsec, tz) \
	(DecodeDateTime(field, ftype, nf, dtype, tm, fsec, tz, &(DateTimeErrorExtra){0}))
#else
#define compat_decode_datetime(field, ftype, nf, dtype, tm, fsec, tz) \
	DecodeDateTime(field, ftype, nf, dtype, tm, fsec, tz)
#endif

#endif							/* LISKEBAN_COMPAT_H */
