#include "run/missing.h"

#include "cli/timestamp.h"
#include "io/log.h"
#include "io/openfiles.h"

#define MISSING_PATIENCE  (60 * USEC_PER_SEC)
#define SAY_DELETED_EVERY (60 * USEC_PER_SEC)

bool missing_waits(struct missing *missing, int error)
{
	usec_t now = timestamp_monotonic();

	if (missing->since == 0) {
		missing->since = now;
		log_say(LOG_BLIND, LOG_WARNING,
			"a file of the journal cannot be opened (%s): waiting for it",
			strerror(-error));
	}
	if (now < missing->since + MISSING_PATIENCE)
		return true;
	if (!missing->given_up)
		log_say(LOG_BLIND, LOG_ERR,
			"a file of the journal cannot be opened (%s): attacks in it are not seen",
			strerror(-error));
	missing->given_up = true;
	return false;
}

bool missing_is_found(struct missing *missing)
{
	bool waited = missing->since > 0;

	if (waited)
		log_say(LOG_BLIND, LOG_INFO, "all files of the journal are open again%s",
			missing->given_up ? "" : ", no entry was skipped");
	missing->since = 0;
	missing->given_up = false;
	return waited;
}

void missing_say_refused(struct missing *missing, const struct journal *journal)
{
	size_t n = journal_n_refused(journal);

	if (n > missing->n_refused)
		log_say(LOG_BLIND, LOG_WARNING,
			"%zu file%s of the journal cannot be read, such as %s: attacks in there are not seen; "
			"see journalctl --verify",
			n, PLURAL(n), openfiles_missing());
	missing->n_refused = n;
}

void missing_say_deleted(struct missing *missing, usec_t place, usec_t now)
{
	char text[TIMESTAMP_TEXT_MAX];

	if (missing->deleted_said > 0 && now - missing->deleted_said < SAY_DELETED_EVERY)
		return;
	missing->deleted_said = now;
	timestamp_format(place, text);
	log_say(LOG_BLIND, LOG_WARNING,
		"journald deleted entries after %s before they were read: attacks in them were not seen; "
		"give the journal more room (SystemMaxUse= in journald.conf)",
		text);
}
