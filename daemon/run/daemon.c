#include "run/daemon.h"

#include "run/exempt.h"

#include <errno.h>

usec_t daemon_now(const struct daemon *daemon)
{
	uint64_t now = 0;

	(void)sd_event_now(daemon->event, CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return now;
}

int daemon_find_jail(const struct daemon *daemon, const char *name)
{
	for (unsigned i = 0; i < ruleset_n_jails(daemon->active.ruleset); i++)
		if (strcmp(ruleset_jail(daemon->active.ruleset, i)->name, name) == 0)
			return (int)i;
	return -ENOENT;
}

struct position daemon_position(const struct daemon *daemon)
{
	return (struct position){ daemon->cursor_time, span_of(daemon->cursor) };
}

#define N_SOURCES 9

static void list_sources(const struct daemon *daemon, sd_event_source *ret[static N_SOURCES])
{
	sd_event_source *sources[N_SOURCES] = { daemon->reader,        daemon->read_ahead,
						daemon->saver,         daemon->retrier,
						daemon->journal_timer, daemon->journal_source,
						daemon->nft_source,    daemon->own_source,
						daemon->hangup };

	memcpy(ret, sources, sizeof(sources));
}

unsigned daemon_engine_jail(const struct daemon *daemon, const char *name)
{
	int index = daemon_find_jail(daemon, name);

	if (strcmp(name, MANUAL_NAME) == 0)
		return ENGINE_MANUAL;
	if (strcmp(name, FORCED_NAME) == 0)
		return ENGINE_FORCED;
	return index < 0 ? ENGINE_NO_JAIL : (unsigned)index;
}

int daemon_end_on_failure(struct daemon *daemon)
{
	sd_event_source *sources[N_SOURCES];
	int r = 0;

	list_sources(daemon, sources);
	for (size_t i = 0; r >= 0 && i < N_SOURCES; i++)
		if (sources[i])
			r = sd_event_source_set_exit_on_failure(sources[i], true);
	return MIN(r, 0);
}

void daemon_done(struct daemon *daemon)
{
	sd_event_source *sources[N_SOURCES];

	list_sources(daemon, sources);
	for (size_t i = 0; i < N_SOURCES; i++)
		sd_event_source_unref(sources[i]);
	exempt_free(daemon->ignoring);
	sd_event_unref(daemon->event);
	active_done(&daemon->active);
	journal_free(daemon->journal);
	nft_free(daemon->nft);
	netaddr_free(daemon->netaddr);
	state_free(daemon->state);
	free(daemon->ignored);
	free(daemon->own_prefixes);
	free(daemon->mark);
	free(daemon->cursor);
	free(daemon->decided);
	free(daemon->silences);
	free(daemon->undeleted);
	free(daemon->touched);
}
