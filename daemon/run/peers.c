#include "run/peers.h"

#include "base/array.h"
#include "base/hash.h"
#include "engine/fleet-entry.h"
#include "io/log.h"
#include "io/timer.h"
#include "ledger/heard.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>

/* While something cannot be read, as a file that was just made. */
#define RETRY_LEAST (USEC_PER_SEC / 10)
#define RETRY_MOST  (60 * USEC_PER_SEC)
#define SAY_AFTER   (5 * USEC_PER_SEC)

#define FOLDER_MASK                                                                         \
	(IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR)

static struct peer *peer_find(struct peers *peers, const char *name)
{
	for (size_t i = 0; i < peers->n; i++)
		if (strcmp(peers->peers[i].name, name) == 0)
			return &peers->peers[i];
	return NULL;
}

static void peer_close(struct peer *peer)
{
	peer->journal = journal_free(peer->journal);
	peer->opened = 0;
	peer->reading = false;
}

static void peer_done(struct peer *peer)
{
	peer_close(peer);
	place_done(&peer->place);
	free(peer->pattern);
}

/* A place for one that is new: at the bound that of one that has no files any more. */
static struct peer *peers_make_room(struct peers *peers)
{
	struct peer *peer = NULL;

	if (peers->n < HEARD_MAX_MEMBERS)
		return array_grow(peers->peers, peers->n) ? &peers->peers[peers->n++] : NULL;
	for (size_t i = 0; !peer && i < peers->n; i++)
		if (peers->peers[i].print == 0 && !peers->peers[i].journal)
			peer = &peers->peers[i];
	if (peer)
		peer_done(peer);
	return peer;
}

static int peer_add(struct peers *peers, const char *name, struct peer **ret)
{
	struct peer *peer = peers_make_room(peers);

	if (!peer)
		return peers->n < HEARD_MAX_MEMBERS ? -ENOMEM : -E2BIG;
	*peer = (struct peer){ 0 };
	strcpy(peer->name, name);
	/* the one that is written, those before it, and those that were damaged */
	if (asprintf(&peer->pattern, "%s/{,remote-}%s{,@*}.journal{,~}", peers->directory, name) <
	    0) {
		peer->pattern = NULL;
		return -ENOMEM;
	}
	*ret = peer;
	return 0;
}

static int peers_on_change(sd_event_source *source, const struct inotify_event *event,
			   void *userdata)
{
	struct peers *peers = userdata;
	char name[MEMBER_NAME_SIZE];
	struct peer *peer = NULL;

	if (event->mask & IN_MODIFY && event->len > 0 && fleet_member_of(event->name, name))
		peer = peer_find(peers, name);
	if (peer)
		peer->changed = true;
	else
		peers->scan = true;
	*peers->dirty |= peers->bit;
	return 0;
}

static int peers_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct peers *peers = userdata;

	peers->scan = true;
	for (size_t i = 0; i < peers->n; i++)
		if (peers->peers[i].broken_since > 0)
			peers->peers[i].opened = 0;
	*peers->dirty |= peers->bit;
	return 0;
}

static int peers_on_more(sd_event_source *source, void *userdata)
{
	struct peers *peers = userdata;

	*peers->dirty |= peers->bit;
	return 0;
}

int peers_attach(struct peers *peers, sd_event *event, unsigned *dirty, unsigned bit,
		 int64_t priority)
{
	int r;

	peers->event = event;
	peers->dirty = dirty;
	peers->bit = bit;
	r = timer_new(event, 0, peers_on_retry, peers, &peers->retry);
	if (r >= 0)
		r = sd_event_add_defer(event, &peers->more, peers_on_more, peers);
	if (r >= 0)
		r = sd_event_source_set_enabled(peers->more, SD_EVENT_OFF);
	return r < 0 ? r : sd_event_source_set_priority(peers->more, priority);
}

static void peers_forget(struct peers *peers)
{
	for (size_t i = 0; i < peers->n; i++)
		peer_done(&peers->peers[i]);
	free(peers->peers);
	peers->peers = NULL;
	peers->n = 0;
	peers->watch = sd_event_source_unref(peers->watch);
	peers->missing = false;
	free(peers->directory);
	peers->directory = NULL;
}

void peers_done(struct peers *peers)
{
	peers_forget(peers);
	sd_event_source_unref(peers->retry);
	sd_event_source_unref(peers->more);
}

int peers_enter(struct peers *peers, const char *directory)
{
	peers->scan = true;
	if (directory && peers->directory && strcmp(directory, peers->directory) == 0)
		return 0;
	peers_forget(peers);
	peers->directory = directory ? strdup(directory) : NULL;
	return directory && !peers->directory ? -ENOMEM : 0;
}

/* Before the files are looked at: so nothing is missed. */
static int peers_watch(struct peers *peers)
{
	int r;

	peers->watch = sd_event_source_unref(peers->watch);
	r = sd_event_add_inotify(peers->event, &peers->watch, peers->directory, FOLDER_MASK,
				 peers_on_change, peers);
	if (r == -ENOMEM)
		return r;
	if (r < 0 && !peers->missing)
		log_say(peers->kind, LOG_WARNING,
			"%s cannot be watched (%s): what other hosts say is not %s; see banish-fleet(7)",
			peers->directory, strerror(-r), peers->loss);
	if (r >= 0 && peers->missing)
		log_say(peers->kind, LOG_INFO, "%s is there: other hosts are %s", peers->directory,
			peers->loss);
	peers->missing = r < 0;
	return r;
}

static int peers_say_full(struct peers *peers)
{
	if (!peers->full)
		log_say(peers->kind, LOG_WARNING,
			"%s has files of more than %d members: the others are not %s",
			peers->directory, HEARD_MAX_MEMBERS, peers->loss);
	peers->full = true;
	return 0;
}

/* It may be one all the same. */
static int peers_say_nameless(struct peers *peers, const char *file)
{
	const char *end = strstr(file, ".journal");

	if (end && !peers->nameless)
		log_say(peers->kind, LOG_WARNING,
			"%s/%s is not %s: its name has characters that no member's has",
			peers->directory, file, peers->loss);
	peers->nameless |= end != NULL;
	return 0;
}

static int peers_scan_file(struct peers *peers, const struct dirent *file)
{
	struct {
		char name[256];
		ino_t inode;
	} id;
	char name[MEMBER_NAME_SIZE];
	struct peer *peer;
	int r = 0;

	if (!fleet_member_of(file->d_name, name))
		return peers_say_nameless(peers, file->d_name);
	peer = peer_find(peers, name);
	if (!peer)
		r = peer_add(peers, name, &peer);
	if (r < 0)
		return r == -E2BIG ? peers_say_full(peers) : r;
	memset(&id, 0, sizeof(id));
	snprintf(id.name, sizeof(id.name), "%s", file->d_name);
	id.inode = file->d_ino;
	peer->print += hash_identity(&id, sizeof(id));
	return 0;
}

/* Which members there are, and which files they have. */
static int peers_scan(struct peers *peers)
{
	const struct dirent *file;
	int r = 0;
	DIR *folder;

	peers->scan = false;
	for (size_t i = 0; i < peers->n; i++)
		peers->peers[i].print = 0;
	r = peers_watch(peers);
	folder = r >= 0 ? opendir(peers->directory) : NULL;
	while (folder && r >= 0 && (file = readdir(folder)))
		r = peers_scan_file(peers, file);
	if (folder)
		closedir(folder);
	else
		(void)timer_within(peers->retry, SAY_AFTER);
	/* what waited in the watch of before is gone, of those too whose files are the same */
	for (size_t i = 0; i < peers->n; i++)
		peers->peers[i].changed = true;
	return r == -ENOMEM ? r : 0;
}

int peers_look(struct peers *peers)
{
	return peers->directory && peers->scan ? peers_scan(peers) : 0;
}

/* First what was found before is read. */
struct peer *peers_next_changed(struct peers *peers, size_t *i)
{
	while (*i < peers->n) {
		struct peer *peer = &peers->peers[(*i)++];

		if (!peer->changed || (peer->reading && peer->opened == peer->print))
			continue;
		peer->changed = false;
		return peer;
	}
	return NULL;
}

int peers_go_on(struct peers *peers)
{
	for (size_t i = 0; i < peers->n; i++)
		if (peers->peers[i].reading || peers->peers[i].changed)
			return sd_event_source_set_enabled(peers->more, SD_EVENT_ONESHOT);
	return 0;
}

int peer_open(struct peers *peers, struct peer *peer)
{
	int r;

	if (peer->opened == 0 || peer->opened != peer->print ||
	    (peer->journal && journal_is_whole(peer->journal, wakeup_time(peers->event)) == 0))
		peer_close(peer);
	if (peer->journal || peer->print == 0)
		return peer->journal != NULL;
	r = journal_open(peer->pattern, NULL, true, &peer->journal);
	if (r < 0)
		return r;
	peer->opened = peer->print;
	return 2;
}

/* What came of it; it is tried again, sooner at first. */
int peer_note(struct peers *peers, struct peer *peer, int r)
{
	usec_t now = wakeup_time(peers->event);

	if (r == -ENOMEM)
		return r;
	if (r < 0) { /* it is opened anew; until then somebody may stand in it */
		peer->opened = 0;
		peer->reading = false;
	}
	if (r >= 0 && peer->journal && journal_n_refused(peer->journal) > 0)
		r = -EBADMSG;
	if (r >= 0) {
		if (peer->broken_said)
			log_say(peers->kind, LOG_INFO, "the journal of member %s can be read again",
				peer->name);
		peer->broken_since = peer->pause = 0;
		peer->broken_said = false;
		return 0;
	}
	if (peer->broken_since == 0)
		peer->broken_since = now;
	if (!peer->broken_said && now - peer->broken_since >= SAY_AFTER) {
		log_say(peers->kind, LOG_WARNING,
			"the journal of member %s cannot be read, or not all of it (%s): what is in there is not %s",
			peer->name, journal_explain(r), peers->loss);
		peer->broken_said = true;
	}
	peer->pause = MIN(MAX(2 * peer->pause, RETRY_LEAST), RETRY_MOST);
	(void)timer_within(peers->retry, peer->pause);
	return 0;
}

int peer_next(struct peers *peers, struct peer *peer)
{
	int r = journal_next(peer->journal);

	if (r > 0)
		return 1;
	peer->reading = false;
	return r == 0 ? 0 : peer_note(peers, peer, r);
}
