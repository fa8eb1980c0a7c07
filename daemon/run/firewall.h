#ifndef BANISH_DAEMON_RUN_FIREWALL_H
#define BANISH_DAEMON_RUN_FIREWALL_H

/*
 * The spoke of the kernel's table: what goes into the sets and out, and what others do to them.
 * kernel_sync() keeps the table as the ledger says; whatever finds that it is not sets a bit, and
 * the hub calls that at the end of the wake-up.
 */

#include "engine/reconcile.h"
#include "netlink/nft.h"
#include "run/active.h"
#include "run/dirty.h"

struct firewall {
	const struct active *active; /* borrowed */
	sd_event *event;             /* borrowed */
	struct nft *nft;             /* NULL in a dry run */
	struct reconcile *reconcile; /* NULL in a dry run */
	unsigned *dirty;             /* the hub's */
	bool failing;                /* said already */
	int error;                   /* that was said last, in this sync */
	size_t n_put;                /* bans since the last install */
	bool lengths_refused;        /* install.c: said already */

	sd_event_source *notices, *retry;
};

/* The sockets, not the table. What fails was said. */
int firewall_open(struct firewall *firewall, const char *table) must_check;
int firewall_attach(struct firewall *firewall, sd_event *event) must_check;
void firewall_done(struct firewall *firewall);

/* Whether notices are read, or wait in the socket. */
void firewall_heed(struct firewall *firewall, bool heed);
/* DIRTY_KERNEL in a few seconds. */
void firewall_retry_soon(struct firewall *firewall);
/* Says once that the kernel refused something, which is tried again; returns the error. */
int firewall_complain(struct firewall *firewall, const char *what, int error);

/* Changes for the kernel, gathered and applied at once. */
struct changes {
	struct nft_change *items; /* owned */
	struct change_source {
		uint64_t ban; /* that it places; 0: none */
		char set[NFT_JAIL_SIZE], comment[NFT_COMMENT_BYTES];
	} * sources; /* owned: what the items borrow */
	size_t n, max_items, max_sources;
};

void changes_done(struct changes *changes);
/* `name`: as its sets have it in common, home_name(); `ban` NULL: the element of that address goes
 * out. */
int changes_add(struct changes *changes, const char *name, enum nft_operation operation,
		const struct ban *ban, const struct address *address, usec_t now) must_check;
/* For nft_install(): they can be handed over. */
void changes_finish(struct changes *changes);

/* A ban was decided: its element goes in with the changes. */
int firewall_gather_ban(struct firewall *firewall, struct changes *changes,
			const struct ban *ban) must_check;
/* A ban has ended though its time is not over: its element goes out with the changes. */
int firewall_gather_removal(struct firewall *firewall, struct changes *changes,
			    const struct ban *ban) must_check;
/* What the kernel takes and refuses the reconciler hears; what it refuses is said once, and tried
 * again. 0, or negative errno that need not stop anybody but -ENOMEM. */
int firewall_apply(struct firewall *firewall, struct changes *changes) must_check;

/* From now on what others do is heard; what they did since firewall_open() is made good. */
int firewall_listen(struct firewall *firewall) must_check;
/* Takes the notices that wait. 1: there were some; 0: none; -ENOMEM; what else fails was said. */
int firewall_read_notices(struct firewall *firewall) must_check;

/* The reconciler hears which sets stand, as nft_install() or nft_identify() saw them last. */
int firewall_tell_sets(struct firewall *firewall) must_check;
/* The reconciler's questions, answered. 0 or -ENOMEM. */
int firewall_list(struct firewall *firewall) must_check;
int firewall_find(struct firewall *firewall, const struct reconcile_action *action) must_check;
int firewall_identify(struct firewall *firewall) must_check;

#endif
