/*
 * Each table that a log line can make grow, filled to its bound with the largest that may stand in
 * it: the manual page says what one of them takes, and all together stay below the unit's limit.
 */
#include "config/blocklist.h"
#include "unit.h"

#include "count/account.h"
#include "count/nameless.h"
#include "count/network.h"
#include "count/session.h"
#include "count/window-slots.h"
#include "count/window.h"
#include "engine/engine.h"

#include <malloc.h>
#include <stdio.h>

#define MIB ((size_t)1 << 20)

/* What is bounded by the configuration, or by how much is done at once: patterns, lists of those
 * who are ignored, a batch on its way into the file and the kernel, the libraries. */
#define ALL_ELSE (20 * MIB)
/* The kernel counts the elements of the sets as the daemon's, measured on 6.18. */
#define ELEMENT  150
/* Of a list, in the kernel: two elements of an interval set, for a moment beside those they
 * replace. In the daemon it is there while it is put in, and sorted once. */
#define NETWORK  ((size_t)2 * 96)
/* Tables grow by pieces. */
#define PIECE    (MIB / 4)

static const uint8_t seed[16] = "bounds";
static const usec_t lifetime = USEC_PER_HOUR;

static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static struct address make_host(uint32_t i)
{
	return (struct address){ AF_INET6,
				 { 0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
				   (uint8_t)(i >> 8), (uint8_t)i } };
}

static size_t fill_windows(uint32_t max_sources, bool users, unsigned n_failures)
{
	cleanup(windows_freep) struct windows *windows = NULL;
	size_t before = allocated();

	assert_int_equal(windows_new(seed, &lifetime, 1, max_sources, &windows), 0);
	if (users)
		windows_remember_users(windows, 0);
	for (uint32_t i = 0; i < max_sources + max_sources / 8; i++) {
		struct address address = make_host(i);
		struct window *window;

		assert_int_equal(windows_open(windows, 0, &address, &window), 0);
		for (unsigned n = 1; n <= n_failures; n++)
			assert_int_equal(windows_push(windows, window,
						      (struct failure){
							      .time = n, .weight = 1, .user = n },
						      WINDOW_MAX_DEPTH),
					 0);
	}
	assert_int_equal(windows->table.n, max_sources);
	return allocated() - before;
}

static size_t fill_with_single_failures(void)
{
	return fill_windows(ENGINE_MAX_SOURCES, true, 1);
}

static size_t fill_with_four_failures(void)
{
	return fill_windows(ENGINE_MAX_SOURCES, false, 4);
}

static size_t fill_with_four_users(void)
{
	return fill_windows(ENGINE_MAX_SOURCES, true, 4);
}

static size_t fill_with_many_failures(void)
{
	return fill_windows(ENGINE_MAX_SOURCES, true, 20);
}

static const struct counting telling[] = {
	{ 0, 0, true, false },
	{ 0, 1, true, false },
	{ 0, 2, true, false },
	{ 0, 3, true, false },
};

static size_t fill_nameless(void)
{
	cleanup(nameless_freep) struct nameless *nameless = NULL;
	size_t before = allocated();

	assert_int_equal(nameless_new(seed, ENGINE_MAX_NAMELESS, &nameless), 0);
	for (uint32_t i = 0; i < ENGINE_MAX_NAMELESS + 1000; i++) {
		struct address address = make_host(i);
		struct prefix offender = address_widen(&address, 128);
		struct nameless_line line = {
			.address = &address, .offender = &offender, .counting = telling, .time = 1
		};
		uint32_t rise;

		for (line.event = 0; line.event < ARRAY_SIZE(telling); line.event++)
			assert_int_equal(nameless_tell(nameless, &line, NULL, &rise), 0);
		line.event = 0;
		assert_int_equal(nameless_tell(nameless, &line, &(struct raise){ 1, 0 }, &rise), 0);
	}
	return allocated() - before;
}

/* As many that count as have notes. */
static size_t fill_sessions(void)
{
	static const char user[SESSION_USER_MAX];
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	size_t before = allocated();

	assert_int_equal(sessions_new(seed, ENGINE_MAX_SESSIONS, &sessions), 0);
	for (uint32_t i = 0; i < 2 * ENGINE_MAX_SESSIONS + 1000; i++) {
		struct session_name name =
			sessions_name(sessions, 0, (struct span){ 0 },
				      (struct span){ (const char *)&i, sizeof(i) });
		struct address address = make_host(i);
		const struct noted noted = { &address, &address, 0, { user, sizeof(user) } };
		struct session *session;
		struct raise raise;

		assert_int_equal(sessions_add(sessions, &name, &session), 0);
		if (i % 2)
			assert_int_equal(sessions_remember(sessions, session, &noted, 1), 0);
		for (unsigned event = 0; event < ARRAY_SIZE(telling); event++)
			assert_int_equal(sessions_tell(sessions, session, telling, event, 1, false,
						       0, &raise),
					 0);
	}
	return allocated() - before;
}

static size_t fill_ledger(void)
{
	static const char cursor[] =
		"s=0123456789abcdef0123456789abcdef;i=12345678;b=0123456789abcdef0123456789abcdef;"
		"m=123456789abc;t=123456789abcd;x=0123456789abcdef";
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	size_t before = allocated();

	assert_int_equal(ledger_new(seed, &ledger), 0);
	for (uint32_t i = 0; i < LEDGER_MAX_BANS + 1000; i++) {
		const struct ban *added;
		struct ban ban = {
			.jail = "dovecot",
			.prefix = { make_host(i), 128 },
			.address = make_host(i),
			.since = i + 1,
			.until = USEC_INFINITY,
			.event = "code-auth-failed",
			.cursor = cursor,
		};

		assert_int_equal(ledger_add(ledger, &ban, &added), 0);
		if (ledger_n_ended(ledger) > 0)
			ledger_set_told(ledger, i);
		ledger_saved(ledger);
	}
	assert_in_range(ledger_n_bans(ledger), LEDGER_MAX_BANS - LEDGER_MAX_BANS / 50,
			LEDGER_MAX_BANS);
	return allocated() - before;
}

static size_t fill_targets(void)
{
	const struct rate rate = { TARGETS_MAX_HOSTS / TARGETS_MAX_ACCOUNTS, USEC_PER_HOUR };
	cleanup(accounts_freep) struct accounts *accounts = NULL;
	size_t before = allocated();

	assert_int_equal(accounts_new(seed, &accounts), 0);
	for (uint32_t i = 0; i < TARGETS_MAX_HOSTS + 1000; i++) {
		uint32_t account = i / rate.count;
		struct address address = make_host(i);

		assert_true(accounts_note(accounts, &rate, 0,
					  (struct span){ (const char *)&account, sizeof(account) },
					  &address, 1) >= 0);
	}
	assert_int_equal(accounts_n_accounts(accounts), TARGETS_MAX_ACCOUNTS);
	return allocated() - before;
}

static size_t fill_networks(void)
{
	cleanup(networks_freep) struct network_list *networks = NULL;
	size_t before = allocated();

	assert_int_equal(networks_new(seed, NETWORKS_MAX_OFFENDERS, &networks), 0);
	for (uint32_t i = 0; i < NETWORKS_MAX_OFFENDERS + 1000; i++) {
		const struct prefix network = { make_host(i), 64 }, offender = { make_host(i), 80 };

		assert_int_equal(networks_note(networks, 0, &network, &offender, 100), 0);
	}
	return allocated() - before;
}

/* One full table after the other; `bytes`: what one place takes, as the manual page says. */
static const struct {
	const char *what;
	size_t (*fill)(void);
	size_t n, bytes;
	bool in_sum; /* it is the worst of its table */
} tables[] = {
	{ "sources with one failure", fill_with_single_failures, ENGINE_MAX_SOURCES, 72, false },
	{ "sources", fill_with_four_failures, ENGINE_MAX_SOURCES, 120, false },
	{ "sources with users", fill_with_four_users, ENGINE_MAX_SOURCES, 170, false },
	{ "sources with many failures", fill_with_many_failures, ENGINE_MAX_SOURCES, 200, true },
	{ "nameless", fill_nameless, ENGINE_MAX_NAMELESS, 110, true },
	{ "sessions", fill_sessions, ENGINE_MAX_SESSIONS, 110 + 510, true },
	{ "bans", fill_ledger, LEDGER_MAX_BANS, 440, true },
	{ "targets", fill_targets, TARGETS_MAX_HOSTS, 40, true },
	{ "networks", fill_networks, NETWORKS_MAX_OFFENDERS, 140, true },
};

static size_t read_limit_of_unit(void)
{
	cleanup(freep) char *line = NULL;
	size_t max = 0, limit = 0;
	FILE *file = fopen(TEST_DATA "/../../packaging/banish.service.in", "re");

	assert_non_null(file);
	while (getline(&line, &max, file) > 0)
		if (sscanf(line, "MemoryMax=%zuM", &limit) == 1)
			break;
	fclose(file);
	return limit * MIB;
}

static void all_full_tables_stay_below_the_limit_of_the_unit(void **state)
{
	size_t sum = ALL_ELSE + LEDGER_MAX_BANS * ELEMENT, limit = read_limit_of_unit();

	sum += BLOCKLIST_MAX * (2 * NETWORK + 2 * sizeof(struct prefix));

	if (allocated() == 0)
		skip(); /* another allocator, which does not tell */
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		size_t size = tables[i].fill();

		print_message("%-28s %6.1f MiB, %zu bytes each\n", tables[i].what,
			      (double)size / (double)MIB, size / tables[i].n);
		assert_in_range(size, tables[i].n, tables[i].n * tables[i].bytes + PIECE);
		sum += tables[i].in_sum ? size : 0;
	}
	print_message("%-28s %6.1f MiB\n", "in all", (double)sum / (double)MIB);
	assert_in_range(sum, limit - limit / 5, limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_full_tables_stay_below_the_limit_of_the_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
