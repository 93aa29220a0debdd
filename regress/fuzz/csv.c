/*
 * csv.c: one CSV record cut into its fields, as the server does it for the loader.
 */
#include "server.h"

#include "../../extension/record.c"

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char	   *record = palloc(size);
	int			max = record_max_fields((const char *) data, (int) size);
	RecordField *fields = palloc(max * sizeof(RecordField));
	RecordField *again = palloc(max * sizeof(RecordField));
	RecordField one;
	const char *reason = NULL;
	int			n;

	memcpy(record, data, size);
	n = record_split_csv(record, (int) size, fields, max, &reason);
	FUZZ_EXPECT(n <= max && (n == -1 || n > 0) && (n == -1) == (reason != NULL));
	if (n > 0)
	{
		/* every field quoted anew gives the same fields */
		char	   *quoted = palloc(2 * size + 3 * n);
		char	   *p = quoted;

		for (int i = 0; i < n; i++)
		{
			FUZZ_EXPECT(fields[i].len >= 0 && fields[i].str >= record && fields[i].str + fields[i].len <= record + size);
			if (i > 0)
				*p++ = ',';
			*p++ = '"';
			for (int j = 0; j < fields[i].len; j++)
			{
				if (fields[i].str[j] == '"')
					*p++ = '"';
				*p++ = fields[i].str[j];
			}
			*p++ = '"';
		}
		FUZZ_EXPECT(record_split_csv(quoted, (int) (p - quoted), again, max, &reason) == n);
		for (int i = 0; i < n; i++)
			FUZZ_EXPECT(again[i].len == fields[i].len && memcmp(again[i].str, fields[i].str, fields[i].len) == 0);
	}

	/* more fields than there is room for are counted, not written */
	memcpy(record, data, size);
	FUZZ_EXPECT(record_split_csv(record, (int) size, &one, 1, &reason) == n);
	fuzz_reset();
	return 0;
}
