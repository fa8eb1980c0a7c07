#ifndef BANISH_DAEMON_RUN_HEAR_H
#define BANISH_DAEMON_RUN_HEAR_H

/*
 * What others do to the table. Who may change it: everybody with the right to. An element that
 * somebody deletes is an unban, one that somebody adds is a ban by hand; a lost table, chain, rule
 * or set is damage and is mended at once, since no administrator unbans people by deleting half a
 * firewall. What it means is decided by the reconciler (engine/reconcile.h); here the kernel is
 * asked, and what was understood is said.
 */

#include "run/firewall.h"

/* From now on what others do is heard; what they did since firewall_open() is made good. */
int hear_begin(struct firewall *firewall) must_check;
/* Takes the notices that wait. 1: there were some; 0: none; -ENOMEM; what else fails was said. */
int hear_notices(struct firewall *firewall) must_check;

/* The reconciler's questions, answered. 0 or -ENOMEM. */
int hear_list(struct firewall *firewall) must_check;
int hear_find(struct firewall *firewall, const struct reconcile_action *action) must_check;
int hear_identify(struct firewall *firewall) must_check;
/* Its sentences. 0 or -ENOMEM. */
int hear_say(struct firewall *firewall, const struct reconcile_action *action) must_check;
/* The table was mended, with so many bans: who damaged it is said. */
void hear_mended(struct firewall *firewall, size_t n_bans);

#endif
