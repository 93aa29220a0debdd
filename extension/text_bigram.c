/*
 * text_bigram.c: words found in text that does not separate them: an index over pairs of characters.
 *
 * Chinese is written without spaces and most of its words have two characters, of which pg_trgm makes no trigram that an
 * index could search by.  Every two neighbouring characters are a key, an int4: the codes of both, which for characters of
 * the basic plane nobody else has; others may share one, so what the index finds is compared once more.  Large, small and
 * full-width letters are one character; spaces and punctuation separate.  What a text's keys are is on disk and never
 * changes.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "text_bigram.h"

PG_FUNCTION_INFO_V1(text_bigrams);
PG_FUNCTION_INFO_V1(text_contains);

#define INDEXED_CHARACTERS 10000	/* of all texts together: a text as long as a book is none of a ticket's */

/* The character as it is compared; 0 where it separates. */
static pg_wchar
plain_char(pg_wchar c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFEE0;
	if (c < 0x80)
	{
		if (c >= 'A' && c <= 'Z')
			return c - 'A' + 'a';
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
	}
	if (c <= 0xBF || c == 0xD7 || c == 0xF7)	/* signs of Latin-1 */
		return 0;
	if (c >= 0x2000 && c <= 0x206F) /* general punctuation */
		return 0;
	if (c >= 0x3000 && c <= 0x303F) /* Chinese punctuation, but for the signs that repeat a character and the round zero */
		return c == 0x3005 || c == 0x3007 ? c : 0;
	if (c >= 0xFE30 && c <= 0xFE4F) /* upright punctuation */
		return 0;
	if (c >= 0xFF5F && c <= 0xFF65)
		return 0;
	return c;
}

void
plain_text_add(PlainText *plain, const text *t)
{
	int			bytes = VARSIZE_ANY_EXHDR(t);
	pg_wchar   *chars;
	int			n;

	if (plain->chars == NULL)
		plain->chars = palloc((bytes + 2) * sizeof(pg_wchar));
	else
		plain->chars = repalloc(plain->chars, (plain->n + bytes + 2) * sizeof(pg_wchar));
	chars = plain->chars + plain->n;
	n = pg_mb2wchar_with_len(VARDATA_ANY(t), chars, bytes);
	for (int i = 0; i < n; i++)
		chars[i] = plain_char(chars[i]);
	chars[n] = 0;
	plain->n += n + 1;
}

bool
plain_text_contains(const PlainText *plain, const PlainText *words)
{
	int			begin = 0;
	bool		any = false;

	while (begin < words->n)
	{
		int			length = 0;
		bool		found = false;

		if (words->chars[begin] == 0)
		{
			begin++;
			continue;
		}
		while (begin + length < words->n && words->chars[begin + length] != 0)
			length++;
		for (int i = 0; !found && i + length <= plain->n; i++)
			found = plain->chars[i] == words->chars[begin] &&
				memcmp(plain->chars + i, words->chars + begin, length * sizeof(pg_wchar)) == 0;
		if (!found)
			return false;
		any = true;
		begin += length;
	}
	return any;
}

static int
compare_keys(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return (x > y) - (x < y);
}

/* Sixteen bits of a character: its code, if it is of the basic plane. */
static inline uint32
half_key(pg_wchar c)
{
	return (c ^ (c >> 16)) & 0xFFFF;
}

/*
 * text_bigrams(a text, b text, c text) returns integer[]: the keys of three texts (NULL has none), sorted, each once.
 */
Datum
text_bigrams(PG_FUNCTION_ARGS)
{
	PlainText	plain = {0};
	int32	   *keys;
	Datum	   *elements;
	int			n = 0;
	int			distinct = 0;
	int			limit;

	for (int i = 0; i < 3; i++)
		if (!PG_ARGISNULL(i))
			plain_text_add(&plain, PG_GETARG_TEXT_PP(i));
	limit = Min(plain.n, INDEXED_CHARACTERS);
	keys = palloc((limit + 1) * sizeof(int32));
	for (int i = 1; i < limit; i++)
		if (plain.chars[i - 1] != 0 && plain.chars[i] != 0)
			keys[n++] = (int32) (half_key(plain.chars[i - 1]) << 16 | half_key(plain.chars[i]));
	qsort(keys, n, sizeof(int32), compare_keys);
	elements = palloc((n + 1) * sizeof(Datum));
	for (int i = 0; i < n; i++)
		if (i == 0 || keys[i] != keys[i - 1])
			elements[distinct++] = Int32GetDatum(keys[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, distinct, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/*
 * text_contains(words text, a text, b text, c text) returns boolean: does each of the words stand in one of the texts?
 */
Datum
text_contains(PG_FUNCTION_ARGS)
{
	PlainText	plain = {0};
	PlainText	words = {0};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	plain_text_add(&words, PG_GETARG_TEXT_PP(0));
	for (int i = 1; i < 4; i++)
		if (!PG_ARGISNULL(i))
			plain_text_add(&plain, PG_GETARG_TEXT_PP(i));
	PG_RETURN_BOOL(plain_text_contains(&plain, &words));
}
