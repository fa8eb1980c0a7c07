#include "cli/ruletest.h"

#include <errno.h>

struct ruletest {
	struct policy policy; /* of one jail; owns nothing */
	struct jail_policy jail;
	struct ruleset *ruleset;
	struct engine *engine;

	const struct sample *sample; /* being fed */
};

struct ruletest *ruletest_free(struct ruletest *ruletest)
{
	if (!ruletest)
		return NULL;
	engine_free(ruletest->engine);
	ruleset_free(ruletest->ruleset);
	free(ruletest);
	return NULL;
}

void ruletest_set_mode(struct policy *policy, enum mode mode)
{
	policy->defaults.mode = mode;
	for (size_t i = 0; i < policy->n_jails; i++)
		policy->jails[i].settings.mode = mode;
}

/* A policy of one jail; its ports stay out, nothing is programmed here. */
static void make_policy(struct ruletest *ruletest, const struct rule *rule,
			const struct policy *policy, const struct jail_policy *jail)
{
	ruletest->policy = *policy;
	ruletest->policy.jails = &ruletest->jail;
	ruletest->policy.n_jails = 1;
	if (jail) {
		ruletest->jail = *jail;
	} else {
		strcpy(ruletest->jail.name, rule->name);
		ruletest->jail.settings = policy->defaults;
	}
	ruletest->jail.settings.has_ports = false;
	ruletest->jail.settings.ports = (struct ports){ 0 };
}

int ruletest_new(struct rule *rule, const char *policy_file, const struct policy *policy,
		 const struct jail_policy *jail, struct faults *faults, struct ruletest **ret)
{
	static const uint8_t seed[16] = "none is needed";
	cleanup(ruletest_freep) struct ruletest *ruletest = calloc(1, sizeof(*ruletest));
	struct rule *held;
	int r;

	if (!ruletest)
		return -ENOMEM;
	make_policy(ruletest, rule, policy, jail);
	held = rule_ref(rule);
	r = ruleset_new(&held, 1, &ruletest->policy, policy_file, true, faults, &ruletest->ruleset);
	rule_free(held); /* where it was not taken */
	if (r >= 0)
		r = engine_new(ruletest->ruleset, &ruletest->policy, seed, NULL, &ruletest->engine);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(ruletest);
	return 0;
}

const struct jail *ruletest_jail(const struct ruletest *ruletest)
{
	return ruleset_jail(ruletest->ruleset, 0);
}

static int sample_field(void *source, const char *name, struct span *ret)
{
	const struct ruletest *ruletest = source;
	const struct sample *sample = ruletest->sample;
	const struct rule *rule = ruletest_jail(ruletest)->rule;
	const char *text = NULL;
	const cJSON *value;

	if (strcmp(name, "MESSAGE") == 0) {
		*ret = sample->message;
		return ret->data != NULL;
	}
	if (strcmp(name, "_SYSTEMD_UNIT") == 0)
		text = sample->unit;
	else if (strcmp(name, "SYSLOG_IDENTIFIER") == 0)
		text = sample->identifier;
	value = cJSON_GetObjectItemCaseSensitive(sample->fields, name);
	if (cJSON_IsArray(value)) /* it stands several times: the first, as in the journal */
		value = value->child;
	if (!text && cJSON_IsString(value))
		text = value->valuestring;
	if (!text && sample->example)
		text = example_field(sample->example, name);
	if (text) {
		*ret = span_of(text);
		return 1;
	}
	/* the line stands for whatever a pattern is about */
	for (size_t i = 0; !sample->strict && i < rule->n_events; i++)
		if (strcmp(rule->events[i].field, name) == 0) {
			*ret = sample->message;
			return 1;
		}
	return 0;
}

static int sample_time(void *source, usec_t *ret)
{
	const struct ruletest *ruletest = source;

	*ret = ruletest->sample->time;
	return 0;
}

int ruletest_feed(struct ruletest *ruletest, const struct sample *sample,
		  const struct verdict_of_hit **ret)
{
	const struct entry entry = { .field = sample_field,
				     .time = sample_time,
				     .source = ruletest,
				     .may_be_split = true,
				     .may_be_partial = true,
				     .many_machines = true };
	int r;

	ruletest->sample = sample;
	ruleset_assume_missing(ruletest->ruleset, !sample->strict);
	r = ruleset_selects(ruletest->ruleset, 0, &entry);
	if (r <= 0)
		return r < 0 ? r : RULETEST_NOT_SELECTED;
	r = engine_warm(ruletest->engine, &entry);
	if (r < 0)
		return r;
	if (engine_n_verdicts(ruletest->engine) > 0) {
		*ret = engine_verdict(ruletest->engine, 0);
		return RULETEST_HIT;
	}
	return RULETEST_NO_EVENT;
}

int ruletest_explain(struct ruletest *ruletest, const struct sample *sample, char *buffer,
		     size_t size)
{
	const struct entry entry = { .field = sample_field,
				     .time = sample_time,
				     .source = ruletest,
				     .may_be_split = true,
				     .may_be_partial = true };

	ruletest->sample = sample;
	return ruleset_explain(ruletest->ruleset, &entry, buffer, size);
}
