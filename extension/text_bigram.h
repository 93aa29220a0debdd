/*
 * text_bigram.h: words found in text that does not separate them.
 */
#ifndef LISKEBAN_TEXT_BIGRAM_H
#define LISKEBAN_TEXT_BIGRAM_H

#include "postgres.h"
#include "mb/pg_wchar.h"

/* A text as it is compared: one code for what is only written differently, 0 for what separates. */
typedef struct PlainText
{
	pg_wchar   *chars;
	int			n;
} PlainText;

/* Appends the text, and a separator, to what is there already; chars is palloc'd in the current memory context. */
extern void plain_text_add(PlainText *plain, const text *t);

/* Does each piece of the words (what stands between their separators) stand in the text?  False where there is none. */
extern bool plain_text_contains(const PlainText *plain, const PlainText *words);

#endif							/* LISKEBAN_TEXT_BIGRAM_H */
