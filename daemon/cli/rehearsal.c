#include "cli/rehearsal.h"

#include "cli/history.h"
#include "cli/timestamp.h"
#include "io/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define LOGINS_SHOWN 10

static int rehearsal_order(const struct tally_item *a, const struct tally_item *b)
{
	return (a->count < b->count) - (a->count > b->count);
}

/* Of those who logged in, whoever would have been banned: users, or a password that was guessed. */
static int rehearsal_print_logins(const struct history *history, const struct ruleset *ruleset)
{
	cleanup(freep) const struct tally_item **items = NULL;
	size_t n, n_told = 0;

	items = calloc(history->logins.list.n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	n = tally_top(&history->logins, rehearsal_order, history->logins.list.n, items);
	for (size_t i = 0; i < n; i++) {
		char prefix[PREFIX_TEXT_MAX];
		const char *user;

		history_split_login(items[i], prefix, &user);
		if (!tally_find(&history->bans, items[i]->group, prefix))
			continue;
		if (n_told++ == 0)
			printf("Of these, some logged in as well; if they are yours, put them into "
			       "\"ignoreip\", else change their passwords:\n");
		if (n_told > LOGINS_SHOWN) {
			printf("  ... and more\n");
			break;
		}
		printf("  %s  %s  %" PRIu64 " login%s as %s\n",
		       ruleset_jail(ruleset, items[i]->group)->name, prefix, items[i]->count,
		       PLURAL(items[i]->count), user);
	}
	if (n_told == 0)
		printf("None of them logged in.\n");
	return 0;
}

static void rehearsal_print_bans(const struct history *history, const struct ruleset *ruleset)
{
	const struct tally_item *item = NULL;

	for (unsigned i = 0; i < ruleset_n_jails(ruleset); i++) {
		uint64_t n_hosts = 0, n_bans = 0;

		while ((item = tally_next(&history->bans, item))) {
			n_hosts += item->group == i;
			n_bans += item->group == i ? item->count : 0;
		}
		printf("  %s: %" PRIu64 " host%s, %" PRIu64 " ban%s\n",
		       ruleset_jail(ruleset, i)->name, n_hosts, PLURAL(n_hosts), n_bans,
		       PLURAL(n_bans));
	}
}

int rehearse(const struct common *common, struct journal *journal, struct faults *faults)
{
	cleanup(history_done) struct history history = { .until = timestamp_now(),
							 .rehearsed = true };
	cleanup(config_freep) struct config *config = NULL;
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	int r;

	history.since = history.until - 7 * 24 * USEC_PER_HOUR;
	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_REQUIRED, faults, &config);
	if (r >= 0)
		r = config_compile_all(config, true, faults, &ruleset);
	if (r >= 0)
		r = history_count(&history,
				  &(struct history_source){ journal, ruleset, config->policy,
							    USEC_INFINITY });
	if (r < 0)
		return r;
	printf("\nIn the last week it would have banned (banish replay --since '1w ago' shows each):\n");
	rehearsal_print_bans(&history, ruleset);
	return history.bans.list.n > 0 ? rehearsal_print_logins(&history, ruleset) : 0;
}
