/*
 * enum_label.h: values of liskeban's enum types as C sees them, by position in the type.
 */
#ifndef LISKEBAN_ENUM_LABEL_H
#define LISKEBAN_ENUM_LABEL_H

#include "postgres.h"

#define ENUM_LABEL_MAX 16

/* Declare one statically with the type's name in schema liskeban and its labels in order, NULL-terminated. */
typedef struct EnumLabels
{
	const char *type;
	const char *labels[ENUM_LABEL_MAX + 1];

	/* private to enum_label.c */
	uint64		version;
	Oid			typid;
	Oid			oids[ENUM_LABEL_MAX];
} EnumLabels;

extern Datum enum_label_datum(EnumLabels *enumeration, int position);
extern Oid	enum_label_type(EnumLabels *enumeration);
extern int	enum_label_position(EnumLabels *enumeration, Datum value);

#endif							/* LISKEBAN_ENUM_LABEL_H */
