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
#define compat_parse_datetime(str, fmt, coll, typid, typmod, tz, failed) \
	({ \
		ErrorSaveContext escontext_ = {.type = T_ErrorSaveContext}; \
		Datum value_ = parse_datetime(str, fmt, coll, false, typid, typmod, tz, (Node *) &escontext_); \
		*(failed) = escontext_.error_occurred; \
		value_; \
	})
#else
#define compat_parse_datetime(str, fmt, coll, typid, typmod, tz, failed) \
	parse_datetime(str, fmt, coll, false, typid, typmod, tz, failed)
#endif

/* 17 lets the caller bring the lexer's memory. */
#if PG_VERSION_NUM >= 170000
#define compat_json_lex(json) makeJsonLexContext(NULL, json, true)
#else
#define compat_json_lex(json) makeJsonLexContext(json, true)
#endif

/* 16 keeps what a relation is opened for apart from its place in the range table, and asks which relations are results. */
#if PG_VERSION_NUM >= 160000
#include "parser/parse_relation.h"
#define compat_init_range_table(estate, rte) \
	do { \
		List *permissions_ = NIL; \
		addRTEPermissionInfo(&permissions_, rte); \
		ExecInitRangeTable(estate, list_make1(rte), permissions_); \
	} while (0)
#define compat_eval_plan_qual_init(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1, NIL)
#else
#define compat_init_range_table(estate, rte) ExecInitRangeTable(estate, list_make1(rte))
#define compat_eval_plan_qual_init(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1)
#endif

/* 16 gave up Abs() for the C library's own. */
#if PG_VERSION_NUM >= 160000
#define compat_abs_s64(value) i64abs(value)
#else
#define compat_abs_s64(value) Abs(value)
#endif

/* 16 keeps the values of settings in memory of its own, no longer malloc()'s. */
#if PG_VERSION_NUM >= 160000
#define compat_guc_malloc(size) guc_malloc(LOG, size)
#define compat_guc_strdup(str) guc_strdup(LOG, str)
#define compat_guc_free(pointer) guc_free(pointer)
#else
#define compat_guc_malloc(size) malloc(size)
#define compat_guc_strdup(str) strdup(str)
#define compat_guc_free(pointer) free(pointer)
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
