#ifndef BANISH_DAEMON_CLI_LISTED_H
#define BANISH_DAEMON_CLI_LISTED_H

/* Lists of networks of others in the kernel, in a table. */

#include "config/policy.h"
#include "netlink/nft.h"
#include "report/columns.h"

#define LISTED_ALIGNMENT "<><><"
extern const char *const listed_head[];

/* A list as an object, or as a line of the table. */
int listed_print(const struct list_policy *list, const struct nft_view *view,
		 struct columns *columns) must_check;

#endif
