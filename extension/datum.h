/*
 * datum.h: the datums that coordinates of web maps come in.
 */
#ifndef LISKEBAN_DATUM_H
#define LISKEBAN_DATUM_H

#include "postgres.h"

/* WGS 84 is taken as CGCS2000, from which it differs by centimetres. */
typedef enum GeoDatum
{
	GEODATUM_CGCS2000 = 0,
	GEODATUM_WGS84,
	GEODATUM_GCJ02,
	GEODATUM_BD09
} GeoDatum;

extern GeoDatum geodatum_read(const char *name);	/* 22023 for an unknown one */
extern void geodatum_to_cgcs2000(GeoDatum datum, double *lon, double *lat);
extern void geodatum_from_cgcs2000(GeoDatum datum, double *lon, double *lat);

#endif							/* LISKEBAN_DATUM_H */
