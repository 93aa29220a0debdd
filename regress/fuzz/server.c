/*
 * server.c: memory, errors and messages as a parser that is compiled alone meets them.
 *
 * Each palloc() is a malloc(), so that the sanitizers see its bounds.  What else the server has is not linked: a
 * parser that calls it while it is fuzzed ends at address 0.
 */
#include "server.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"

typedef struct Chunk
{
	struct Chunk *prev;
	struct Chunk *next;
} Chunk;

static Chunk chunks = {&chunks, &chunks};

sigjmp_buf	fuzz_jump;
int			fuzz_sqlstate;

MemoryContext CurrentMemoryContext = NULL;
MemoryContext CacheMemoryContext = NULL;
MemoryContext TopMemoryContext = NULL;

void
fuzz_unexpected(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

uint64
fuzz_number(FuzzInput *input, int bytes)
{
	uint64		value = 0;

	for (; bytes > 0; bytes--)
	{
		value = value << 8 | (input->size > 0 ? *input->data : 0);
		if (input->size > 0)
		{
			input->data++;
			input->size--;
		}
	}
	return value;
}

/* ---- memory ---- */

void *
palloc(Size size)
{
	Chunk	   *chunk = malloc(sizeof(Chunk) + size);

	if (chunk == NULL || size > MaxAllocSize)
		abort();
	chunk->prev = chunks.prev;
	chunk->next = &chunks;
	chunk->prev->next = chunk;
	chunks.prev = chunk;
	return chunk + 1;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void
pfree(void *pointer)
{
	Chunk	   *chunk = (Chunk *) pointer - 1;

	chunk->prev->next = chunk->next;
	chunk->next->prev = chunk->prev;
	free(chunk);
}

void *
repalloc(void *pointer, Size size)
{
	Chunk	   *chunk = realloc((Chunk *) pointer - 1, sizeof(Chunk) + size);

	if (chunk == NULL || size > MaxAllocSize)
		abort();
	chunk->prev->next = chunk;
	chunk->next->prev = chunk;
	return chunk + 1;
}

void *
MemoryContextAlloc(MemoryContext context, Size size)
{
	return palloc(size);
}

void *
MemoryContextAllocZero(MemoryContext context, Size size)
{
	return palloc0(size);
}

void *
MemoryContextAllocZeroAligned(MemoryContext context, Size size)
{
	return palloc0(size);
}

char *
pstrdup(const char *str)
{
	return strcpy(palloc(strlen(str) + 1), str);
}

void
fuzz_reset(void)
{
	while (chunks.next != &chunks)
		pfree(chunks.next + 1);
}

/* ---- errors ---- */

bool
errstart(int elevel, const char *domain)
{
	fuzz_sqlstate = ERRCODE_INTERNAL_ERROR;
	return elevel >= ERROR;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	siglongjmp(fuzz_jump, 1);
}

int
errcode(int sqlerrcode)
{
	fuzz_sqlstate = sqlerrcode;
	return 0;
}

int
errmsg(const char *fmt,...)
{
	return 0;
}

int
errmsg_internal(const char *fmt,...)
{
	return 0;
}

int
errdetail(const char *fmt,...)
{
	return 0;
}

int
errhint(const char *fmt,...)
{
	return 0;
}

/* Half of what the server allows by default, for the sanitizers' frames are larger. */
void
check_stack_depth(void)
{
	static char *base = NULL;
	char		here;

	if (base == NULL)
		base = &here;
	if (labs(base - &here) > 1024 * 1024)
		ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX), errmsg("stack depth limit exceeded")));
}

/* ---- messages ---- */

int64
pq_getmsgint64(StringInfo msg)
{
	uint64		value;

	if (msg->len - msg->cursor < (int) sizeof(value))
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("insufficient data left in message")));
	memcpy(&value, msg->data + msg->cursor, sizeof(value));
	msg->cursor += sizeof(value);
	return pg_ntoh64(value);
}
