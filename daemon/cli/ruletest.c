#include "cli/ruletest.h"

#include <errno.h>

struct ruletest {
	struct policy *policy;
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
	policy_free(ruletest->policy);
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
static int build_policy(const char *name, const struct policy *policy, struct policy **ret)
{
	cleanup(policy_freep) struct policy *own = policy_new();

	if (!own)
		return -ENOMEM;
	own->jails = calloc(1, sizeof(*own->jails));
	own->ignoreip = calloc(policy->n_ignoreip + 1, sizeof(*own->ignoreip));
	if (!own->jails || !own->ignoreip)
		return -ENOMEM;
	own->n_jails = 1;
	strcpy(own->jails[0].name, name);
	own->jails[0].settings = policy->defaults;
	for (size_t i = 0; i < policy->n_jails; i++)
		if (strcmp(policy->jails[i].name, name) == 0)
			own->jails[0].settings = policy->jails[i].settings;
	own->jails[0].settings.has_ports = false;
	own->jails[0].settings.ports = (struct ports){ 0 };
	for (size_t i = 0; i < policy->n_ignoreip; i++)
		own->ignoreip[own->n_ignoreip++] = policy->ignoreip[i];
	*ret = TAKE_PTR(own);
	return 0;
}

int ruletest_new(struct rule **rule, const char *policy_file, const struct policy *policy,
		 struct faults *faults, struct ruletest **ret)
{
	static const uint8_t seed[16] = "none is needed";
	cleanup(ruletest_freep) struct ruletest *ruletest = calloc(1, sizeof(*ruletest));
	int r;

	if (!ruletest)
		return -ENOMEM;
	r = build_policy((*rule)->name, policy, &ruletest->policy);
	if (r >= 0)
		r = ruleset_new(rule, 1, ruletest->policy, policy_file, true, faults,
				&ruletest->ruleset);
	if (r >= 0)
		r = engine_new(ruletest->ruleset, ruletest->policy, seed, NULL, &ruletest->engine);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(ruletest);
	return 0;
}

const struct rule *ruletest_rule(const struct ruletest *ruletest)
{
	return ruleset_jail(ruletest->ruleset, 0)->rule;
}

static int sample_field(void *source, const char *name, struct span *ret)
{
	const struct ruletest *ruletest = source;
	const struct sample *sample = ruletest->sample;
	const struct rule *rule = ruletest_rule(ruletest);
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
	if (text) {
		*ret = span_of(text);
		return 1;
	}
	/* the line stands for whatever an event is about */
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
	const struct entry entry = { sample_field, sample_time, NULL, ruletest, true };
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
	const struct entry entry = { sample_field, sample_time, NULL, ruletest, true };

	ruletest->sample = sample;
	return ruleset_explain(ruletest->ruleset, &entry, buffer, size);
}
