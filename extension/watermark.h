/*
 * watermark.h: how far history is final.
 */
#ifndef LISKEBAN_WATERMARK_H
#define LISKEBAN_WATERMARK_H

#include "postgres.h"

/*
 * Note a new mark, make final what has become so, and return the last final event_id; one less than the first
 * event_id when nothing is final.  Call it as the owner of the tables (owner_enter()), under READ COMMITTED.
 */
extern int64 watermark_note(void);

/* The event_id before the first that can be drawn. */
extern int64 watermark_origin(void);

#endif							/* LISKEBAN_WATERMARK_H */
