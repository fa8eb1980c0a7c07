#include "cli/rehearsal.h"

#include "cli/history.h"
#include "cli/lockouts.h"
#include "cli/timestamp.h"
#include "io/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static void rehearsal_print(const struct lockout *lockout, const struct ruleset *ruleset)
{
	uint64_t n_logins, n_all = lockout_count(lockout, NULL, NULL, &n_logins);

	printf("\nIn the last week it would have banned%s (banish replay --since -7d shows each):\n",
	       n_all > 0 ? "" : " nobody");
	for (unsigned i = 0; n_all > 0 && i < ruleset_n_jails(ruleset); i++) {
		const char *jail = ruleset_jail(ruleset, i)->name;
		uint64_t logged_in, n = lockout_count(lockout, jail, NULL, &logged_in);

		printf("  %s: %" PRIu64 " host%s\n", jail, n, PLURAL(n));
	}
	if (n_all > 0 && n_logins == 0)
		printf("None of them logged in.\n");
}

int rehearse(const struct common *common, struct journal *journal, struct faults *faults)
{
	cleanup(lockout_done) struct lockout lockout;
	cleanup(history_done) struct history history = { .until = timestamp_now(),
							 .lockout = &lockout };
	cleanup(config_freep) struct config *config = NULL;
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	static const uint8_t seed[HASH_SEED_SIZE] = "any will do"; /* nobody attacks it */
	int r;

	lockout_init(&lockout, seed);
	history.since = history.until - USEC_PER_WEEK;
	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_REQUIRED, faults, &config);
	if (r >= 0)
		r = config_compile_all(config, true, faults, &ruleset);
	if (r >= 0)
		r = history_count(&history,
				  &(struct history_source){ journal, ruleset, config->policy,
							    USEC_INFINITY });
	if (r < 0)
		return r;
	rehearsal_print(&lockout, ruleset);
	return lockouts_print(&lockout, ruleset, false);
}
