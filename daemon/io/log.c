#include "io/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define MAX_FIELDS   16
#define MESSAGE_SIZE 1024  /* bytes; longer ones are cut */
#define TEXT_SIZE    16384 /* bytes of all fields; what does not fit is left out */
#define ALIVE_EVERY  (USEC_PER_SEC / 4)

static const char *const message_ids[] = {
#define LOG_KIND(name, id) [name] = (id),
	LOG_KINDS(LOG_KIND)
#undef LOG_KIND
};

/* A journald that takes entries. */
struct outlet {
	const char *path; /* of its socket */
	usec_t patience;  /* for one entry */
	usec_t pause;     /* after one that it did not take, without any patience; USEC_INFINITY:
			     until it takes one */
	int socket;       /* -1: none yet */
	usec_t impatient_until; /* monotonic */
};

/* Process-wide on purpose: there is one stderr. */
static bool to_journal;
static struct outlet journal_outlet = { .path = "/run/systemd/journal/socket",
					.patience = 2 * USEC_PER_SEC,
					.pause = USEC_INFINITY,
					.socket = -1 };
static struct outlet fleet_outlet = {
	.path = FLEET_SOCKET, .patience = USEC_PER_SEC / 50, .pause = USEC_PER_SEC, .socket = -1
};
static uint64_t n_lost; /* entries, since journald is stuck */

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

/* An entry's fields, without the heap: that a ban was made is said also when memory is short. */
struct fields_said {
	char text[TEXT_SIZE];
	size_t size;
	struct iovec parts[MAX_FIELDS + 4];
	int n;
};

static void log_add(struct fields_said *said, const char *name, const char *value)
{
	char *at = said->text + said->size;
	size_t room = sizeof(said->text) - said->size;
	int size = snprintf(at, room, "%s=%s\n", name, value);

	if (size < 0 || (size_t)size >= room)
		return;
	for (char *c = at; (c = strchr(c, '\n')) && c < at + size - 1;) /* else a field more */
		*c = ' ';
	said->parts[said->n++] = (struct iovec){ at, (size_t)size };
	said->size += (size_t)size;
}

static usec_t log_monotonic(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (usec_t)time.tv_sec * USEC_PER_SEC + (usec_t)time.tv_nsec / 1000;
}

/* In the journal's native protocol, a field a line. sd_journal_sendv() would wait for ever for a
 * journald that hangs, and nobody would be banned meanwhile. */
static int outlet_send(struct outlet *outlet, const struct fields_said *said)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = (time_t)(outlet->patience / USEC_PER_SEC),
					  .tv_usec =
						  (suseconds_t)(outlet->patience % USEC_PER_SEC) };
	const struct msghdr message = { .msg_name = &address,
					.msg_namelen = sizeof(address),
					.msg_iov = (struct iovec *)(uintptr_t)said->parts,
					.msg_iovlen = (size_t)said->n };
	usec_t now = log_monotonic();
	bool waits = now >= outlet->impatient_until;
	ssize_t r;

	strcpy(address.sun_path, outlet->path);
	if (outlet->socket < 0) {
		outlet->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (outlet->socket < 0)
			return -errno;
		(void)setsockopt(outlet->socket, SOL_SOCKET, SO_SNDTIMEO, &patience,
				 sizeof(patience));
	}
	do
		r = sendmsg(outlet->socket, &message, MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT));
	while (r < 0 && errno == EINTR); /* stopped, and continued */
	if (r < 0 && waits)
		outlet->impatient_until =
			outlet->pause == USEC_INFINITY ? USEC_INFINITY : now + outlet->pause;
	else if (r >= 0 && outlet->pause == USEC_INFINITY)
		outlet->impatient_until = 0;
	return r < 0 ? -errno : 0;
}

static void log_gather(struct fields_said *said, enum log_kind kind, int priority,
		       const struct log_field *fields, size_t n_fields, const char *message)
{
	const char level[] = { (char)('0' + (priority & LOG_PRIMASK)), '\0' };

	said->size = 0;
	said->n = 0;
	log_add(said, "MESSAGE", message);
	log_add(said, "PRIORITY", level);
	log_add(said, "MESSAGE_ID", message_ids[kind]);
	log_add(said, "SYSLOG_IDENTIFIER", "banish");
	for (size_t i = 0; i < n_fields && i < MAX_FIELDS; i++)
		if (fields[i].value)
			log_add(said, fields[i].name, fields[i].value);
}

static void send_to_journal(enum log_kind kind, int priority, const struct log_field *fields,
			    size_t n_fields, const char *message)
{
	struct fields_said said;

	log_gather(&said, kind, priority, fields, n_fields, message);
	if (outlet_send(&journal_outlet, &said) >= 0)
		return;
	if (journal_outlet.socket < 0) /* no descriptor was free for it, say */
		say_to_stderr(message);
	else
		n_lost++;
}

int log_share(enum log_kind kind, int priority, const struct log_field *fields, size_t n_fields,
	      const char *message)
{
	struct fields_said said;

	log_gather(&said, kind, priority, fields, n_fields, message);
	return outlet_send(&fleet_outlet, &said);
}

/* Thousands of entries at once keep a slow machine's journald busy for longer than the watchdog and
 * a start may take, and a daemon that is killed for it would write them again. */
static void tell_alive(void)
{
	static usec_t last;
	usec_t now = log_monotonic();

	if (last && now - last < ALIVE_EVERY)
		return;
	last = now;
	(void)sd_notify(false, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=30000000");
}

bool log_is_stuck(void)
{
	return journal_outlet.impatient_until > 0;
}

void log_entry(enum log_kind kind, int priority, const struct log_field *fields, size_t n_fields,
	       const char *format, ...)
{
	char message[MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (!to_journal) {
		say_to_stderr(message);
		return;
	}
	send_to_journal(kind, priority, fields, n_fields, message);
	if (!log_is_stuck() && n_lost > 0) {
		snprintf(
			message, sizeof(message),
			"journald took nothing for a while: messages that were not written: %" PRIu64
			"; bans among them are written now",
			n_lost);
		n_lost = 0;
		send_to_journal(LOG_FAULT, LOG_WARNING, NULL, 0, message);
	}
	tell_alive();
}
