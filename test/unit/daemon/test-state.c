#include "io/state.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct lines {
	char text[256];
};

static int take(void *userdata, struct span line)
{
	struct lines *lines = userdata;

	strncat(lines->text, line.data, line.size);
	strcat(lines->text, "|");
	return 0;
}

static int make_folder(void **state)
{
	char *folder = strdup("/tmp/banish-test-state-XXXXXX");

	*state = folder;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[64];
	static const char *const names[] = { "state", "state.bad", "state.new" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", (char *)*state, names[i]);
		(void)unlink(path);
		(void)rmdir(path);
	}
	(void)rmdir(*state);
	free(*state);
	return 0;
}

static void append_raw(const char *folder, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/state", folder);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void gives_back_what_was_appended(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" };

	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_append(state, SPAN_LITERAL("one")), 0);
	assert_int_equal(state_append(state, SPAN_LITERAL("two")), 0);
	assert_int_equal(state_size(state), 8);
	state = state_free(state);

	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "one|two|");
}

static void cuts_off_a_torn_last_line(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" }, again = { "" };

	append_raw(*folder, "one\ntwo\nthr");
	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_read(state, take, &lines), 1);
	assert_string_equal(lines.text, "one|two|");
	assert_int_equal(state_append(state, SPAN_LITERAL("three")), 0);
	assert_int_equal(state_read(state, take, &again), 0);
	assert_string_equal(again.text, "one|two|three|");
}

static int take_text(void *userdata, struct span *ret)
{
	const char **text = userdata;

	if (!*text)
		return 0;
	*ret = span_of(*text);
	*text = NULL;
	return 1;
}

static int replace(struct state *state, const char *text)
{
	return state_replace(state, take_text, &text);
}

static int take_some_and_fail(void *userdata, struct span *ret)
{
	unsigned *n = userdata;

	*ret = SPAN_LITERAL("some\n");
	return (*n)++ < 3 ? 1 : -ENOMEM;
}

struct lengths {
	size_t n, next; /* lines; bytes of the one that comes */
};

static int take_length(void *userdata, struct span line)
{
	struct lengths *lengths = userdata;

	assert_int_equal(line.size, lengths->next);
	for (size_t i = 0; i < line.size; i++)
		assert_int_equal(line.data[i], 'a' + (char)(i % 23));
	lengths->n++;
	lengths->next = lengths->next * 3 + 1;
	return lengths->n == 15 ? -ECANCELED : 0;
}

/* Up to 2.4 MB: longer than what is read at once. */
static void lines_may_be_long(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	cleanup(freep) char *line = malloc(1 << 22);
	struct lengths lengths = { 0 };

	assert_non_null(line);
	for (size_t i = 0; i < 1 << 22; i++)
		line[i] = 'a' + (char)(i % 23);
	assert_int_equal(state_open(*folder, &state), 0);
	for (size_t i = 0, size = 0; i < 15; i++, size = size * 3 + 1)
		if (size < 1 << 22)
			assert_int_equal(state_append(state, (struct span){ line, size }), 0);
	assert_int_equal(state_read(state, take_length, &lengths), -ECANCELED);
	assert_int_equal(lengths.n, 15);
}

static void has_one_owner_at_a_time(void **folder)
{
	cleanup(state_freep) struct state *first = NULL, *second = NULL;

	assert_int_equal(state_open(*folder, &first), 0);
	assert_int_equal(state_open(*folder, &second), -EBUSY);
	assert_int_equal(replace(first, "new\n"), 0);
	assert_int_equal(state_open(*folder, &second), -EBUSY); /* the lock outlives a rename */
	first = state_free(first);
	assert_int_equal(state_open(*folder, &second), 0);
}

static void replaces_all_or_nothing(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" };
	char obstacle[64];
	unsigned n = 0;

	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_append(state, SPAN_LITERAL("old")), 0);
	snprintf(obstacle, sizeof(obstacle), "%s/state.new", (char *)*folder);
	assert_int_equal(mkdir(obstacle, 0700), 0);
	assert_int_equal(replace(state, "new\n"), -EISDIR);
	assert_int_equal(state_append(state, SPAN_LITERAL("older")), 0);
	assert_int_equal(rmdir(obstacle), 0);
	assert_int_equal(state_replace(state, take_some_and_fail, &n), -ENOMEM);
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "old|older|");

	assert_int_equal(replace(state, "new\n"), 0);
	assert_int_equal(state_append(state, SPAN_LITERAL("newer")), 0);
	lines.text[0] = '\0';
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "new|newer|");
}

static void sets_nonsense_aside(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" };
	char aside[64];

	append_raw(*folder, "nonsense\n");
	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_set_aside(state), 0);
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "");
	snprintf(aside, sizeof(aside), "%s/state.bad", (char *)*folder);
	assert_int_equal(access(aside, F_OK), 0);
}

static void sets_aside_what_is_no_file(void **folder)
{
	char path[64], aside[64];

	snprintf(path, sizeof(path), "%s/state", (char *)*folder);
	snprintf(aside, sizeof(aside), "%s/state.bad", (char *)*folder);
	for (unsigned is_folder = 0; is_folder < 2; is_folder++) {
		cleanup(state_freep) struct state *state = NULL;
		struct lines lines = { "" };
		struct stat status;

		assert_int_equal(is_folder ? mkdir(path, 0700) : mkfifo(path, 0600), 0);
		assert_int_equal(state_open(*folder, &state), 0);
		assert_false(state_writable(state));
		assert_int_equal(state_read(state, take, &lines), is_folder ? -EISDIR : -ENOTSUP);
		assert_int_equal(state_set_aside(state), 0);
		assert_int_equal(state_append(state, SPAN_LITERAL("one")), 0);
		assert_int_equal(state_read(state, take, &lines), 0);
		assert_string_equal(lines.text, "one|");
		assert_int_equal(stat(aside, &status), 0);
		assert_int_equal(S_ISDIR(status.st_mode), is_folder);
		assert_int_equal(remove(aside), 0);
		assert_int_equal(remove(path), 0);
	}
}

static void keeps_a_copy_of_what_is_damaged(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" };
	char aside[64], text[16] = "";
	FILE *file;

	snprintf(aside, sizeof(aside), "%s/state.bad", (char *)*folder);
	for (unsigned i = 0; i < 2; i++) { /* over an older copy, too */
		append_raw(*folder, "nonsense\n");
		state = state_free(state);
		assert_int_equal(state_open(*folder, &state), 0);
		assert_int_equal(state_keep_copy(state), 0);
		assert_int_equal(replace(state, "new\n"), 0);
	}
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "new|");
	file = fopen(aside, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, file), 13);
	assert_string_equal(text, "new\nnonsense\n");
	assert_int_equal(fclose(file), 0);
}

/* What a read-only file system does can be had without one: a folder stands in the way. */
static void waits_until_it_can_be_written(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" };
	char path[64];

	snprintf(path, sizeof(path), "%s/state", (char *)*folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(state_open(*folder, &state), 0);
	assert_false(state_writable(state));
	assert_int_equal(state_append(state, SPAN_LITERAL("lost")), -EISDIR);
	assert_int_equal(rmdir(path), 0);

	assert_int_equal(state_read(state, take, &lines), 0);
	assert_int_equal(state_append(state, SPAN_LITERAL("one")), 0);
	assert_true(state_writable(state));
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "one|");
}

static void sets_nonsense_aside_as_soon_as_it_can(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	struct lines lines = { "" };
	char obstacle[64];

	append_raw(*folder, "nonsense\n");
	snprintf(obstacle, sizeof(obstacle), "%s/state.bad", (char *)*folder);
	assert_int_equal(mkdir(obstacle, 0700), 0);
	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_set_aside(state), -EISDIR);
	assert_false(state_writable(state));
	assert_int_equal(state_append(state, SPAN_LITERAL("one")), -EISDIR);
	assert_int_equal(replace(state, "one\n"), -EISDIR);
	assert_int_equal(rmdir(obstacle), 0);

	assert_int_equal(state_append(state, SPAN_LITERAL("one")), 0);
	assert_int_equal(state_read(state, take, &lines), 0);
	assert_string_equal(lines.text, "one|");
	assert_int_equal(access(obstacle, F_OK), 0);
}

static void others_may_look_at_its_last_whole_line(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;
	char *line = NULL;

	assert_int_equal(state_peek(*folder, &line), 0);
	append_raw(*folder, "to");
	assert_int_equal(state_peek(*folder, &line), 0);
	append_raw(*folder, "rn\n");
	assert_int_equal(state_open(*folder, &state), 0);
	assert_int_equal(state_peek(*folder, &line), 1);
	assert_string_equal(line, "torn");
	free(line);
	append_raw(*folder, "two\nthr");
	assert_int_equal(state_peek(*folder, &line), 1);
	assert_string_equal(line, "two");
	free(line);
	assert_int_equal(state_peek("/nonexistent/banish", &line), -ENOENT);
}

static void says_that_there_is_no_folder(void **folder)
{
	cleanup(state_freep) struct state *state = NULL;

	assert_int_equal(state_open("/nonexistent/banish", &state), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_what_was_appended, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(cuts_off_a_torn_last_line, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(lines_may_be_long, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(has_one_owner_at_a_time, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(replaces_all_or_nothing, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(sets_aside_what_is_no_file, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(keeps_a_copy_of_what_is_damaged, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(sets_nonsense_aside, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(waits_until_it_can_be_written, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(sets_nonsense_aside_as_soon_as_it_can, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(others_may_look_at_its_last_whole_line, make_folder,
						remove_folder),
		cmocka_unit_test(says_that_there_is_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
