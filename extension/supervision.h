/*
 * supervision.h: what an overdue clock, or a leader, demands of who is late.
 */
#ifndef LISKEBAN_SUPERVISION_H
#define LISKEBAN_SUPERVISION_H

#include "alarm.h"

/* Make what liskeban.supervision_policy sets off for the alarms of the buffer that are new (alarm_id not 0). */
extern void supervision_follow(const AlarmBuffer *alarms);

#endif							/* LISKEBAN_SUPERVISION_H */
