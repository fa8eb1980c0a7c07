/* list, ban and unban as they are called, against real sets and without any daemon. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"

enum { YES, NO, USAGE };

static char config[] = "/tmp/banish-verbs-XXXXXX";
static char out[65536], err[65536];

static void path_of(const char *file, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", config, file);
}

static void read_back(const char *file, char *buffer, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	path_of(file, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	n = read(fd, buffer, size - 1);
	assert_true(n >= 0);
	buffer[n] = '\0';
	close(fd);
}

/* Runs "banish WORDS"; what it says is in `out` and `err`. */
static void banish(int code, const char *words)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command), "cd %s && %s %s --config . >out 2>err", config, BANISH,
		 words);
	status = system(command);
	read_back("out", out, sizeof(out));
	read_back("err", err, sizeof(err));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
		fail_msg("banish %s: exit %d instead of %d: %s%s", words, WEXITSTATUS(status), code,
			 out, err);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not hold \"%s\"", text, part);
}

static void configure(const char *text)
{
	char path[64];
	FILE *file;

	path_of("banish.json", path, sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* One of jail `mail`, with ports of its own. */
static void configure_rule(void)
{
	char path[64];
	FILE *file;

	path_of("rules.d/mail.json", path, sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("{\"name\":\"mail\",\"description\":\"of the test\",\"ports\":\"all\",\"journal\":[{"
	      "\"_SYSTEMD_UNIT\":\"mail.service\"}],\"events\":[{\"name\":\"wrong\",\"pattern\":"
	      "\"^wrong (?<address>\\\\S+)$\"}],\"examples\":[{\"message\":\"wrong 192.0.2.1\","
	      "\"event\":\"wrong\",\"address\":\"192.0.2.1\"}]}",
	      file);
	fclose(file);
}

static int set_up(void **state)
{
	struct prefix ignore = prefix_of("198.51.100.0/24");
	cleanup(nft_freep) struct nft *installer = NULL;
	struct nft_layout layout = netns_layout();

	run("rm -f %s/*; nft flush ruleset", config);
	layout.ignore = &ignore;
	layout.n_ignore = 1;
	assert_int_equal(nft_open("banish", &installer), 0);
	assert_int_equal(nft_install(installer, &layout, NULL), 1);
	return 0;
}

static void a_ban_stands_in_manual_and_is_listed(void **state)
{
	cJSON *object;
	double expires;

	banish(YES, "ban 192.0.2.7 --time 2h --reason 'too \"curious\"'");
	assert_has(out, "192.0.2.7/32 is banned in jail manual until ");
	assert_in_range(json_element("manual4", "192.0.2.7").expires, 7190, 7200);
	assert_string_equal(json_element("manual4", "192.0.2.7").comment, "too 'curious'");

	banish(YES, "list");
	assert_has(out, "manual");
	assert_has(out, "192.0.2.7/32");
	assert_has(out, "too 'curious'");

	banish(YES, "list --json");
	object = cJSON_Parse(out);
	assert_non_null(object);
	assert_int_equal(cJSON_GetArraySize(object), 5);
	assert_string_equal(cJSON_GetObjectItem(object, "jail")->valuestring, "manual");
	assert_string_equal(cJSON_GetObjectItem(object, "address")->valuestring, "192.0.2.7");
	assert_string_equal(cJSON_GetObjectItem(object, "prefix")->valuestring, "192.0.2.7/32");
	assert_string_equal(cJSON_GetObjectItem(object, "comment")->valuestring, "too 'curious'");
	expires =
		cJSON_GetObjectItem(object, "expires_usec")->valuedouble / 1e6 - (double)time(NULL);
	assert_true(expires > 7180 && expires < 7210);
	cJSON_Delete(object);
}

static void a_ban_is_widened_and_says_so(void **state)
{
	banish(YES, "ban 2001:db8:1:2:3::4 --jail mail --time infinity");
	assert_has(out,
		   "2001:db8:1:2:3::4: all of 2001:db8:1:2::/64 is banned in jail mail for good");
	assert_true(json_element("mail6", "2001:db8:1:2::").permanent);
	banish(YES, "list mail --json");
	assert_has(out, "\"expires_usec\":null");
	banish(YES, "list manual --json");
	assert_string_equal(out, "");
	/* The network itself may be named. */
	banish(YES, "ban 2001:db8:9::/64");
	assert_has(out, "2001:db8:9::/64 is banned in jail manual until ");
	assert_null(strstr(out, "all of"));
}

static void a_range_is_banned_as_it_is_written(void **state)
{
	banish(YES, "ban 203.0.113.9/20 2001:db8:8000::/33 64:ff9b::/64 --time 1w");
	assert_has(out, "203.0.113.9/20: all of 203.0.112.0/20 is banned in jail manual until ");
	assert_has(out, "\n2001:db8:8000::/33 is banned in jail manual until ");
	assert_string_equal(err, "");
	assert_in_range(json_element("manual.20v4", "203.0.112.0").expires, 604790, 604800);
	assert_true(json_element("manual.33v6", "2001:db8:8000::").found);
	assert_true(json_element("manual6", "64:ff9b::").found);
	run("nft list chain inet banish prerouting | "
	    "grep -q 'ip saddr & 255.255.240.0 .*@manual.20v4 counter.*drop'");
	banish(YES, "ban 10.0.0.0/8 2001::/16 --json");
	assert_has(out, "{\"jail\":\"manual\",\"address\":\"10.0.0.0\",\"prefix\":\"10.0.0.0/8\"");
	banish(NO, "ban 10.0.0.0/7");
	assert_string_equal(err, "banish ban: 10.0.0.0/7 is too wide: a ban is a /8 or less of "
				 "IPv4, a /16 or less of IPv6\n");
	banish(NO, "ban 192.0.2.1 2000::/15");
	assert_has(err, "2000::/15 is too wide");
	assert_int_equal(json_count("manual4"), 0);
	banish(NO, "ban 127.0.0.0/9");
	assert_has(err, "loopback");
	banish(NO, "ban ff02::/16");
	assert_has(err, "multicast");
}

static void a_range_says_who_in_it_is_exempt(void **state)
{
	/* 198.51.100.0/24 */
	banish(NO, "ban 198.51.100.0/25");
	assert_string_equal(err, "banish ban: 198.51.100.0/25 is exempt, all of it (ignoreip, own "
				 "addresses or gateways)\n");
	banish(NO, "ban 203.0.113.0/24 198.51.100.0/24");
	run("! nft list set inet banish manual.24v4 2>/dev/null");
	banish(YES, "ban 198.51.96.0/20");
	assert_has(out, "198.51.96.0/20 is banned in jail manual until ");
	assert_string_equal(err, "banish ban: of this 198.51.100.0/24 is exempt, so accepted "
				 "(ignoreip, own address or gateway)\n");
	run("nft add element inet banish ignore4 '{ 198.18.0.0/15, 198.0.0.9, 198.0.0.11, "
	    "198.0.0.13, 198.0.0.15, 255.255.255.255 }'");
	banish(YES, "ban 198.0.0.0/8");
	assert_has(err, "of this 198.0.0.9/32, 198.0.0.11/32, 198.0.0.13/32, 198.0.0.15/32, "
			"198.18.0.0/15 and 1 more are exempt, so accepted (");
	banish(YES, "ban 192.0.2.0/24");
	assert_string_equal(err, "");
}

static void who_is_still_held_is_said(void **state)
{
	banish(YES, "ban 203.0.112.0/20 203.0.113.7 203.0.113.8 203.0.128.1");
	banish(YES, "ban 203.0.113.7 --jail mail");
	banish(YES, "unban 203.0.113.7 --jail mail");
	assert_string_equal(out, "203.0.113.7/32 is no longer banned in jail mail\n"
				 "203.0.113.7/32 is still banned in jail manual\n"
				 "203.0.112.0/20 is still banned in jail manual\n");
	banish(NO, "unban 203.0.113.9 --jail mail");
	assert_string_equal(err, "banish unban: 203.0.113.9 is not banned in jail mail\n");
	assert_string_equal(out, "203.0.112.0/20 is still banned in jail manual\n");
	/* of the range goes all of it, but not who is banned by himself */
	banish(YES, "unban 203.0.113.7");
	assert_has(out, "203.0.113.7/32 is no longer banned in jail manual\n");
	assert_has(out, "203.0.112.0/20 is no longer banned in jail manual\n"
			"203.0.113.8/32 is still banned in jail manual\n");
	assert_int_equal(json_count("manual4"), 2);
	banish(YES, "ban 203.0.112.0/20");
	banish(YES, "unban 203.0.112.0/20");
	assert_has(out, "203.0.112.0/20 is no longer banned in jail manual\n");
	assert_null(strstr(out, "still"));
	assert_int_equal(json_count("manual4"), 1);
	banish(NO, "unban 203.0.112.0/20");
	banish(YES, "unban --all");
	assert_null(strstr(out, "still"));
}

static void a_second_ban_counts_from_now(void **state)
{
	banish(YES, "ban 192.0.2.7 --time 2h");
	banish(YES, "ban 192.0.2.7 --time 10min");
	assert_in_range(json_element("manual4", "192.0.2.7").expires, 590, 600);
	banish(YES, "ban ::ffff:192.0.2.7 --time 1d");
	assert_in_range(json_element("manual4", "192.0.2.7").expires, 86000, 86400);
	assert_int_equal(json_count("manual4"), 1);
}

static void without_a_time_it_is_the_jails_bantime(void **state)
{
	banish(YES, "ban 192.0.2.1");
	assert_int_equal(json_element("manual4", "192.0.2.1").timeout, 3600);
	configure(
		"{\"defaults\": {\"bantime\": \"3h\"}, \"jails\": {\"mail\": {\"bantime\": \"5h\"}}}");
	banish(YES, "ban 192.0.2.2 192.0.2.3");
	assert_int_equal(json_element("manual4", "192.0.2.2").timeout, 3 * 3600);
	assert_int_equal(json_element("manual4", "192.0.2.3").timeout, 3 * 3600);
	banish(YES, "ban 192.0.2.2 --jail mail");
	assert_int_equal(json_element("mail4", "192.0.2.2").timeout, 5 * 3600);
	configure("{ broken");
	banish(YES, "ban 192.0.2.4");
	assert_has(err, "banish.json:1:");
	assert_has(err, "built-in");
	assert_int_equal(json_element("manual4", "192.0.2.4").timeout, 3600);
}

static void who_cannot_or_must_not_be_banned_is_refused(void **state)
{
	static const struct {
		const char *words;
		int code;
		const char *why;
	} cases[] = {
		{ "ban 127.0.0.1", NO, "loopback" },
		{ "ban ::1", NO, "loopback" },
		{ "ban 0.0.0.0", NO, "unspecified" },
		{ "ban ff02::1", NO, "multicast" },
		{ "ban 198.51.100.77", NO, "ignoreip" },
		{ "ban 192.0.2.1 198.51.100.77", NO, "ignoreip" },
		{ "ban nonsense", USAGE, "\"nonsense\" is not an address" },
		{ "ban 192.0.2.1 192.0.2.1.5", USAGE, "is not an address" },
		{ "ban", USAGE, "missing" },
		{ "ban 192.0.2.1 --time never", USAGE, "SPAN" },
		{ "ban 192.0.2.1 --time 0", USAGE, "SPAN" },
		{ "ban 192.0.2.1 --jail nojail", NO, "there is no jail \"nojail\", only" },
		{ "ban 192.0.2.1 --hail mail", USAGE, "unknown option" },
		{ "unban", USAGE, "--all" },
		{ "unban --all 192.0.2.1", USAGE, "not both" },
		{ "unban nonsense", USAGE, "is not an address" },
		{ "unban --all --jail nojail", NO, "there is no jail" },
		{ "list nojail", NO, "mail manual" },
		{ "list mail manual", USAGE, "too many" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		banish(cases[i].code, cases[i].words);
		assert_has(err, cases[i].why);
		assert_string_equal(out, "");
	}
	assert_int_equal(json_count("manual4"), 0);
	assert_int_equal(json_count("manual6"), 0);
}

static void force_bans_who_is_always_let_through(void **state)
{
	struct shown shown;

	banish(NO, "ban 198.51.100.77 --time 2h");
	assert_has(
		err,
		"198.51.100.77 is exempt (ignoreip, own address or gateway); use --force to ban it anyway\n");
	assert_null(strchr(strchr(err, '\n') + 1, '\n'));
	banish(NO, "ban 198.51.100.77 --jail forced");
	assert_has(err, "198.51.100.77 is exempt");
	banish(YES, "ban --force 198.51.100.77 --time 2h --reason 'turned bad'");
	assert_has(out, "198.51.100.77/32 is banned in jail forced until ");
	shown = json_element("forced4", "198.51.100.77");
	assert_in_range(shown.expires, 7190, 7200);
	assert_string_equal(shown.comment, "turned bad");
	assert_int_equal(json_count("manual4"), 0);
	banish(YES, "ban 192.0.2.7");
	assert_int_equal(json_count("forced4"), 1);

	banish(YES, "list");
	assert_has(out, "turned bad\n");
	assert_has(out, "by hand\n");
	banish(YES, "list forced --json");
	assert_has(out, "{\"jail\":\"forced\",\"address\":\"198.51.100.77\"");
	assert_has(out, "\"comment\":\"turned bad\"}\n");
	assert_null(strstr(out, "by hand"));

	banish(YES, "unban 198.51.100.77");
	assert_string_equal(out, "198.51.100.77/32 is no longer banned in jail forced\n");
	assert_int_equal(json_count("forced4"), 0);
	banish(YES, "ban --force 198.51.100.78 198.51.100.79 --jail forced --json");
	assert_has(out, "{\"jail\":\"forced\",\"address\":\"198.51.100.79\"");
	assert_int_equal(json_count("forced4"), 2);
	banish(YES, "unban --all --jail forced");
	assert_int_equal(json_count("forced4"), 0);
	assert_int_equal(json_count("manual4"), 1);
	banish(USAGE, "ban --force 198.51.100.77 --jail mail");
	assert_string_equal(err, "banish ban: --force bans in jail forced, on all ports; leave out "
				 "--jail mail\n");
	assert_int_equal(json_count("mail4") + json_count("forced4"), 0);
}

static void force_takes_single_addresses(void **state)
{
	banish(YES, "ban --force 2001:db8::7");
	assert_has(out, "2001:db8::7/128 is banned in jail forced until ");
	assert_true(json_element("forced6", "2001:db8::7").found);
	banish(YES, "ban --force 2002:c000:201::7"); /* which is not the one it carries */
	assert_has(out, "2002:c000:201::7/128 is banned in jail forced until ");
	banish(NO, "ban --force 2001:db8::/64");
	assert_has(err,
		   "2001:db8::/64 cannot be banned in jail forced, which bans single addresses "
		   "only\n");
	banish(NO, "ban --jail forced 192.0.2.0/24");
	assert_has(err, "192.0.2.0/24 cannot be banned in jail forced");
	banish(NO, "ban --force 127.0.0.1");
	assert_has(err, "loopback");
	assert_int_equal(json_count("forced6"), 2);
	assert_int_equal(json_count("forced4"), 0);
}

static void a_jail_that_is_not_in_force_is_told_from_one_without_a_rule(void **state)
{
	static const char rule[] =
		"{\"name\": \"web\", \"journal\": [{\"_SYSTEMD_UNIT\": \"web.service\"}], "
		"\"events\": [{\"name\": \"x\", \"pattern\": \"^fail (?<address>.*)$\"}]}";
	static const char *const words[] = { "list web", "ban 192.0.2.1 --jail web",
					     "unban 192.0.2.1 --jail web" };
	char text[128];

	run("mkdir -p %s/rules; echo '%s' >%s/rules/web.json", config, rule, config);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		snprintf(text, sizeof(text), "%s --rules rules", words[i]);
		banish(NO, text);
		assert_has(
			err,
			"there is no jail \"web\", only mail manual forced; it has a rule, so name "
			"it under \"jails\" in banish.json and reload banish\n");
		snprintf(text, sizeof(text), "%s --rules /nowhere", words[i]);
		banish(NO, text);
		assert_has(err, "there is no jail \"web\", only mail manual forced\n");
	}
	run("rm -r %s/rules", config);
}

static void who_carries_an_ipv4_address_is_banned_alone(void **state)
{
	banish(YES, "ban 64:ff9b::198.51.100.9 2002:c633:6401:7::8 --time 2h");
	assert_has(out, "64:ff9b::c633:6409/128 is banned in jail manual until ");
	assert_has(
		out,
		"2002:c633:6401:7::8: all of 2002:c633:6401::/48 is banned in jail manual until");
	assert_int_equal(json_count("manual6"), 0);
	assert_true(json_element("manual.128v6", "64:ff9b::c633:6409").found);
	assert_true(json_element("manual.48v6", "2002:c633:6401::").found);
	run("nft list chain inet banish prerouting | grep -q 'ip6 saddr @manual.128v6 counter'");
	run("nft list chain inet banish prerouting | grep -q '@manual.48v6 counter'");
	banish(YES, "ban 64:ff9b::198.51.100.10");
	run("test $(nft list chain inet banish prerouting | grep -c '@manual.128v6') = 1");
	banish(YES, "list manual");
	assert_has(out, "manual        64:ff9b::c633:6409/128");
	banish(YES, "list --json");
	assert_has(out, "{\"jail\":\"manual\",\"address\":\"2002:c633:6401::\",\"prefix\":"
			"\"2002:c633:6401::/48\"");
	banish(NO, "list manual.128v");
	assert_has(err, "there is no jail \"manual.128v\", only mail manual forced\n");

	banish(YES, "unban 64:ff9b::198.51.100.9");
	assert_string_equal(out, "64:ff9b::c633:6409/128 is no longer banned in jail manual\n");
	banish(YES, "unban 2002:c633:6401::1");
	assert_has(out, "2002:c633:6401::/48 is no longer banned in jail manual");
	assert_int_equal(json_count("manual.48v6"), 0);
	assert_int_equal(json_count("manual.128v6"), 1);
	banish(YES, "unban --all");
	assert_int_equal(json_count("manual.128v6"), 0);
}

static void a_length_takes_the_ports_of_its_jail(void **state)
{
	banish(NO, "ban 64:ff9b::198.51.100.9 --jail mail");
	assert_has(err, "whose ports cannot be read from the configuration");
	configure("{\"jails\":{\"mail\":{\"action\":\"reject\",\"ports\":[\"imap\"]}}}");
	run("mkdir -p %s/rules.d", config);
	configure_rule();
	banish(YES, "ban 64:ff9b::198.51.100.9 --jail mail");
	run("nft list chain inet banish prerouting | "
	    "grep -q 'tcp dport 143 ip6 saddr @mail.128v6 counter.*reject with tcp reset'");
	banish(YES, "ban 203.0.112.0/20 --jail mail");
	run("nft list chain inet banish prerouting | "
	    "grep -q 'tcp dport 143 ip saddr & 255.255.240.0 .*@mail.20v4 counter.*tcp reset'");
	run("rm -r %s/rules.d", config);
}

static void there_are_few_lengths(void **state)
{
	for (int i = 1; i <= NFT_MAX_LENGTHS; i++)
		run("nft add set inet banish manual.%dv6 '{ type ipv6_addr; flags timeout; }'", i);
	banish(NO, "ban 64:ff9b::198.51.100.9");
	assert_has(err,
		   "64:ff9b::c633:6409/128 cannot be banned in jail manual: there are 16 sets for "
		   "IPv6 bans of another length than their jail's");
	run("nft delete set inet banish manual.7v6");
	banish(YES, "ban 64:ff9b::198.51.100.9");
	banish(NO, "ban 2001:db8::/31");
	assert_has(err,
		   "2001:db8::/31 cannot be banned in jail manual: there are 16 sets for IPv6");
	banish(YES, "ban 203.0.112.0/20");
}

static void unban_finds_every_set(void **state)
{
	banish(YES, "ban 192.0.2.7 192.0.2.8 2001:db8::7");
	banish(YES, "ban 192.0.2.7 2001:db8::8 --jail mail");
	banish(YES, "unban 192.0.2.7");
	assert_has(out, "192.0.2.7/32 is no longer banned in jail mail");
	assert_has(out, "192.0.2.7/32 is no longer banned in jail manual");
	banish(NO, "unban 192.0.2.7");
	assert_has(err, "192.0.2.7 is not banned");
	/* Any address of the network will do. */
	banish(YES, "unban 2001:db8::9999 --jail mail");
	assert_int_equal(json_count("mail6"), 0);
	assert_int_equal(json_count("manual6"), 1);
	banish(NO, "unban 2001:db8::7 192.0.2.99");
	assert_int_equal(json_count("manual6"), 0);
	banish(YES, "unban 192.0.2.8 --json");
	assert_string_equal(
		out,
		"{\"jail\":\"manual\",\"address\":\"192.0.2.8\",\"prefix\":\"192.0.2.8/32\"}\n");
}

static void unban_takes_networks_and_all(void **state)
{
	banish(YES, "ban 192.0.2.7 192.0.2.8 203.0.113.1 2001:db8::7");
	banish(YES, "ban 192.0.2.7 --jail mail");
	banish(YES, "unban 192.0.2.0/24");
	assert_int_equal(json_count("manual4"), 1);
	assert_int_equal(json_count("mail4"), 0);
	banish(YES, "unban 2001:db8:0:0:1::/80");
	assert_int_equal(json_count("manual6"), 0);
	banish(YES, "ban 192.0.2.7 --jail mail");
	banish(YES, "unban --all --jail manual");
	assert_int_equal(json_count("manual4"), 0);
	assert_int_equal(json_count("mail4"), 1);
	banish(YES, "unban --all");
	assert_int_equal(json_count("mail4"), 0);
	banish(YES, "unban --all");
}

static void what_blocks_nobody_is_shown_and_can_go(void **state)
{
	run("nft add element inet banish mail6 '{ 2001:db8::5 comment \"by \x1b[31m hand\" }'");
	banish(YES, "list");
	assert_has(out, "2001:db8::/64");
	assert_has(out, "blocks nobody");
	assert_null(strchr(out, '\x1b'));
	banish(YES, "unban 2001:db8::5");
	assert_int_equal(json_count("mail6"), 0);
}

static void without_a_table_nothing_is_banned(void **state)
{
	run("nft flush ruleset");
	banish(YES, "list");
	assert_string_equal(out, "");
	banish(YES, "list mail --json");
	assert_string_equal(out, "");
	banish(NO, "ban 192.0.2.1");
	assert_has(err, "there is no nftables table inet banish, start banish.service");
	banish(NO, "unban 192.0.2.1");
	assert_has(err, "no nftables table");
}

static void the_table_may_have_another_name(void **state)
{
	configure("{\"nftables\": {\"table\": \"other\"}}");
	banish(YES, "list");
	banish(NO, "ban 192.0.2.1");
	assert_has(err, "inet other");
	run("nft list ruleset | sed 's/table inet banish/table inet other/' | nft -f -");
	banish(YES, "ban 192.0.2.1");
	run("nft list set inet other manual4 | grep -q 192.0.2.1");
}

static void without_the_capability_they_say_so(void **state)
{
	static const char *const words[] = { "list", "ban 192.0.2.1", "unban 192.0.2.1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char command[512];

		snprintf(
			command, sizeof(command),
			"cd %s; setpriv --inh-caps -all --bounding-set -all %s %s 2>err; test $? = 1",
			config, BANISH, words[i]);
		run("%s", command);
		read_back("err", err, sizeof(err));
		assert_has(err, "CAP_NET_ADMIN");
	}
}

int main(void)
{
#define CONFIGURED(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		CONFIGURED(a_ban_stands_in_manual_and_is_listed),
		CONFIGURED(a_ban_is_widened_and_says_so),
		CONFIGURED(a_range_is_banned_as_it_is_written),
		CONFIGURED(a_range_says_who_in_it_is_exempt),
		CONFIGURED(who_is_still_held_is_said),
		CONFIGURED(a_second_ban_counts_from_now),
		CONFIGURED(without_a_time_it_is_the_jails_bantime),
		CONFIGURED(who_cannot_or_must_not_be_banned_is_refused),
		CONFIGURED(force_bans_who_is_always_let_through),
		CONFIGURED(force_takes_single_addresses),
		CONFIGURED(a_jail_that_is_not_in_force_is_told_from_one_without_a_rule),
		CONFIGURED(who_carries_an_ipv4_address_is_banned_alone),
		CONFIGURED(a_length_takes_the_ports_of_its_jail),
		CONFIGURED(there_are_few_lengths),
		CONFIGURED(unban_finds_every_set),
		CONFIGURED(unban_takes_networks_and_all),
		CONFIGURED(what_blocks_nobody_is_shown_and_can_go),
		CONFIGURED(without_a_table_nothing_is_banned),
		CONFIGURED(the_table_may_have_another_name),
		CONFIGURED(without_the_capability_they_say_so),
	};

	int failed;

	netns_enter();
	if (!mkdtemp(config))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	run("rm -r %s", config);
	return failed;
}
