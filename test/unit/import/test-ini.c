#include "import/ini.h"

#include "files.h"

static void assert_value(const struct ini *ini, const char *section, const char *name,
			 const char *value)
{
	const struct ini_section *at = ini_section(ini, section);
	const struct ini_option *option = at ? ini_option(at->options, name) : NULL;

	if (!value)
		assert_null(option);
	else if (!option)
		fail_msg("[%s] %s is not there", section, name);
	else
		assert_string_equal(option->value, value);
}

static void lines_are_options(void **state)
{
	static const char *const pairs[][2] = {
		{ "jail.conf", "# remark\n"
			       "[DEFAULT]\n"
			       "Time = 10m ; remark\n"
			       "not;one = a;b\n"
			       "long = first\n"
			       "   second\n"
			       "  # remark\n"
			       "\n"
			       "   third\n"
			       "colon: x=y\n"
			       "empty =\n"
			       "word\n"
			       "[sshd]\n"
			       "time=1h\r\n" },
		{ NULL, NULL },
	};
	struct import_file room[MAX_TEST_FILES];
	struct import_files files = files_of(pairs, room);
	struct arena arena = { 0 };
	struct ini ini = { .arena = &arena };

	assert_true(ini_read(&ini, &files, "jail"));
	assert_value(&ini, "DEFAULT", "time", "10m");
	assert_value(&ini, "DEFAULT", "not;one", "a;b");
	assert_value(&ini, "DEFAULT", "long", "first\nsecond\n\nthird");
	assert_value(&ini, "DEFAULT", "colon", "x=y");
	assert_value(&ini, "DEFAULT", "empty", "");
	assert_value(&ini, "DEFAULT", "word", NULL);
	assert_value(&ini, "sshd", "time", "1h");
	assert_int_equal(ini_option(ini_section(&ini, "sshd")->options, "time")->line, 14);
	assert_false(arena.failed);
	arena_done(&arena);
}

static void later_files_overrule(void **state)
{
	static const char *const pairs[][2] = {
		{ "after.conf", "[a]\nv = after\n" },
		{ "before.conf",
		  "[INCLUDES]\nbefore = before.conf\n[DEFAULT]\nx = before\n[a]\nv = 1\n" },
		{ "before.local", "[a]\nlocal = yes\n" },
		{ "jail.conf",
		  "[INCLUDES]\nbefore = before.conf\n   /etc/fail2ban/none.conf\n"
		  "after = /etc/fail2ban/after.conf\n[a]\nv = 2\nx = conf\n[a?b=c]\nv = 9\n" },
		{ "jail.d/b.conf", "[a]\nw = d\n" },
		{ "jail.d/z.local", "[a]\nw = last\n" },
		{ "jail.local", "[a]\nw = local\nx = local\n" },
		{ NULL, NULL },
	};
	struct import_file room[MAX_TEST_FILES];
	struct import_files files = files_of(pairs, room);
	struct arena arena = { 0 };
	struct ini ini = { .arena = &arena };

	assert_true(ini_read(&ini, &files, "jail"));
	assert_value(&ini, "a", "v", "after");
	assert_value(&ini, "a", "w", "last");
	assert_value(&ini, "a", "x", "local");
	assert_value(&ini, "a", "local", "yes");
	assert_value(&ini, "DEFAULT", "x", "before");
	assert_value(&ini, "KNOWN/a", "x", "conf");
	assert_value(&ini, "KNOWN/a", "w", "local");
	assert_null(ini_section(&ini, "INCLUDES"));
	assert_false(ini_read(&ini, &files, "other"));
	assert_false(arena.failed);
	arena_done(&arena);
}

static void loops_and_floods_end(void **state)
{
	static const char *const pairs[][2] = {
		{ "a.conf",
		  "[INCLUDES]\nbefore = b.conf\n b.conf\n b.conf\nafter = a.conf\n[a]\nread = yes\n" },
		{ "b.conf", "[INCLUDES]\nbefore = a.conf\n a.conf\nafter = b.conf\n" },
		{ NULL, NULL },
	};
	struct import_file room[MAX_TEST_FILES];
	struct import_files files = files_of(pairs, room);
	struct arena arena = { 0 };
	struct ini ini = { .arena = &arena };
	struct text many = { .arena = &arena };

	assert_true(ini_read(&ini, &files, "a"));
	assert_value(&ini, "a", "read", "yes");
	assert_false(arena.failed);
	arena_done(&arena);

	ini = (struct ini){ .arena = &arena };
	text_add(&many, "[x]\n");
	for (int i = 0; i < 5000; i++)
		text_format(&many, "o%d = 1\n", i);
	room[0].text = (struct span){ text_end(&many), many.n };
	(void)ini_read(&ini, &files, "a");
	assert_true(arena.failed);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_options),
		cmocka_unit_test(later_files_overrule),
		cmocka_unit_test(loops_and_floods_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
