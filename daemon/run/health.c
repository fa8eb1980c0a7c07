#include "run/health.h"

#include "cli/timestamp.h"
#include "io/log.h"

#include <errno.h>
#include <stdio.h>

#define DAY        (24 * USEC_PER_HOUR)
#define SILENT_FOR (3 * DAY)
#define LOOK_EVERY \
	(60 *      \
	 USEC_PER_SEC)    /* one entry a minute tells whether a unit logs; asking each would cost */
#define ENOUGH_SAMPLES 20 /* entries seen of the unit: it does log */
#define SAY_EVERY      USEC_PER_HOUR

int health_reset(struct health *health, const struct ruleset *ruleset, usec_t now)
{
	size_t n = ruleset_n_jails(ruleset);
	struct silence *silences = calloc(n + 1, sizeof(*silences));

	if (!silences)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		silences[i].since = now;
	free(health->silences);
	health->silences = silences;
	health->begun = now;
	return 0;
}

static bool watches_unit(const struct ruleset *ruleset, struct span unit)
{
	const struct selector *selector;

	for (size_t i = 0; (selector = ruleset_selector(ruleset, i)); i++) {
		const struct condition *condition = selector_find(selector, "_SYSTEMD_UNIT");

		if (condition && condition_names(condition, unit))
			return true;
	}
	return false;
}

/* "Suppressed 1234 messages from dovecot.service", by journald itself (_TRANSPORT=driver cannot be
 * forged). */
void health_entry(const struct ruleset *ruleset, const struct entry *entry)
{
	char unit[256], count[24];
	struct span value;

	if (entry_field(entry, "MESSAGE", &value) <= 0 || value.size < 11 ||
	    memcmp(value.data, "Suppressed ", 11) != 0)
		return;
	if (entry_field(entry, "_TRANSPORT", &value) <= 0 ||
	    !span_equal(value, SPAN_LITERAL("driver")))
		return;
	if (entry_field(entry, "OBJECT_SYSTEMD_UNIT", &value) <= 0 || !watches_unit(ruleset, value))
		return;
	snprintf(unit, sizeof(unit), "%.*s", (int)MIN(value.size, sizeof(unit) - 1), value.data);
	if (entry_field(entry, "N_DROPPED", &value) <= 0)
		value = SPAN_LITERAL("some");
	snprintf(count, sizeof(count), "%.*s", (int)MIN(value.size, sizeof(count) - 1), value.data);
	log_say(LOG_BLIND, LOG_WARNING,
		"journald's rate limit dropped %s messages of %s: attacks in them were not seen; set "
		"LogRateLimitIntervalSec=0 for the unit",
		count, unit);
}

void health_verdicts(struct health *health, const struct active *active, const struct entry *entry)
{
	for (size_t i = 0; i < engine_n_verdicts(active->engine); i++) {
		const struct verdict_of_hit *hit = engine_verdict(active->engine, i);
		const char *name = ruleset_jail(active->ruleset, hit->jail)->name;
		const struct log_field fields[] = { { "BANISH_JAIL", name } };
		struct reach *reach = &health->silences[hit->jail].reach;
		struct prefix host;
		usec_t since, time;

		if (hit->why != WHY_BANNED || entry_time(entry, &time) < 0)
			continue;
		host = engine_prefix_of(active->engine, hit->jail, &hit->address);
		since = engine_banned_since(active->engine, hit->jail, &hit->address, time);
		if (!reach_note(reach, &host, MAX(since, health->begun), time))
			continue;
		log_entry(
			LOG_REACH, LOG_WARNING, fields, ARRAY_SIZE(fields),
			"jail %s: %u failures of %u%s banned host%s long after their bans began: they "
			"still reach the server; does \"ports\" hold every port of it, or is there a "
			"proxy in front?",
			name, reach->n, reach->n_hosts,
			reach->n_hosts == REACH_HOSTS ? " or more" : "", PLURAL(reach->n_hosts));
	}
}

/* How long ago that was. The clock may have been set back since: then it is now. */
static usec_t time_since(usec_t *then, usec_t now)
{
	*then = MIN(*then, now);
	return now - *then;
}

static void health_look_at(struct health *health, const struct active *active, unsigned jail,
			   const struct entry *entry, usec_t now)
{
	struct silence *silence = &health->silences[jail];
	const struct jail_statistics *s = ruleset_jail_statistics(active->ruleset, jail);
	const char *name = ruleset_jail(active->ruleset, jail)->name;
	const struct log_field fields[] = { { "BANISH_JAIL", name } };
	uint64_t lost = engine_n_lost(active->engine, jail);

	if (s->hits != silence->hits) {
		silence->hits = s->hits;
		silence->since = now;
		silence->samples = 0;
		silence->said = false;
	} else if (ruleset_selects(active->ruleset, jail, entry) > 0) {
		silence->samples++;
	}
	if (!silence->said && silence->samples >= ENOUGH_SAMPLES &&
	    time_since(&silence->since, now) >= SILENT_FOR) {
		silence->said = true;
		log_entry(
			LOG_SILENT, LOG_WARNING, fields, ARRAY_SIZE(fields),
			"rule %s has matched nothing for %llu day%s though its unit logs: has the log format "
			"changed?",
			name, (unsigned long long)((now - silence->since) / DAY),
			PLURAL((now - silence->since) / DAY));
	}
	if (s->limit_hits != silence->limit_hits &&
	    time_since(&silence->limit_said, now) >= SAY_EVERY) {
		log_entry(
			LOG_LIMIT, LOG_WARNING, fields, ARRAY_SIZE(fields),
			"rule %s: the match limit was reached on %llu message%s: \"banish check\" names the "
			"pattern",
			name, (unsigned long long)(s->limit_hits - silence->limit_hits),
			PLURAL(s->limit_hits - silence->limit_hits));
		silence->limit_hits = s->limit_hits;
		silence->limit_said = now;
	}
	/* their lines name nobody, and the line of their session that did is too old, or was never
	 * read */
	if (lost != silence->lost && time_since(&silence->lost_said, now) >= SAY_EVERY) {
		log_entry(
			LOG_BLIND, LOG_WARNING, fields, ARRAY_SIZE(fields),
			"jail %s: %llu failure%s counted for nobody: no line of the last 24 hours tells the "
			"address of the session",
			name, (unsigned long long)(lost - silence->lost),
			PLURAL(lost - silence->lost));
		silence->lost = lost;
		silence->lost_said = now;
	}
}

void health_batch(struct health *health, const struct active *active, const struct entry *entry,
		  usec_t now)
{
	if (time_since(&health->last_look, now) < LOOK_EVERY)
		return;
	health->last_look = now;
	for (unsigned jail = 0; jail < ruleset_n_jails(active->ruleset); jail++)
		health_look_at(health, active, jail, entry, now);
}

void health_gap(struct journal *journal, const char *member, usec_t cursor_time, usec_t findtime)
{
	char oldest_text[TIMESTAMP_TEXT_MAX], cursor_text[TIMESTAMP_TEXT_MAX];
	usec_t oldest;

	if (journal_oldest(journal, &oldest) < 0)
		return;
	timestamp_format(oldest, oldest_text);
	timestamp_format(cursor_time, cursor_text);
	if (oldest > cursor_time)
		log_say(LOG_BLIND, LOG_WARNING,
			"the journal%s%s begins at %s, after the place where banish stopped reading (%s): the "
			"entries between were not seen",
			member ? " of member " : "", member ? member : "", oldest_text,
			cursor_text);
	else if (cursor_time - oldest < findtime)
		log_say(LOG_BLIND, LOG_INFO,
			"the journal begins at %s: failures before that no longer count",
			oldest_text);
}
