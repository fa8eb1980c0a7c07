/*
 * What was decided becomes durable, is said, and goes into the kernel, in this order: a line in the
 * state file (synced), an entry in the journal, an element in the set. A crash between two of them
 * is mended at the next start: what is in the file but not marked as told is said again, and what
 * is not marked as placed is put in.
 */
#include "run/commit.h"

#include "base/array.h"
#include "run/events.h"
#include "run/fill.h"
#include "run/tell.h"

#include <errno.h>

static int commit_remember(struct daemon *daemon, const struct due *due)
{
	int r;

	r = array_reserve(&daemon->decided, daemon->n_decided, &daemon->max_decided, sizeof(*due));
	if (r >= 0)
		daemon->decided[daemon->n_decided++] = *due;
	return r;
}

int commit_decisions(struct daemon *daemon)
{
	struct decision decision;
	int r = 0;

	while (r >= 0 && engine_take(daemon->active.engine, &decision)) {
		switch (decision.type) {
		case DECISION_BAN:
		case DECISION_END:
			r = commit_remember(daemon, &(struct due){ .type = decision.type,
								   .id = decision.ban.id });
			break;
		case DECISION_PRIVATE:
			events_private(&decision);
			break;
		case DECISION_BREAKER:
			events_breaker(&decision);
			break;
		case DECISION_BREAKER_CLOSED:
			events_breaker_closed(&decision);
			break;
		case DECISION_TARGET:
			events_target(&decision);
			break;
		}
	}
	return r;
}

int commit_position(struct daemon *daemon)
{
	const struct position position = reader_position(&daemon->reader);
	int r;

	if (position.cursor.data) {
		r = ledger_set_position(daemon->active.ledger, &position);
		if (r < 0)
			return r;
	}
	return saver_write(&daemon->saver, daemon->active.ledger);
}

/* Until the next feed the ledger lets go of none. */
static void commit_resolve(struct daemon *daemon)
{
	size_t n = 0;

	for (size_t i = 0; i < daemon->n_decided; i++) {
		daemon->decided[n] = daemon->decided[i];
		daemon->decided[n].ban = ledger_get(daemon->active.ledger, daemon->decided[n].id);
		n += daemon->decided[n].ban != NULL;
	}
	daemon->n_decided = n;
}

static int commit_place(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < daemon->n_decided; i++)
		r = fill_gather_ban(&daemon->firewall, &changes, daemon->decided[i].ban);
	return r < 0 ? r : changes_apply(&daemon->firewall, &changes);
}

int commit_all(struct daemon *daemon)
{
	int r;

	if (daemon->n_decided == 0)
		return 0;
	r = commit_position(daemon);
	if (r < 0)
		return r;
	commit_resolve(daemon);
	r = tell_decided(daemon);
	if (r < 0)
		return r;
	r = commit_place(daemon);
	daemon->n_decided = 0;
	if (r == -ENOMEM)
		return r;
	daemon->dirty |= DIRTY_PLACED;
	return 0;
}
