/*
 * identity.h: who acts, and with which duties.
 */
#ifndef LISKEBAN_IDENTITY_H
#define LISKEBAN_IDENTITY_H

#include "postgres.h"
#include "area_code.h"

typedef enum Duty
{
	DUTY_ADMIN = 0,
	DUTY_DISPATCHER,
	DUTY_HANDLER,
	DUTY_SOURCE,
	DUTY_ANALYST
} Duty;

typedef struct Membership
{
	Duty		duty;
	bool		gateway;
	bool		has_area;
	AreaCode	area;
	char	   *department;		/* NULL: any */
	char	   *source;			/* NULL: any */
} Membership;

/* The actor of this statement; lives until the transaction ends. */
typedef struct Actor
{
	const char *name;			/* identity acted for, else the outer user; "platform" for the jobs */
	const char *login;			/* session_user */
	bool		admin;			/* passes every role check */
	bool		platform;		/* a job of the platform */
	int			nmemberships;
	const Membership *memberships;
} Actor;

extern const Actor *identity_actor(void);

/* Moves whenever the identity acted for is set, or reset; the outer user is another matter. */
extern uint64 identity_epoch(void);

/* Moves whenever the memberships were read anew. */
extern uint64 identity_version(void);

/* Within the platform's own doing the actor is the platform; returns what it was before. */
extern bool identity_set_platform(bool on);

#define PLATFORM_ACTOR "platform"
#define PLATFORM_ROLE "liskeban_job"
#define ADMIN_ROLE "liskeban_admin"

#endif							/* LISKEBAN_IDENTITY_H */
