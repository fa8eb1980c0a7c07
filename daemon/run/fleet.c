#include "run/fleet.h"

#include "base/array.h"
#include "base/hash.h"
#include "engine/fleet-entry.h"
#include "io/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <systemd/sd-id128.h>

/* While something cannot be read, as a file that was just made. */
#define RETRY_LEAST (USEC_PER_SEC / 10)
#define RETRY_MOST  (60 * USEC_PER_SEC)
#define SAY_AFTER   (5 * USEC_PER_SEC)

#define SHARE_DELAY (5 * USEC_PER_SEC) /* a namespace that takes nothing */

#define FOLDER_MASK                                                                         \
	(IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR)

static struct peer *peer_find(struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->n_peers; i++)
		if (strcmp(fleet->peers[i].name, name) == 0)
			return &fleet->peers[i];
	return NULL;
}

static void peer_close(struct peer *peer)
{
	peer->journal = journal_free(peer->journal);
	peer->opened = 0;
	peer->reading = false;
}

static void peers_done(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n_peers; i++) {
		peer_close(&fleet->peers[i]);
		free(fleet->peers[i].pattern);
	}
	free(fleet->peers);
	fleet->peers = NULL;
	fleet->n_peers = fleet->turn = 0;
}

static int peer_add(struct fleet *fleet, const char *name, struct peer **ret)
{
	struct peer *peer;

	if (fleet->n_peers == HEARD_MAX_MEMBERS)
		return -E2BIG;
	if (!array_grow(fleet->peers, fleet->n_peers))
		return -ENOMEM;
	peer = &fleet->peers[fleet->n_peers];
	*peer = (struct peer){ 0 };
	strcpy(peer->name, name);
	/* the one that is written, those before it, and those that were damaged */
	if (asprintf(&peer->pattern, "%s/{,remote-}%s{,@*}.journal{,~}", fleet->directory, name) <
	    0) {
		peer->pattern = NULL;
		return -ENOMEM;
	}
	fleet->n_peers++;
	*ret = peer;
	return 0;
}

/* The earlier of two wishes holds. */
static void fleet_retry_soon(struct fleet *fleet, usec_t delay)
{
	usec_t now, when;
	int enabled = SD_EVENT_OFF;

	if (sd_event_now(fleet->event, CLOCK_MONOTONIC, &now) < 0 ||
	    (sd_event_source_get_enabled(fleet->retry, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
	     sd_event_source_get_time(fleet->retry, &when) >= 0 && when <= now + delay))
		return;
	(void)sd_event_source_set_time(fleet->retry, now + delay);
	(void)sd_event_source_set_enabled(fleet->retry, SD_EVENT_ONESHOT);
}

static int fleet_on_change(sd_event_source *source, const struct inotify_event *event,
			   void *userdata)
{
	struct fleet *fleet = userdata;
	char name[MEMBER_NAME_SIZE];
	struct peer *peer = NULL;

	if (event->mask & IN_MODIFY && event->len > 0 && fleet_member_of(event->name, name))
		peer = peer_find(fleet, name);
	if (peer)
		peer->changed = true;
	else
		fleet->scan = true;
	fleet->dirty |= DIRTY_FLEET;
	return 0;
}

static int fleet_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct fleet *fleet = userdata;

	fleet->scan = true;
	for (size_t i = 0; i < fleet->n_peers; i++)
		if (fleet->peers[i].broken_since > 0)
			fleet->peers[i].opened = 0;
	fleet->dirty |= DIRTY_FLEET;
	return 0;
}

static int fleet_on_more(sd_event_source *source, void *userdata)
{
	struct fleet *fleet = userdata;

	fleet->dirty |= DIRTY_FLEET;
	return 0;
}

static int fleet_on_share(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct fleet *fleet = userdata;

	fleet->dirty |= DIRTY_SHARE;
	return 0;
}

void fleet_share_soon(struct fleet *fleet)
{
	int enabled = SD_EVENT_OFF;

	if (sd_event_source_get_enabled(fleet->share, &enabled) < 0 || enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(fleet->share, SHARE_DELAY);
	(void)sd_event_source_set_enabled(fleet->share, SD_EVENT_ONESHOT);
}

int fleet_attach(struct fleet *fleet, sd_event *event)
{
	sd_id128_t machine;
	int r;

	fleet->event = event;
	r = sd_id128_get_machine(&machine);
	if (r >= 0)
		sd_id128_to_string(machine, fleet->machine);
	r = sd_event_add_time_relative(event, &fleet->retry, CLOCK_MONOTONIC, 0, 0, fleet_on_retry,
				       fleet);
	if (r >= 0)
		r = sd_event_source_set_enabled(fleet->retry, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &fleet->share, CLOCK_MONOTONIC, 0, 0,
					       fleet_on_share, fleet);
	if (r >= 0)
		r = sd_event_source_set_enabled(fleet->share, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &fleet->more, fleet_on_more, fleet);
	if (r >= 0)
		r = sd_event_source_set_enabled(fleet->more, SD_EVENT_OFF);
	/* our own journal goes first */
	return r < 0 ? r : sd_event_source_set_priority(fleet->more, SD_EVENT_PRIORITY_IDLE + 1);
}

void fleet_done(struct fleet *fleet)
{
	peers_done(fleet);
	free(fleet->directory);
	sd_event_source_unref(fleet->watch);
	sd_event_source_unref(fleet->retry);
	sd_event_source_unref(fleet->more);
	sd_event_source_unref(fleet->share);
}

int fleet_enter(struct fleet *fleet)
{
	const struct policy *policy = fleet->active->config->policy;
	const char *directory = policy->fleet.directory ?: FLEET_DIRECTORY;
	bool listens = policy_find_jail(policy, FLEET_NAME);

	fleet->dirty |= DIRTY_FLEET;
	fleet->scan = true;
	if (listens && fleet->directory && strcmp(directory, fleet->directory) == 0)
		return 0;
	peers_done(fleet);
	fleet->watch = sd_event_source_unref(fleet->watch);
	fleet->missing = false;
	free(fleet->directory);
	fleet->directory = listens ? strdup(directory) : NULL;
	return listens && !fleet->directory ? -ENOMEM : 0;
}

/* Before the files are looked at: so nothing is missed. */
static int fleet_watch(struct fleet *fleet)
{
	int r;

	fleet->watch = sd_event_source_unref(fleet->watch);
	r = sd_event_add_inotify(fleet->event, &fleet->watch, fleet->directory, FOLDER_MASK,
				 fleet_on_change, fleet);
	if (r == -ENOMEM)
		return r;
	if (r < 0 && !fleet->missing)
		log_say(LOG_FLEET, LOG_WARNING,
			"%s cannot be watched (%s): what other hosts say is not heard; see banish-fleet(7)",
			fleet->directory, strerror(-r));
	if (r >= 0 && fleet->missing)
		log_say(LOG_FLEET, LOG_INFO, "%s is there: other hosts are heard",
			fleet->directory);
	fleet->missing = r < 0;
	return r;
}

static int fleet_scan_file(struct fleet *fleet, const struct dirent *file)
{
	struct {
		char name[256];
		ino_t inode;
	} id;
	char name[MEMBER_NAME_SIZE];
	struct peer *peer;
	int r = 0;

	if (!fleet_member_of(file->d_name, name))
		return 0;
	peer = peer_find(fleet, name);
	if (!peer)
		r = peer_add(fleet, name, &peer);
	if (r < 0)
		return r == -E2BIG ? 0 : r;
	memset(&id, 0, sizeof(id));
	snprintf(id.name, sizeof(id.name), "%s", file->d_name);
	id.inode = file->d_ino;
	peer->print += hash_identity(&id, sizeof(id));
	return 0;
}

/* Which members there are, and which files they have. */
static int fleet_scan(struct fleet *fleet)
{
	const struct dirent *file;
	int r = 0;
	DIR *folder;

	fleet->scan = false;
	for (size_t i = 0; i < fleet->n_peers; i++)
		fleet->peers[i].print = 0;
	r = fleet_watch(fleet);
	folder = r >= 0 ? opendir(fleet->directory) : NULL;
	while (folder && r >= 0 && (file = readdir(folder)))
		r = fleet_scan_file(fleet, file);
	if (folder)
		closedir(folder);
	else
		fleet_retry_soon(fleet, SAY_AFTER);
	/* what waited in the watch of before is gone, of those too whose files are the same */
	for (size_t i = 0; i < fleet->n_peers; i++)
		fleet->peers[i].changed = true;
	return r == -ENOMEM ? r : 0;
}

/* Opens what it has now, and finds the place after what was read. */
static int peer_open(struct fleet *fleet, struct peer *peer)
{
	const struct member *member = heard_find_member(fleet->active->ledger, peer->name);
	const char *cursor = member ? member->cursor : NULL;
	int r = 0;

	if (peer->opened != peer->print ||
	    (peer->journal && journal_is_whole(peer->journal, wakeup_time(fleet->event)) == 0))
		peer_close(peer);
	if (peer->print == 0)
		return 0;
	if (!peer->journal)
		r = journal_open(peer->pattern, NULL, true, &peer->journal);
	if (r < 0)
		return r;
	peer->opened = peer->print;
	r = journal_find_end(peer->journal);
	peer->reading = r > 0;
	if (r <= 0)
		return r;
	r = cursor ? journal_seek_after(peer->journal, cursor) : 0;
	return r > 0 ? 0 : journal_seek_time(peer->journal, 0);
}

/* What came of it; it is tried again, sooner at first. */
static void peer_note(struct fleet *fleet, struct peer *peer, int r)
{
	usec_t now = wakeup_time(fleet->event);

	if (r >= 0 && peer->journal && journal_n_refused(peer->journal) > 0)
		r = -EBADMSG;
	if (r >= 0) {
		if (peer->broken_said)
			log_say(LOG_FLEET, LOG_INFO, "the journal of member %s can be read again",
				peer->name);
		peer->broken_since = peer->pause = 0;
		peer->broken_said = false;
		return;
	}
	if (peer->broken_since == 0)
		peer->broken_since = now;
	if (!peer->broken_said && now - peer->broken_since >= SAY_AFTER) {
		log_say(LOG_FLEET, LOG_WARNING,
			"the journal of member %s cannot be read, or not all of it (%s): what is in there is not heard",
			peer->name, journal_explain(r));
		peer->broken_said = true;
	}
	peer->pause = MIN(MAX(2 * peer->pause, RETRY_LEAST), RETRY_MOST);
	fleet_retry_soon(fleet, peer->pause);
}

int fleet_look(struct fleet *fleet)
{
	int r = 0;

	if (!fleet->directory)
		return 0;
	if (fleet->scan)
		r = fleet_scan(fleet);
	for (size_t i = 0; r >= 0 && i < fleet->n_peers; i++) {
		struct peer *peer = &fleet->peers[i];

		/* first what was found before */
		if (!peer->changed || (peer->reading && peer->opened == peer->print))
			continue;
		peer->changed = false;
		r = peer_open(fleet, peer);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			peer_close(peer);
		peer_note(fleet, peer, r);
		r = 0;
	}
	return r;
}

struct peer *fleet_turn(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n_peers; i++) {
		struct peer *peer = &fleet->peers[fleet->turn++ % fleet->n_peers];

		if (peer->reading)
			return peer;
	}
	return NULL;
}

int peer_next(struct fleet *fleet, struct peer *peer)
{
	int r = journal_next(peer->journal);

	if (r > 0)
		return 1;
	peer->reading = false;
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		peer_close(peer);
		peer_note(fleet, peer, r);
	}
	return 0;
}

int fleet_go_on(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n_peers; i++)
		if (fleet->peers[i].reading || fleet->peers[i].changed)
			return sd_event_source_set_enabled(fleet->more, SD_EVENT_ONESHOT);
	return 0;
}
