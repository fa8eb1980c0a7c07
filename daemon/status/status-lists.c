/* Lists of networks of others: what `banish status` tells of them. */
#include "status/status-facts.h"

#include "cli/listed.h"
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>

int status_look_at_lists(struct status *status)
{
	const struct policy *policy = status->policy;

	status->lists = calloc(policy->n_lists + 1, sizeof(*status->lists));
	if (!status->lists)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_lists; i++) {
		const struct list_policy *list = &policy->lists[i];
		struct nft_list_use use;
		bool in_force = nft_view_list(&status->view, list->name, &use);

		status->lists[i] =
			(struct facts_list){ list->name, list->file, in_force, use.file_time };
	}
	status->facts.lists = status->lists;
	/* what is not in force yet cannot be missing */
	status->facts.n_lists = status->facts.stale_config ? 0 : policy->n_lists;
	return 0;
}

int status_print_lists(const struct status *status)
{
	cleanup(columns_done) struct columns columns = { .alignment = LISTED_ALIGNMENT };
	int r;

	if (!status->lists || status->policy->n_lists == 0)
		return 0;
	r = columns_add(&columns, listed_head);
	for (size_t i = 0; r >= 0 && i < status->policy->n_lists; i++)
		r = listed_print(&status->policy->lists[i], &status->view, &columns);
	putchar('\n');
	return r < 0 ? r : output_columns(&columns);
}

int status_print_lists_json(const struct status *status)
{
	size_t n = status->lists ? status->policy->n_lists : 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = listed_print(&status->policy->lists[i], &status->view, NULL);
	return r;
}
