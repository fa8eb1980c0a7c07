#include "base/array.h"
#include "engine/reconcile-state.h"
#include "engine/reconcile.h"

#include <errno.h>

int reconcile_new(struct reconcile **ret)
{
	struct reconcile *reconcile = calloc(1, sizeof(*reconcile));

	if (!reconcile)
		return -ENOMEM;
	*ret = reconcile;
	return 0;
}

struct reconcile *reconcile_free(struct reconcile *reconcile)
{
	if (!reconcile)
		return NULL;
	homes_done(&reconcile->homes);
	free(reconcile->queue);
	free(reconcile->seen);
	free(reconcile->suspects);
	free(reconcile->touched);
	free(reconcile);
	return NULL;
}

void reconcile_enter(struct reconcile *reconcile, struct engine *engine)
{
	reconcile->engine = engine;
	reconcile->homes.engine = engine;
	reconcile->filling = false;
	reconcile->n_lists = 0;
	reconcile->n_suspects = reconcile->next_suspect = reconcile->n_missing = 0;
}

void reconcile_doubt(struct reconcile *reconcile)
{
	reconcile->doubting = true;
}

void reconcile_at(struct reconcile *reconcile, usec_t now, const struct position *position)
{
	reconcile->now = now;
	reconcile->position = *position;
}

void reconcile_want(struct reconcile *reconcile, unsigned what)
{
	if (what & RECONCILE_WANT_RETRY)
		what |= reconcile->owed;
	reconcile->owed &= ~what;
	reconcile->wanted |= what;
}

bool reconcile_owes(const struct reconcile *reconcile)
{
	return reconcile->owed != 0;
}

void reconcile_quiet(struct reconcile *reconcile)
{
	reconcile->wrote = false;
}

const struct homes *reconcile_homes(const struct reconcile *reconcile)
{
	return &reconcile->homes;
}

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

void reconcile_jail_copy(char to[static NFT_JAIL_SIZE], const char *jail)
{
	size_t size = MIN(strlen(jail), (size_t)NFT_JAIL_SIZE - 1);

	memcpy(to, jail, size);
	to[size] = '\0';
}

int reconcile_touch(struct reconcile *reconcile, const char *jail, const struct address *address,
		    const struct prefix *prefix)
{
	struct touched *touched;
	int r;

	r = array_reserve(&reconcile->touched, reconcile->n_touched, &reconcile->max_touched,
			  sizeof(*touched));
	if (r < 0)
		return r;
	touched = &reconcile->touched[reconcile->n_touched++];
	*touched = (struct touched){ .address = *address, .prefix = *prefix };
	reconcile_jail_copy(touched->jail, jail);
	return 0;
}

int reconcile_say_element(struct reconcile *reconcile, enum reconcile_type type,
			  const struct nft_element *element, const char *process)
{
	struct reconcile_action action = { .type = type, .prefix = element->prefix };

	reconcile_jail_copy(action.jail, element->jail);
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
	reconcile_jail_copy(ret->jail, jail);
	reconcile->asks_suspect = suspect;
}
