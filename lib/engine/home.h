#ifndef BANISH_ENGINE_HOME_H
#define BANISH_ENGINE_HOME_H

/*
 * The sets that stand in the kernel, and which of them is the home of a ban. A set is known by its
 * handle, which is new whenever somebody makes it anew, so it is one of three:
 *
 *   absent   no such set stands: the ban has no home now
 *   kept     it is the very one of which the ledger says that the kernel has acknowledged all bans
 *            in it: what is absent from it was taken out by somebody
 *   strange  another one, whoever made it: what is absent from it is put there
 */

#include "engine/engine.h"
#include "nftables/names.h"

enum home_state { HOME_ABSENT, HOME_STRANGE, HOME_KEPT };

struct home_set {
	char name[NFT_SET_NAME_SIZE];
	uint64_t handle;
	bool is_empty; /* it was made or emptied just now, and nobody was there since */
	bool failed;   /* the kernel refused a ban of it, and it was not filled since */
};

struct homes {
	const struct engine *engine; /* borrowed */
	uint64_t table;              /* its handle; 0: there is none */
	bool is_strange;       /* the table is not the one that was installed: so is each set */
	struct home_set *sets; /* owned; by name */
	size_t n_sets;
};

void homes_done(struct homes *homes);
/* What stands now, instead of what was told before; copied, any order. `installed`: the install has
 * just looked, else a set that was made anew since then is not `is_empty`, whatever is said of its
 * name. 1: some set of these names is another one than before; 0; -ENOMEM. */
int homes_set(struct homes *homes, const struct home_set *sets, size_t n_sets,
	      bool installed) must_check;
/* NULL: none of that name stands. `jail`: the name that its sets have in common. */
struct home_set *homes_find(const struct homes *homes, const char *jail, uint8_t family);

/* Whether each ban has the home under `now` that it had under `before`, and each element of a set
 * that stands stands for the same: so it is if no jail's lengths change. */
bool homes_stay(const struct engine *before, const struct engine *now);

/* The engine's number of the jail behind that name of sets, ENGINE_NO_JAIL: none in force. */
unsigned home_jail(const struct engine *engine, const char *jail);
/* The ban has not the length that its jail gives to hosts: it stands in a set of its own length. */
bool home_is_odd(const struct engine *engine, const struct ban *ban);
/* The name that the sets of any ban have in common. */
const char *home_name(const struct engine *engine, const struct ban *ban,
		      char buffer[static NFT_JAIL_SIZE]);
/* The jail is in force, and bans networks if the ban is of one. */
bool home_is_due(const struct engine *engine, const struct ban *ban);
/* Of the ban that was looked at last; begins zeroed. Many bans share a set. */
struct home {
	const char *jail;
	uint8_t family, length;
	enum home_state state;
	bool is_empty;
};
void home_of(const struct homes *homes, const struct ban *ban, struct home *home);

/* One element as the kernel holds it, against the ledger. */

/* Two readings of one timer differ by the time between them; what differs by more was changed by
 * somebody. */
#define TIMER_SLACK (2 * USEC_PER_SEC)

enum element_verdict {
	ELEMENT_KNOWN,   /* a ban of the ledger, with its time */
	ELEMENT_NEW,     /* no such ban runs, or not until then: somebody's ban by hand */
	ELEMENT_STALE,   /* likewise, but its comment is one that we write to automatic bans of that
			    jail: it was ours, and the ledger knows better */
	ELEMENT_EXEMPT,  /* all of its prefix is ignored, and the jail is not FORCED_NAME */
	ELEMENT_OVER,    /* no such ban runs, and it ends at any moment */
	ELEMENT_FOREIGN, /* of no jail in force */
};

enum element_verdict element_judge(struct engine *engine, const struct nft_element *element,
				   usec_t now);
/* What the ledger holds of an element; NULL: nothing that runs. `jail`: the sets' name. */
const struct ban *element_ban(struct engine *engine, const char *jail, const struct prefix *prefix,
			      usec_t now);
bool element_has_time(const struct ban *ban, usec_t remaining, usec_t now);
/* Why somebody says that he banned it: the comment; "": he does not. */
const char *element_reason(const char *comment, char buffer[static NFT_COMMENT_BYTES]);

#endif
