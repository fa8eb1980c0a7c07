/* Warnings that entries or matches are missing: the clock may be set back meanwhile. */
#include "run/health.h"

#include "../stream.h"
#include "unit.h"

#include <unistd.h>

#define NOW    (1000 * DAY)
#define DAY    (24 * USEC_PER_HOUR)
#define MINUTE (60 * USEC_PER_SEC)

static const char policy[] = "{\"jails\": {\"app\": {}}}";
static const char *const rules[] = {
	"{\"name\": \"app\", \"journal\": [{\"_SYSTEMD_UNIT\": \"app.service\"}], \"ports\": [1],"
	"\"events\": [{\"name\": \"failed\", \"pattern\": \"^failed from (?<address>[0-9.]+)$\"}],"
	"\"examples\": []}",
};

struct watch {
	struct stream stream;
	struct line line;
	struct active active;
	struct health health;
	struct entry entry;
};

static void watch_begin(struct watch *watch)
{
	stream_init(&watch->stream, policy, rules, 1);
	watch->line.unit = strdup("app.service");
	watch->line.message = strdup("another format");
	watch->entry = stream_entry(&watch->stream, &watch->line);
	watch->active.ruleset = watch->stream.ruleset;
	watch->active.engine = watch->stream.engine;
	assert_int_equal(health_reset(&watch->health, watch->stream.ruleset, NOW), 0);
}

static void watch_done(struct watch *watch)
{
	stream_done(&watch->stream);
	free(watch->line.unit);
	free(watch->line.message);
	free(watch->health.silences);
}

/* The unit logs an entry a minute: what is said meanwhile. */
static void watch_minutes(struct watch *watch, usec_t from, unsigned n, char said[static 4096])
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(file);
	assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
	for (unsigned i = 0; i < n; i++)
		health_batch(&watch->health, &watch->active, &watch->entry, from + i * MINUTE);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	said[fread(said, 1, 4095, file)] = '\0';
	fclose(file);
}

static void silence_is_told_after_three_days(void **state)
{
	struct watch watch = { 0 };
	char said[4096];

	watch_begin(&watch);
	watch_minutes(&watch, NOW + MINUTE, 3 * 24 * 60 - 10, said);
	assert_string_equal(said, "");
	watch_minutes(&watch, NOW + 3 * DAY, 10, said);
	assert_non_null(
		strstr(said, "rule app has matched nothing for 3 days though its unit logs"));
	assert_null(strchr(strchr(said, '\n') + 1, '\n'));
	watch_done(&watch);
}

static void a_clock_that_is_set_back_is_no_silence(void **state)
{
	struct watch watch = { 0 };
	char said[4096];

	watch_begin(&watch);
	watch_minutes(&watch, NOW + MINUTE, 60, said);
	assert_string_equal(said, "");
	watch_minutes(&watch, NOW - 10 * DAY, 24 * 60, said);
	assert_string_equal(said, "");
	/* and from there it is counted on */
	watch_minutes(&watch, NOW - 7 * DAY, 10, said);
	assert_non_null(strstr(said, "for 3 days"));
	watch_done(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_told_after_three_days),
		cmocka_unit_test(a_clock_that_is_set_back_is_no_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
