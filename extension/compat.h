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

/* 16 reports a date that does not match its pattern through an ErrorSaveContext instead of a flag. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define compat_parse_datetime(str, fmt, coll, type, typmod, tz, failed) \
	({ \
		ErrorSaveContext escontext_ = {T_ErrorSaveContext}; \
		Datum value_ = parse_datetime(str, fmt, coll, false, type, typmod, tz, (Node *) &escontext_); \
		*(failed) = escontext_.error_occurred; \
		value_; \
	})
#else
#define compat_parse_datetime(str, fmt, coll, type, typmod, tz, failed) \
	parse_datetime(str, fmt, coll, false, type, typmod, tz, failed)
#endif

/* 17 lets the caller bring the lexer's memory. */
#if PG_VERSION_NUM >= 170000
#define compat_json_lex(json) makeJsonLexContext(NULL, json, true)
#else
#define compat_json_lex(json) makeJsonLexContext(json, true)
#endif

/* 16 renamed the way to another backend's status. */
#if PG_VERSION_NUM >= 160000
#define compat_local_beentry(i) pgstat_get_local_beentry_by_index(i)
#else
#define compat_local_beentry(i) pgstat_fetch_stat_local_beentry(i)
#endif

/* 17 moved a transaction's local number. */
#if PG_VERSION_NUM >= 170000
#define compat_my_lxid() (MyProc->vxid.lxid)
#else
#define compat_my_lxid() (MyProc->lxid)
#endif

/* OpenSSL 3 looks an algorithm up by name unless it was fetched once. */
#if defined(OPENSSL_VERSION_MAJOR) && OPENSSL_VERSION_MAJOR >= 3
#define compat_sha256() EVP_MD_fetch(NULL, "SHA256", NULL)
#else
#define compat_sha256() EVP_sha256()
#endif

#endif							/* LISKEBAN_COMPAT_H */
