#ifndef BANISH_DAEMON_RUN_FIREWALL_H
#define BANISH_DAEMON_RUN_FIREWALL_H

/*
 * The spoke of the kernel's table: what its parts (lengths, changes, fill, install, hear) share. It
 * is kept as the ledger says by kernel_sync(); whatever finds that it is not sets a bit, and the
 * hub calls that at the end of the wake-up.
 */

#include "engine/reconcile.h"
#include "netlink/nft.h"
#include "run/active.h"
#include "run/dirty.h"

#include <systemd/sd-event.h>

struct firewall {
	const struct active *active; /* borrowed */
	sd_event *event;             /* borrowed */
	struct nft *nft;             /* NULL in a dry run */
	struct position position;    /* borrowed: of the journal, in this wake-up */
	unsigned dirty;
	bool failing;                /* said already */
	int error;                   /* that was said last, in this sync */
	struct reconcile *reconcile; /* NULL in a dry run */
	size_t n_put;                /* bans since the last install */
	bool lengths_refused;        /* lengths.c: said already */
	bool damaged;                /* by whom, and the greatest loss: said when it is mended */
	enum nft_loss loss;
	char culprit[sizeof(((struct nft_notice *)NULL)->process)];

	sd_event_source *notices, *retry;
};

/* The sockets, not the table. What fails was said. */
int firewall_open(struct firewall *firewall, const char *table) must_check;
int firewall_attach(struct firewall *firewall, sd_event *event) must_check;
void firewall_done(struct firewall *firewall);

/* CLOCK_REALTIME of this wake-up. */
usec_t firewall_now(const struct firewall *firewall);
/* Whether notices are read, or wait in the socket. */
void firewall_heed(struct firewall *firewall, bool heed);
/* DIRTY_KERNEL in a few seconds. */
void firewall_retry_soon(struct firewall *firewall);
/* Says once that the kernel refused something, which is tried again; returns the error. */
int firewall_complain(struct firewall *firewall, const char *what, int error);

#endif
