/* The table as it is to be: see nft_install(). */
#include <errno.h>

#include <linux/netfilter/nf_tables.h>

#include "netlink/nft-lengths.h"
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

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		r = nft_socket_ask(nft, &questions[i], feed_state, &reader);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r > 0)
			return -EINTR;
		if (!state->has_table)
			return 0;
	}
	return 0;
}

/* Tells the watch which sets there are, and keeps which of them are empty. */
static int note_sets(struct nft *nft, const struct nft_layout *layout,
		     const struct nftmsg_state *state)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
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
		for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
			struct nft_set *set = &all[n_all];

			if (!nftmsg_jail_has(jail, families[f]))
				continue;
			n_all++;
			memcpy(set->jail, jail->name, sizeof(set->jail));
			set->family = families[f];
			set->prefix = families[f] == AF_INET ? jail->prefix4 : jail->prefix6;
			if (!nftmsg_layout_keeps(layout, state, jail, families[f]))
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

uint64_t nft_set_handle(const struct nft *nft, const char *jail, uint8_t family)
{
	const struct nftmsg_known_set *set = nftmsg_state_find(&nft->ours, jail, family);

	return set ? set->handle : 0;
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

/* Sets, and in the same transaction (plan not NULL) elements for them. 1: elements were refused,
 * nothing was done. */
static int send_layout(struct nft *nft, const struct nft_layout *layout,
		       const struct nftmsg_state *state, struct nftmsg_plan *plan)
{
	int r;

	r = nftmsg_layout_build(layout, state, nft->sequence, &nft->batch);
	if (r >= 0 && plan)
		r = nftmsg_plan_add(plan, nft->table, nft->max_batch, &nft->batch);
	if (r >= 0)
		r = nftmsg_batch_end(&nft->batch);
	if (r >= 0)
		r = nft_socket_transact(nft, plan);
	if (r == 0 && plan)
		nftmsg_plan_succeeded(plan);
	nft_socket_end_batch(nft);
	return r;
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

static int install_plan(struct nft *nft, const struct nft_layout *layout,
			const struct nftmsg_state *state, uint32_t generation,
			struct nft_filling *filling)
{
	cleanup(nftmsg_plan_done) struct nftmsg_plan plan = { 0 };
	struct nft_change *changes;
	size_t n;
	int r;

	r = filling->gather(filling->userdata, &changes, &n);
	if (r >= 0)
		r = nftmsg_plan_init(&plan, changes, n);
	if (r < 0)
		return r;
	nft_socket_begin_batch(nft);
	nft->batch.generation = generation;
	r = send_layout(nft, layout, state, &plan);
	if (r != 0)
		return r;
	r = nft_identify(nft);
	if (r < 0)
		return r;
	filling->done = plan.start == plan.n_items && generation && install_is_ours(nft, state);
	return 0;
}

static int try_install(struct nft *nft, const struct nft_layout *wanted,
		       struct nft_filling *filling, bool tidy)
{
	cleanup(nftmsg_state_done) struct nftmsg_state state = { 0 };
	struct nft_layout all = *wanted, *layout = &all;
	uint32_t generation = 0;
	int r, any_empty, drops;

	r = nft_socket_ask_generation(nft, &generation);
	if (r >= 0)
		r = read_state(nft, &state);
	if (r >= 0)
		r = drops = nft_lengths_keep(nft, layout, &state, tidy);
	if (r < 0)
		return r;
	nft->was_strange =
		state.has_table && layout->handle && state.table_handle != layout->handle;
	if (nft->was_strange)
		nftmsg_state_estrange(&state);
	any_empty = note_sets(nft, layout, &state);
	if (any_empty < 0)
		return any_empty;
	if (any_empty && filling) {
		r = install_plan(nft, layout, &state, nft->generation ?: generation, filling);
		return r == 0 ? 1 : r == 1 ? -E2BIG : r;
	}
	nft_socket_begin_batch(nft);
	if (drops && nft->batch.generation == 0)
		nft->batch.generation = generation;
	r = send_layout(nft, layout, &state, NULL);
	if (r >= 0)
		r = nft_identify(nft);
	return r < 0 ? r : any_empty;
}

int nft_install_filled(struct nft *nft, const struct nft_layout *layout,
		       struct nft_filling *filling)
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

int nft_install(struct nft *nft, const struct nft_layout *layout)
{
	return nft_install_filled(nft, layout, NULL);
}
