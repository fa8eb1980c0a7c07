#include "match/sieve.h"

#include "base/bitmap.h"
#include "match/match.h"
#include "patterns.h"
#include "random.h"
#include "rules.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <cjson/cJSON.h>
#include <glob.h>
#include <pcre2.h>
#include <stdio.h>

static uint64_t seed;

static struct sieve *sieve_of(const struct rule *rule)
{
	const struct event *events[1024];
	struct sieve *sieve = NULL;

	for (size_t i = 0; i < rule->n_events; i++)
		events[i] = &rule->events[i];
	assert_int_equal(sieve_new(events, rule->n_events, &sieve), 0);
	return sieve;
}

static void assert_passes(struct sieve *sieve, const char *text, const char *passing)
{
	uint64_t events[1] = { 0 };
	bool any = sieve_pass(sieve, span_of(text), events);

	assert_int_equal(any, strchr(passing, '1') != NULL);
	for (size_t i = 0; any && passing[i]; i++)
		if (bitmap_has(events, i) != (passing[i] == '1'))
			fail_msg("event %zu and \"%s\"", i, text);
}

/* What a pattern requires shows in what passes: `with`, but not `without`. */
static void reads_off_what_a_pattern_requires(void **state)
{
	static const struct {
		const char *pattern, *with, *without; /* NULL: everything passes */
	} cases[] = {
		{ "^abcd", "abcd", "abcx" },
		{ "^abcde.fghi$", "abcde", "abcd fghi" },
		{ "^(?:imap|pop3)-login: (?<user>.*), x", "-login: ", "imap-login" },
		{ "^(?:imap|pop3)", "pop3", "imaq" },
		{ "^(?:x(?:abcd|efgh)+y|ijkl)", "efgh", "xyijk" },
		{ "^(?:x(?:abcd|efgh)+y|ijkl)", "ijkl", "xyijk" },
		{ "^abcde?fghij", "fghij", "abcdefghi" },
		{ "^abcde*?fgh", "abcd", "abc fgh" },
		{ "^abcde+fgh", "abcde", "abcdfgh" },
		{ "^abcde{0,1}fgh", "abcd", "abc fgh" },
		{ "^abcd{2}{3}efg", "abcd", "abcefg" },
		{ "^(?:abcd){2,3}", "abcd", "abc" },
		{ "^ab{x}cd", "ab{x}cd", "abcd" },
		{ "^ab\\.c\\x41\\td", "ab.cA\td", "ab.cA d" },
		{ "^[Pp]assword", "assword", "Passwor" },
		{ "^abc(?=zzzzz)def(?!yyyyyy)(?<=wwwwww)ghi", "abcdefghi", "abc def ghi" },
		{ "^(?>abcd|abcde)++(?<n>ef)(?'m'hi)(?P<o>k)(?|lm)", "abcd", "efhiklm" },
		{ "^(abcd)\\1efg", "abcd", "abc efg" },
		{ "^ab[[:alpha:]]cdef[[:blank:]]g", "cdef", "ab cde g" },
		{ "^\\Aab\\b\\Kcd\\z", "abcd", "ab cd" },
		{ "^(?s)abcd(?-s:.)(?m)", "abcd", "abc" },
		/* An alternative, or a repeat, without. */
		{ "^(?:abcd|[a-z]+)x", NULL, NULL },
		{ "^(?:abcd|)x", NULL, NULL },
		{ "^(?:|abcd)x", NULL, NULL },
		{ "^(?:abcd|(?:efgh|i))x", NULL, NULL },
		{ "^(?:abcd)?x", NULL, NULL },
		{ "^(?:abcd)*x", NULL, NULL },
		{ "^(?:abcd){0}x", NULL, NULL },
		{ "^(?:abcd){0,2}x", NULL, NULL },
		{ "^(?:abcd){2}{0,2}x", NULL, NULL },
		{ "^(?!abcd)x", NULL, NULL },
		{ "^(?<!abcd)x", NULL, NULL },
		{ "^abc", NULL, NULL },
		{ "", NULL, NULL },
		/* What is not understood demands nothing. */
		{ "^(?i)abcd", NULL, NULL },
		{ "^abcd(?i:x)", NULL, NULL },
		{ "^(?:(?i)x|abcd)abcd", NULL, NULL },
		{ "^abcd(?-i)efgh", NULL, NULL },
		{ "^abcd(?(1)x|y)", NULL, NULL },
		{ "^(?(DEFINE)(?<x>abcd))y", NULL, NULL },
		{ "^(?(?=abcd)x|y)", NULL, NULL },
		{ "^abcd\\Q.*\\E", NULL, NULL },
		{ "^\\Qabcd", NULL, NULL },
		{ "(*ANYCRLF)^abcd", NULL, NULL },
		{ "^abcd(*ACCEPT)efgh", NULL, NULL },
		{ "^abcd(?#x)", NULL, NULL },
		{ "^abcd(?R)?", NULL, NULL },
		{ "^(abcd){0}(?1)", NULL, NULL },
		{ "^abcd\\x{41}", NULL, NULL },
		{ "^abcd\\pL", NULL, NULL },
		{ "^(?x) a b c d", NULL, NULL },
		{ "^(?xx:ab cd)", NULL, NULL },
		{ "^abcd{,2}", NULL, NULL },
		{ "^abcde{ 0, 2 }", NULL, NULL },
		{ "^abcd(", NULL, NULL },
		{ "^abcd)", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = make_rule("a", "_UID=0");
		struct sieve *sieve;
		uint64_t events[1];

		make_event(rule, "e", "MESSAGE", cases[i].pattern);
		sieve = sieve_of(rule);
		if (sieve_pass(sieve, span_of(cases[i].with ? cases[i].with : ""), events) == false)
			fail_msg("%s stops \"%s\"", cases[i].pattern, cases[i].with);
		if (cases[i].without && sieve_pass(sieve, span_of(cases[i].without), events))
			fail_msg("%s passes \"%s\"", cases[i].pattern, cases[i].without);
		sieve_free(sieve);
		pool_done();
	}
}

static void passes_what_can_match(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;

	make_event(rule, "e", "MESSAGE", "^(?:imap|pop3)-login: .*auth failed, (?<address>.)");
	make_event(rule, "f", "MESSAGE", "^[a-z0-9]+-login: .*no auth attempts(?<address>.)");
	make_logfmt_event(rule, "g", "m", "login attempt|new connection", false);
	make_event(rule, "h", "OTHER", "^(?<address>.)");
	sieve = sieve_of(rule);
	assert_passes(sieve, "imap-login: Disconnected (auth failed, 3 attempts)", "1000");
	assert_passes(sieve, "imap-login: Disconnected (no auth attempts)", "0100");
	assert_passes(sieve, "auth failed, imap-login: no auth attempts", "1100");
	assert_passes(sieve, "imap-login: Login", "0000");
	assert_passes(sieve, "auth failed", "0000");
	assert_passes(sieve, "l=info m=\"new connection\"", "0010");
	assert_passes(sieve, "l=info m=\"new connectio\"", "0000");
	assert_passes(sieve, "", "0000");
	assert_passes(sieve, "abc", "0000");
	pool_done();
}

static void an_event_that_requires_nothing_always_passes(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;

	make_event(rule, "e", "MESSAGE", "^(?i)failed (?<address>.)");
	make_event(rule, "f", "MESSAGE", "^failed (?<address>.)");
	sieve = sieve_of(rule);
	assert_passes(sieve, "", "10");
	assert_passes(sieve, "failed", "10");
	assert_passes(sieve, "failed x", "11");
	pool_done();
}

/* Of a hundred events that have much in common each is known by what it alone has. */
static void rare_texts_tell_events_apart(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;
	uint64_t events[2];
	char text[128];

	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text),
			       "^\\d+ a long text that all have .* kind %d .* (?<address>.)", i);
		make_event(rule, "e", "MESSAGE", text);
	}
	sieve = sieve_of(rule);
	for (size_t i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "1 a long text that all have, kind %zu a x", i);
		assert_true(sieve_pass(sieve, span_of(text), events));
		assert_int_equal(bitmap_next(events, 0, 100), i);
		assert_int_equal(bitmap_next(events, i + 1, 100), 100);
	}
	pool_done();
}

/* As many events as there are share one text: it marks them all. */
static void a_text_of_many_events_passes_all(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;
	uint64_t events[5];

	for (int i = 0; i < 300; i++)
		make_event(rule, "e", "MESSAGE", i % 3 ? "^login (?<user>.)" : "^(?:logout|other)");
	sieve = sieve_of(rule);
	assert_true(sieve_pass(sieve, span_of("a login b"), events));
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(bitmap_has(events, i), i % 3 != 0);
	assert_true(sieve_pass(sieve, span_of("other"), events));
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(bitmap_has(events, i), i % 3 == 0);
	pool_done();
}

static bool matches(const struct event *event, const char *text)
{
	cleanup(match_freep) struct match *match = NULL;
	cleanup(matcher_freep) struct matcher *matcher = NULL;
	struct pairs logfmt = { 0 };
	struct subject subject = { .text = span_of(text), .pairs = &logfmt };
	struct captures captures;
	struct faults faults = { 0 };
	int r;

	assert_int_equal(match_new("r", event, 0, &faults, &match), 0);
	assert_int_equal(matcher_new(&matcher), 0);
	r = match_run(match, matcher, &subject, &captures);
	pairs_done(&logfmt);
	return r > 0;
}

/* Only a number can stand for a byte of a plain value; other values are not looked for. */
static void a_value_can_be_escaped(void **state)
{
	static const char *const texts[] = {
		"m=\"login attempt\"",
		"m=\"login \\x61ttempt\"",
		"m=\"\\u006cogin attempt\"",
		"m=\"\\U0000006cogin attempt\"",
		"a=\"\\\\\" m=\"login attemp\\x74\"",
	};
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;

	make_logfmt_event(rule, "e", "m", "login attempt|imap command", false);
	make_logfmt_event(rule, "f", "m", "login attempt|tab\there", false);
	make_logfmt_event(rule, "g", "m", "a \"b\" c", false);
	make_logfmt_event(rule, "h", "m", "back\\slash", false);
	make_logfmt_event(rule, "i", "m", "caf\xc3\xa9s", false);
	sieve = sieve_of(rule);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(matches(&rule->events[0], texts[i]));
		assert_passes(sieve, texts[i], "11111");
	}
	assert_passes(sieve, "m=\"login attemp\"", "01111");
	assert_passes(sieve, "m=\"login \\ttempt \\\\x\"", "01111");
	assert_passes(sieve, "m=\"login attempt", "11111");
	assert_passes(sieve, "m=", "01111");
	assert_passes(sieve, "m=\\", "01111");
	pool_done();
}

/* JSON has an escape for the slash, and numbers for all; a prefix stands as it is. */
static void json_is_looked_for(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;
	static char prefix[] = "^imap: failed\t";

	make_logfmt_event(rule, "e", "m", "login attempt", false)->format = FORMAT_JSON;
	make_logfmt_event(rule, "f", "m", "/login/attempt", false)->format = FORMAT_JSON;
	make_logfmt_event(rule, "g", "m", "", true)->format = FORMAT_JSON;
	rule->events[2].prefix = prefix;
	sieve = sieve_of(rule);
	assert_passes(sieve, "{\"m\":\"login attempt\"}", "110");
	assert_passes(sieve, "{\"m\":\"\\/login\\/attempt\"}", "010");
	assert_true(matches(&rule->events[1], "{\"m\":\"\\/login\\/attempt\"}"));
	assert_passes(sieve, "{\"m\":\"login \\u0061ttempt\"}", "111");
	assert_true(matches(&rule->events[0], "{\"m\":\"login \\u0061ttempt\"}"));
	assert_passes(sieve, "imap: failed\t{\"m\":\"x\"}", "011");
	assert_true(matches(&rule->events[2], "imap: failed\t{\"m\":\"x\"}"));
	pool_done();
}

/* Neither what a key must not be, nor a missing one, nor one of too many can be looked for. */
static void some_conditions_require_nothing(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;

	make_logfmt_event(rule, "e", "m", "login attempt", true);
	make_logfmt_event(rule, "f", "m", "login attempt|", false);
	make_logfmt_event(rule, "g", "m", "login attempt|cmd", false);
	make_logfmt_event(rule, "h", "m",
			  "aaaaa|bbbbb|ccccc|ddddd|eeeee|fffff|ggggg|hhhhh|iiiii|jjjjj|kkkkk|"
			  "lllll|mmmmm|nnnnn|ooooo|ppppp|qqqqq|rrrrr|sssss|ttttt|uuuuu|vvvvv|"
			  "wwwww|xxxxx|yyyyy|zzzzz|11111|22222|33333|44444|55555|66666|77777|88888",
			  false);
	sieve = sieve_of(rule);
	assert_passes(sieve, "m=x", "1111");
	pool_done();
}

static void no_events_pass_nothing(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = sieve_of(rule);

	assert_passes(sieve, "failed", "");
	pool_done();
}

static void what_nearly_is_a_needle_over_and_over_passes(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;
	static char text[65536];

	make_event(rule, "e", "MESSAGE", "^login .*authentication failed(?<address>.)");
	make_event(rule, "f", "MESSAGE", "^logout .*disconnected too early(?<address>.)");
	sieve = sieve_of(rule);
	strcpy(text, "login ");
	for (size_t i = 0; i < 8; i++)
		strcat(text, "authentication faile_");
	assert_passes(sieve, text, "00");
	for (size_t i = 0; i < 2000; i++)
		strcat(text, "authentication faile_");
	assert_passes(sieve, text, "10");
	/* Only this once. */
	assert_passes(sieve, "login authentication faile_", "00");
	assert_passes(sieve, "login authentication failed", "10");
	pool_done();
}

/* Few letters, so that literals overlap, repeat and share their grams. */
static void random_text(uint64_t *random, char *text, size_t least, size_t most)
{
	size_t size = least + random_below(random, most - least + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = "abcd"[random_below(random, 4) * random_below(random, 2)];
	text[size] = '\0';
}

#define N_LITERALS 3

/* "^(?:dabca|aaaac|abcd)": its literals are known. */
static void make_random_event(uint64_t *random, struct rule *rule, char literals[][16])
{
	char pattern[128] = "^(?:";

	for (size_t i = 0; i < N_LITERALS; i++) {
		random_text(random, literals[i], 4, 10);
		strcat(strcat(pattern, i > 0 ? "|" : ""), literals[i]);
	}
	make_event(rule, "e", "MESSAGE", strcat(pattern, ")(?<address>.)"));
}

static void finds_what_a_naive_search_finds(void **state)
{
	static char literals[300][N_LITERALS][16];
	uint64_t random = seed;
	size_t n_passed = 0, n_stopped = 0;

	for (int round = 0; round < 400; round++) {
		/* So few literals and places are always looked at closely. */
		bool few = round % 10 > 0;
		size_t n_events = 1 + random_below(&random, few ? 3 : 300);
		struct rule *rule = make_rule("a", "_UID=0");
		struct sieve *sieve;

		for (size_t i = 0; i < n_events; i++)
			make_random_event(&random, rule, literals[i]);
		sieve = sieve_of(rule);
		for (int i = 0; i < 40; i++) {
			uint64_t events[5] = { 0 };
			char text[600];
			bool one = false, any;

			random_text(&random, text, 0, few ? 10 : sizeof(text) - 1);
			any = sieve_pass(sieve, span_of(text), events);
			for (size_t j = 0; j < n_events; j++) {
				bool passes = false, passed = any && bitmap_has(events, j);

				for (size_t k = 0; k < N_LITERALS; k++)
					passes |= strstr(text, literals[j][k]) != NULL;
				one |= passed;
				n_passed += passes;
				n_stopped += !passes;
				assert_true(passed || !passes);
				assert_true(passed == passes || !few);
			}
			assert_int_equal(any, one);
		}
		sieve_free(sieve);
		pool_done();
	}
	assert_true(n_passed > 1000 && n_stopped > 1000);
}

/* Whatever PCRE2 matches must pass, with many events beside it and in long texts, too. */
static void no_match_is_stopped(void **state)
{
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	pcre2_match_context *limited = pcre2_match_context_create(NULL);
	unsigned n_matches = 0, n_stopped = 0;
	uint64_t random = seed;

	pcre2_set_match_limit(limited, 20000);
	for (int round = 0; round < 60; round++) {
		struct rule *rule = make_rule("a", "_UID=0");
		pcre2_code *codes[32];
		struct sieve *sieve;

		while (rule->n_events < ARRAY_SIZE(codes)) {
			char pattern[1024] = "";
			PCRE2_SIZE offset;
			int error;

			put_pattern(&random, pattern, sizeof(pattern), 3);
			codes[rule->n_events] =
				pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
					      PCRE2_DUPNAMES, &error, &offset, NULL);
			if (codes[rule->n_events])
				make_event(rule, "e", "MESSAGE", pattern);
		}
		sieve = sieve_of(rule);
		for (int j = 0; j < 60; j++) {
			uint64_t passed[1] = { 0 };
			char text[300];
			size_t size = put_text(&random, text, j % 4 > 0 ? 16 : sizeof(text));

			(void)sieve_pass(sieve, (struct span){ text, size }, passed);
			for (size_t i = 0; i < rule->n_events; i++) {
				n_stopped += !bitmap_has(passed, i);
				if (pcre2_match(codes[i], (PCRE2_SPTR)text, size, 0, 0, data,
						limited) < 0)
					continue;
				n_matches++;
				if (!bitmap_has(passed, i))
					fail_msg("%s matches \"%.*s\", but is stopped",
						 rule->events[i].pattern, (int)size, text);
			}
		}
		for (size_t i = 0; i < rule->n_events; i++)
			pcre2_code_free(codes[i]);
		sieve_free(sieve);
		pool_done();
	}
	/* The test itself must not run empty. */
	assert_true(n_matches > 1000 && n_stopped > 1000);
	pcre2_match_context_free(limited);
	pcre2_match_data_free(data);
}

/* All shipped rules, and how often a line was one of theirs. */
struct shipped {
	struct rule *rules[32];
	size_t n_rules;
	const struct event *events[512];
	struct match *matches[512];
	size_t n_events;
	struct matcher *matcher;
	struct sieve *sieve;
	struct pairs logfmt;
	unsigned n_lines, n_matches, n_stopped;
};

static char *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "re");
	size_t size = 0;
	char *text = NULL;

	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	(void)fclose(file);
	*ret_size = strlen(text);
	return text;
}

static void load_shipped(struct shipped *shipped)
{
	struct faults faults = { 0 };
	glob_t paths;

	assert_int_equal(glob(TEST_DATA "/../../rules/*.json", 0, NULL, &paths), 0);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		size_t size;
		char *text = read_file(paths.gl_pathv[i], &size);
		struct rule *rule;

		assert_int_equal(rule_parse(paths.gl_pathv[i], (struct span){ text, size }, &faults,
					    &rule),
				 0);
		shipped->rules[shipped->n_rules++] = rule;
		for (size_t j = 0; j < rule->n_events; j++) {
			shipped->events[shipped->n_events] = &rule->events[j];
			assert_int_equal(match_new("r", &rule->events[j], MATCH_JIT, &faults,
						   &shipped->matches[shipped->n_events++]),
					 0);
		}
		free(text);
	}
	globfree(&paths);
	assert_int_equal(sieve_new(shipped->events, shipped->n_events, &shipped->sieve), 0);
	assert_int_equal(matcher_new(&shipped->matcher), 0);
}

static void free_shipped(struct shipped *shipped)
{
	for (size_t i = 0; i < shipped->n_events; i++)
		match_free(shipped->matches[i]);
	for (size_t i = 0; i < shipped->n_rules; i++)
		rule_free(shipped->rules[i]);
	sieve_free(shipped->sieve);
	matcher_free(shipped->matcher);
	pairs_done(&shipped->logfmt);
}

/* Every event that matches without the sieve passes it. */
static void try_line(struct shipped *shipped, const char *line)
{
	struct subject subject = { .text = span_of(line), .pairs = &shipped->logfmt };
	uint64_t passed[8] = { 0 };

	(void)sieve_pass(shipped->sieve, subject.text, passed);
	shipped->n_lines++;
	for (size_t i = 0; i < shipped->n_events; i++) {
		struct captures captures;

		shipped->n_stopped += !bitmap_has(passed, i);
		if (match_run(shipped->matches[i], shipped->matcher, &subject, &captures) <= 0)
			continue;
		shipped->n_matches++;
		if (!bitmap_has(passed, i))
			fail_msg("\"%s\" is stopped, but \"%s\" matches it", line,
				 shipped->events[i]->name);
	}
}

/* The lines of a recording, one object a line: its "message", or each of its "messages". */
static void try_recording(struct shipped *shipped, const char *path)
{
	size_t size;
	char *text = read_file(path, &size), *rest = text;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		cJSON *entry = *line ? cJSON_Parse(line) : NULL, *message;

		assert_true(entry || !*line);
		if (cJSON_IsString(cJSON_GetObjectItem(entry, "message")))
			try_line(shipped, cJSON_GetObjectItem(entry, "message")->valuestring);
		cJSON_ArrayForEach(message,
				   cJSON_GetObjectItem(entry,
						       "messages")) if (cJSON_IsString(message))
			try_line(shipped, message->valuestring);
		cJSON_Delete(entry);
	}
	free(text);
}

static void no_example_and_no_recording_is_stopped(void **state)
{
	static const char *const folders[] = { TEST_DATA "/recordings/*.jsonl",
					       TEST_DATA "/../field/*.jsonl",
					       TEST_DATA "/../field/recordings/*.jsonl" };
	struct shipped shipped = { 0 };
	size_t n_examples = 0;

	load_shipped(&shipped);
	for (size_t i = 0; i < shipped.n_rules; i++)
		for (size_t j = 0; j < shipped.rules[i]->n_examples; j++, n_examples++)
			try_line(&shipped, shipped.rules[i]->examples[j].message);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		glob_t paths;

		assert_int_equal(glob(folders[i], 0, NULL, &paths), 0);
		for (size_t j = 0; j < paths.gl_pathc; j++)
			try_recording(&shipped, paths.gl_pathv[j]);
		globfree(&paths);
	}
	assert_true(n_examples > 100 && shipped.n_lines > n_examples + 5000);
	assert_true(shipped.n_matches > 2000);
	/* Nine events of ten need not be tried. */
	assert_true(shipped.n_stopped > shipped.n_lines * shipped.n_events / 10 * 9);
	free_shipped(&shipped);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_off_what_a_pattern_requires),
		cmocka_unit_test(passes_what_can_match),
		cmocka_unit_test(an_event_that_requires_nothing_always_passes),
		cmocka_unit_test(rare_texts_tell_events_apart),
		cmocka_unit_test(a_text_of_many_events_passes_all),
		cmocka_unit_test(a_value_can_be_escaped),
		cmocka_unit_test(json_is_looked_for),
		cmocka_unit_test(some_conditions_require_nothing),
		cmocka_unit_test(no_events_pass_nothing),
		cmocka_unit_test(what_nearly_is_a_needle_over_and_over_passes),
		cmocka_unit_test(finds_what_a_naive_search_finds),
		cmocka_unit_test(no_match_is_stopped),
		cmocka_unit_test(no_example_and_no_recording_is_stopped),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
