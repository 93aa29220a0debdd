/*
 * liskeban.c: the library's entry: its settings and nothing else.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "liskeban.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

/*
 * Define the settings of every module; each module knows its own.
 */
void
_PG_init(void)
{
	now_init();
	identity_init();
	resident_key_init();
	MarkGUCPrefixReserved("liskeban");
}
