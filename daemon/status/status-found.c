#include "status/status-found.h"

#include "base/array.h"

#include <errno.h>

void status_done(struct status *status)
{
	diagnosis_done(&status->diagnosis);
	history_done(&status->history);
	unit_done(&status->unit);
	nft_view_done(&status->view);
	journal_free(status->journal);
	ruleset_free(status->ruleset);
	if (status->owns_policy)
		policy_free(status->policy);
	config_free(status->config);
	free(status->jails);
	free(status->facts_jails);
	free(status->fault);
	free(status->damage);
	free(status->full);
	free(status->trouble);
	for (size_t i = 0; i < status->n_unseen; i++)
		free(status->unseen[i]);
}

int status_add_unseen(struct status *status, char *text)
{
	if (!text)
		return -ENOMEM;
	if (status->n_unseen < STATUS_MAX_UNSEEN)
		status->unseen[status->n_unseen++] = text;
	else
		free(text);
	return 0;
}

struct status_jail *status_jail(struct status *status, const char *name)
{
	struct status_jail *jail;

	for (size_t i = 0; i < status->n_jails; i++)
		if (strcmp(status->jails[i].name, name) == 0)
			return &status->jails[i];
	if (strlen(name) >= NAME_SIZE)
		return NULL;
	if (!array_grow(status->jails, status->n_jails))
		return NULL;
	jail = &status->jails[status->n_jails++];
	*jail = (struct status_jail){ 0 };
	strcpy(jail->name, name);
	return jail;
}
