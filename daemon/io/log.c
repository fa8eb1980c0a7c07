#include "io/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define MAX_FIELDS   16
#define MESSAGE_SIZE 1024 /* bytes; longer ones are cut */

static const char *const message_ids[] = {
#define LOG_KIND(name, id) [name] = (id),
	LOG_KINDS(LOG_KIND)
#undef LOG_KIND
};

/* Process-wide on purpose: there is one stderr. */
static bool to_journal;

const char *log_id(enum log_kind kind)
{
	return message_ids[kind];
}

void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	/* systemd.exec(5): "device:inode" of the stream, so that a redirected stderr is told from
	 * the journal's */
	to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
		     status.st_ino == inode;
}

static void say_to_stderr(const char *message)
{
	fprintf(stderr, "banish: %s\n", message);
}

static void send_to_journal(enum log_kind kind, int priority, const struct log_field *fields,
			    size_t n_fields, const char *message)
{
	struct iovec parts[MAX_FIELDS + 4];
	char *texts[MAX_FIELDS + 4] = { 0 };
	size_t n = 0;

	if (asprintf(&texts[n++], "MESSAGE=%s", message) < 0 ||
	    asprintf(&texts[n++], "PRIORITY=%d", priority) < 0 ||
	    asprintf(&texts[n++], "MESSAGE_ID=%s", message_ids[kind]) < 0 ||
	    asprintf(&texts[n++], "SYSLOG_IDENTIFIER=banish") < 0)
		return;
	for (size_t i = 0; i < n_fields && i < MAX_FIELDS; i++)
		if (fields[i].value &&
		    asprintf(&texts[n++], "%s=%s", fields[i].name, fields[i].value) < 0)
			n--;
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct iovec){ texts[i], strlen(texts[i]) };
	if (sd_journal_sendv(parts, (int)n) < 0) /* no descriptor for its socket, say */
		say_to_stderr(message);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
}

void log_entry(enum log_kind kind, int priority, const struct log_field *fields, size_t n_fields,
	       const char *format, ...)
{
	char message[MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (to_journal)
		send_to_journal(kind, priority, fields, n_fields, message);
	else
		say_to_stderr(message);
}
