/*
 * duplicate.h: what merging one ticket into another needs, and in which order their rows are locked.
 */
#ifndef LISKEBAN_DUPLICATE_H
#define LISKEBAN_DUPLICATE_H

#include "ticket_change.h"

/* Raise LK002 unless merged_into is another open ticket, itself not merged; keep it from going away meanwhile. */
extern void duplicate_check_lead(const Change *change);

/*
 * Under an isolation level that sees an old snapshot: raise 40001 when tickets were merged into the one that moved
 * since then, for the statement over them would pass them by.
 */
extern void duplicate_check_snapshot(int64 lead_id);

/* Lock a merged ticket's lead before the ticket itself, as every move of a lead does; nothing for others. */
extern void duplicate_lock_lead(int64 ticket_id);

/* Raise LK002 unless the lead that an unmerge (its detail) left is open still; for a revert. */
extern void duplicate_check_lead_open(const TicketRow *row, Datum detail);

/* The lead's row as it is now, read as the owner; false when there is none. */
extern bool duplicate_read_lead(const TicketRow *merged, TicketRow *lead);

#endif							/* LISKEBAN_DUPLICATE_H */
