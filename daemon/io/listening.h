#ifndef BANISH_DAEMON_IO_LISTENING_H
#define BANISH_DAEMON_IO_LISTENING_H

/* At which TCP ports a unit listens, from /proc; on loopback alone does not count. */

#include "base/ports.h"

/* Adds to `ports` those that processes of the unit hold open. Only root sees those of others. Who
 * has gone, and a /proc that is not there, have none. -ENOMEM. */
int listening_ports(const char *unit, struct ports *ports) must_check;

#endif
