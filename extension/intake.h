/*
 * intake.h: who may bring requests into the platform, and for which source.
 */
#ifndef LISKEBAN_INTAKE_H
#define LISKEBAN_INTAKE_H

/*
 * The source that a request of this caller is from (the one of its memberships where none is given), NULL where *reason
 * says why there is none; 42501 where the caller is no source.
 */
extern const char *intake_resolve_source(const char *given, const char **reason);

#endif							/* LISKEBAN_INTAKE_H */
