#include "cli/input.h"

#include "io/openfiles.h"

#include <errno.h>
#include <stdio.h>

int input_open_journal(const char *verb, const struct common *common, struct journal **ret)
{
	usec_t oldest;
	size_t n;
	int r;

	r = journal_open(common->file, common->directory, false, ret);
	n = r >= 0 ? journal_n_refused(*ret) : 0;
	if (n > 0)
		fprintf(stderr,
			"banish %s: %zu file%s of the journal cannot be read, such as %s: see "
			"journalctl --verify\n",
			verb, n, PLURAL(n), openfiles_missing());
	/* libsystemd opens a folder without any journal, and finds nothing in it */
	if (r >= 0 && journal_oldest(*ret, &oldest) == -ENODATA) {
		fprintf(stderr, "banish %s: the journal is empty: check the path\n", verb);
		return -EINVAL;
	}
	n = r >= 0 && (common->file || common->directory) ? journal_n_machines(*ret) : 0;
	if (n > 1)
		fprintf(stderr,
			"banish %s: note: these are entries of %zu machines, and count together: "
			"to look at one, name its journal (such as /var/log/journal/MACHINE-ID)\n",
			verb, n);
	if (r >= 0 || r == -ENOMEM)
		return r;
	fprintf(stderr, "banish %s: cannot read the journal: %s\n", verb, journal_explain(r));
	return -EINVAL;
}

int input_load(const char *confdir, const char *rulesdir, bool all, struct faults *faults,
	       struct config **ret, struct ruleset **ret_ruleset)
{
	cleanup(config_freep) struct config *config = NULL;
	int r;

	r = config_load(confdir, rulesdir, CONFIG_POLICY_OPTIONAL, faults, &config);
	if (r >= 0)
		r = all ? config_compile_all(config, true, faults, ret_ruleset)
			: config_compile(config, true, faults, ret_ruleset);
	if (r < 0)
		return r;
	if (!config->has_policy)
		fprintf(stderr, "no %s: every rule is in force with the defaults\n",
			config->policy_file);
	*ret = TAKE_PTR(config);
	return 0;
}

int input_open(const char *verb, const struct common *common, struct faults *faults,
	       struct input *ret)
{
	cleanup(input_done) struct input input = { 0 };
	int r;

	r = input_load(common->confdir, common->rulesdir, false, faults, &input.config,
		       &input.ruleset);
	if (r >= 0)
		r = input_open_journal(verb, common, &input.journal);
	if (r < 0)
		return r;
	*ret = input;
	input = (struct input){ 0 };
	return 0;
}

int input_next(struct journal *journal, const struct common *common)
{
	usec_t time;
	int r;

	r = journal_next(journal);
	if (r <= 0 || common->until == USEC_INFINITY)
		return r;
	r = entry_time(journal_entry(journal), &time);
	if (r == -EBADMSG) /* damaged: its reader will say so */
		return 1;
	return r < 0 ? r : time <= common->until;
}

void input_done(struct input *input)
{
	journal_free(input->journal);
	ruleset_free(input->ruleset);
	config_free(input->config);
}
