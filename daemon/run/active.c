#include "run/active.h"

#include "io/log.h"

void active_done(struct active *active)
{
	engine_free(active->engine);
	ruleset_free(active->ruleset);
	config_free(active->config);
	*active = (struct active){ 0 };
}

int active_load(const struct common *common, const uint8_t seed[static 16], struct active *ret)
{
	struct faults faults = { 0 };
	struct active active = { 0 };
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_REQUIRED, &faults,
			&active.config);
	if (r >= 0)
		r = config_compile(active.config, true, &faults, &active.ruleset);
	if (r >= 0)
		r = engine_new(active.ruleset, active.config->policy, seed, NULL, &active.engine);
	if (r >= 0)
		engine_spare_private(active.engine, true);
	for (size_t i = 0; i < faults.n_lines; i++)
		log_say(LOG_FAULT, LOG_ERR, "%s", faults.lines[i]);
	faults_done(&faults);
	if (r < 0) {
		active_done(&active);
		return r;
	}
	*ret = active;
	return 0;
}
