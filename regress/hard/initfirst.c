/*
 * initfirst.c: preloaded before libasan (and linked -z initfirst), it allocates before anything else starts.
 *
 * gettext's start-up takes a lock and allocates while it holds it; when that is the first allocation AddressSanitizer
 * sees, its own start-up asks gettext for messages and waits for that lock for ever.
 */
#include <stdlib.h>

static void *volatile first;

__attribute__((constructor)) static void
allocate_first(void)
{
	first = malloc(1);
	free(first);
}
