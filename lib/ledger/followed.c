#include "ledger/followed.h"

#include "base/array.h"
#include "entry/cursor.h"
#include "ledger/heard.h"
#include "ledger/store.h"

#include <errno.h>

static struct followed *followed_of(const struct ledger *ledger, const char *name)
{
	for (size_t i = 0; i < ledger->following.n_members; i++)
		if (strcmp(ledger->following.members[i].member.name, name) == 0)
			return &ledger->following.members[i];
	return NULL;
}

const struct member *followed_find(const struct ledger *ledger, const char *name)
{
	const struct followed *followed = followed_of(ledger, name);

	return followed ? &followed->member : NULL;
}

/* The place of one that is new. */
static int followed_make_room(struct following *following, struct followed **ret)
{
	struct followed *oldest;

	if (following->n_members < FOLLOWED_MAX) {
		if (!array_grow(following->members, following->n_members))
			return -ENOMEM;
		*ret = &following->members[following->n_members++];
		**ret = (struct followed){ 0 };
		return 0;
	}
	oldest = following->members;
	for (size_t i = 1; i < following->n_members; i++)
		if (following->members[i].member.time < oldest->member.time)
			oldest = &following->members[i];
	free(oldest->member.cursor);
	*oldest = (struct followed){ 0 };
	*ret = oldest;
	return 0;
}

int followed_set(struct ledger *ledger, const char *name, const char *cursor, usec_t time)
{
	struct followed *followed = followed_of(ledger, name);
	cleanup(freep) char *copy = cursor ? strdup(cursor) : NULL;
	int r;

	if (!member_name_is_valid(span_of(name)) || (cursor && !cursor_is_valid(span_of(cursor))))
		return -EINVAL;
	if (cursor && !copy)
		return -ENOMEM;
	r = followed ? 0 : followed_make_room(&ledger->following, &followed);
	if (r < 0)
		return r;
	strcpy(followed->member.name, name);
	free(followed->member.cursor);
	followed->member.cursor = TAKE_PTR(copy);
	followed->member.time = time;
	followed->unsaved = true;
	return 0;
}

void followed_note(struct ledger *ledger, const char *name, usec_t heard, uint64_t taken)
{
	struct followed *followed = followed_of(ledger, name);

	if (!followed)
		return;
	followed->member.heard = heard;
	followed->member.taken = taken;
	followed->unsaved = true;
}

size_t followed_n(const struct ledger *ledger)
{
	return ledger->following.n_members;
}

const struct member *followed_at(const struct ledger *ledger, size_t i)
{
	return &ledger->following.members[i].member;
}

void followed_saved(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->following.n_members; i++)
		ledger->following.members[i].unsaved = false;
}

void followed_done(struct following *following)
{
	for (size_t i = 0; i < following->n_members; i++)
		free(following->members[i].member.cursor);
	free(following->members);
}
