/*
 * party.h: who else takes part in a ticket.
 */
#ifndef LISKEBAN_PARTY_H
#define LISKEBAN_PARTY_H

#include "postgres.h"

/* Name and code of a party that has still to do its part before the ticket is resolved; NULL when there is none. */
extern char *party_not_done(int64 ticket_id);

#endif							/* LISKEBAN_PARTY_H */
