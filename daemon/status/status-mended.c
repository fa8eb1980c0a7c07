/*
 * Warnings of the last day whose cause is gone: by the daemon's own later word, by a later start or
 * reload, or by what is to be seen today. They are no news any more; `banish report` has them all.
 */
#include "status/status-facts.h"

static bool is_kind(const struct digest_remark *remark, enum log_kind kind)
{
	return strcmp(remark->id, log_id(kind)) == 0;
}

/* What is said of a jail, against what the jail is now. `jail` NULL: it is not in force. */
static bool jail_is_mended(const struct facts *facts, const struct facts_jail *jail,
			   const struct digest_remark *remark)
{
	if (is_kind(remark, LOG_SILENT))
		return !jail || jail->silent_said == 0;
	if (is_kind(remark, LOG_REACH))
		return !jail || jail->reach_said == 0;
	if (is_kind(remark, LOG_BREAKER))
		return !jail || jail->held_since == 0 || facts->now >= jail->held_until;
	return false;
}

static bool is_mended(const struct status *status, const struct digest_remark *remark)
{
	const struct facts *facts = &status->facts;
	bool running = facts->unit == UNIT_ACTIVE && !facts->config_fault;

	if (is_kind(remark, LOG_STATE) && remark->last <= remark->calmed)
		return true;
	if (is_kind(remark, LOG_RELOAD_FAILED))
		return running && remark->last < status->loaded;
	return running && remark->last < status_begun(status) &&
	       (is_kind(remark, LOG_STATE) || is_kind(remark, LOG_STATE_READ) ||
		is_kind(remark, LOG_FAULT) || is_kind(remark, LOG_KERNEL));
}

void status_take_out_mended(struct status *status)
{
	const struct facts *facts = &status->facts;
	struct digest *digest = status->history.digest;

	for (size_t i = 0; digest && i < digest->n_remarks; i++) {
		struct digest_remark *remark = &digest->remarks[i];
		const struct facts_jail *jail = NULL;
		const char *name;

		if (remark->jail == DIGEST_NO_JAIL) {
			remark->mended = is_mended(status, remark);
			continue;
		}
		name = digest->jails[remark->jail].name;
		for (size_t k = 0; k < facts->n_jails; k++)
			if (strcmp(facts->jails[k].name, name) == 0)
				jail = &facts->jails[k];
		remark->mended = status->ruleset && jail_is_mended(facts, jail, remark);
	}
}
