/* Lists of networks of others: what `banish status` tells of them. */
#include "status/status-facts.h"

#include "cli/listed.h"
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>

int status_look_at_lists(struct status *status)
{
	const struct policy *policy = status->policy;
	char name[NAME_SIZE];

	status->lists = calloc(policy->n_lists + 1, sizeof(*status->lists));
	status->list_facts = calloc(policy->n_lists + 1, sizeof(*status->list_facts));
	if (!status->lists || !status->list_facts)
		return -ENOMEM;
	status->n_lists = policy->n_lists;
	for (size_t i = 0; i < policy->n_lists; i++) {
		struct status_list *list = &status->lists[i];

		snprintf(name, sizeof(name), NFT_LIST "%s", policy->lists[i].name);
		list->facts = (struct facts_list){
			.name = policy->lists[i].name,
			.file = policy->lists[i].file,
			.in_force = nft_view_list(&status->view, name, &list->use),
		};
		list->facts.file_time = list->use.file_time;
		status->list_facts[i] = list->facts;
	}
	status->facts.lists = status->list_facts;
	/* what is not in force yet cannot be missing */
	status->facts.n_lists = status->facts.stale_config ? 0 : policy->n_lists;
	return 0;
}

int status_print_lists(const struct status *status)
{
	cleanup(columns_done) struct columns columns = { .alignment = LISTED_ALIGNMENT };
	int r;

	if (status->n_lists == 0 || !status->facts.sees_kernel)
		return 0;
	r = columns_add(&columns, listed_head);
	for (size_t i = 0; r >= 0 && i < status->n_lists; i++)
		r = listed_print(&status->policy->lists[i], &status->view, &columns);
	putchar('\n');
	return r < 0 ? r : output_columns(&columns);
}

int status_print_lists_json(const struct status *status)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && status->facts.sees_kernel && i < status->n_lists; i++)
		r = listed_print(&status->policy->lists[i], &status->view, NULL);
	return r;
}
