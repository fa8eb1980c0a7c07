#ifndef BANISH_BASE_PORTS_H
#define BANISH_BASE_PORTS_H

/* The ports that a ban closes, filled from names, numbers and ranges. */

#include "base/util.h"

struct buffer;

struct port_range {
	uint16_t first, last;
};

struct ports {
	struct port_range *ranges; /* owned; sorted, disjoint */
	size_t n_ranges;
	bool all;
};

/*
 * "imap", "993", "5000-5010" or "all". Ranges stay sorted, disjoint and merged, adjacent ones too;
 * with "all" none is kept. Names are those of the table in ports.c, in lower case. 0; -EINVAL: no
 * such port; -ENOMEM.
 */
int ports_add(struct ports *ports, struct span text) must_check;

/* 1 ... 65535. 0; -EINVAL: another number; -ENOMEM. */
int ports_add_number(struct ports *ports, uint64_t number) must_check;

bool ports_has(const struct ports *ports, uint16_t port);

/* As banish.json has them: [143, "5000-5010"], or "all". */
void ports_write(const struct ports *ports, struct buffer *text);

/* For "did you mean": the known name nearest to what ports_add() refused; NULL: none is near. */
const char *ports_suggest(struct span text);

/* `ret` becomes an owner of its own, done with ports_done(). 0 or -ENOMEM. */
int ports_copy(const struct ports *ports, struct ports *ret) must_check;

/* Leaves an empty set. */
void ports_done(struct ports *ports);

#endif
