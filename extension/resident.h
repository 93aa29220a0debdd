/*
 * resident.h: what the files about residents share.
 */
#ifndef LISKEBAN_RESIDENT_H
#define LISKEBAN_RESIDENT_H

/* resident_fact.c: whether a text of that length is a day that exists, like 2026-11-24 */
extern bool resident_is_date(const char *text, int len);

#endif							/* LISKEBAN_RESIDENT_H */
