#ifndef BANISH_DAEMON_RUN_EXEMPT_H
#define BANISH_DAEMON_RUN_EXEMPT_H

/*
 * Who is never banned, beside the networks of ignoreip: the lists that it names, and the answers of
 * `banish resolve`, which lie in a folder, one file a name. Both are watched; a change is in force
 * at once, a list with a fault is not taken.
 */

#include "run/daemon.h"

/* Before the first configuration comes into force. */
int ignored_attach(struct daemon *daemon) must_check;
/* A configuration has come into force. */
int ignored_enter(struct daemon *daemon) must_check;
struct ignored *ignored_free(struct ignored *ignored);

/* The addresses of names, each list is one name's; borrowed until the next turn of the loop. */
size_t ignored_n_answers(const struct ignored *ignored);
const struct ignorelist *ignored_answer(const struct ignored *ignored, size_t i);

#endif
