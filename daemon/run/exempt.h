#ifndef BANISH_DAEMON_RUN_EXEMPT_H
#define BANISH_DAEMON_RUN_EXEMPT_H

/*
 * Who is never banned, beside the networks of ignoreip: the lists that it names, and the answers of
 * `banish resolve`, which lie in a folder, one file a name. Both are watched; a change is in force
 * at once, a list with a fault is not taken.
 */

#include "run/daemon.h"

/* Before the first configuration comes into force. */
int exempt_attach(struct daemon *daemon) must_check;
/* A configuration has come into force. */
int exempt_enter(struct daemon *daemon) must_check;
struct exempt *exempt_free(struct exempt *ignored);

/* The addresses of names, each list is one name's; borrowed until the next turn of the loop. */
size_t exempt_n_answers(const struct exempt *ignored);
const struct ignorelist *exempt_answer(const struct exempt *ignored, size_t i);

#endif
