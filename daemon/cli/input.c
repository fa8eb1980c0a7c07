#include "cli/input.h"

#include <errno.h>
#include <stdio.h>

int reading_open_journal(const char *verb, const struct common *common, struct journal **ret)
{
	usec_t oldest;
	int r;

	r = journal_open(common->file, common->directory, false, ret);
	/* libsystemd opens a folder without any journal, and finds nothing in it */
	if (r >= 0 && journal_oldest(*ret, &oldest) == -ENODATA)
		fprintf(stderr, "banish %s: there is no entry in the journal: look at the path\n",
			verb);
	if (r >= 0 || r == -ENOMEM)
		return r;
	fprintf(stderr, "banish %s: cannot read the journal: %s\n", verb, journal_explain(r));
	return -EINVAL;
}

int reading_open(const char *verb, const struct common *common, struct faults *faults,
		 struct reading *ret)
{
	cleanup(reading_done) struct reading reading = { 0 };
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_OPTIONAL, faults,
			&reading.config);
	if (r >= 0)
		r = config_compile(reading.config, true, faults, &reading.ruleset);
	if (r < 0)
		return r;
	if (!reading.config->has_policy)
		fprintf(stderr, "no %s: every rule is in force with the defaults\n",
			reading.config->policy_file);
	r = reading_open_journal(verb, common, &reading.journal);
	if (r < 0)
		return r;
	*ret = reading;
	reading = (struct reading){ 0 };
	return 0;
}

int reading_next(const struct reading *reading, const struct common *common)
{
	usec_t time;
	int r;

	r = journal_next(reading->journal);
	if (r <= 0 || common->until == USEC_INFINITY)
		return r;
	r = entry_time(journal_entry(reading->journal), &time);
	if (r == -EBADMSG) /* damaged: its reader will say so */
		return 1;
	return r < 0 ? r : time <= common->until;
}

void reading_done(struct reading *reading)
{
	journal_free(reading->journal);
	ruleset_free(reading->ruleset);
	config_free(reading->config);
}
