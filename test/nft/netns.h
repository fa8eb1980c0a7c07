#ifndef BANISH_TEST_NETNS_H
#define BANISH_TEST_NETNS_H

/*
 * A network of one's own for a test: user and network namespace, real nf_tables in it, nothing of
 * the machine's own firewall in sight. Include after unit.h.
 */

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "netlink/nft.h"

/* Enters them; where that is refused, says so and ends the process with 77 (skipped). */
void netns_enter(void);

/* Runs the shell's words and demands success. */
void run(const char *format, ...) printf_like(1, 2);

/* What `nft -j WORDS` answers, without the metainfo; NULL: it failed. The caller deletes it. */
cJSON *nft_json(const char *words);

/* The set as nft sees it; and how many elements it holds. */
cJSON *json_set(const char *set);
size_t json_count(const char *set);

/* What nft shows of one element. */
struct shown {
	bool found;
	bool permanent;
	unsigned timeout, expires; /* seconds */
	char comment[200];
};
struct shown json_element(const char *set, const char *address);

/* The layout that most tests begin with: jail `mail`: ports 143 and 993, /32 and /64, drop. */
struct nft_layout netns_layout(void);

/* Of the test that runs; owned by it. */
extern struct nft *nft;

/* An empty namespace with that layout in it; and at its end. */
int netns_set_up(void **state);
int netns_tear_down(void **state);
#define INSTALLED(name) cmocka_unit_test_setup_teardown(name, netns_set_up, netns_tear_down)

struct address address_of(const char *text);
struct prefix prefix_of(const char *text);

/* One change to the jail `mail`. */
struct nft_change change_of(enum nft_operation operation, const char *address, unsigned seconds,
			    const char *comment);
/* ... that is made by `nft`. */
void apply(struct nft_change change);

#endif
