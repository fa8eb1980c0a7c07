#include "io/log.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static size_t n_entries, n_alive, n_waits;
static bool hangs;
static char last[4096];

/* Instead of libc's: journald's socket. */
ssize_t sendmsg(int socket, const struct msghdr *message, int flags)
{
	size_t size = 0;

	if (hangs) {
		n_waits += !(flags & MSG_DONTWAIT);
		errno = EAGAIN;
		return -1;
	}
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		memcpy(last + size, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
		size += message->msg_iov[i].iov_len;
	}
	last[size] = '\0';
	n_entries++;
	return (ssize_t)size;
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

static void a_line_is_a_field(void **state)
{
	const struct log_field field = { "BANISH_USER", "a\nBANISH_ACTION=ban\n" };

	log_entry(LOG_TARGET, LOG_NOTICE, &field, 1, "one\ntwo");
	assert_non_null(strstr(last, "MESSAGE=one two\n"));
	assert_non_null(strstr(last, "\nBANISH_USER=a BANISH_ACTION=ban \n"));
}

static void who_hangs_is_waited_for_once(void **state)
{
	size_t n = n_entries;

	hangs = true;
	assert_false(log_is_stuck());
	for (int i = 0; i < 10; i++)
		log_say(LOG_ADOPT, LOG_NOTICE, "lost");
	assert_true(log_is_stuck());
	assert_int_equal(n_waits, 1);
	hangs = false;
	log_say(LOG_ADOPT, LOG_NOTICE, "written");
	assert_false(log_is_stuck());
	assert_int_equal(n_entries, n + 2);
	assert_non_null(strstr(last, "not written: 10;"));
	log_say(LOG_ADOPT, LOG_NOTICE, "written");
	assert_int_equal(n_entries, n + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_writes_many_entries_is_alive),
		cmocka_unit_test(a_line_is_a_field),
		cmocka_unit_test(who_hangs_is_waited_for_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
