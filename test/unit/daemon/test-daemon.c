#include "run/daemon.h"

#include "unit.h"

#include <errno.h>

static int refuse(sd_event_source *source, void *userdata)
{
	return -EIO;
}

static int give_up_waiting(sd_event_source *source, void *userdata)
{
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* Without it the loop would go on, and nothing more be heard of that source. */
static void a_handler_that_fails_ends_the_loop(void **state)
{
	struct daemon daemon = { 0 };
	sd_event_source **sources[] = { &daemon.reader,        &daemon.read_ahead,
					&daemon.saver,         &daemon.retrier,
					&daemon.journal_timer, &daemon.journal_source,
					&daemon.nft_source,    &daemon.own_source,
					&daemon.hangup };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		sd_event_source *last = NULL;
		sd_event *event = NULL;

		assert_true(sd_event_new(&event) >= 0);
		assert_true(sd_event_add_defer(event, sources[i], refuse, NULL) >= 0);
		assert_true(sd_event_add_defer(event, &last, give_up_waiting, NULL) >= 0);
		assert_true(sd_event_source_set_priority(last, SD_EVENT_PRIORITY_IDLE) >= 0);
		assert_int_equal(daemon_end_on_failure(&daemon), 0);
		assert_int_equal(sd_event_loop(event), -EIO);
		*sources[i] = sd_event_source_unref(*sources[i]);
		sd_event_source_unref(last);
		sd_event_unref(event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handler_that_fails_ends_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
