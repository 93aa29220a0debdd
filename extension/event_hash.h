/*
 * event_hash.h: the hash of one row of history.
 */
#ifndef LISKEBAN_EVENT_HASH_H
#define LISKEBAN_EVENT_HASH_H

#include "postgres.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef struct EventFields
{
	int64		event_id;
	int64		ticket_id;
	int32		seq;
	int32		run;
	TimestampTz at;
	TimestampTz recorded_at;
	const char *action;
	const char *from_state;		/* NULL at the first */
	const char *to_state;
	const char *actor;
	const char *login;
	const uint8 *note_digest;	/* NULL without a note */
	Jsonb	   *detail;			/* NULL when nothing is to be told */
	const StringInfoData *detail_text;	/* its text; NULL when that is still to be made */
} EventFields;

/* One buffer serves all events of a statement. */
typedef struct EventHasher
{
	StringInfoData buf;
} EventHasher;

extern void event_hasher_init(EventHasher *hasher);
extern void event_hasher_free(EventHasher *hasher);
extern void event_digest(EventHasher *hasher, const void *data, Size len, uint8 *digest);
extern void event_hash(EventHasher *hasher, const EventFields *event, uint8 *hash);

#endif							/* LISKEBAN_EVENT_HASH_H */
