#include "netlink/nft-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define BUFFER_WISH                                                                        \
	(4 << 20)      /* bytes in the kernel: 5,000 elements with long comments need 2 MB \
			*/
#define MAX_LOST     8 /* tries to read on after an overflow */
#define REQUEST_SIZE 1024
#define KEPT_BATCH   65536 /* bytes of a transaction whose room is kept */

int nft_socket_open(struct mnl_socket **ret)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r, wish = BUFFER_WISH, one = 1;

	if (!s)
		return errno == EPROTONOSUPPORT ? -EOPNOTSUPP : -errno;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		mnl_socket_close(s);
		return r;
	}
	/* Room is welcome, not needed: who may not force it gets what the system allows. */
	if (setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_SNDBUFFORCE, &wish, sizeof(wish)) < 0)
		(void)setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_SNDBUF, &wish, sizeof(wish));
	if (setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE, &wish, sizeof(wish)) < 0)
		(void)setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &wish, sizeof(wish));
	/* Without it each error brings a copy of what was refused. */
	(void)mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &one, sizeof(one));
	*ret = s;
	return 0;
}

ssize_t nft_socket_receive(struct nft *nft, struct mnl_socket *from)
{
	ssize_t n = mnl_socket_recvfrom(from, nft->buffer, sizeof(nft->buffer));

	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		return 0;
	return errno == ENOSPC ? -ENOBUFS : -errno; /* ENOSPC: libmnl's word for a cut datagram */
}

struct outcome {
	bool acknowledged, refused, lost;
	int error; /* of the whole */
};

static int socket_judge(struct nft *nft, struct nftmsg_plan *plan, struct span datagram,
			struct outcome *outcome)
{
	const struct nftmsg_batch *batch = &nft->batch;
	struct nftmsg_answer answer;
	int r = 0;

	while (r >= 0 && nftmsg_answer_next(&datagram, &answer)) {
		r = nftmsg_state_feed(&nft->made, nft->table, &answer);
		/* The last number is that of the end. */
		if (answer.type != ANSWER_RESULT ||
		    answer.sequence - batch->first >= batch->sequence - batch->first)
			continue;
		if (answer.error == 0) {
			outcome->acknowledged = true;
			continue;
		}
		outcome->refused = true;
		if ((!plan || !nftmsg_plan_refused(plan, answer.sequence, answer.error)) &&
		    outcome->error == 0)
			outcome->error = answer.error;
	}
	return r;
}

int nft_socket_transact(struct nft *nft, struct nftmsg_plan *plan)
{
	struct outcome outcome = { 0 };
	int r, n_lost = 0;

	nft->sequence = nft->batch.sequence;
	nftmsg_state_done(&nft->made);
	if (mnl_socket_sendto(nft->command, nft->batch.data, nft->batch.size) < 0)
		return -errno;
	while (n_lost < MAX_LOST) {
		ssize_t n = nft_socket_receive(nft, nft->command);

		if (n == 0)
			break;
		if (n == -ENOBUFS) {
			n_lost++;
			continue;
		}
		if (n < 0)
			return (int)n;
		r = socket_judge(nft, plan, (struct span){ nft->buffer, (size_t)n }, &outcome);
		if (r < 0)
			return r;
	}
	if (outcome.error == -ERESTART)
		nft->generation = 0;
	if (outcome.error < 0)
		return outcome.error;
	if (outcome.refused)
		return 1;
	if (!outcome.acknowledged)
		return -ENOBUFS;
	if (nft->generation > 0 && ++nft->generation == 0)
		nft->generation = 1; /* the kernel leaves 0 out, too */
	return 0;
}

static int send_question(struct nft *nft, const struct nft_question *question)
{
	char request[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *message;

	message = nftnl_nlmsg_build_hdr(request, question->type, NFPROTO_INET, question->flags,
					nft->sequence++);
	/* The table has the same number everywhere; the name has one number for sets and elements,
	 * and another for chains. */
	if (question->table)
		mnl_attr_put_strz(message, NFTA_SET_TABLE, question->table);
	if (question->name)
		mnl_attr_put_strz(message,
				  question->type == NFT_MSG_GETCHAIN ? NFTA_CHAIN_NAME
								     : NFTA_SET_NAME,
				  question->name);
	if (question->key) {
		struct nlattr *list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
		struct nlattr *key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);

		mnl_attr_put(message, NFTA_DATA_VALUE, address_bits(question->key) / 8,
			     question->key->bytes);
		mnl_attr_nest_end(message, key);
		mnl_attr_nest_end(message, element);
		mnl_attr_nest_end(message, list);
	}
	return mnl_socket_sendto(nft->command, message, message->nlmsg_len) < 0 ? -errno : 0;
}

int nft_socket_ask(struct nft *nft, const struct nft_question *question,
		   int (*feed)(void *data, const struct nftmsg_answer *answer), void *data)
{
	uint32_t sequence = nft->sequence;
	bool interrupted = false, told = false;
	int r;

	r = send_question(nft, question);
	if (r < 0)
		return r;
	for (;;) {
		ssize_t n = nft_socket_receive(nft, nft->command);
		struct span datagram = { nft->buffer, (size_t)n };
		struct nftmsg_answer answer;

		if (n <= 0)
			return n < 0 ? (int)n : told ? interrupted : -EPROTO;
		while (nftmsg_answer_next(&datagram, &answer)) {
			if (answer.sequence != sequence)
				continue;
			interrupted = interrupted || answer.interrupted;
			if (answer.type != ANSWER_DATA)
				return answer.error < 0 ? answer.error : interrupted;
			r = feed ? feed(data, &answer) : 0;
			if (r < 0)
				return r;
			told = true;
		}
		/* A question about one thing has one answer and no end. */
		if (told && !(question->flags & NLM_F_DUMP))
			return 0;
	}
}

static int take_generation(void *data, const struct nftmsg_answer *answer)
{
	struct nftmsg_generation generation;
	uint32_t *number = data;

	nftmsg_read_generation(answer->header, &generation);
	*number = generation.number;
	return 0;
}

int nft_socket_ask_generation(struct nft *nft, uint32_t *ret)
{
	struct nft_question question = { .type = NFT_MSG_GETGEN };

	return nft_socket_ask(nft, &question, take_generation, ret);
}

void nft_socket_end_batch(struct nft *nft)
{
	if (nft->batch.capacity > KEPT_BATCH)
		nftmsg_batch_done(&nft->batch);
}
