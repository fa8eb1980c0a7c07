#include "run/saver.h"

#include "cli/output.h"
#include "entry/cursor.h"
#include "io/log.h"
#include "io/timer.h"
#include "ledger/encode.h"

#include <errno.h>
#include <inttypes.h>

#define RETRY_DELAY  (10 * USEC_PER_SEC) /* a full disk */
#define CURSOR_SHOWN 256                 /* bytes */
#define LIGHT_BAN    256                 /* bytes of the state file; most take more */

void saver_write_soon(struct saver *saver, usec_t delay)
{
	if (saver->state)
		(void)timer_within(saver->timer, delay);
}

struct compaction {
	struct ledger *ledger;
	struct ledger_place place;
	char *line; /* owned */
};

/* Line by line: the whole of a large ledger is larger in text than in memory. */
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

int saver_write(struct saver *saver, struct ledger *ledger)
{
	struct compaction compaction = { .ledger = ledger };
	cleanup(freep) char *line = NULL;
	int r;

	if (!saver->state)
		return 0;
	(void)sd_event_source_set_enabled(saver->timer, SD_EVENT_OFF);
	if (saver->damaged || ledger_wants_compaction(ledger, state_size(saver->state))) {
		r = state_replace(saver->state, next_line, &compaction);
		free(compaction.line);
	} else {
		r = ledger_encode(ledger, &line);
		if (r < 0)
			return r;
		r = state_append(saver->state, (struct span){ line, strcspn(line, "\n") });
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		if (!saver->failing)
			log_say(LOG_STATE, LOG_ERR,
				"%s cannot be written (%s); banish goes on banning, but a crash would lose the latest bans: %s",
				state_path(saver->state), strerror(-r),
				r == -ENOSPC || r == -EDQUOT ? "make room on the disk"
				: r == -EROFS                ? "mount it read-write"
							     : "check the directory");
		saver->failing = true;
		saver_write_soon(saver, RETRY_DELAY);
		return 0;
	}
	if (saver->failing)
		log_say(LOG_STATE, LOG_NOTICE, "%s can be written again", state_path(saver->state));
	saver->failing = saver->damaged = false;
	ledger_saved(ledger);
	return 0;
}

static int saver_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct saver *saver = userdata;

	*saver->dirty |= DIRTY_LEDGER;
	return 0;
}

int saver_attach(struct saver *saver, sd_event *event)
{
	int r;

	r = timer_new(event, 0, saver_on_timer, saver, &saver->timer);
	if (r >= 0 && saver->state && (saver->damaged || !state_writable(saver->state)))
		saver_write_soon(saver, 0); /* it tries, and says why it cannot */
	return MIN(r, 0);
}

void saver_done(struct saver *saver)
{
	sd_event_source_unref(saver->timer);
	state_free(saver->state);
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
		return "is a directory";
	case -ENOTSUP:
		return "is not a regular file";
	}
	return "is damaged";
}

/* A file that makes no sense is put aside, and the ledger begins empty: better to protect without
 * memory than not. */
static int begin_anew(struct saver *saver, const uint8_t seed[static 16], int error,
		      struct ledger **ledger)
{
	const char *path = state_path(saver->state);
	int r;

	r = state_set_aside(saver->state);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_say(LOG_STATE_READ, LOG_ERR,
			"%s %s, and cannot be renamed to %s.bad (%s): remove it; until then bans do not "
			"survive a restart",
			path, what_is_wrong(error), path, strerror(-r));
	else
		log_say(LOG_STATE_READ, LOG_ERR,
			"%s %s: it is kept as %s.bad; earlier bans and offences are forgotten",
			path, what_is_wrong(error), path);
	*ledger = ledger_free(*ledger);
	return ledger_new(seed, ledger);
}

/* The rest of the file holds. It is written anew, so that this is said once. */
static int pass_over_damage(struct saver *saver, const struct loading *loading)
{
	uint64_t n_missing = ledger_n_missing(loading->ledger);
	const char *path = state_path(saver->state);
	int r;

	saver->damaged = true;
	r = state_keep_copy(saver->state);
	if (r == -ENOMEM)
		return r;
	log_say(LOG_STATE_READ, LOG_ERR,
		"%s is damaged: %zu line%s and %zu change%s are not usable and were skipped, %" PRIu64
		" line%s missing, the rest holds; %s %s.bad%s%s",
		path, loading->n_bad, PLURAL(loading->n_bad), loading->n_changes,
		PLURAL(loading->n_changes), n_missing, n_missing == 1 ? " is" : "s are",
		r < 0 ? "it could not be kept as" : "it is kept as", path, r < 0 ? ": " : "",
		r < 0 ? strerror(-r) : "");
	return 0;
}

int saver_load(struct saver *saver, const char *folder, const uint8_t seed[static 16],
	       struct ledger **ret)
{
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	cleanup(freep) char *shown = NULL;
	struct loading loading = { 0 };
	struct position position;
	int r;

	r = ledger_new(seed, &ledger);
	if (r < 0)
		return r;
	if (!folder) {
		*ret = TAKE_PTR(ledger);
		return 0;
	}
	r = state_open(folder, &saver->state);
	if (r < 0) {
		log_say(LOG_STATE_READ, LOG_ERR, "the state directory %s cannot be used: %s",
			folder, r == -EBUSY ? "another banish uses it" : strerror(-r));
		return r;
	}
	ledger_expect(ledger, state_size(saver->state) / LIGHT_BAN);
	loading.ledger = ledger;
	r = state_read(saver->state, take_line, &loading);
	if (r > 0)
		log_say(LOG_STATE_READ, LOG_NOTICE,
			"%s: a crash left an incomplete last line; its content is read from the journal again",
			state_path(saver->state));
	if (r >= 0 && loading.n_bad > 0 && loading.n_good == 0)
		r = loading.error;
	if (r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EFBIG || r == -EACCES || r == -EIO ||
	    r == -EISDIR || r == -ENOTSUP)
		r = begin_anew(saver, seed, r, &ledger);
	else if (r >= 0 && (loading.n_bad + loading.n_changes > 0 || ledger_n_missing(ledger) > 0))
		r = pass_over_damage(saver, &loading);
	else if (r < 0 && r != -ENOMEM)
		log_say(LOG_STATE_READ, LOG_ERR, "cannot start: %s cannot be read: %s",
			state_path(saver->state), strerror(-r));
	if (r < 0)
		return r;
	/* without a place to go on from the journal is read as at the very first start */
	position = ledger_position(ledger);
	if (position.cursor.data && !cursor_is_valid(position.cursor)) {
		shown = bytes_to_display(position.cursor, CURSOR_SHOWN);
		log_say(LOG_STATE_READ, LOG_ERR,
			"%s: the journal cursor (\"%s\", time %" PRIu64
			") is damaged: the journal is "
			"read from the longest findtime ago; bans and offences are kept",
			state_path(saver->state), shown ? shown : "?", position.time);
		r = ledger_set_position(ledger, &(struct position){ 0 });
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(ledger);
	return 0;
}
