/*
 * banish why - what is known of an address: is it banned, what has been said of it, and which lines
 * did it.
 */
#include "verbs/why.h"

#include "cli/timestamp.h"
#include "cli/verb.h"
#include "io/config.h"

#include <errno.h>
#include <stdio.h>

static void why_done(struct why *why)
{
	for (size_t i = 0; i < why->n_said; i++)
		why_said_done(&why->said[i]);
	free(why->said);
	nft_elements_done(&why->elements);
	nft_free(why->nft);
	input_done(&why->input);
}

int verb_why(int argc, char **argv)
{
	cleanup(why_done) struct why why = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = { OPTION_CONFIG(why.common), OPTION_JSON(why.common),
					   OPTION_JOURNAL(why.common) };
	const struct usage usage = USAGE(
		"why", "ADDRESS", 1, 1, rows,
		"Tells whether an address, or a prefix as list prints it, is banned, what banish logged\n"
		"about it, and the log lines that led to the ban.\n"
		"Exit 0: it is banned; 1: it is not, or that is not known.");
	struct faults faults = { 0 };
	int first, exit_code, r, banned = BANNED_UNKNOWN;
	usec_t now;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	r = prefix_parse(span_of(argv[first]), &why.target);
	if (r < 0 && r != -ERANGE) { /* with host bits set it is the network that they are in */
		fprintf(stderr, "banish why: \"%s\" is not an address\n", argv[first]);
		return EXIT_USAGE;
	}
	r = input_open("why", &why.common, &faults, &why.input);
	now = timestamp_now();
	if (r >= 0)
		r = banned = why_ask_kernel(&why, now);
	if (r >= 0)
		r = why_say_ignored(&why, (enum banned)banned);
	if (r >= 0)
		r = why_show_said(&why, now);
	r = faults_conclude(&faults, "why", r);
	return r >= 0 && (banned == BANNED_YES || banned == BANNED_FORCED) ? EXIT_YES : EXIT_NO;
}
