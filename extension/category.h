/*
 * category.h: the registry keys that a ticket names: category, source system, department, reject reason.
 */
#ifndef LISKEBAN_CATEGORY_H
#define LISKEBAN_CATEGORY_H

#include "postgres.h"

typedef enum Lead
{
	LEAD_VILLAGE = 0,
	LEAD_TOWN,
	LEAD_DEPARTMENT
} Lead;

#define REGISTRY_KEY_BYTES 808	/* 200 characters of four bytes and an end */

typedef struct Category
{
	char		code[REGISTRY_KEY_BYTES];	/* hash key */
	char	   *domain;
	int			difficulty;
	Lead		lead;
	char	   *department;		/* NULL: none */
	bool		on_site;
	bool		about_staff;
	bool		needs_photo;
	bool		retired;
} Category;

/* NULL when there is no such row; what is found lives until the transaction ends. */
extern const Category *category_find_datum(Datum code);

/* Raise 23503 unless the text Datum names a row in force. */
extern void source_check(Datum code);
extern void department_check(Datum code);
extern void reject_reason_check(Datum code);

/* Is the department registered, and not retired? */
extern bool department_in_force(Datum code);

#endif							/* LISKEBAN_CATEGORY_H */
