#include "fuzz.h"
#include "lint/cost.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <string.h>

/* Without PCRE2's guesses of what gives nothing back: 10.42 makes one too many in
 * "b*(?>(?>\.)?\.*+)[ab]". */
#define OPTIONS                                                                \
	(PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES | PCRE2_ANCHORED | \
	 PCRE2_NO_AUTO_POSSESS)

static int match(const char *pattern, struct span text)
{
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	int error, r = PCRE2_ERROR_INTERNAL;
	PCRE2_SIZE offset;
	pcre2_code *code;

	FUZZ_CHECK(data && context);
	pcre2_set_match_limit(context, 5000);
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, OPTIONS, &error, &offset,
			     NULL);
	if (code)
		r = pcre2_match(code, (PCRE2_SPTR)text.data, text.size, 0, 0, data, context);
	pcre2_code_free(code);
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return r;
}

/* The pattern that hides no cost must match the same. */
static void spell_out(const char *pattern, struct span text)
{
	int r = match(pattern, text), same;
	char *spelled;

	if (r == PCRE2_ERROR_INTERNAL || pump_spell_out(pattern, &spelled) != 0)
		return;
	same = match(spelled, text);
	if (r >= PCRE2_ERROR_NOMATCH && same >= PCRE2_ERROR_NOMATCH)
		FUZZ_CHECK((r < 0) == (same < 0));
	free(spelled);
}

/* What is said to grow must be shown to. */
static void find_cost(char *pattern, char *message)
{
	char name[] = "e", file[] = "r.json";
	struct event event = { .name = name, .pattern = pattern };
	struct example example = { .message = message, .event = event.name };
	struct rule rule = {
		.file = file, .events = &event, .n_events = 1, .examples = &example, .n_examples = 1
	};
	struct cost cost;
	int r = cost_find(&rule, &event, &cost);

	FUZZ_CHECK(r == 0 || r == 1 || r == -EINVAL);
	if (r != 1)
		return;
	FUZZ_CHECK(cost.piece[0] != '\0' && strlen(cost.piece) <= PUMP_PIECE_MAX &&
		   strlen(cost.head) <= COST_HEAD_MAX);
	for (size_t i = 0; i < 2; i++)
		FUZZ_CHECK(cost.pumped.repeats[i] < cost.pumped.repeats[i + 1]);
}

/* A pattern, a line feed, an example. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = memchr(data, '\n', size);
	char *pattern, *message;
	struct span text;

	if (!end || memchr(data, '\0', (size_t)(end - (const char *)data)) || size > 500)
		return 0;
	text = (struct span){ end + 1, size - (size_t)(end + 1 - (const char *)data) };
	pattern = strndup((const char *)data, (size_t)(end - (const char *)data));
	message = strndup(text.data, text.size);
	FUZZ_CHECK(pattern && message);
	spell_out(pattern, text);
	find_cost(pattern, message);
	free(pattern);
	free(message);
	return 0;
}
