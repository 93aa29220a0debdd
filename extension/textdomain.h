/*
 * textdomain.h: the catalog that the messages of the extension are looked up in.  The Makefile has it included before
 * every file of extension/, so that no ereport() goes by the server's own.
 */
#ifndef TEXTDOMAIN_H
#define TEXTDOMAIN_H

#include "postgres.h"

#undef TEXTDOMAIN
#define TEXTDOMAIN message_domain()
#undef _
#define _(x) dgettext(TEXTDOMAIN, x)

/* message.c */
extern const char *message_domain(void);

#endif							/* TEXTDOMAIN_H */
