#include "cli/options.h"

#include "base/printable.h"
#include "base/timespan.h"
#include "cli/timestamp.h"
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#define MAX_ROWS   24  /* of one verb, --help included */
#define WORD_SHOWN 200 /* bytes */

/* What getopt tells long options by: a short one is told by its character. */
enum { LONG_OF_ROW = 256, LONG_HELP };

static void print_help(const struct usage *usage)
{
	printf("Usage: banish %s [OPTION...]%s%s\n\n%s\n\n", usage->verb, *usage->words ? " " : "",
	       usage->words, usage->summary);
	for (size_t i = 0; i < usage->n_rows; i++) {
		const struct option_row *row = &usage->rows[i];
		char head[40];

		snprintf(head, sizeof(head), "--%s%s%s", row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		printf("  %-18s %s\n", head, row->help);
	}
	printf("  %-18s %s\n", "--help", "this text");
}

static int wrong(const struct usage *usage, int *ret_exit)
{
	fprintf(stderr, "\"banish %s --help\" lists its options\n", usage->verb);
	*ret_exit = EXIT_USAGE;
	return 1;
}

/* `word` is the one that getopt left behind: of a short option it may be the one before. */
static int options_refuse(const struct usage *usage, int r, const char *word, int *ret_exit)
{
	/* a letter beyond ASCII is a negative char */
	const char letter[] = { '-', (char)optopt, '\0' };
	bool is_short = optopt != 0 && optopt < LONG_OF_ROW, is_known = optopt >= LONG_OF_ROW;
	cleanup(freep) char *shown = NULL;
	struct span name = span_of(is_short ? letter : word);

	if (is_known && r != ':')
		name.size = strcspn(word, "=");
	shown = bytes_to_display(name, WORD_SHOWN);
	if (is_short || !is_known)
		fprintf(stderr, "banish %s: unknown option \"%s\"; ", usage->verb, shown ?: "");
	else
		fprintf(stderr, "banish %s: \"%s\" %s; ", usage->verb, shown ?: "",
			r == ':' ? "needs an argument" : "takes no argument");
	return wrong(usage, ret_exit);
}

int options_parse(const struct usage *usage, int argc, char **argv, int *ret_first, int *ret_exit)
{
	struct option table[MAX_ROWS + 1] = { 0 };
	int index = 0, r;

	for (size_t i = 0; i < usage->n_rows; i++)
		table[i] =
			(struct option){ usage->rows[i].name,
					 usage->rows[i].argument ? required_argument : no_argument,
					 NULL, LONG_OF_ROW };
	table[usage->n_rows] = (struct option){ "help", no_argument, NULL, LONG_HELP };

	optind = 0; /* glibc: start anew, options and words may be mixed */
	opterr = 0;
	while ((r = getopt_long(argc, argv, ":h", table, &index)) != -1) {
		const struct option_row *row = &usage->rows[index];

		if (r == 'h' || r == LONG_HELP) {
			print_help(usage);
			*ret_exit = EXIT_YES;
			return 1;
		}
		if (r != LONG_OF_ROW)
			return options_refuse(usage, r, argv[optind - 1], ret_exit);
		if (!row->argument) {
			*(bool *)row->target = true;
		} else if (!row->parse) {
			*(const char **)row->target = optarg;
		} else if (row->parse(optarg, row->target) < 0) {
			cleanup(freep) char *shown = bytes_to_display(span_of(optarg), WORD_SHOWN);

			fprintf(stderr, "banish %s: --%s: \"%s\" is not a valid %s; ", usage->verb,
				row->name, shown ?: "", row->argument);
			return wrong(usage, ret_exit);
		}
	}
	*ret_first = optind;
	if (argc - optind < usage->min_words)
		fprintf(stderr, "banish %s: %s is missing; ", usage->verb, usage->words);
	else if (usage->max_words >= 0 && argc - optind > usage->max_words)
		fprintf(stderr, "banish %s: too many arguments; ", usage->verb);
	else
		return 0;
	return wrong(usage, ret_exit);
}

int parse_time(const char *text, void *target)
{
	return timestamp_parse(text, timestamp_now(), target);
}

int parse_span(const char *text, void *target)
{
	return timespan_parse(span_of(text), target);
}

int parse_color(const char *text, void *target)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*(enum terminal_color *)target = (enum terminal_color)i;
			return 0;
		}
	return -EINVAL;
}
