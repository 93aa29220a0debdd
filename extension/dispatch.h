/*
 * dispatch.h: whom a ticket goes to.
 */
#ifndef LISKEBAN_DISPATCH_H
#define LISKEBAN_DISPATCH_H

#include "postgres.h"
#include "ticket_change.h"

/*
 * A dispatch that names nobody, of a ticket that stands where it was placed, goes to whom the category names and the
 * duty roster knows.
 */
extern void dispatch_default_target(Change *change);

/* A dispatch or redispatch: the checks of its target, the rung, the time. */
extern void dispatch_apply(Change *change);

/* LK002 unless the new holder is another than any that gave the ticket back. */
extern void dispatch_check_no_way_back(const Change *change);

/* Is there any rule in force?  Then what is accepted may go on at once. */
extern bool dispatch_has_rules(void);

#endif							/* LISKEBAN_DISPATCH_H */
