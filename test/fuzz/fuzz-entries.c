#include "cli/verb.h"
#include "fuzz.h"
#include "output.h"

#include <cjson/cJSON.h>

/* Each line of the output is an object; an error is said. */
static void check(const struct output *output, int code)
{
	const char *line = output->out;

	FUZZ_CHECK(code == EXIT_YES || code == EXIT_NO);
	FUZZ_CHECK(code == EXIT_YES || output->err_size > 0);
	while (line && *line) {
		const char *end = strchr(line, '\n');
		cJSON *object = cJSON_Parse(line);

		FUZZ_CHECK(end && cJSON_IsObject(object));
		cJSON_Delete(object);
		line = end + 1;
	}
}

/* `banish test` reads what `journalctl -o json` writes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char test[] = "test", json[] = "--json", config[] = "--config", rules[] = "--rules",
	     folder[] = FUZZ_DIRECTORY "/entries", none[] = FUZZ_DIRECTORY "/corpus";
	char *argv[] = { test, json, config, folder, rules, none, NULL };
	cleanup(freep) char *copy = strndup((const char *)data, size);
	FILE *before = stdin, *input;
	struct output output;
	int code;

	FUZZ_CHECK(copy);
	input = *copy ? fmemopen(copy, strlen(copy), "r") : NULL;
	if (!input)
		return 0;
	stdin = input;
	output_begin(&output);
	code = verb_test(ARRAY_SIZE(argv) - 1, argv);
	output_end(&output);
	stdin = before;
	(void)fclose(input);
	check(&output, code);
	output_done(&output);
	return 0;
}
