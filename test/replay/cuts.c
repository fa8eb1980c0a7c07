/*
 * A journal that is read by many processes tells what it tells one reader, wherever it is cut.
 *
 *	cuts CONFIG RULES JOURNAL SEED N [whole]
 *
 * `whole`: from its beginning; where the clock was set back libsystemd goes to a time by guess.
 * Reads N times with processes, stretches and a span of time by chance, and once by itself each
 * time. Fails, and says at which entry, where the two differ.
 */
#include "base/buffer.h"
#include "io/config.h"
#include "io/past.h"
#include "match/hits.h"

#include <inttypes.h>
#include <stdio.h>

/* What was found: an entry's time, hits and cursor, one after the other. */
struct reading {
	struct buffer found;
	uint64_t n_hits, n_entries;
	int error;
};

static uint64_t state;

static uint64_t draw(uint64_t below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % below;
}

static struct reading read_all(const struct past_wish *wish)
{
	cleanup(past_freep) struct past *past = NULL;
	struct reading reading = { 0 };
	struct ruleset *ruleset = wish->rulesets[0];
	usec_t time;
	int r;

	ruleset_forget_pieces(ruleset);
	r = past_open(wish, &past);
	while (r >= 0 && (r = past_next(past)) > 0) {
		cleanup(freep) char *cursor = NULL;
		bool has_failure = false;

		r = ruleset_scan(ruleset, past_entry(past));
		for (size_t i = 0; i < ruleset_n_hits(ruleset); i++) {
			const struct hit *hit = ruleset_hit(ruleset, i);

			has_failure |= ruleset_event(ruleset, hit->jail, hit->event)->outcome ==
				       OUTCOME_FAILURE;
		}
		if (r <= 0 || entry_time(past_entry(past), &time) < 0)
			continue;
		buffer_put(&reading.found, (const char *)&time, sizeof(time));
		hits_pack(ruleset, &reading.found);
		if (has_failure) {
			r = past_cursor(past, &cursor);
			if (r >= 0)
				buffer_put(&reading.found, cursor, strlen(cursor));
		}
		reading.n_hits++;
	}
	reading.error = MIN(r, 0);
	reading.n_entries = past ? past_n_entries(past) : 0;
	return reading;
}

static bool are_equal(const struct reading *a, const struct reading *b)
{
	return a->error == b->error && a->n_entries == b->n_entries && a->n_hits == b->n_hits &&
	       a->found.size == b->found.size &&
	       (a->found.size == 0 || memcmp(a->found.data, b->found.data, a->found.size) == 0);
}

/* 1: the two are equal. */
static int compare(struct past_wish wish)
{
	struct reading one, many;
	bool equal;

	one = read_all(&(struct past_wish){ .journal = wish.journal,
					    .rulesets = { wish.rulesets[0] },
					    .since = wish.since,
					    .until = wish.until,
					    .n_workers = 1 });
	many = read_all(&wish);
	equal = are_equal(&one, &many);
	if (!equal)
		printf("from %" PRIu64 " to %" PRIu64 ", %u processes, stretches of %" PRIu64
		       ": %" PRIu64 " hits in %" PRIu64 " entries (%s) instead of %" PRIu64
		       " in %" PRIu64 " (%s)\n",
		       wish.since, wish.until, wish.n_workers, wish.stretch, many.n_hits,
		       many.n_entries, strerror(-many.error), one.n_hits, one.n_entries,
		       strerror(-one.error));
	free(one.found.data);
	free(many.found.data);
	return equal;
}

int main(int argc, char **argv)
{
	cleanup(config_freep) struct config *config = NULL;
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	cleanup(journal_freep) struct journal *journal = NULL;
	struct faults faults = { 0 };
	usec_t oldest = 0, newest = 0, span;
	int r;

	if (argc < 6)
		return 2;
	state = strtoull(argv[4], NULL, 10) * 2654435769 + 1;
	r = config_load(argv[1], argv[2], CONFIG_POLICY_OPTIONAL, &faults, &config);
	if (r >= 0)
		r = config_compile_all(config, true, &faults, &ruleset);
	if (r >= 0)
		r = journal_open(NULL, argv[3], false, &journal);
	if (r >= 0)
		r = journal_oldest(journal, &oldest);
	if (r >= 0)
		r = journal_newest(journal, &newest);
	if (r < 0) {
		printf("cannot begin: %s\n", strerror(-r));
		return 1;
	}
	/* where the clock was set back the last entry may be the older one */
	span = MAX(newest, oldest) - MIN(newest, oldest) + 1;
	for (long n = strtol(argv[5], NULL, 10); n > 0; n--) {
		struct past_wish wish = { .journal = journal,
					  .rulesets = { ruleset },
					  .until = USEC_INFINITY,
					  .with_cursors = true,
					  .n_workers = 2 + (unsigned)draw(3),
					  .stretch = 1 + draw(draw(2) ? 3 : 30) };

		if (draw(3) == 0 && argc == 6)
			wish.since = oldest + draw(span);
		if (draw(3) == 0)
			wish.until = wish.since + draw(span);
		if (!compare(wish))
			return 1;
	}
	return 0;
}
