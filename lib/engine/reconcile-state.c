/* What the parts of the reconciler share: what is wanted, owed, touched and waits to be said. */

#include "engine/reconcile-state.h"

#include "base/array.h"

#include <stdio.h>

struct ledger *reconcile_ledger(const struct reconcile *reconcile)
{
	return engine_ledger(reconcile->engine);
}

int reconcile_say(struct reconcile *reconcile, const struct reconcile_action *action)
{
	int r;

	r = array_reserve(&reconcile->queue, reconcile->n_queue, &reconcile->max_queue,
			  sizeof(*action));
	if (r < 0)
		return r;
	reconcile->queue[reconcile->n_queue++] = *action;
	return 0;
}

int reconcile_touch(struct reconcile *reconcile, const struct nft_element *element)
{
	struct touched *touched;
	int r;

	r = array_reserve(&reconcile->touched, reconcile->n_touched, &reconcile->max_touched,
			  sizeof(*touched));
	if (r < 0)
		return r;
	touched = &reconcile->touched[reconcile->n_touched++];
	*touched = (struct touched){ .address = element->address, .prefix = element->prefix };
	snprintf(touched->jail, NFT_JAIL_SIZE, "%s", element->jail);
	return 0;
}

int reconcile_say_element(struct reconcile *reconcile, enum reconcile_type type,
			  const struct nft_element *element, const char *process)
{
	struct reconcile_action action = { .type = type, .prefix = element->prefix };

	snprintf(action.jail, NFT_JAIL_SIZE, "%s", element->jail);
	memcpy(action.process, process, strnlen(process, sizeof(action.process) - 1));
	(void)nft_clean_comment(element->comment ?: "", action.comment);
	return reconcile_say(reconcile, &action);
}

int reconcile_say_ban(struct reconcile *reconcile, enum reconcile_type type, uint64_t id,
		      const char *process, bool absent)
{
	struct reconcile_action action = { .type = type, .ban = id, .absent = absent };

	memcpy(action.process, process, strnlen(process, sizeof(action.process) - 1));
	return reconcile_say(reconcile, &action);
}

void reconcile_owe(struct reconcile *reconcile, unsigned what)
{
	reconcile->wanted &= ~what;
	reconcile->owed |= what;
}

void reconcile_want(struct reconcile *reconcile, unsigned what)
{
	if (what & RECONCILE_WANT_RETRY)
		what |= reconcile->owed;
	reconcile->owed &= ~what;
	reconcile->wanted |= what;
}

void reconcile_give_list_up(struct reconcile *reconcile)
{
	reconcile->n_lists = 0;
	reconcile->is_given_up = true;
	reconcile->n_suspects = reconcile->next_suspect = reconcile->n_missing = 0;
	reconcile_owe(reconcile, RECONCILE_WANT_LIST | RECONCILE_WANT_FILL);
}

void reconcile_find(struct reconcile *reconcile, bool suspect, const char *jail,
		    const struct address *address, struct reconcile_action *ret)
{
	*ret = (struct reconcile_action){ .type = RECONCILE_FIND, .address = *address };
	snprintf(ret->jail, NFT_JAIL_SIZE, "%s", jail);
	reconcile->asks_suspect = suspect;
}
