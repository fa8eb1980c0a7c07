#include "entry/linebreak.h"

#include "rules.h"

#include <stdio.h>

/* What an entry answers; counts the questions. */
struct stream_source {
	const char *line_break, *stream;
	unsigned n_asked;
};

static int answer(void *pointer, const char *name, struct span *ret)
{
	struct stream_source *source = pointer;
	const char *value = strcmp(name, "_LINE_BREAK") == 0  ? source->line_break
			    : strcmp(name, "_STREAM_ID") == 0 ? source->stream
							      : NULL;

	source->n_asked++;
	if (!value)
		return 0;
	*ret = span_of(value);
	return 1;
}

static int feed(struct linebreak *linebreak, const char *line_break, const char *stream,
		bool may_be_split, unsigned n_asked)
{
	struct stream_source source = { line_break, stream, 0 };
	struct entry entry = { .field = answer, .source = &source, .may_be_split = may_be_split };
	int r;

	r = linebreak_feed(linebreak, &entry);
	assert_int_equal(source.n_asked, n_asked);
	return r;
}

static void passes_over_all_pieces(void **state)
{
	struct linebreak linebreak = { 0 };

	assert_int_equal(feed(&linebreak, NULL, "a", true, 1), 0);
	assert_int_equal(feed(&linebreak, "line-max", "a", true, 2), 1);
	assert_int_equal(feed(&linebreak, "line-max", "a", true, 2), 1);
	assert_int_equal(feed(&linebreak, NULL, "b", true, 2), 0);
	assert_int_equal(feed(&linebreak, NULL, NULL, true, 2), 0);
	assert_int_equal(feed(&linebreak, NULL, "a", true, 2), 1);
	assert_int_equal(feed(&linebreak, NULL, "a", true, 1), 0);
}

static void other_breaks_are_whole_lines(void **state)
{
	struct linebreak linebreak = { 0 };

	assert_int_equal(feed(&linebreak, "eof", "a", true, 1), 0);
	assert_int_equal(feed(&linebreak, "nul", "a", true, 1), 0);
	assert_int_equal(feed(&linebreak, NULL, "a", true, 1), 0);
	/* The last piece may carry another mark. */
	assert_int_equal(feed(&linebreak, "line-max", "a", true, 2), 1);
	assert_int_equal(feed(&linebreak, "eof", "a", true, 2), 1);
	assert_int_equal(feed(&linebreak, "eof", "a", true, 1), 0);
}

static void asks_nothing_of_a_source_without_pieces(void **state)
{
	struct linebreak linebreak = { 0 };

	assert_int_equal(feed(&linebreak, "line-max", "a", false, 0), 0);
	assert_int_equal(feed(&linebreak, NULL, "a", false, 0), 0);
}

static void a_piece_without_stream_is_a_piece(void **state)
{
	struct linebreak linebreak = { 0 };

	assert_int_equal(feed(&linebreak, "line-max", NULL, true, 2), 1);
	assert_int_equal(feed(&linebreak, NULL, "a", true, 1), 0);
	assert_int_equal(feed(&linebreak, "line-max", "0123456789012345678901234567890123456789x",
			      true, 2),
			 1);
	assert_int_equal(feed(&linebreak, NULL, "a", true, 1), 0);
}

static void forgets_the_oldest_stream_first(void **state)
{
	struct linebreak linebreak = { 0 };
	char stream[16];

	for (int i = 0; i < SPLIT_MAX_STREAMS + 1; i++) {
		(void)snprintf(stream, sizeof(stream), "s%d", i);
		assert_int_equal(feed(&linebreak, "line-max", stream, true, 2), 1);
	}
	assert_int_equal(feed(&linebreak, NULL, "s0", true, 2), 0);
	for (int i = 1; i < SPLIT_MAX_STREAMS + 1; i++) {
		(void)snprintf(stream, sizeof(stream), "s%d", i);
		assert_int_equal(feed(&linebreak, NULL, stream, true, 2), 1);
	}
	assert_int_equal(linebreak.journald.n_pending, 0);
	assert_int_equal(feed(&linebreak, NULL, "s1", true, 1), 0);
}

/* What of a line of an engine tells whose piece it is. */
static int feed_engine(struct linebreak *linebreak, const char *container, const char *priority,
		       const char *unit, const char *mark)
{
	char texts[3][128];
	struct source source = { .fields = FIELDS(texts[0], texts[1], texts[2], mark) };
	struct entry entry = source_entry(&source);

	entry.may_be_partial = true;
	(void)snprintf(texts[0], sizeof(texts[0]), "CONTAINER_ID_FULL=%s", container);
	(void)snprintf(texts[1], sizeof(texts[1]), "PRIORITY=%s", priority);
	(void)snprintf(texts[2], sizeof(texts[2]), "_SYSTEMD_UNIT=%s", unit);
	return linebreak_feed(linebreak, &entry);
}

#define PARTIAL "CONTAINER_PARTIAL_MESSAGE=true"

static void passes_over_pieces_of_engines(void **state)
{
	struct linebreak linebreak = { 0 };
	struct source source = { .fields = FIELDS("CONTAINER_PARTIAL_MESSAGE=true") };
	struct entry entry = source_entry(&source);

	/* docker says it of each */
	assert_int_equal(feed_engine(&linebreak, "a", "6", "docker.service",
				     "CONTAINER_PARTIAL_ID=1"),
			 1);
	assert_int_equal(feed_engine(&linebreak, "a", "6", "docker.service", "X="), 0);
	/* podman of all but the last */
	assert_int_equal(feed_engine(&linebreak, "a", "6", "a.scope", PARTIAL), 1);
	assert_int_equal(feed_engine(&linebreak, "b", "6", "a.scope", "X="), 0);
	assert_int_equal(feed_engine(&linebreak, "a", "3", "a.scope", "X="), 0);
	assert_int_equal(feed_engine(&linebreak, "a", "6", "forged.service", "X="), 0);
	assert_int_equal(feed_engine(&linebreak, "a", "6", "a.scope", PARTIAL), 1);
	assert_int_equal(feed_engine(&linebreak, "a", "6", "a.scope", "X="), 1);
	assert_int_equal(feed_engine(&linebreak, "a", "6", "a.scope", "X="), 0);
	assert_int_equal(linebreak.engines.n_pending, 0);
	/* nobody knows of which container */
	entry.may_be_partial = true;
	assert_int_equal(linebreak_feed(&linebreak, &entry), 1);
	assert_int_equal(linebreak.engines.n_pending, 0);
	entry.may_be_partial = false;
	assert_int_equal(linebreak_feed(&linebreak, &entry), 0);
}

/* Names as long as they like, and no more memory for it. */
static void long_ids_of_engines_are_cut(void **state)
{
	struct linebreak linebreak = { 0 };
	char container[100] = "", unit[120] = "";

	memset(container, 'c', sizeof(container) - 1);
	memset(unit, 'u', sizeof(unit) - 1);
	assert_int_equal(feed_engine(&linebreak, container, "0123456789", unit, PARTIAL), 1);
	assert_int_equal(feed_engine(&linebreak, container, "0123456789", unit, "X="), 1);
	assert_int_equal(feed_engine(&linebreak, container, "0123456789", unit, "X="), 0);
}

static int fails(void *pointer, const char *name, struct span *ret)
{
	return -5;
}

static void passes_errors_on(void **state)
{
	struct linebreak linebreak = { 0 };
	struct entry entry = { .field = fails, .may_be_split = true };

	assert_int_equal(linebreak_feed(&linebreak, &entry), -5);
	entry.may_be_split = false;
	entry.may_be_partial = true;
	assert_int_equal(linebreak_feed(&linebreak, &entry), -5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_over_all_pieces),
		cmocka_unit_test(other_breaks_are_whole_lines),
		cmocka_unit_test(asks_nothing_of_a_source_without_pieces),
		cmocka_unit_test(a_piece_without_stream_is_a_piece),
		cmocka_unit_test(forgets_the_oldest_stream_first),
		cmocka_unit_test(passes_over_pieces_of_engines),
		cmocka_unit_test(long_ids_of_engines_are_cut),
		cmocka_unit_test(passes_errors_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
