#ifndef BANISH_MATCH_SIEVE_H
#define BANISH_MATCH_SIEVE_H

/*
 * Which of many events a text could match at all: one pass over it, however many events there are,
 * looking for what each of them requires. What is not understood of an event requires nothing, and
 * the event always passes.
 */

#include "base/util.h"
#include "config/rule.h"

struct sieve;

/* The events, numbered by their place in the array; those on another field than MESSAGE never pass.
 * Nothing of them is kept. 0 or -ENOMEM. */
int sieve_new(const struct event *const *events, size_t n_events, struct sieve **ret) must_check;
struct sieve *sieve_free(struct sieve *sieve);
DEFINE_CLEANUP(struct sieve *, sieve_free)

/* Fills the bitmap (n_events bits, in whole words) with the events that can match; false: none. */
bool sieve_pass(struct sieve *sieve, struct span text, uint64_t *events);

#endif
