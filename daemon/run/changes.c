#include "run/changes.h"

#include "ledger/comment.h"

#include <errno.h>
#include <stdio.h>

void changes_done(struct changes *changes)
{
	free(changes->items);
	free(changes->ids);
	free(changes->comments);
	free(changes->names);
}

static int changes_make_room(struct changes *changes)
{
	size_t room = changes->room * 2 + 64;
	struct nft_change *items;
	uint64_t *ids;
	void *comments, *names;

	if (changes->n < changes->room)
		return 0;
	items = reallocarray(changes->items, room, sizeof(*items));
	if (items)
		changes->items = items;
	ids = reallocarray(changes->ids, room, sizeof(*ids));
	if (ids)
		changes->ids = ids;
	comments = reallocarray(changes->comments, room, sizeof(*changes->comments));
	if (comments)
		changes->comments = comments;
	names = reallocarray(changes->names, room, sizeof(*changes->names));
	if (names)
		changes->names = names;
	if (!items || !ids || !comments || !names)
		return -ENOMEM;
	changes->room = room;
	return 0;
}

int changes_put(struct changes *changes, const char *name, const struct ban *ban,
		enum nft_operation operation, usec_t now)
{
	int r;

	r = changes_make_room(changes);
	if (r < 0)
		return r;
	comment_write(ban, changes->comments[changes->n]);
	changes->items[changes->n] = (struct nft_change){
		.operation = operation,
		.address = ban->prefix.address,
		.remaining = ban->until == USEC_INFINITY ? USEC_INFINITY : ban->until - now,
	};
	nft_jail_name(name, false, changes->names[changes->n]);
	changes->ids[changes->n++] = ban->id;
	return 0;
}

int changes_delete(struct changes *changes, const char *jail, const struct address *address)
{
	int r;

	r = changes_make_room(changes);
	if (r < 0)
		return r;
	changes->items[changes->n] =
		(struct nft_change){ .operation = NFT_DELETE, .address = *address };
	nft_jail_name(jail, false, changes->names[changes->n]);
	changes->ids[changes->n++] = 0;
	return 0;
}

void changes_hand_over(struct changes *changes, struct nft_change **ret, size_t *ret_n)
{
	for (size_t i = 0; i < changes->n; i++) {
		changes->items[i].jail = changes->names[i];
		changes->items[i].comment = changes->ids[i] ? changes->comments[i] : NULL;
	}
	*ret = changes->items;
	*ret_n = changes->n;
}

void changes_taken(struct firewall *firewall, const struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		ledger_place(firewall->active->ledger, changes->ids[i]);
}

int changes_apply(struct firewall *firewall, struct changes *changes)
{
	struct nft_change *items;
	int r, error = 0;
	size_t n;

	if (changes->n == 0 || !firewall->nft)
		return 0;
	changes_hand_over(changes, &items, &n);
	r = nft_apply(firewall->nft, items, n);
	for (size_t i = 0; i < changes->n; i++) {
		const struct nft_change *item = &items[i];

		if (reconcile_sent(firewall->reconcile, changes->ids[i], item->jail, &item->address,
				   item->error) < 0)
			return -ENOMEM;
		if (item->error != -ENOENT || item->operation != NFT_DELETE) /* its set went */
			error = MIN(error, item->error);
	}
	firewall->dirty |= DIRTY_PLACED;
	if (error == 0 && r >= 0) {
		firewall->failing = false;
		return 0;
	}
	firewall->dirty |= DIRTY_LEDGER;
	return firewall_complain(firewall, "change the bans in the kernel", error < 0 ? error : r);
}
