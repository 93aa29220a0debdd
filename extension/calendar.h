/*
 * calendar.h: working time over the platform's calendar and shifts.
 */
#ifndef LISKEBAN_CALENDAR_H
#define LISKEBAN_CALENDAR_H

#include "postgres.h"
#include "datatype/timestamp.h"

/* In the order of the enum liskeban.time_basis. */
typedef enum TimeBasis
{
	BASIS_CALENDAR = 0,
	BASIS_WORKING_DAY,
	BASIS_WORKING_HOUR
} TimeBasis;

/*
 * Shift ts by amount microseconds (1 day = 24 hours) of the basis, in the platform's zone; amount may be negative
 * here (backwards in working time), though SQL callers may not give one.
 */
extern TimestampTz calendar_add(TimestampTz ts, int64 amount, TimeBasis basis);

/* Microseconds of the basis between a and b, the inverse of calendar_add; negative when b is before a. */
extern int64 calendar_between(TimestampTz a, TimestampTz b, TimeBasis basis);

/* An interval as microseconds with 1 day = 24 hours; 22023 for months or (unless negative_ok) a negative amount. */
extern int64 calendar_amount(const Interval *span, bool negative_ok);

#endif							/* LISKEBAN_CALENDAR_H */
