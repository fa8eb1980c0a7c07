/*
 * What was decided becomes durable, is said, and goes into the kernel, in this order: a line in the
 * state file (synced), an entry in the journal, an element in the set. A crash between two of them
 * is mended at the next start: what is in the file but not marked as told is said again, and what
 * is not marked as placed is put in.
 */
#include "run/daemon.h"

#include "cli/output.h"
#include "entry/cursor.h"
#include "io/log.h"
#include "ledger/decode.h"
#include "ledger/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define SAVE_PLACED_DELAY USEC_PER_SEC /* a crash within it only has placed bans said again */
#define RETRY_DELAY       (10 * USEC_PER_SEC) /* a full disk */
#define CURSOR_SHOWN      256                 /* bytes */
#define LIGHT_BAN         256                 /* bytes of the state file; most take more */

static int commit_remember(struct daemon *daemon, const struct due *due)
{
	if (daemon->n_decided == daemon->room_decided) {
		size_t room = daemon->room_decided * 2 + 16;
		struct due *larger = reallocarray(daemon->decided, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		daemon->decided = larger;
		daemon->room_decided = room;
	}
	daemon->decided[daemon->n_decided++] = *due;
	return 0;
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
			say_private(&decision);
			break;
		case DECISION_BREAKER:
			say_breaker(&decision);
			break;
		case DECISION_BREAKER_CLOSED:
			say_breaker_closed(&decision);
			break;
		case DECISION_TARGET:
			say_target(&decision);
			break;
		}
	}
	return r;
}

/* What could not be written stays unsaved in the ledger and goes out with the next line. */
static void state_failed(struct daemon *daemon, int error)
{
	if (!daemon->state_failing)
		log_say(LOG_STATE, LOG_ERR,
			"%s cannot be written (%s); bans go on, but a crash would forget the latest: %s",
			state_path(daemon->state), strerror(-error),
			error == -ENOSPC || error == -EDQUOT ? "make room on the disk"
			: error == -EROFS                    ? "mount it read-write"
							     : "look at the folder");
	daemon->state_failing = true;
	commit_soon(daemon, RETRY_DELAY);
}

struct compaction {
	const struct ledger *ledger;
	struct ledger_place place;
	char *line; /* owned */
};

static int next_line(void *userdata, struct span *ret)
{
	struct compaction *compaction = userdata;
	int r;

	free(compaction->line);
	compaction->line = NULL;
	r = ledger_encode_next(compaction->ledger, &compaction->place, &compaction->line);
	if (r > 0)
		*ret = span_of(compaction->line);
	return r;
}

/* Line by line: the whole of a large ledger is larger in text than in memory. */
static int compact(struct daemon *daemon)
{
	struct compaction compaction = { .ledger = daemon->ledger };
	int r;

	r = state_replace(daemon->state, next_line, &compaction);
	free(compaction.line);
	return r;
}

static int write_state(struct daemon *daemon)
{
	cleanup(freep) char *line = NULL;
	int r;

	if (daemon->state_damaged ||
	    ledger_wants_compaction(daemon->ledger, state_size(daemon->state)))
		r = compact(daemon);
	else {
		r = ledger_encode(daemon->ledger, &line);
		if (r < 0)
			return r;
		r = state_append(daemon->state, (struct span){ line, strcspn(line, "\n") });
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		state_failed(daemon, r);
		return 0;
	}
	if (daemon->state_failing)
		log_say(LOG_STATE, LOG_NOTICE, "%s is written again", state_path(daemon->state));
	daemon->state_failing = daemon->state_damaged = false;
	ledger_saved(daemon->ledger);
	return 0;
}

int commit_ledger(struct daemon *daemon)
{
	return daemon->state ? write_state(daemon) : 0;
}

int commit_position(struct daemon *daemon)
{
	const struct position position = daemon_position(daemon);
	int r;

	if (position.cursor.data) {
		r = ledger_set_position(daemon->ledger, &position);
		if (r < 0)
			return r;
	}
	return commit_ledger(daemon);
}

/* Until the next feed the ledger lets go of none. */
static void commit_resolve(struct daemon *daemon)
{
	size_t n = 0;

	for (size_t i = 0; i < daemon->n_decided; i++) {
		daemon->decided[n] = daemon->decided[i];
		daemon->decided[n].ban = ledger_get(daemon->ledger, daemon->decided[n].id);
		n += daemon->decided[n].ban != NULL;
	}
	daemon->n_decided = n;
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
	r = firewall_place(daemon, daemon->decided, daemon->n_decided);
	daemon->n_decided = 0;
	if (r == -ENOMEM)
		return r;
	commit_soon(daemon, SAVE_PLACED_DELAY);
	return 0;
}

void commit_soon(struct daemon *daemon, usec_t delay)
{
	uint64_t when, wanted;
	int enabled;

	if (!daemon->state || sd_event_now(daemon->event, CLOCK_MONOTONIC, &wanted) < 0)
		return;
	wanted += delay;
	/* the earlier of two wishes holds */
	if (sd_event_source_get_enabled(daemon->saver, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
	    sd_event_source_get_time(daemon->saver, &when) >= 0 && when <= wanted)
		return;
	(void)sd_event_source_set_time(daemon->saver, wanted);
	(void)sd_event_source_set_enabled(daemon->saver, SD_EVENT_ONESHOT);
}

static int on_save(sd_event_source *source, uint64_t usec, void *userdata)
{
	return commit_position(userdata);
}

int commit_attach(struct daemon *daemon)
{
	int r;

	r = sd_event_add_time_relative(daemon->event, &daemon->saver, CLOCK_MONOTONIC,
				       USEC_INFINITY / 2, 0, on_save, daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->saver, SD_EVENT_OFF);
	if (r >= 0 && daemon->state && (daemon->state_damaged || !state_writable(daemon->state)))
		commit_soon(daemon, 0); /* it tries, and says why it cannot */
	return r;
}

struct loading {
	struct ledger *ledger;
	size_t n_good, n_bad, n_changes; /* lines, and bad changes in good lines */
	int error;                       /* of the first bad line */
};

/* What makes no sense is damage of that line or that change only. */
static int take_line(void *userdata, struct span line)
{
	struct loading *loading = userdata;
	int r = ledger_decode(loading->ledger, line);

	if (r == -EBADMSG || r == -EPROTONOSUPPORT) {
		loading->error = loading->n_bad++ == 0 ? r : loading->error;
		return 0;
	}
	if (r < 0)
		return r;
	loading->n_good++;
	loading->n_changes += (size_t)r;
	return 0;
}

static const char *what_is_wrong(int error)
{
	switch (error) {
	case -EPROTONOSUPPORT:
		return "was written by a newer banish";
	case -EACCES:
		return "cannot be read";
	case -EISDIR:
		return "is a folder";
	case -ENOTSUP:
		return "is no file";
	}
	return "is damaged";
}

/* A file that makes no sense is put aside, and the ledger begins empty: better to protect without
 * memory than not. */
static int begin_anew(struct daemon *daemon, int error, struct ledger **ledger)
{
	const char *path = state_path(daemon->state);
	int r;

	r = state_set_aside(daemon->state);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_say(LOG_STATE_READ, LOG_ERR,
			"%s %s, and cannot be kept as %s.bad (%s): remove it; until then bans are not "
			"remembered over a restart",
			path, what_is_wrong(error), path, strerror(-r));
	else
		log_say(LOG_STATE_READ, LOG_ERR,
			"%s %s: it is kept as %s.bad, and bans and offences begin anew", path,
			what_is_wrong(error), path);
	*ledger = ledger_free(*ledger);
	return ledger_new(daemon->seed, ledger);
}

/* The rest of the file holds. It is written anew, so that this is said once. */
static int pass_over_damage(struct daemon *daemon, const struct loading *loading)
{
	const char *path = state_path(daemon->state);
	int r;

	daemon->state_damaged = daemon->doubting = true;
	r = state_keep_copy(daemon->state);
	if (r == -ENOMEM)
		return r;
	log_say(LOG_STATE_READ, LOG_ERR,
		"%s is damaged: %zu lines and %zu changes of it make no sense and are passed over, the rest "
		"holds; %s %s.bad%s%s",
		path, loading->n_bad, loading->n_changes,
		r < 0 ? "it could not be kept as" : "it is kept as", path, r < 0 ? ": " : "",
		r < 0 ? strerror(-r) : "");
	return 0;
}

/* Without a place to go on from the journal is read from one findtime ago, as at the very first
 * start. */
static int take_saved_position(struct daemon *daemon, struct ledger *ledger)
{
	struct position position = ledger_position(ledger);

	if (!position.cursor.data)
		return 0;
	if (!cursor_is_valid(position.cursor)) {
		cleanup(freep) char *shown = bytes_to_display(position.cursor, CURSOR_SHOWN);

		log_say(LOG_STATE_READ, LOG_ERR,
			"%s: the place in the journal (\"%s\", time %" PRIu64
			") is damaged: the journal is "
			"read from the longest findtime ago; bans and offences are kept",
			state_path(daemon->state), shown ? shown : "?", position.time);
		return ledger_set_position(ledger, &(struct position){ 0 });
	}
	daemon->cursor = strndup(position.cursor.data, position.cursor.size);
	daemon->cursor_time = position.time;
	return daemon->cursor ? 0 : -ENOMEM;
}

int commit_load(struct daemon *daemon, struct ledger **ret)
{
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	struct loading loading = { 0 };
	int r;

	r = ledger_new(daemon->seed, &ledger);
	if (r < 0)
		return r;
	if (daemon->dry_run) {
		*ret = TAKE_PTR(ledger);
		return 0;
	}
	r = state_open(daemon->statedir, &daemon->state);
	if (r < 0) {
		log_say(LOG_STATE_READ, LOG_ERR, "the state folder %s cannot be used: %s",
			daemon->statedir,
			r == -EBUSY ? "another banish runs with it" : strerror(-r));
		return r;
	}
	ledger_expect(ledger, state_size(daemon->state) / LIGHT_BAN);
	loading.ledger = ledger;
	r = state_read(daemon->state, take_line, &loading);
	if (r > 0)
		log_say(LOG_STATE_READ, LOG_NOTICE,
			"%s: the last line was torn by a crash; what it told is read from the journal again",
			state_path(daemon->state));
	if (r >= 0 && loading.n_bad > 0 && loading.n_good == 0)
		r = loading.error;
	if (r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EFBIG || r == -EACCES || r == -EIO ||
	    r == -EISDIR || r == -ENOTSUP)
		r = begin_anew(daemon, r, &ledger);
	else if (r >= 0 && loading.n_bad + loading.n_changes > 0)
		r = pass_over_damage(daemon, &loading);
	else if (r < 0 && r != -ENOMEM)
		log_say(LOG_STATE_READ, LOG_ERR, "cannot start: %s cannot be read: %s",
			state_path(daemon->state), strerror(-r));
	if (r >= 0)
		r = take_saved_position(daemon, ledger);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(ledger);
	return 0;
}
