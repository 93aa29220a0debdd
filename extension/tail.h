/*
 * tail.h: exact tails of counts, and of Student's t.
 */
#ifndef LISKEBAN_TAIL_H
#define LISKEBAN_TAIL_H

/* P(X >= count) for a Poisson X of this mean; 1 for count <= 0. */
extern double tail_poisson(int64 count, double mean);

/* The same for a negative binomial X with variance mean + dispersion * mean^2; dispersion 0 is Poisson. */
extern double tail_negative_binomial(int64 count, double mean, double dispersion);

/* P(T >= t) for Student's T with these degrees of freedom. */
extern double tail_student(double t, double freedom);

#endif							/* LISKEBAN_TAIL_H */
