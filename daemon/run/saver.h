#ifndef BANISH_DAEMON_RUN_SAVER_H
#define BANISH_DAEMON_RUN_SAVER_H

/* The ledger is kept in the state file. A dry run has none: then nothing here does anything. */

#include "io/state.h"
#include "ledger/ledger.h"
#include "run/dirty.h"

#include <systemd/sd-event.h>

struct saver {
	struct state *state; /* NULL in a dry run */
	unsigned *dirty;     /* the hub's */
	bool failing;        /* said already */
	bool damaged;        /* some of it was passed over: it is to be written anew */
	sd_event_source *timer;
};

/* The state file -> a new ledger of that seed, the caller's; without `folder` it is empty. Its
 * position can be used. What is damaged or fails was said. */
int saver_load(struct saver *saver, const char *folder, const uint8_t seed[static 16],
	       struct ledger **ret) must_check;
int saver_attach(struct saver *saver, sd_event *event) must_check;
void saver_done(struct saver *saver);

/* What is unsaved. 0 or -ENOMEM; what cannot be written was said and stays unsaved in the ledger,
 * to be tried again. */
int saver_write(struct saver *saver, struct ledger *ledger) must_check;
/* DIRTY_LEDGER after so long. */
void saver_write_soon(struct saver *saver, usec_t delay);

#endif
