/*
 * sweep.h: what fell due until a time fires, what was suspended until then resumes.
 */
#ifndef LISKEBAN_SWEEP_H
#define LISKEBAN_SWEEP_H

#include "datatype/timestamp.h"

/* All of it, in the caller's transaction, but for tickets that another writes to; returns the alarms fired. */
extern int64 sweep_until(TimestampTz as_of);

/*
 * Is this backend's sweep at work?  Then an event is of the time that the sweep gives it, or else of its ticket's last,
 * and nothing later than it is seen to by the log.
 */
extern bool sweep_active(void);

#endif							/* LISKEBAN_SWEEP_H */
