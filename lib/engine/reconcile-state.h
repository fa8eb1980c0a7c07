#ifndef BANISH_ENGINE_RECONCILE_STATE_H
#define BANISH_ENGINE_RECONCILE_STATE_H

/* What the reconciler remembers, for reconcile.c and its parts. */

#include "engine/reconcile-action.h"

/* An element that is to be as the ledger says. */
struct touched {
	char jail[NFT_JAIL_SIZE]; /* the sets' name */
	struct address address;   /* the key */
	struct prefix prefix;     /* of it, if that has no host bits */
	/* after a look: the ban goes in, the element of its prefix out, the key with host bits out;
	 * it is absent from the set that held all */
	bool puts, deletes, deletes_raw, misses;
};

struct reconcile {
	struct engine *engine; /* borrowed */
	struct homes homes;
	usec_t now;
	struct position position;
	unsigned wanted, owed; /* RECONCILE_WANT_...; owed: they failed */

	struct reconcile_action *queue; /* sentences: from head on */
	size_t head, n_queue, max_queue;

	/* notices */
	bool wrote, restored;
	usec_t heals_since;
	unsigned n_heals;
	struct reconcile_action install; /* why the next INSTALL is */
	bool installing;

	/* a list */
	bool doubting, believing;
	unsigned n_lists; /* so far; 0: none has begun */
	uint64_t *seen;   /* bans that it told of */
	size_t n_seen, max_seen;
	uint64_t *suspects; /* bans that it lacked, then those that the kernel lacked */
	size_t n_suspects, next_suspect, n_missing;
	bool lacking;     /* it lacked what is there */
	bool is_given_up; /* what it still tells is not believed */

	const struct ban *filled; /* the fill has come this far */
	bool filling;
	uint64_t first_filled; /* bans up to this one are in the sets that were just made */
	struct home home;      /* of that one */

	/* settle */
	struct touched *touched;
	size_t n_touched, max_touched, next_look, next_write;
	bool looked_raw; /* at the key with host bits of the next */
	bool misses;     /* one of them is absent: IDENTIFY */
	bool homeless;   /* a ban by hand stands in a set that is not ours yet */

	bool asks_suspect; /* the open FIND is for one, else for what was touched */
};

struct ledger *reconcile_ledger(const struct reconcile *reconcile);
int reconcile_say(struct reconcile *reconcile, const struct reconcile_action *action) must_check;

int reconcile_touch(struct reconcile *reconcile, const struct nft_element *element) must_check;
int reconcile_say_element(struct reconcile *reconcile, enum reconcile_type type,
			  const struct nft_element *element, const char *process) must_check;
int reconcile_say_ban(struct reconcile *reconcile, enum reconcile_type type, uint64_t id,
		      const char *process, bool absent) must_check;
void reconcile_owe(struct reconcile *reconcile, unsigned what);
void reconcile_give_list_up(struct reconcile *reconcile);
void reconcile_find(struct reconcile *reconcile, bool suspect, const char *jail,
		    const struct address *address, struct reconcile_action *ret);
int reconcile_lift(struct reconcile *reconcile, const struct ban *ban, const char *process,
		   bool absent) must_check;
/* A placed ban that should stand in its home, and whose absence there says something. */
bool reconcile_is_missable(const struct reconcile *reconcile, const struct ban *ban,
			   struct home *home);
int reconcile_take_element(struct reconcile *reconcile, const struct nft_element *element,
			   const char *process) must_check;

void reconcile_found_suspect(struct reconcile *reconcile, int found);
/* The list that is being worked on. False: nothing is left to ask for it. */
bool reconcile_check_list(struct reconcile *reconcile, struct reconcile_action *ret);
/* The next ban that has to go into its home, or is not known to be there; then they are to be
 * recorded. 1. */
int reconcile_next_fill(struct reconcile *reconcile, struct reconcile_action *ret) must_check;
/* IDENTIFY was for the suspects of a list. 0 or -ENOMEM. */
int reconcile_lift_suspects(struct reconcile *reconcile, int error) must_check;
/* What is to be as the ledger says must not be taken in by a list before it is. */
void reconcile_give_touched_up(struct reconcile *reconcile);

#endif
