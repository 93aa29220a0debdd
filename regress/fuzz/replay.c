/*
 * replay.c: gives a harness each file that is named, where there is no libFuzzer to do it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern int	LLVMFuzzerRunDriver(int *argc, char ***args, int (*test) (const uint8_t *data, size_t size));

/* As libFuzzer's, for who has a main() already. */
int
LLVMFuzzerRunDriver(int *argc, char ***args, int (*test) (const uint8_t *data, size_t size))
{
	char	  **argv = *args;

	for (int i = 1; i < *argc; i++)
	{
		static uint8_t buffer[65536];
		FILE	   *file = fopen(argv[i], "rb");
		size_t		size = file ? fread(buffer, 1, sizeof(buffer), file) : 0;
		uint8_t    *input = malloc(size);

		if (file == NULL || (size > 0 && input == NULL))
		{
			perror(argv[i]);
			return 2;
		}
		fclose(file);
		fprintf(stderr, "%s\n", argv[i]);
		/* of its exact size, so that the sanitizers see its end */
		for (size_t j = 0; j < size; j++)
			input[j] = buffer[j];
		test(input, size);
		free(input);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
