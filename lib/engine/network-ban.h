#ifndef BANISH_ENGINE_NETWORK_BAN_H
#define BANISH_ENGINE_NETWORK_BAN_H

#include "engine/state.h"

/* After the ban of an offender: bans its network, if it was the last one that it takes. -ENOMEM. */
int network_ban_of(struct engine *engine, unsigned jail, const struct ban *offender) must_check;
/* A ban from the ledger: its network counts it. -ENOMEM. */
int network_count_ban(struct engine *engine, const struct ban *ban, unsigned jail) must_check;

#endif
