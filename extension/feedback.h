/*
 * feedback.h: the citizen's word: every answer is kept, and a complaint asks for the work to be done again.
 */
#ifndef LISKEBAN_FEEDBACK_H
#define LISKEBAN_FEEDBACK_H

#include "ticket_change.h"

/* Step of the platform's own that records an answer (maintain_action()). */
#define FEEDBACK_ACTION "feedback"

/* The guard: may an answer be written to the ticket as it is?  LK001, 42501, LK002 (unreachable before its time). */
extern void feedback_check(const Change *change);

/* An answer that is given with the very move that clears it (rework, reopen) is kept all the same. */
extern void feedback_keep_given(const Change *change);

/* The answers of one statement, gathered by the log. */
typedef struct FeedbackBuffer
{
	struct FeedbackAnswer *answers;
	int			n;
	int			room;
	MemoryContext context;
} FeedbackBuffer;

extern void feedback_begin(FeedbackBuffer *buffer);
extern void feedback_add(FeedbackBuffer *buffer, const TicketRow *old, const TicketRow *new);

/* Keep what was gathered, as the owner, and do what follows from it. */
extern void feedback_end(FeedbackBuffer *buffer);

/* Lock the lead of a merged ticket first, whose work a granted complaint begins again; for decide(). */
extern void feedback_lock(int64 ticket_id);

/*
 * decide() on a request that an answer made acts at once.  False: it is no such request.  *used_seq is the event that
 * a grant was used for, 0 when refused.
 */
extern bool feedback_decide(int64 request_id, const TicketRow *row, bool granted, Datum note, bool no_note,
							int32 *used_seq);

#endif							/* LISKEBAN_FEEDBACK_H */
