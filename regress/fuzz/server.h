/*
 * server.h: the little of a server that a parser needs when it is compiled alone, for the harnesses of this folder.
 *
 * The server's own headers are used; server.c stands for what they declare.  An error is a jump back to FUZZ_TRY().
 */
#ifndef FUZZ_SERVER_H
#define FUZZ_SERVER_H

#include "postgres.h"

#include <setjmp.h>

/* True the first time; false when what follows raised an error, whose SQLSTATE is in fuzz_sqlstate. */
#define FUZZ_TRY() (sigsetjmp(fuzz_jump, 0) == 0)

/* What must hold, or the input is kept. */
#define FUZZ_EXPECT(condition) \
	((condition) ? (void) 0 : fuzz_unexpected(#condition, __FILE__, __LINE__))

extern sigjmp_buf fuzz_jump;
extern int	fuzz_sqlstate;

extern void fuzz_unexpected(const char *condition, const char *file, int line) __attribute__((noreturn));

/* Free all that was palloc'd: at the end of each input. */
extern void fuzz_reset(void);

/* Numbers off the front of the input; zeros once it is used up. */
typedef struct FuzzInput
{
	const uint8 *data;
	size_t		size;
} FuzzInput;

extern uint64 fuzz_number(FuzzInput *input, int bytes);

extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

#endif							/* FUZZ_SERVER_H */
