#include "daemon.h"

#include "ignored.h"

#include <errno.h>

usec_t daemon_now(const struct daemon *daemon)
{
	uint64_t now = 0;

	(void)sd_event_now(daemon->event, CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return now;
}

int daemon_find_jail(const struct daemon *daemon, const char *name)
{
	for (unsigned i = 0; i < ruleset_n_jails(daemon->force.ruleset); i++)
		if (strcmp(ruleset_jail(daemon->force.ruleset, i)->name, name) == 0)
			return (int)i;
	return -ENOENT;
}

struct position daemon_position(const struct daemon *daemon)
{
	return (struct position){ daemon->cursor_time, span_of(daemon->cursor) };
}

void daemon_done(struct daemon *daemon)
{
	sd_event_source *sources[] = { daemon->reader,        daemon->read_ahead,
				       daemon->saver,         daemon->retrier,
				       daemon->journal_timer, daemon->journal_source,
				       daemon->nft_source,    daemon->own_source };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		sd_event_source_unref(sources[i]);
	ignored_free(daemon->ignoring);
	sd_event_unref(daemon->event);
	force_done(&daemon->force);
	journal_free(daemon->journal);
	nft_free(daemon->nft);
	own_free(daemon->own);
	state_free(daemon->state);
	free(daemon->ignored);
	free(daemon->mark);
	free(daemon->cursor);
	free(daemon->decided);
	free(daemon->silences);
}
