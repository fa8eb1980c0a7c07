/*
 * banish resolve - asks for the addresses of the host names in ignoreip and its lists, and writes
 * them where the daemon reads them, one file a name. It alone talks to the network.
 */
#include "cli/options.h"
#include "cli/verb.h"
#include "io/config.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the files begin with, so that no other file is ever removed. */
#define HEAD     "# an answer to banish resolve\n"
#define MAX_SIZE (sizeof(HEAD) + IGNORE_MAX_ANSWER * ADDRESS_TEXT_MAX) /* bytes of an answer */

struct resolution {
	const char *folder;
	bool print;
	size_t n_failed;
};

/* True if the file is there and ours; then its text is in `ret`, a string. */
static bool read_answer(const char *folder, const char *name, char **ret)
{
	cleanup(freep) char *path = NULL, *text = NULL;
	size_t size;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return false;
	}
	if (file_read(path, MAX_SIZE, &text, &size) < 0 || strncmp(text, HEAD, strlen(HEAD)) != 0)
		return false;
	*ret = TAKE_PTR(text);
	return true;
}

static int resolve_complain(struct resolution *resolution, const char *name, const char *what)
{
	cleanup(freep) char *old = NULL;

	fprintf(stderr, "banish resolve: %s: %s; %s\n", name, what,
		read_answer(resolution->folder, name, &old) ? "its last answer stays in force"
							    : "no address of it is known");
	resolution->n_failed++;
	return 0;
}

static int resolve_compare(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

/* Sorted, each once: the order of answers changes all the time. -E2BIG: more than `max`. */
static int take_addresses(const struct addrinfo *infos, struct address *addresses, size_t max)
{
	size_t n = 0;

	for (const struct addrinfo *info = infos; info; info = info->ai_next) {
		char text[NI_MAXHOST];
		struct address address;
		size_t i = 0;

		/* through the text, since the parser folds IPv4-mapped addresses */
		if (getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) != 0 ||
		    address_parse_endpoint(span_of(text), &address) != 0 ||
		    address_never_offends(&address))
			continue;
		while (i < n && !address_equal(&addresses[i], &address))
			i++;
		if (i < n)
			continue;
		if (n == max)
			return -E2BIG;
		addresses[n++] = address;
	}
	qsort(addresses, n, sizeof(*addresses), resolve_compare);
	return (int)n;
}

static int resolve_print(const char *name, const struct address *addresses, size_t n)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		printf("%s %s\n", name, address_format(&addresses[i], text));
	return 0;
}

/* The daemon is not woken for nothing. */
static int publish(struct resolution *resolution, const char *name, const struct address *addresses,
		   size_t n)
{
	char text[MAX_SIZE] = HEAD, address[ADDRESS_TEXT_MAX];
	cleanup(freep) char *old = NULL;
	size_t size = strlen(HEAD);
	int r;

	for (size_t i = 0; i < n; i++)
		size += (size_t)sprintf(text + size, "%s\n",
					address_format(&addresses[i], address));
	if (read_answer(resolution->folder, name, &old) && strcmp(old, text) == 0)
		return 0;
	r = file_publish(resolution->folder, name, text, size);
	return r < 0 ? r : resolve_print(name, addresses, n);
}

/* One name; what fails is said. Negative errno: nothing can be written. */
static int resolve(struct resolution *resolution, const char *name)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct address addresses[IGNORE_MAX_ANSWER];
	struct addrinfo *infos = NULL;
	int n, r;

	r = getaddrinfo(name, NULL, &hints, &infos);
	if (r != 0)
		return resolve_complain(resolution, name,
					r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	n = take_addresses(infos, addresses, ARRAY_SIZE(addresses));
	freeaddrinfo(infos);
	if (n < 0)
		return resolve_complain(resolution, name,
					"more than 64 addresses, which is not a single host");
	if (n == 0)
		return resolve_complain(resolution, name,
					"nothing but addresses that are never banned");
	return resolution->print ? resolve_print(name, addresses, (size_t)n)
				 : publish(resolution, name, addresses, (size_t)n);
}

/* Answers for names that are no longer asked for. */
static int remove_others(const struct resolution *resolution, const struct ignorelist *names)
{
	DIR *folder = opendir(resolution->folder);
	const struct dirent *entry;
	int r = 0;

	if (!folder)
		return -errno;
	while ((entry = readdir(folder))) {
		cleanup(freep) char *text = NULL;
		size_t i = 0;

		while (i < names->n_names && strcmp(names->names[i], entry->d_name) != 0)
			i++;
		if (i < names->n_names || !read_answer(resolution->folder, entry->d_name, &text))
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0) < 0)
			r = -errno;
		else
			printf("%s is no longer resolved\n", entry->d_name);
	}
	(void)closedir(folder); /* it was only read */
	return r;
}

static int resolve_all(struct resolution *resolution, const struct ignorelist *names)
{
	cleanup(freep) char *above = strdup(resolution->folder);
	char *slash = above ? strrchr(above, '/') : NULL;
	int r = 0;

	if (!above)
		return -ENOMEM;
	if (!resolution->print) { /* the folder and the one above it; a unit has them already */
		if (slash && slash != above) {
			*slash = '\0';
			(void)mkdir(above, 0755); /* what fails here fails again below */
		}
		if (mkdir(resolution->folder, 0755) < 0 && errno != EEXIST)
			return -errno;
		r = remove_others(resolution, names);
	}
	for (size_t i = 0; r >= 0 && i < names->n_names; i++)
		r = resolve(resolution, names->names[i]);
	return r;
}

int verb_resolve(int argc, char **argv)
{
	const char *confdir = CONFDIR;
	struct resolution resolution = { .folder = IGNOREDIR };
	const struct option_row rows[] = {
		{ "config", "DIR", "directory of banish.json (default " CONFDIR ")", &confdir,
		  NULL },
		{ "output", "DIR", "directory of the answers (default " IGNOREDIR ")",
		  &resolution.folder, NULL },
		{ "print", NULL, "show the answers, write nothing", &resolution.print, NULL },
	};
	const struct usage usage =
		USAGE("resolve", "", 0, 0, rows,
		      "Resolves the host names in ignoreip and writes the addresses where "
		      "the daemon reads\nthem, one file a name. "
		      "banish-resolve.timer starts it. Exit 1: a name has no answer.");
	cleanup(config_freep) struct config *config = NULL;
	struct faults faults = { 0 };
	int first, code, r;

	if (options_parse(&usage, argc, argv, &first, &code) != 0)
		return code;
	(void)umask(0022); /* the daemon is another user */
	r = config_load_policy(confdir, &faults, &config);
	faults_print(&faults);
	faults_done(&faults);
	if (r >= 0) {
		r = resolve_all(&resolution, &config->policy->ignore_names);
		if (r < 0)
			fprintf(stderr, "banish resolve: %s cannot be written: %s\n",
				resolution.folder, strerror(-r));
	} else if (r != -EINVAL)
		fprintf(stderr, "banish resolve: %s\n", strerror(-r));
	return r < 0 || resolution.n_failed > 0 ? EXIT_NO : EXIT_YES;
}
