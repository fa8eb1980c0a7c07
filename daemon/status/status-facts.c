/* What the parts of `banish status` share: their findings, and the daemon's last entries. */
#include "status/status-facts.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>

/* Trouble at the start is told before the word that it has started; of a life that began long
 * before that, by systemd's own restarts, the word alone is to be trusted. */
#define START_TAKES (60 * USEC_PER_SEC)

int status_add_unseen(struct status *status, const char *what, const char *remedy)
{
	char *text;

	if (status->n_unseen == STATUS_MAX_UNSEEN)
		return 0;
	if (asprintf(&text, "%s not looked at: %s", what, remedy) < 0)
		return -ENOMEM;
	status->unseen[status->n_unseen++] = text;
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

int status_go_to_last(struct journal *journal, enum log_kind kind, const char *jail,
		      usec_t *ret_time)
{
	char id[64], name[sizeof("BANISH_JAIL=") + NAME_SIZE];
	const char *const fields[] = { id, name };
	int r;

	snprintf(id, sizeof(id), "MESSAGE_ID=%s", log_id(kind));
	snprintf(name, sizeof(name), "BANISH_JAIL=%s", jail ?: "");
	r = journal_select_own(journal, fields, jail ? 2 : 1, false);
	if (r >= 0)
		r = journal_seek_last(journal);
	if (r > 0)
		r = entry_time(journal_entry(journal), ret_time) < 0 ? 0 : 1;
	return r == -EBADMSG ? 0 : r;
}

usec_t status_begun(const struct status *status)
{
	usec_t begun = status->unit.begun, started = status->started;

	return begun > 0 && begun <= started && started - begun < START_TAKES ? begun : started;
}
