/*
 * feedback_keep.h: one answer of a citizen, and how it is kept.
 */
#ifndef LISKEBAN_FEEDBACK_KEEP_H
#define LISKEBAN_FEEDBACK_KEEP_H

#include "postgres.h"
#include "utils/timestamp.h"

#define NO_ANSWER (-1)

/* One answer, or attempt to get one. */
typedef struct FeedbackAnswer
{
	int64		ticket_id;
	int32		run;
	TimestampTz at;
	const char *recorded_by;
	int			satisfaction;	/* Satisfaction, or NO_ANSWER */
	int			solved;			/* 0, 1, or NO_ANSWER */
	Datum		comment;		/* text, or 0 */
	Datum		channel;
	bool		loaded;			/* of a history: nothing follows */
} FeedbackAnswer;

/* Append the answer; request_id 0: it made none.  Returns feedback_id. */
extern int64 feedback_keep(const FeedbackAnswer *answer, int64 request_id);

/* The answers of a history, all at once: nothing follows from them. */
extern void feedback_keep_loaded(const FeedbackAnswer *answers, int n);

#endif							/* LISKEBAN_FEEDBACK_KEEP_H */
