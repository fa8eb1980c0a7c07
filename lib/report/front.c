#include "report/front.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MAX_ADDRESSES 65536
/* So few of either are an ordinary day of one user. */
#define FEW_FAILURES  50
#define FEW_LOGINS    20

void front_init(struct front *front, const uint8_t seed[static HASH_SEED_SIZE])
{
	*front = (struct front){ 0 };
	tally_init(&front->addresses, seed, MAX_ADDRESSES, ADDRESS_TEXT_MAX);
}

void front_done(struct front *front)
{
	tally_done(&front->addresses);
}

int front_note(struct front *front, const struct address *address, bool failure)
{
	char text[ADDRESS_TEXT_MAX];
	struct tally_item *item;

	item = tally_note(&front->addresses, 0, address_format(address, text));
	if (!item)
		return -ENOMEM;
	if (failure) {
		item->count++;
		front->n_failures++;
	} else {
		item->weight++;
		front->n_logins++;
	}
	return 0;
}

static bool is_most(uint64_t part, uint64_t whole, uint64_t few)
{
	return part >= few && part > whole / 2;
}

int front_explain(const struct front *front, char **ret)
{
	const struct tally_item *item = NULL;

	while ((item = tally_next(&front->addresses, item)))
		if (is_most(item->count, front->n_failures, FEW_FAILURES) &&
		    is_most(item->weight, front->n_logins, FEW_LOGINS))
			break;
	if (!item)
		return 0;
	if (asprintf(
		    ret,
		    "%s makes %" PRIu64 " of %" PRIu64 " failures and %" PRIu64 " of %" PRIu64
		    " logins: if it is a proxy, a NAT or a webmail server, a ban of it shuts out "
		    "everybody behind it, and without one nobody there is kept out; let it pass the "
		    "clients' addresses on (such as by the PROXY protocol), or name it in ignoreip",
		    item->name, item->count, front->n_failures, item->weight, front->n_logins) < 0)
		return -ENOMEM;
	return 1;
}
