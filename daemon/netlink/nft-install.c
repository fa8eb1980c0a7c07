/* The table as it is to be: see nft_install(). Also sets for bans of another length than their
 * jail's: which stay, and one more. */
#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter/nf_tables.h>

#include "netlink/nft-socket.h"
#include "netlink/nft.h"

#define MAX_TRIES 5 /* against somebody else who changes the table meanwhile */

struct state_reader {
	const char *table;
	struct nftmsg_state *state;
};

static int feed_state(void *data, const struct nftmsg_answer *answer)
{
	const struct state_reader *reader = data;

	return nftmsg_state_feed(reader->state, reader->table, answer);
}

/* What is absent is no error here. */
static int read_state(struct nft *nft, struct nftmsg_state *state)
{
	struct nft_question questions[] = {
		{ .type = NFT_MSG_GETTABLE, .table = nft->table },
		{ .type = NFT_MSG_GETCHAIN, .table = nft->table, .name = NFT_CHAIN },
		{ .type = NFT_MSG_GETSET, .table = nft->table, .flags = NLM_F_DUMP },
	};
	struct state_reader reader = { nft->table, state };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(questions) && (i == 0 || state->has_table); i++) {
		r = nft_socket_ask(nft, &questions[i], feed_state, &reader);
		if (r > 0 || (r < 0 && r != -ENOENT))
			return r > 0 ? -EINTR : r;
	}
	return 0;
}

/* Tells the watch which sets there are, and keeps which of them are empty. */
static int note_sets(struct nft *nft, const struct nft_layout *layout,
		     const struct nftmsg_state *state)
{
	size_t max = 2 * (layout->n_jails + 2) + layout->lengths.n_items;
	cleanup(freep) struct nft_set *all = calloc(max, sizeof(*all));
	cleanup(freep) struct nft_set *empty = calloc(max, sizeof(*empty));
	size_t n_all = 0, n_empty = 0;
	const struct nft_jail *jail;
	struct nft_jail buffer;
	int r;

	if (!all || !empty)
		return -ENOMEM;
	for (size_t i = 0; (jail = nftmsg_layout_jail(layout, i, &buffer)); i++) {
		for (size_t f = 0; f < ARRAY_SIZE(nft_families); f++) {
			struct nft_set *set = &all[n_all];

			if (!nftmsg_jail_has(jail, nft_families[f]))
				continue;
			n_all++;
			memcpy(set->jail, jail->name, sizeof(set->jail));
			set->family = nft_families[f];
			set->prefix = nft_families[f] == AF_INET ? jail->prefix4 : jail->prefix6;
			if (!nftmsg_layout_keeps(layout, state, jail, nft_families[f]))
				empty[n_empty++] = *set;
		}
	}
	if (nft->watch) {
		r = nftmsg_watch_sets(nft->watch, all, n_all);
		if (r < 0)
			return r;
	}
	free(nft->empty_sets);
	nft->empty_sets = TAKE_PTR(empty);
	nft->n_empty_sets = n_empty;
	nft->lengths = layout->lengths;
	return n_empty > 0;
}

int nft_identify(struct nft *nft)
{
	int r = -EINTR;

	for (int i = 0; r == -EINTR && i < MAX_TRIES; i++) {
		nftmsg_state_done(&nft->ours);
		r = read_state(nft, &nft->ours);
	}
	if (r < 0)
		nftmsg_state_done(&nft->ours);
	return r;
}

bool nft_table_was_strange(const struct nft *nft)
{
	return nft->was_strange;
}

uint64_t nft_table_handle(const struct nft *nft)
{
	return nft->ours.table_handle;
}

const char *nft_next_set(const struct nft *nft, size_t *i, uint64_t *ret_handle)
{
	while (*i < nft->ours.n_sets) {
		const struct nftmsg_known_set *set = &nft->ours.sets[(*i)++];

		if (set->prefix < 0)
			continue;
		*ret_handle = set->handle;
		return set->name;
	}
	return NULL;
}

bool nft_set_is_empty(const struct nft *nft, const char *jail, uint8_t family)
{
	for (size_t i = 0; i < nft->n_empty_sets; i++)
		if (nft->empty_sets[i].family == family &&
		    strcmp(nft->empty_sets[i].jail, jail) == 0)
			return true;
	return false;
}

/* What stands now is what that transaction made or emptied, whatever others did since. */
static bool install_is_ours(const struct nft *nft, const struct nftmsg_state *before)
{
	const struct nftmsg_state *made = &nft->made;
	const struct nftmsg_known_set *set, *now;

	if (nft->ours.table_handle != (made->has_table ? made : before)->table_handle)
		return false;
	for (size_t i = 0; i < nft->n_empty_sets; i++) {
		const struct nft_set *empty = &nft->empty_sets[i];

		set = nftmsg_state_find(made, empty->jail, empty->family)
			      ?: nftmsg_state_find(before, empty->jail, empty->family);
		now = nftmsg_state_find(&nft->ours, empty->jail, empty->family);
		if (!set || !now || set->handle != now->handle)
			return false;
	}
	return true;
}

static int note_element(void *data, const struct nftmsg_answer *answer)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	bool *found = data;

	if (nftmsg_read_elements(answer->header, &elements) &&
	    nftmsg_element_next(&elements, &element))
		*found = true;
	return 0;
}

/* Adds to the layout the lengths of sets that hold bans already (one that vanished meanwhile does
 * not). 1: others of ours are empty and will go, which is right for the ruleset that was just read
 * only; not `tidy`: they stay. */
static int keep_lengths(struct nft *nft, struct nft_layout *layout,
			const struct nftmsg_state *state, bool tidy)
{
	int r, n_empty = 0;

	for (size_t i = 0; i < state->n_sets; i++) {
		const struct nftmsg_known_set *set = &state->sets[i];
		const struct nft_question question = {
			.type = NFT_MSG_GETSETELEM,
			.table = nft->table,
			.name = set->name,
			.flags = NLM_F_DUMP,
		};
		bool in_use = !tidy;
		struct nft_length item;

		if (!nftmsg_layout_length(layout, set->name, &item) || set->prefix != item.length ||
		    nft_lengths_have(&layout->lengths, item.jail, item.family, item.length))
			continue;
		r = tidy ? nft_socket_ask(nft, &question, note_element, &in_use) : 0;
		if (r < 0 && r != -ENOENT)
			return r;
		if (!in_use ||
		    nft_lengths_add(&layout->lengths, item.jail, item.family, item.length) < 0)
			n_empty++;
	}
	return n_empty > 0;
}

/* The elements of the filling (may be NULL) go into the transaction that makes or empties sets for
 * them. -E2BIG: some of them were refused, nothing was done. */
static int try_install(struct nft *nft, const struct nft_layout *wanted,
		       struct nft_filling *filling, bool tidy)
{
	cleanup(nftmsg_state_done) struct nftmsg_state state = { 0 };
	cleanup(nftmsg_plan_done) struct nftmsg_plan plan = { 0 };
	struct nft_layout all = *wanted, *layout = &all;
	uint32_t generation = 0;
	struct nft_change *changes;
	int r, any_empty, drops;
	size_t n;

	r = nft_socket_ask_generation(nft, &generation);
	if (r >= 0)
		r = read_state(nft, &state);
	if (r >= 0)
		r = drops = keep_lengths(nft, layout, &state, tidy);
	if (r < 0)
		return r;
	nft->was_strange =
		state.has_table && layout->handle && state.table_handle != layout->handle;
	if (nft->was_strange)
		nftmsg_state_estrange(&state);
	r = any_empty = note_sets(nft, layout, &state);
	if (!any_empty)
		filling = NULL;
	if (r >= 0 && filling)
		r = filling->gather(filling->userdata, &changes, &n);
	if (r >= 0 && filling)
		r = nftmsg_plan_init(&plan, changes, n);
	if (r < 0)
		return r;
	if (nft->generation > 0 || !(filling || drops))
		generation = nft->generation;
	nft->batch.generation = generation;
	r = nftmsg_layout_build(layout, &state, nft->sequence, &nft->batch);
	if (r >= 0 && filling)
		r = nftmsg_plan_add(&plan, nft->table, nft->max_batch, &nft->batch);
	if (r >= 0)
		r = nftmsg_batch_end(&nft->batch);
	if (r >= 0)
		r = nft_socket_transact(nft, filling ? &plan : NULL);
	nft_socket_end_batch(nft);
	if (r == 0 && filling)
		nftmsg_plan_succeeded(&plan);
	if (r == 0)
		r = nft_identify(nft);
	if (r != 0)
		return r > 0 ? -E2BIG : r;
	if (filling)
		filling->done =
			plan.start == plan.n_items && generation && install_is_ours(nft, &state);
	return any_empty;
}

int nft_install(struct nft *nft, const struct nft_layout *layout, struct nft_filling *filling)
{
	int r;

	r = nftmsg_layout_check(layout);
	if (r < 0)
		return r;
	for (int i = 0; i < MAX_TRIES; i++) {
		r = try_install(nft, layout, filling, i + 1 < MAX_TRIES);
		/* What is refused of the elements need not keep the sets out. */
		if (r == -E2BIG)
			filling = NULL;
		/* What we saw may have changed before we acted on it. */
		else if (r != -ENOENT && r != -EEXIST && r != -EINTR && r != -ERESTART)
			return r;
	}
	return r == -ENOENT ? -EOPNOTSUPP
			    : r; /* a kind of expression or chain that the kernel lacks */
}

const struct nft_lengths *nft_lengths(const struct nft *nft)
{
	return &nft->lengths;
}

int nft_add_length(struct nft *nft, const struct nft_jail *jail, uint8_t family, unsigned length)
{
	cleanup(nft_sets_done) struct nft_sets sets = { 0 };
	struct nft_jail added = nftmsg_length_jail(jail, family, length);
	size_t n = 0;
	int r;

	r = nft_list_sets(nft, &sets);
	if (r < 0)
		return r;
	if (nft_sets_find(&sets, added.name, family))
		return 0;
	for (size_t i = 0; i < sets.n_items; i++)
		n += sets.items[i].family == family && nft_jail_length(sets.items[i].jail) > 0;
	if (n >= NFT_MAX_LENGTHS)
		return -EDQUOT;
	nft->batch.generation = 0;
	r = nftmsg_layout_add(nft->table, &added, 0, nft->sequence, &nft->batch);
	return r < 0 ? r : nft_socket_transact(nft, NULL);
}
