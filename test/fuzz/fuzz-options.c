#include "cli/options.h"
#include "cli/verb.h"
#include "fuzz.h"
#include "output.h"

#define MAX_WORDS 64

/* The words, one a line, are permuted, none is lost; or there is one sentence. */
static void check(int argc, char **argv)
{
	struct common common = COMMON_DEFAULTS;
	usec_t span = 0;
	bool quiet = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(common),
		OPTION_JOURNAL(common),
		OPTION_JSON(common),
		{ "time", "SPAN", "so long", &span, parse_span },
		{ "quiet", NULL, "no word", &quiet, NULL },
	};
	const struct usage usage = USAGE("ban", "ADDRESS...", 1, 3, rows, "Does something.");
	struct output output;
	int first = -1, exit_code = -1, done;

	output_begin(&output);
	done = options_parse(&usage, argc, argv, &first, &exit_code);
	output_end(&output);
	FUZZ_CHECK(done == 0 || done == 1);
	if (done == 0) {
		FUZZ_CHECK(first >= 1 && argc - first >= 1 && argc - first <= 3);
		FUZZ_CHECK(output.out_size == 0 && output.err_size == 0);
	} else if (exit_code == EXIT_USAGE) {
		FUZZ_CHECK(output.out_size == 0 && output.err_size > 0);
		FUZZ_CHECK(output.err[output.err_size - 1] == '\n');
	} else {
		FUZZ_CHECK(exit_code == EXIT_YES && output.out_size > 0);
	}
	output_done(&output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(freep) char *text = strndup((const char *)data, size);
	char *argv[MAX_WORDS + 1] = { 0 }, *rest = text;
	char verb[] = "ban";
	int argc = 1;

	FUZZ_CHECK(text);
	argv[0] = verb;
	while (rest && argc < MAX_WORDS)
		argv[argc++] = strsep(&rest, "\n");
	check(argc, argv);
	return 0;
}
