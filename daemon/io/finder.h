#ifndef BANISH_DAEMON_IO_FINDER_H
#define BANISH_DAEMON_IO_FINDER_H

/* A process that reads some of the stretches of a journal, and tells what hits there. */

#include "base/buffer.h"
#include "io/stretches.h"

#define NO_STRETCH UINT32_MAX

/* What it tells: this before the hits of each set of rules, the cursor, and the machine. */
struct frame {
	uint32_t size; /* bytes, this included */
	uint32_t stretch;
	uint32_t next; /* of its last frame: the stretch that follows, or NO_STRETCH */
	bool ends;     /* ... which has no hits */
	int32_t error;
	uint32_t n_entries; /* since the frame before, this one's included */
	usec_t time;
	uint32_t cursor_size, machine_size;
};

/* `whole` is a fork's: that handle is not used, but others are opened. */
struct finder {
	const struct journal *whole;
	const struct parts *parts; /* NULL: it is read as a whole */
	struct ruleset *const *rulesets;
	size_t n_rulesets;
	const struct stretches *stretches;
	usec_t since, until;
	bool with_cursors;       /* of entries that may decide */
	int fd;                  /* it tells it there */
	uint32_t stretch, step;  /* the first of its stretches, and how far it is to the next */
	uint32_t n_entries;      /* that are not told yet */
	struct journal *journal; /* owned: what is read now */
	uint64_t chosen;         /* files of it */
	bool is_part;            /* it ends with the stretch */
	struct buffer out;
};

/* Until all of its stretches are read, or an error was told. */
void finder_run(struct finder *finder);

#endif
