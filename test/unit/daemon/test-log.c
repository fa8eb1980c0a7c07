#include "io/log.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static size_t n_entries, n_alive;

/* Instead of libsystemd's. */
int sd_journal_sendv_with_location(const char *file, const char *line, const char *function,
				   const struct iovec *parts, int n_parts)
{
	n_entries++;
	return 0;
}

int sd_notify(int unset_environment, const char *state)
{
	n_alive += strstr(state, "WATCHDOG=1") && strstr(state, "EXTEND_TIMEOUT_USEC=");
	return 0;
}

static void who_writes_many_entries_is_alive(void **state)
{
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_open();
	log_say(LOG_ADOPT, LOG_NOTICE, "one");
	assert_int_equal(n_entries, 1);
	assert_int_equal(n_alive, 1);
	/* systemd need not hear it of each */
	for (int i = 0; i < 1000; i++)
		log_say(LOG_ADOPT, LOG_NOTICE, "%d more", i);
	assert_int_equal(n_entries, 1001);
	assert_true(n_alive < 500);
	/* but again */
	while (n_alive < 3 && n_entries < 100000000)
		log_say(LOG_ADOPT, LOG_NOTICE, "again");
	assert_int_equal(n_alive, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_writes_many_entries_is_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
