/*
 * banish - follows the journal, recognises attackers, keeps them out with nftables.
 *
 * Main is a table of verbs: adding a verb is one file and one row.
 */
#include "base/suggest.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} verbs[] = {
	{ "run", verb_run, "the daemon: follow the journal, ban attackers" },
	{ "setup", verb_setup, "write a policy for the services that run here" },
	{ "check", verb_check, "test the configuration and every rule's examples" },
	{ "test", verb_test, "what would the rules make of this line?" },
	{ "import", verb_import, "take over the configuration of fail2ban" },
	{ "replay", verb_replay, "what would have been decided over a journal?" },
	{ "status", verb_status, "does it work, and what is wrong?" },
	{ "report", verb_report, "what happened in the last day?" },
	{ "list", verb_list, "who is banned?" },
	{ "ban", verb_ban, "ban addresses by hand" },
	{ "unban", verb_unban, "end bans" },
	{ "why", verb_why, "is this address banned, and which lines did it?" },
	{ "resolve", verb_resolve, "resolve the host names in ignoreip" },
	{ NULL, NULL, NULL },
};

static void print_usage(FILE *out)
{
	fprintf(out, "Usage: banish VERB [OPTION...]\n\n");
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(out, "  %-8s %s\n", v->name, v->summary);
	fprintf(out, "\nSee \"banish VERB --help\" and banish(8).\n");
}

static int run_verb(int argc, char **argv)
{
	struct suggestion suggestion = { .word = span_of(argv[1]) };

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_usage(stdout);
		return EXIT_YES;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("banish %s\n", VERSION);
		return EXIT_YES;
	}
	for (const struct verb *v = verbs; v->name; v++) {
		if (strcmp(v->name, argv[1]) == 0)
			return v->run(argc - 1, argv + 1);
		suggestion_try(&suggestion, v->name);
	}
	fprintf(stderr, "banish: no verb \"%s\"; ", argv[1]);
	if (suggestion.best)
		fprintf(stderr, "did you mean \"%s\"? ", suggestion.best);
	fprintf(stderr, "\"banish --help\" lists them\n");
	return EXIT_USAGE;
}

/* What could not be written was not told: then nothing that was is to be trusted. */
int main(int argc, char **argv)
{
	int code = run_verb(argc, argv);

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* what was refused before the last flush has no error any more; a full disk has one, always
	 */
	fprintf(stderr, "banish%s%s: cannot write the output: %s\n", argc > 1 ? " " : "",
		argc > 1 ? argv[1] : "", errno ? strerror(errno) : "not all of it was taken");
	return EXIT_NO;
}
