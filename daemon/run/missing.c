/*
 * What of the journal is not there: files that cannot be opened now, or never, and what journald
 * deleted before it was read.
 */
#include "run/reader.h"

#include "cli/timestamp.h"
#include "io/log.h"
#include "io/openfiles.h"

#include <errno.h>

/* A file that cannot be opened now, for want of a descriptor: reading waits for it so long. */
#define MISSING_PATIENCE (60 * USEC_PER_SEC)

#define SAY_DELETED_EVERY (60 * USEC_PER_SEC)

/* Who is that late has missed what was deleted meanwhile; before, it was hardly anything. */
#define NOTICE_WITHIN (2 * USEC_PER_SEC)

void missing_say_deleted(struct reader *reader)
{
	char text[TIMESTAMP_TEXT_MAX];
	usec_t now = wakeup_time(reader->event);

	if (reader->deleted_said > 0 && now - reader->deleted_said < SAY_DELETED_EVERY)
		return;
	reader->deleted_said = now;
	timestamp_format(reader->cursor_time, text);
	log_say(LOG_BLIND, LOG_WARNING,
		"journald deleted entries after %s before they were read: attacks in them were not seen; "
		"give the journal more room (SystemMaxUse= in journald.conf)",
		text);
}

/* Has journald deleted what came since all was read? */
void missing_look_for_deleted(struct reader *reader)
{
	usec_t oldest;

	if (reader->cursor && reader->read_all > 0 &&
	    journal_oldest(reader->journal, &oldest) >= 0 &&
	    oldest > reader->read_all + NOTICE_WITHIN)
		missing_say_deleted(reader);
}

void missing_say_refused(struct reader *reader)
{
	size_t n = journal_n_refused(reader->journal);

	if (n > reader->n_refused)
		log_say(LOG_BLIND, LOG_WARNING,
			"%zu file%s of the journal cannot be read, such as %s: attacks in there are not seen; "
			"see journalctl --verify",
			n, PLURAL(n), openfiles_missing());
	reader->n_refused = n;
}

int missing_renew(struct reader *reader)
{
	sd_event_source *source = reader->journal_source;
	int fd, r;

	/* the new descriptor may have the number of the old one */
	r = source ? sd_event_source_set_enabled(source, SD_EVENT_OFF) : 0;
	if (r >= 0)
		r = journal_renew(reader->journal);
	if (journal_select(reader->journal, reader->ruleset, true) < 0)
		return -ENOMEM;
	fd = source ? journal_fd(reader->journal) : 0;
	if (fd < 0)
		return fd;
	if (r >= 0)
		missing_say_refused(reader);
	if (r < 0 || !source)
		return r;
	r = sd_event_source_set_io_fd(source, fd);
	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ON);
}

int missing_check(struct reader *reader)
{
	usec_t now = timestamp_monotonic();
	int r;

	r = journal_is_whole(reader->journal, wakeup_time(reader->event));
	if (r == 0) {
		r = missing_renew(reader);
		r = r < 0 ? r : 2;
	}
	if (r >= 0) {
		if (reader->missing_since > 0)
			log_say(LOG_BLIND, LOG_INFO, "all files of the journal are open again%s",
				reader->without_missing ? "" : ", no entry was skipped");
		reader->missing_since = 0;
		reader->without_missing = false;
		return r;
	}
	if (reader->missing_since == 0) {
		reader->missing_since = now;
		log_say(LOG_BLIND, LOG_WARNING,
			"a file of the journal cannot be opened (%s): waiting for it",
			strerror(-r));
	}
	if (now < reader->missing_since + MISSING_PATIENCE)
		return 0;
	if (!reader->without_missing)
		log_say(LOG_BLIND, LOG_ERR,
			"a file of the journal cannot be opened (%s): attacks in it are not seen",
			strerror(-r));
	reader->without_missing = true;
	return 2;
}
