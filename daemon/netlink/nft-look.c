#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/array.h"
#include "netlink/nft-socket.h"
#include "netlink/nft.h"

#define MAX_TRIES 5 /* for answers of one moment */

struct looking {
	struct nft *nft;
	struct nftmsg_state state;
	struct nft_view view;
};

static void looking_done(struct looking *looking)
{
	nftmsg_state_done(&looking->state);
	nft_view_done(&looking->view);
}

void nft_view_done(struct nft_view *view)
{
	free(view->uses);
	*view = (struct nft_view){ 0 };
}

static struct nft_use *look_find(const struct nft_view *view, struct span name)
{
	for (size_t i = 0; i < view->n_uses; i++)
		if (span_equal(span_of(view->uses[i].name), name))
			return &view->uses[i];
	return NULL;
}

const struct nft_use *nft_view_find(const struct nft_view *view, const char *set)
{
	return look_find(view, span_of(set));
}

/* 1, or 0: no set of ours has such a name. */
static int get_use(struct nft_view *view, struct span name, struct nft_use **ret)
{
	*ret = look_find(view, name);
	if (*ret)
		return 1;
	if (!name.data || name.size >= NFT_SET_NAME_SIZE)
		return 0;
	if (!array_grow(view->uses, view->n_uses))
		return -ENOMEM;
	*ret = &view->uses[view->n_uses++];
	**ret = (struct nft_use){ 0 };
	memcpy((*ret)->name, name.data, name.size);
	return 1;
}

static int look_take(void *data, const struct nftmsg_answer *answer)
{
	struct looking *looking = data;
	const char *own = looking->nft->table;
	struct nftmsg_table table;
	struct nftmsg_rule rule;
	struct nft_use *use;
	int r;

	if (answer->type != ANSWER_DATA || answer->family != NFPROTO_INET)
		return 0;
	if (answer->message == NFT_MSG_NEWTABLE && nftmsg_read_table(answer->header, &table))
		looking->view.asleep = table.flags & NFT_TABLE_F_DORMANT;
	if (answer->message != NFT_MSG_NEWRULE || !nftmsg_read_rule(answer->header, &rule))
		return nftmsg_state_feed(&looking->state, own, answer);
	if (!span_equal(rule.table, span_of(own)) || !span_equal(rule.chain, span_of(NFT_CHAIN)))
		return 0;
	r = get_use(&looking->view, rule.set, &use);
	if (r <= 0)
		return r;
	use->n_rules++;
	use->packets += rule.packets;
	use->bytes += rule.bytes;
	return 0;
}

int nft_look(struct nft *nft, struct nft_view *ret)
{
	const struct nft_question questions[] = {
		{ .type = NFT_MSG_GETTABLE, .table = nft->table },
		{ .type = NFT_MSG_GETCHAIN, .table = nft->table, .name = NFT_CHAIN },
		{ .type = NFT_MSG_GETSET, .table = nft->table, .flags = NLM_F_DUMP },
		{ .type = NFT_MSG_GETRULE, .table = nft->table, .flags = NLM_F_DUMP },
	};
	cleanup(looking_done) struct looking looking = { .nft = nft };
	struct nft_use *use;
	int r, torn = 1;

	for (int k = 0; torn && k < MAX_TRIES; k++) {
		looking_done(&looking);
		torn = 0;
		for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
			r = nft_socket_ask(nft, &questions[i], look_take, &looking);
			if (r < 0 && (r != -ENOENT || i == 0))
				return r;
			torn |= r > 0;
		}
	}
	for (size_t i = 0; i < looking.state.n_sets; i++) {
		r = get_use(&looking.view, span_of(looking.state.sets[i].name), &use);
		if (r < 0)
			return r;
		if (r > 0) {
			use->stands = true;
			use->size = looking.state.sets[i].size;
			use->handle = looking.state.sets[i].handle;
			use->list = looking.state.sets[i].list;
		}
	}
	looking.view.has_chain = looking.state.has_chain;
	looking.view.chain_is_fit = looking.state.chain_is_fit;
	*ret = looking.view;
	looking.view = (struct nft_view){ 0 };
	return torn;
}

bool nft_view_list(const struct nft_view *view, const char *list, struct nft_list_use *ret)
{
	char name[NAME_SIZE];

	nft_list_name(list, name);
	for (int other = 0; other <= 1; other++) {
		size_t n = 0;

		*ret = (struct nft_list_use){ 0 };
		for (size_t f = 0; f < ARRAY_SIZE(nft_families); f++) {
			const struct nft_use *use =
				nft_view_find(view, nft_list_set_name(name, nft_families[f], other,
								      ret->sets[f]));

			if (!use || !use->stands || use->n_rules == 0)
				continue;
			n++;
			ret->n_networks += use->list.n_networks;
			ret->file_time = use->list.time * USEC_PER_SEC;
			ret->packets += use->packets;
			ret->bytes += use->bytes;
		}
		if (n == ARRAY_SIZE(nft_families))
			return true;
	}
	return false;
}
