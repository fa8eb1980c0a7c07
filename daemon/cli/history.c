#include "cli/history.h"

#include "base/printable.h"
#include "cli/timestamp.h"
#include "engine/engine.h"
#include "io/config.h"
#include "io/log.h"
#include "io/past.h"
#include "netlink/netaddr.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

/* The life of a session: what it had told before does not count again. Bans from before are told
 * by nobody here, so what they prevented right after `since` counts as failures. */
#define LEAD USEC_PER_HOUR

#define MAX_EVENTS 65536
#define MAX_LOGINS 65536 /* by account and place */
#define USER_KEPT  80    /* bytes of an account's name, before what makes it harmless */
#define LOGIN_SIZE (PREFIX_TEXT_MAX + 1 + 3 * USER_KEPT + 4)

void history_done(struct history *history)
{
	digest_free(history->digest);
	tally_done(&history->logins);
	tally_done(&history->banned_logins);
	front_done(&history->front);
	tally_done(&history->events);
	series_done(&history->series);
	free(history->jails);
	*history = (struct history){ 0 };
}

/* 1: stands on the next entry of the span; 0: there is none. */
static int next(const struct history *history, struct journal *journal, usec_t *ret_time)
{
	int r;

	do {
		r = journal_next(journal);
		if (r <= 0)
			return r;
		r = entry_time(journal_entry(journal), ret_time);
	} while (r == -EBADMSG); /* damaged: nobody can read it */
	return r < 0 ? r : *ret_time <= history->until;
}

/* journald's own word about entries that it did not take. */
static int take_lost(struct history *history, const struct entry *entry)
{
	char number[24] = "";
	struct span value;
	int r;

	r = entry_field(entry, "_TRANSPORT", &value);
	if (r <= 0 || !span_equal(value, SPAN_LITERAL("driver")))
		return MIN(r, 0);
	r = entry_field(entry, "N_DROPPED", &value);
	if (r < 0)
		return r;
	if (r > 0)
		memcpy(number, value.data, MIN(value.size, sizeof(number) - 1));
	history->n_lost += MAX(strtoull(number, NULL, 10), 1ULL);
	return 1;
}

/* Where the journal begins late, that is a blind stretch, but it shall not be most of the picture.
 */
static void history_begin_series(struct history *history, const uint8_t seed[static 16])
{
	usec_t since = history->since, oldest = MIN(history->oldest, history->until);
	time_t seconds;
	struct tm local = { 0 };

	if (oldest > since && oldest - since > history->until - oldest)
		since = oldest;
	seconds = (time_t)(since / USEC_PER_SEC);
	(void)localtime_r(&seconds, &local); /* or UTC */
	series_init(&history->series, since, history->until, local.tm_gmtoff);
	if (oldest > since + USEC_PER_HOUR)
		series_mark_blind(&history->series, since, oldest);
	history->digest->stop_id = log_id(LOG_STOP);
	history->digest->blind_id = log_id(LOG_BLIND);
	history->digest->series = &history->series;
	tally_init(&history->events, seed, MAX_EVENTS, NAME_SIZE);
}

int history_read_said(struct history *history, struct journal *journal)
{
	uint8_t seed[16];
	usec_t time;
	int r;

	if (getrandom(seed, sizeof(seed), 0) < 0)
		return -errno;
	tally_init(&history->logins, seed, MAX_LOGINS, LOGIN_SIZE);
	tally_init(&history->banned_logins, seed, MAX_LOGINS, LOGIN_SIZE);
	if (journal_oldest(journal, &history->oldest) < 0)
		history->oldest = 0;
	r = digest_new(seed, log_id(LOG_START), &history->digest);
	if (r >= 0 && history->timed)
		history_begin_series(history, seed);
	if (r >= 0)
		r = journal_select_own(journal, NULL, 0, true);
	if (r >= 0)
		r = journal_settle(journal);
	if (r >= 0)
		r = journal_seek_time(journal, history->since);
	while (r >= 0 && (r = next(history, journal, &time)) > 0) {
		r = take_lost(history, journal_entry(journal));
		if (r == 0)
			r = digest_feed(history->digest, journal_entry(journal));
		if (r == -EBADMSG)
			r = 0;
	}
	if (r >= 0 && history->timed && history->digest->stopped > 0)
		series_mark_blind(&history->series, history->digest->stopped, history->until);
	return r;
}

static int add_all(struct ignorelist *list, const struct prefix *prefixes, size_t n)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = ignorelist_add_prefix(list, &prefixes[i]);
	return r;
}

/* Whom the daemon ignores now, beside the addresses and networks of the policy. */
static int set_ignored(struct engine *engine, const struct policy *policy)
{
	cleanup(ignorelist_done) struct ignorelist list = { 0 };
	int r = 0;

	if (policy->ignoreself) { /* own addresses and gateways */
		cleanup(netaddr_freep) struct netaddr *netaddr = NULL;
		cleanup(freep) struct prefix *prefixes = NULL;
		size_t n;

		r = netaddr_open(&netaddr);
		if (r >= 0)
			r = netaddr_list(netaddr, &prefixes, &n);
		if (r >= 0)
			r = add_all(&list, prefixes, n);
		else if (r != -ENOMEM)
			r = 0;
	}
	for (size_t i = 0; r >= 0 && i < policy->ignore_names.n_names; i++) {
		cleanup(ignorelist_freep) struct ignorelist *answer = NULL;

		r = config_read_answer(policy->ignore_names.names[i], &answer);
		if (r > 0)
			r = add_all(&list, answer->prefixes, answer->n_prefixes);
	}
	if (r < 0 && r != -E2BIG) /* these are enough */
		return r;
	return engine_set_ignored(engine, list.prefixes, list.n_prefixes);
}

static const struct tally_item *history_find_offender(const struct digest *digest, const char *jail,
						      const char *prefix)
{
	const struct digest_jail *said = digest_find_jail(digest, jail);

	return said ? tally_find(&digest->offenders, (unsigned)(said - digest->jails), prefix)
		    : NULL;
}

/* Who got in, and from where. */
static int note_login(struct history *history, const struct engine *engine, const char *jail,
		      const struct verdict_of_hit *hit, usec_t time)
{
	struct prefix prefix = engine_prefix_of(engine, hit->jail, &hit->address);
	cleanup(freep) char *user = NULL;
	char text[PREFIX_TEXT_MAX], name[LOGIN_SIZE];
	const struct tally_item *offender;
	struct tally_item *item;
	struct offender who;

	user = bytes_to_display(hit->user.data ? hit->user : SPAN_LITERAL(""), USER_KEPT);
	if (!user)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s %s", prefix_format(&prefix, text), user);
	item = tally_note(&history->logins, hit->jail, name);
	if (!item)
		return -ENOMEM;
	item->count++;
	item->last = MAX(item->last, time);
	offender = history->digest ? history_find_offender(history->digest, jail, text) : NULL;
	item->peak += offender && time < offender->first;
	who = offender_of(jail, &prefix);
	return history->lockout ? lockout_login(history->lockout, &who, time, hit->user) : 0;
}

/* One failure that was counted, or prevented by a ban. */
static int note_failure(struct history *history, const struct jail *jail,
			const struct verdict_of_hit *hit, usec_t time)
{
	bool prevented = hit->why == WHY_BANNED;
	struct tally_item *item;

	if (prevented)
		history->jails[hit->jail].prevented += hit->weight;
	else
		history->jails[hit->jail].failures += hit->weight;
	if (!history->timed)
		return 0;
	item = tally_note(&history->events, hit->jail, jail->rule->events[hit->event].name);
	if (!item)
		return -ENOMEM;
	*(prevented ? &item->weight : &item->count) += hit->weight;
	item->last = MAX(item->last, time);
	return series_add(&history->series, prevented ? SERIES_PREVENTED : SERIES_FAILURES,
			  jail->name, time, hit->weight);
}

/* What was decided; the daemon's own bans are told in its entries. */
static int take_decisions(struct history *history, struct engine *engine, usec_t time)
{
	struct decision decision;
	int r = 0;

	while (engine_take(engine, &decision)) {
		struct offender who = offender_of(decision.ban.jail, &decision.ban.prefix);

		if (r >= 0 && history->lockout && decision.type == DECISION_BAN &&
		    time >= history->counted_since)
			r = lockout_ban(history->lockout, &who, decision.ban.since);
	}
	return r;
}

/* 1: read to the end; 0: given up at `counted_until`. */
static int read_entries(struct history *history, const struct history_source *source,
			struct engine *engine, struct past *past, usec_t *ret_begin)
{
	usec_t begin = timestamp_monotonic(), time;
	uint64_t n = 0;
	int r;

	while ((r = past_next(past)) > 0) {
		r = entry_time(past_entry(past), &time);
		if (r == -EBADMSG)
			continue;
		if (r < 0)
			return r;
		history->counted_until = time;
		if (n == 0)
			*ret_begin = time;
		if (++n > 1 && timestamp_monotonic() - begin > source->patience)
			return 0;
		r = engine_feed(engine, past_entry(past));
		if (r == -EBADMSG)
			continue;
		if (r >= 0)
			r = take_decisions(history, engine, time);
		if (r < 0)
			return r;
		for (size_t i = 0;
		     r >= 0 && time >= history->counted_since && i < engine_n_verdicts(engine);
		     i++) {
			const struct verdict_of_hit *hit = engine_verdict(engine, i);
			bool failure = hit->why == WHY_COUNTED || hit->why == WHY_REPEATED ||
				       hit->why == WHY_BANNED || hit->why == WHY_PRIVATE;

			const struct jail *jail = ruleset_jail(source->ruleset, hit->jail);

			if (hit->why == WHY_COUNTED || hit->why == WHY_REPEATED ||
			    hit->why == WHY_BANNED)
				r = note_failure(history, jail, hit, time);
			else if (hit->why == WHY_SUCCESS && hit->has_address)
				r = note_login(history, engine, jail->name, hit, time);
			if (r >= 0 && hit->has_address && (failure || hit->why == WHY_SUCCESS))
				r = front_note(&history->front, &hit->address, failure);
		}
		if (r < 0)
			return r;
	}
	history->counted_until = history->until;
	return r < 0 ? r : 1;
}

/* Counts from `counted_since` on; what is read before that, for so long, only joins sessions. */
static int history_count_span(struct history *history, const struct history_source *source,
			      usec_t lead, usec_t *ret_begin)
{
	cleanup(engine_freep) struct engine *engine = NULL;
	cleanup(past_freep) struct past *past = NULL;
	usec_t since = history->counted_since;
	const struct past_wish wish = {
		.journal = source->journal,
		.rulesets = { source->ruleset },
		.since = since > lead ? since - lead : 0,
		.until = history->until,
	};
	uint8_t seed[16];
	int r;

	if (getrandom(seed, sizeof(seed), 0) < 0)
		return -errno;
	tally_done(&history->logins);
	tally_init(&history->logins, seed, MAX_LOGINS, LOGIN_SIZE);
	front_done(&history->front);
	front_init(&history->front, seed);
	r = engine_new(source->ruleset, source->policy, seed, NULL, &engine);
	if (r >= 0)
		r = set_ignored(engine, source->policy);
	if (r < 0)
		return r;
	engine_spare_private(engine, true);
	history->reach = engine_reach(engine);
	history->note_reach = engine_note_reach(engine);
	memset(history->jails, 0, ruleset_n_jails(source->ruleset) * sizeof(*history->jails));
	r = past_open(&wish, &past);
	return r < 0 ? r : read_entries(history, source, engine, past, ret_begin);
}

int history_count(struct history *history, const struct history_source *source)
{
	usec_t begin = history->since, stretch;
	int r;

	free(history->jails);
	history->jails = calloc(ruleset_n_jails(source->ruleset) + 1, sizeof(*history->jails));
	if (!history->jails)
		return -ENOMEM;
	history->counted_since = history->since;
	r = history_count_span(history, source, LEAD, &begin);
	if (r != 0)
		return MIN(r, 0);
	/* What there is no time for should be what is long ago. */
	stretch = history->counted_until - begin;
	history->counted_since = MAX(history->since, history->until - stretch / 2);
	r = history_count_span(history, source, stretch / 4, &begin);
	history->hurried = r == 0;
	return MIN(r, 0);
}

void history_split_login(const struct tally_item *item, char prefix[static PREFIX_TEXT_MAX],
			 const char **ret_user)
{
	size_t size = strcspn(item->name, " ");

	*ret_user = item->name + size + (item->name[size] == ' ');
	size = MIN(size, (size_t)PREFIX_TEXT_MAX - 1);
	memcpy(prefix, item->name, size);
	prefix[size] = '\0';
}

int history_find_banned_logins(struct history *history, const struct ruleset *ruleset)
{
	const struct digest *digest = history->digest;
	const struct tally_item *login = NULL;

	while ((login = tally_next(&history->logins, login))) {
		const struct digest_jail *jail =
			digest_find_jail(digest, ruleset_jail(ruleset, login->group)->name);
		unsigned group = jail ? (unsigned)(jail - digest->jails) : DIGEST_NO_JAIL;
		char prefix[PREFIX_TEXT_MAX];
		const struct tally_item *offender;
		struct tally_item *item;
		const char *user;

		history_split_login(login, prefix, &user);
		offender = tally_find(&digest->offenders, group, prefix);
		if (!offender)
			continue;
		item = tally_note(&history->banned_logins, group, login->name);
		if (!item)
			return -ENOMEM;
		item->count = login->count;
		item->weight = offender->count;
		item->peak = login->peak;
		item->last = login->last;
	}
	return 0;
}
