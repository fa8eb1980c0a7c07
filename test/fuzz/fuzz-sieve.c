#include "fuzz.h"
#include "match/sieve.h"
#include "match/token.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <string.h>

/* Anchored, as all of ours are: for others PCRE2 10.42 takes the ".*" of "(.*){0}" for an anchor.
 * Without its guesses of what gives nothing back: it makes one too many in "b*(?>(?>\.)?\.*+)[ab]".
 */
#define OPTIONS                                                                \
	(PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES | PCRE2_ANCHORED | \
	 PCRE2_NO_AUTO_POSSESS)

static int match(const char *pattern, struct span text, pcre2_match_context *context)
{
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error, r;

	FUZZ_CHECK(data);
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, OPTIONS, &error, &offset,
			     NULL);
	r = !code ? PCRE2_ERROR_INTERNAL
		  : pcre2_match(code, (PCRE2_SPTR)text.data, text.size, 0, 0, data, context);
	pcre2_code_free(code);
	pcre2_match_data_free(data);
	return r;
}

static bool passes(char *pattern, struct span text)
{
	static char field[] = "MESSAGE";
	const struct event event = { .field = field, .pattern = pattern }, *events = &event;
	struct sieve *sieve;
	uint64_t passed[1];
	bool any;

	FUZZ_CHECK(sieve_new(&events, 1, &sieve) == 0);
	any = sieve_pass(sieve, text, passed);
	sieve_free(sieve);
	return any;
}

/* A pattern, a line feed, a text: what PCRE2 matches must pass the sieve. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = memchr(data, '\n', size);
	pcre2_match_context *context;
	char *pattern;
	struct span text;
	int r;

	if (!end || memchr(data, '\0', (size_t)(end - (const char *)data)) || size > 2000)
		return 0;
	pattern = strndup((const char *)data, (size_t)(end - (const char *)data));
	context = pcre2_match_context_create(NULL);
	FUZZ_CHECK(pattern && context);
	pcre2_set_match_limit(context, 5000);
	text = (struct span){ end + 1, size - (size_t)(end + 1 - (const char *)data) };
	r = match(pattern, text, context);
	FUZZ_CHECK(passes(pattern, text) || r < 0);
	pcre2_match_context_free(context);
	free(pattern);
	return 0;
}
