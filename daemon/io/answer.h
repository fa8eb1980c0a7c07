#ifndef BANISH_DAEMON_IO_ANSWER_H
#define BANISH_DAEMON_IO_ANSWER_H

/* What `banish resolve` wrote, for verbs that look once: the daemon watches (exempt.h). */

#include "config/ignorelist.h"

/* The addresses of one host name: 1; 0: it has no answer, or none that makes sense, and stands for
 * nobody; -ENOMEM. */
int answer_read(const char *name, struct ignorelist **ret) must_check;

#endif
