#include "config.h"
#include "config/policy-read.h"

static void check_settings(const struct settings *settings)
{
	FUZZ_CHECK(settings->mode == MODE_NORMAL || settings->mode == MODE_AGGRESSIVE);
	FUZZ_CHECK(settings->verdict == VERDICT_DROP || settings->verdict == VERDICT_REJECT);
	FUZZ_CHECK(settings->maxretry >= 1 && settings->maxretry <= 1000);
	FUZZ_CHECK(settings->findtime > 0 && settings->findtime <= 8736 * USEC_PER_HOUR);
	FUZZ_CHECK(settings->bantime >= USEC_PER_SEC);
	FUZZ_CHECK(settings->bantime <= 876600 * USEC_PER_HOUR ||
		   settings->bantime == USEC_INFINITY);
	FUZZ_CHECK(settings->increment.factor >= 1 && settings->increment.factor <= 100);
	FUZZ_CHECK(settings->increment.maxtime >= USEC_PER_SEC);
	FUZZ_CHECK(settings->increment.memory >= USEC_PER_SEC);
	FUZZ_CHECK(settings->prefix4 >= 8 && settings->prefix4 <= 32);
	FUZZ_CHECK(settings->prefix6 >= 16 && settings->prefix6 <= 128);
	FUZZ_CHECK(settings->has_ports == (settings->ports.all || settings->ports.n_ranges > 0));
}

static void check_policy(const struct policy *policy)
{
	check_settings(&policy->defaults);
	for (size_t i = 0; i < policy->n_jails; i++) {
		check_settings(&policy->jails[i].settings);
		FUZZ_CHECK(policy->jails[i].name[0] >= 'a' && policy->jails[i].name[0] <= 'z');
		FUZZ_CHECK(!policy_reserved(policy->jails[i].name) ||
			   policy_is_built_in(policy->jails[i].name));
		FUZZ_CHECK(policy->jails[i].line > 0 && policy->jails[i].column > 0);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(policy->jails[i].name, policy->jails[j].name) != 0);
	}
	for (size_t i = 0; i < policy->n_ignoreip; i++) {
		FUZZ_CHECK(policy_ignores(policy, &policy->ignoreip[i]));
		for (size_t j = 0; j < policy->n_ignoreip; j++)
			FUZZ_CHECK(i == j ||
				   !prefix_covers(&policy->ignoreip[i], &policy->ignoreip[j]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(policy_freep) struct policy *policy = NULL, *twin = NULL;
	struct span text = { (const char *)data, size };
	struct faults faults = { 0 }, again = { 0 };
	int r, r_again;

	r = policy_parse("f", text, &faults, &policy);
	r_again = policy_parse("f", text, &again, &twin);
	check_faults(r, &faults, r_again, &again, text);
	FUZZ_CHECK((r == 0) == (policy != NULL));
	if (policy)
		check_policy(policy);
	return 0;
}
