#include "run/kernel.h"

#include "run/changes.h"
#include "run/commit.h"
#include "run/fill.h"
#include "run/forced.h"
#include "run/hear.h"
#include "run/install.h"
#include "run/lengths.h"
#include "run/tell.h"

#include <errno.h>

#define MAX_ROUNDS 8 /* against somebody who never stops */

/* Bans of who is exempt now, or of jails that are gone. */
static int kernel_end_bans(struct daemon *daemon, unsigned bits)
{
	int r = 0;

	if (bits & DIRTY_UNTOLD)
		r = tell_again(daemon);
	if (r >= 0 && bits & DIRTY_MARKS)
		r = forced_release(&daemon->firewall);
	if (r >= 0)
		r = engine_end_bans(daemon->active.engine, daemon_now(daemon));
	if (r >= 0)
		r = commit_decisions(daemon);
	return r < 0 ? r : commit_all(daemon);
}

/* How many bans were put in. */
static int kernel_place(struct daemon *daemon, bool compare)
{
	struct firewall *firewall = &daemon->firewall;
	int r, n = 0;

	r = changes_delete_again(firewall);
	if (r >= 0 && compare)
		r = hear_compare(firewall);
	if (r >= 0)
		r = n = fill_all(firewall);
	if (r >= 0 && compare)
		r = hear_settle(firewall);
	return r < 0 ? r : n;
}

int kernel_sync(struct daemon *daemon)
{
	struct firewall *firewall = &daemon->firewall;
	struct exempt *exempt = &daemon->exempt;
	unsigned wanted;
	int r, n;

	firewall->position = reader_position(&daemon->reader);
	r = exempt_gather(exempt, daemon->active.config->policy);
	if (r >= 0)
		r = engine_set_ignored(daemon->active.engine, exempt->prefixes, exempt->n_prefixes);
	if (r < 0)
		return r;
	wanted = daemon_take(daemon, DIRTY_KERNEL | DIRTY_ELEMENTS | DIRTY_BANS | DIRTY_UNTOLD);
	n = install_table(firewall, exempt->prefixes, exempt->n_prefixes);
	if (n == -ENOMEM)
		return n;
	/* bans end all the same if the kernel refuses; and before the elements are compared, or
	 * theirs would be taken for bans by hand */
	if (wanted & (DIRTY_BANS | DIRTY_UNTOLD))
		r = kernel_end_bans(daemon, wanted);
	if (r < 0)
		return r;
	r = n < 0 ? n : kernel_place(daemon, wanted & DIRTY_ELEMENTS);
	if (r < 0)
		daemon->dirty |= wanted & DIRTY_ELEMENTS;
	else {
		firewall->failing = false;
		hear_mended(firewall, (size_t)(n + r));
	}
	return MIN(r, 0);
}

/* What we write in answer to a notice is newer than what others did meanwhile, of which we read
 * only then: an unban, say, of what a repair puts back. */
int kernel_hear(struct daemon *daemon)
{
	struct firewall *firewall = &daemon->firewall;
	int r, n_rounds = 0;

	firewall->position = reader_position(&daemon->reader);
	do {
		r = hear_notices(firewall);
		if (r != -ENOMEM && daemon_is_dirty(daemon, DIRTY_KERNEL) &&
		    kernel_sync(daemon) == -ENOMEM)
			r = -ENOMEM;
	} while (r > 0 && firewall->rewritten && ++n_rounds < MAX_ROUNDS);
	if (r != -ENOMEM)
		r = hear_settle(firewall);
	return r == -ENOMEM ? r : 0;
}

int kernel_clean(struct daemon *daemon)
{
	unsigned bits;
	int r = 0;

	daemon->firewall.position = reader_position(&daemon->reader);
	for (int i = 0; i < MAX_ROUNDS && r != -ENOMEM; i++) {
		if (daemon_take(daemon, DIRTY_LENGTHS))
			lengths_demand(&daemon->firewall);
		if (daemon_is_dirty(daemon, DIRTY_KERNEL))
			r = kernel_sync(daemon);
		else if ((bits = daemon_take(daemon, DIRTY_BANS | DIRTY_MARKS)))
			r = kernel_end_bans(daemon, bits);
		else
			break;
	}
	return r == -ENOMEM ? r : 0;
}
