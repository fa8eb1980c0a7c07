#ifndef BANISH_DAEMON_CLI_OPTIONS_H
#define BANISH_DAEMON_CLI_OPTIONS_H

/*
 * The words of a call. A verb lists its options as rows; parsing, "--help" and the sentence for a
 * wrong word all come from the same rows, so they cannot drift apart.
 */

#include "base/util.h"
#include "io/terminal.h"

struct option_row {
	const char *name;     /* without the dashes */
	const char *argument; /* what help calls it; NULL: a switch */
	const char *help;
	void *target; /* const char ** for an argument, bool * for a switch; what `parse` wants
			 where there is one */
	int (*parse)(const char *text,
		     void *target); /* 0, or negative errno: the text is no such thing */
};

struct usage {
	const char *verb;
	const char *words;   /* what follows the options: "[JAIL]" */
	const char *summary; /* a sentence or a few */
	const struct option_row *rows;
	size_t n_rows;
	int min_words, max_words; /* max_words < 0: no limit */
};

/* Of the options in the array `options`. */
#define USAGE(name, operands, min, max, options, text)                                     \
	{                                                                                  \
		.verb = (name), .words = (operands), .summary = (text), .rows = (options), \
		.n_rows = ARRAY_SIZE(options), .min_words = (min), .max_words = (max)      \
	}

/* Where the configuration lies and what journal is read: the options that verbs share. */
struct common {
	const char *confdir, *rulesdir;
	bool json;
	const char *file, *directory;
	usec_t since, until; /* not given: 0, or what the verb put there, and USEC_INFINITY */
};

#define COMMON_DEFAULTS                                                          \
	{                                                                        \
		.confdir = CONFDIR, .rulesdir = RULESDIR, .until = USEC_INFINITY \
	}

#define OPTION_CONFIG(common)                                                            \
	{ "config", "DIR", "directory of banish.json and rules.d (default " CONFDIR ")", \
	  &(common).confdir, NULL },                                                     \
	{                                                                                \
		"rules", "DIR", "directory of the shipped rules (default " RULESDIR ")", \
			&(common).rulesdir, NULL                                         \
	}
#define OPTION_JSON(common)                                                        \
	{                                                                          \
		"json", NULL, "print one JSON object a line", &(common).json, NULL \
	}
#define OPTION_PLACE(common)                                                                   \
	{ "file", "FILE", "read this journal file (or glob) instead of the machine's journal", \
	  &(common).file, NULL },                                                              \
	{                                                                                      \
		"directory", "DIR", "read the journal files of this directory",                \
			&(common).directory, NULL                                              \
	}
#define OPTION_JOURNAL(common)                                                                    \
	OPTION_PLACE(common),                                                                     \
		{ "since", "TIME",                                                                \
		  "begin here: @SECONDS, YYYY-MM-DD[ HH:MM[:SS]], HH:MM, today, \"2h ago\", -2h", \
		  &(common).since, parse_time },                                                  \
	{                                                                                         \
		"until", "TIME", "end here", &(common).until, parse_time                          \
	}

/* How it is shown on a terminal. */
struct looks {
	enum terminal_color color;
	bool no_pager;
};

#define OPTION_LOOKS(looks)                                                                        \
	{ "color", "WHEN", "colours: auto (on a terminal), always, never", &(looks).color,         \
	  parse_color },                                                                           \
	{                                                                                          \
		"no-pager", NULL, "print to the terminal, not through a pager", &(looks).no_pager, \
			NULL                                                                       \
	}

/* Parses; argv is permuted so that the words stand last. 0: go on, words begin at *ret_first. 1:
 * done, exit with *ret_exit (help was printed to stdout, or the fault to stderr). */
int options_parse(const struct usage *usage, int argc, char **argv, int *ret_first, int *ret_exit);

/* For rows: text -> usec_t, a point in time (see timestamp.h) or a duration. */
int parse_time(const char *text, void *target);
int parse_span(const char *text, void *target);
/* For OPTION_LOOKS. */
int parse_color(const char *text, void *target);

#endif
