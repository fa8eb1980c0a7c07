#include "run/members.h"

#include "engine/fleet-entry.h"
#include "ledger/followed.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

/* What is so far behind the newest that was read is late. */
#define LATE_AFTER   (60 * USEC_PER_SEC)
/* A restart reads again what others logged while a member was away, if that is not longer ago: what
 * is to be judged then was over before. */
#define AWAY_AT_MOST (2 * USEC_PER_HOUR)

#define MACHINE_ID_DIGITS 32

enum folder {
	FOLDER_EMPTY,   /* nobody has sent anything yet */
	FOLDER_MEMBERS, /* "remote-NAME.journal", as systemd-journal-remote names them */
	FOLDER_FILES,   /* others, such as "system.journal" */
	FOLDER_MACHINE  /* a folder that is named by a machine's id */
};

static int members_survey(const char *directory)
{
	enum folder kind = FOLDER_EMPTY;
	char name[MEMBER_NAME_SIZE];
	const struct dirent *file;
	DIR *folder;

	folder = opendir(directory);
	if (!folder)
		return -errno;
	while (kind != FOLDER_MACHINE && (file = readdir(folder))) {
		if (file->d_name[0] == '.')
			continue;
		if (strspn(file->d_name, "0123456789abcdef") == MACHINE_ID_DIGITS)
			kind = FOLDER_MACHINE;
		else if (strncmp(file->d_name, "remote-", strlen("remote-")) == 0 &&
			 fleet_member_of(file->d_name, name))
			kind = FOLDER_MEMBERS;
		else if (kind == FOLDER_EMPTY)
			kind = FOLDER_FILES;
	}
	closedir(folder);
	return (int)kind;
}

bool members_suits(const char *directory)
{
	const char *name = strrchr(directory, '/');
	int kind = members_survey(directory);

	return kind == FOLDER_MEMBERS ||
	       (kind == FOLDER_EMPTY && name && strcmp(name, "/remote") == 0);
}

int members_open(struct members *members, const char *directory)
{
	members->peers.kind = LOG_BLIND;
	members->peers.loss = "read";
	return peers_enter(&members->peers, directory);
}

int members_attach(struct members *members, sd_event *event)
{
	/* a long catch-up lets everything else go first */
	return peers_attach(&members->peers, event, members->dirty, DIRTY_ENTRIES,
			    SD_EVENT_PRIORITY_IDLE);
}

void members_done(struct members *members)
{
	peers_done(&members->peers);
}

bool members_are_warming(const struct members *members)
{
	return members->phase != READER_NEW;
}

static usec_t go_back(usec_t time, usec_t span)
{
	return time > span ? time - span : 0;
}

/* Whose place is not known is read from the longest findtime ago on. That is told to the ledger at
 * once: after a crash it would be later. `before`: where everybody's was; NULL: nowhere. */
static int members_learn(struct members *members, struct peer *peer, const struct place *before)
{
	struct ledger *ledger = members->active->ledger;
	const struct member *followed = followed_find(ledger, peer->name);
	struct place *place = &peer->place;
	const char *cursor = followed ? followed->cursor : before ? before->cursor : NULL;
	int r;

	if (place->cursor || place->time > 0)
		return 0;
	if (cursor && !(place->cursor = strdup(cursor)))
		return -ENOMEM;
	if (followed)
		place->time = followed->time;
	else
		place->time = before ? before->time
				     : go_back(wakeup_time(members->peers.event),
					       engine_findtime(members->active->engine));
	if (followed)
		return 0;
	*members->dirty |= DIRTY_LEDGER;
	r = followed_set(ledger, peer->name, place->cursor, place->time);
	return r == -EINVAL ? 0 : r;
}

/* libsystemd refuses its place: then it is as one that is new. */
static int members_lose_place(struct members *members, struct peer *peer)
{
	log_say(LOG_STATE_READ, LOG_ERR,
		"libsystemd refuses the journal cursor of member %s (\"%s\"): its journal is read from the "
		"longest findtime ago",
		peer->name, peer->place.cursor);
	place_done(&peer->place);
	peer->place.time = go_back(wakeup_time(members->peers.event),
				   engine_findtime(members->active->engine));
	return followed_set(members->active->ledger, peer->name, NULL, peer->place.time);
}

/* It stands on an entry that is none of the stretch any more. */
static bool members_is_beyond(const struct members *members, const struct peer *peer)
{
	switch (members->phase) {
	case READER_NOTES:
		return peer->head >= peer->warm_from;
	case READER_WARM:
		return place_is_at_mark(&peer->place, peer->journal);
	case READER_NEW:
		break;
	}
	return false;
}

/* To its next entry that can be read; at the end of a stretch, and of all, it has none. */
static int members_step(struct members *members, struct peer *peer)
{
	int r;

	while ((r = peer_next(&members->peers, peer)) > 0) {
		r = entry_time(journal_entry(peer->journal), &peer->head);
		if (r >= 0) {
			peer->reading = !members_is_beyond(members, peer);
			return 0;
		}
		r = place_pass_over(&peer->place, r);
		if (r < 0)
			return r;
	}
	return r;
}

/* The entry that was handed out is consumed. */
static int members_take(struct members *members)
{
	struct peer *peer = members->hand;

	if (!peer || members->phase != READER_NEW)
		return 0;
	peer->consumed = true;
	return place_take(&peer->place, peer->journal);
}

static int members_pass(struct members *members)
{
	struct peer *peer = members->hand;
	int r;

	r = members_take(members);
	members->hand = NULL;
	return r < 0 || !peer ? MIN(r, 0) : members_step(members, peer);
}

/* Opens what it has, for the rules in force; `anew`: these are others than before. 0, and no
 * journal: it has nothing. */
static int members_fetch(struct members *members, struct peer *peer, bool anew)
{
	int r;

	r = peer_open(&members->peers, peer);
	if (r <= 0 || (r == 1 && !anew))
		return r;
	return journal_select(peer->journal, members->active->ruleset, true);
}

/* ... and stands before what follows its place. */
static int members_find(struct members *members, struct peer *peer)
{
	struct place *place = &peer->place;
	int r;

	r = members_fetch(members, peer, false);
	if (r < 0 || !peer->journal)
		return r;
	r = members_learn(members, peer, NULL);
	if (r >= 0)
		r = journal_find_end(peer->journal);
	peer->reading = r > 0;
	if (r <= 0)
		return r;
	r = place->cursor ? journal_seek_after(peer->journal, place->cursor)
			  : journal_seek_time(peer->journal, place->time);
	return r < 0 ? r : members_step(members, peer);
}

static int members_look(struct members *members)
{
	struct peer *peer;
	size_t i = 0;
	int r = 0;

	members->look = false;
	if (members->peers.scan && members_survey(members->peers.directory) == FOLDER_MACHINE)
		return -ESTALE;
	r = peers_look(&members->peers);
	while (r >= 0 && (peer = peers_next_changed(&members->peers, &i)))
		r = peer_note(&members->peers, peer, members_find(members, peer));
	return r;
}

/* The earliest of those that are on time, or of those that are late, by turns; NULL: there is none.
 */
static struct peer *members_turn(struct members *members)
{
	usec_t since = go_back(members->newest, LATE_AFTER);
	struct peer *earliest[2] = { NULL, NULL };

	for (size_t i = 0; i < members->peers.n; i++) {
		struct peer *peer = &members->peers.peers[i];
		struct peer **place = &earliest[peer->head < since];

		if (peer->reading && (!*place || peer->head < (*place)->head))
			*place = peer;
	}
	if (earliest[0] && earliest[1])
		return earliest[members->turn++ % 2];
	return earliest[0] ?: earliest[1];
}

/* Of the stretch that is read again. */
static int members_seek(struct members *members, struct peer *peer)
{
	const struct ruleset *ruleset = members->active->ruleset;
	bool notes = members->phase == READER_NOTES;
	int r;

	if (!peer->journal || peer->opened == 0 || !peer->place.cursor)
		return 0;
	r = notes ? journal_select_notes(peer->journal, ruleset)
		  : journal_select(peer->journal, ruleset, true);
	if (r >= 0)
		r = journal_seek_time(peer->journal, notes ? peer->notes_from : peer->warm_from);
	peer->reading = r >= 0;
	return r < 0 ? r : members_step(members, peer);
}

static int members_enter(struct members *members, enum reader_use phase)
{
	int r = 0;

	members->phase = phase;
	members->look = true;
	for (size_t i = 0; r >= 0 && i < members->peers.n; i++) {
		struct peer *peer = &members->peers.peers[i];

		peer->reading = false;
		if (phase == READER_NEW)
			peer->changed = true;
		else
			r = peer_note(&members->peers, peer, members_seek(members, peer));
	}
	return r;
}

int members_next(struct members *members, enum reader_use *ret_use, const struct entry **ret)
{
	struct peer *peer;
	int r;

	r = members_pass(members);
	if (r >= 0 && members->look && !members_are_warming(members))
		r = members_look(members);
	while (r >= 0 && !(peer = members_turn(members)) && members_are_warming(members)) {
		r = members_enter(members, members->phase + 1);
		if (r >= 0 && !members_are_warming(members))
			return 0;
	}
	if (r < 0 || !peer)
		return r;
	if (peer->head <= wakeup_time(members->peers.event) + HEARD_AHEAD)
		members->newest = MAX(members->newest, peer->head);
	/* of one alone a time that goes back is a clock that was set back */
	journal_set_unordered(peer->journal, members->peers.n > 1);
	members->hand = peer;
	peer->n_handed += members->phase == READER_NEW;
	*ret_use = members->phase;
	*ret = journal_entry(peer->journal);
	return 1;
}

static int members_tell_place(struct members *members, struct peer *peer)
{
	struct ledger *ledger = members->active->ledger;
	const struct member *followed;
	int r;

	r = followed_set(ledger, peer->name, peer->place.cursor, peer->place.time);
	if (r < 0)
		return r == -EINVAL ? 0 : r; /* it has none that can be kept */
	followed = followed_find(ledger, peer->name);
	followed_note(ledger, peer->name, wakeup_time(members->peers.event),
		      followed->taken + peer->n_handed);
	peer->n_handed = 0;
	return 0;
}

int members_consumed(struct members *members, struct place *latest)
{
	char *cursor;
	int r;

	/* the journal goes on standing there */
	r = members_take(members);
	for (size_t i = 0; r >= 0 && i < members->peers.n; i++) {
		struct peer *peer = &members->peers.peers[i];
		const struct place *place = &peer->place;

		if (!peer->consumed || !place->cursor)
			continue;
		peer->consumed = false;
		r = members_tell_place(members, peer);
		if (r < 0 || (latest->cursor && place->time < latest->time) ||
		    place->time > members->newest)
			continue;
		cursor = strdup(place->cursor);
		if (!cursor)
			return -ENOMEM;
		free(latest->cursor);
		latest->cursor = cursor;
		latest->time = place->time;
	}
	return MIN(r, 0);
}

int members_go_on(struct members *members)
{
	members->look = true;
	return members_are_warming(members)
		       ? sd_event_source_set_enabled(members->peers.more, SD_EVENT_ONESHOT)
		       : peers_go_on(&members->peers);
}

/* The place of the member that is furthest behind, but not too far. */
static usec_t members_base(const struct members *members, usec_t latest)
{
	usec_t base = latest;

	for (size_t i = 0; i < members->peers.n; i++) {
		const struct peer *peer = &members->peers.peers[i];

		if (peer->print != 0 && peer->place.time >= go_back(latest, AWAY_AT_MOST))
			base = MIN(base, peer->place.time);
	}
	return base;
}

/* Opens it, and finds where its stretch begins and ends. */
static int members_prepare(struct members *members, struct peer *peer, usec_t base)
{
	const struct engine *engine = members->active->engine;
	struct place *place = &peer->place;
	int r;

	base = MIN(base, place->time);
	peer->warm_from = go_back(base, engine_reach(engine));
	peer->notes_from = go_back(base, engine_note_reach(engine));
	r = members_fetch(members, peer, true);
	if (r < 0 || !peer->journal || !place->cursor)
		return r;
	r = place_find_mark(place, peer->journal);
	return r == -EINVAL ? members_lose_place(members, peer) : r;
}

int members_begin(struct members *members, const struct active *active,
		  const struct place *consumed, usec_t now)
{
	/* until now all was read in one order */
	const struct place *before =
		consumed->cursor && followed_n(active->ledger) == 0 ? consumed : NULL;
	const struct engine *engine = active->engine;
	usec_t base;
	int r;

	members->active = active;
	members->hand = NULL;
	members->newest = 0;
	members->peers.scan = true;
	r = peers_look(&members->peers);
	for (size_t i = 0; r >= 0 && i < members->peers.n; i++)
		r = members_learn(members, &members->peers.peers[i], before);
	base = members_base(members, consumed->time);
	for (size_t i = 0; r >= 0 && i < members->peers.n; i++) {
		struct peer *peer = &members->peers.peers[i];

		r = peer_note(&members->peers, peer, members_prepare(members, peer, base));
	}
	if (r >= 0)
		r = members_enter(members, !consumed->cursor ? READER_NEW
					   : engine_note_reach(engine) > engine_reach(engine)
						   ? READER_NOTES
						   : READER_WARM);
	return r < 0 ? r : sd_event_source_set_enabled(members->peers.more, SD_EVENT_ONESHOT);
}
