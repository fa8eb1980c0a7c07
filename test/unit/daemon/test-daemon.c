#include "run/daemon.h"
#include "run/reload.h"

#include "unit.h"

#include <signal.h>

/* What any spoke sets the hub sees, once. */
static void bits_of_all_spokes_are_taken_once(void **state)
{
	struct daemon daemon = { 0 };
	unsigned *const *spokes[] = { &daemon.reader.dirty,   &daemon.reader.members.dirty,
				      &daemon.saver.dirty,    &daemon.exempt.dirty,
				      &daemon.firewall.dirty, &daemon.fleet.dirty,
				      &daemon.lists.dirty };

	daemon_init(&daemon);
	for (size_t i = 0; i < ARRAY_SIZE(spokes); i++) {
		**spokes[i] |= DIRTY_KERNEL | DIRTY_LEDGER;
		assert_int_equal(daemon_take(&daemon, DIRTY_KERNEL | DIRTY_BANS), DIRTY_KERNEL);
		assert_int_equal(daemon_take(&daemon, DIRTY_KERNEL | DIRTY_BANS), 0);
		assert_int_equal(daemon_take(&daemon, DIRTY_LEDGER), DIRTY_LEDGER);
	}
}

/* Two bits of one value would be one. */
static void each_bit_is_one(void **state)
{
	const unsigned bits[] = { DIRTY_JOURNAL, DIRTY_ENTRIES, DIRTY_LOOK,     DIRTY_NOTICES,
				  DIRTY_KERNEL,  DIRTY_LENGTHS, DIRTY_ELEMENTS, DIRTY_BANS,
				  DIRTY_UNTOLD,  DIRTY_EXEMPT,  DIRTY_OWN,      DIRTY_CONFIG,
				  DIRTY_CURSOR,  DIRTY_PLACED,  DIRTY_LEDGER,   DIRTY_FLEET,
				  DIRTY_SHARE,   DIRTY_LISTS,   DIRTY_LISTED,   DIRTY_FILL };
	unsigned seen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		assert_int_equal(seen & bits[i], 0);
		seen |= bits[i];
	}
}

/* A handler only sets its bit, and is there for the next event. */
static void a_signal_is_heard_each_time(void **state)
{
	struct daemon daemon = { 0 };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	assert_int_equal(sigprocmask(SIG_BLOCK, &signals, NULL), 0);
	assert_true(sd_event_new(&daemon.event) >= 0);
	assert_true(reload_attach(&daemon) >= 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(daemon_take(&daemon, DIRTY_CONFIG), 0);
		assert_int_equal(raise(SIGHUP), 0);
		assert_true(sd_event_run(daemon.event, USEC_PER_SEC) > 0);
		assert_int_equal(daemon_take(&daemon, DIRTY_CONFIG), DIRTY_CONFIG);
	}
	daemon_done(&daemon);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_of_all_spokes_are_taken_once),
		cmocka_unit_test(each_bit_is_one),
		cmocka_unit_test(a_signal_is_heard_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
