#include "io/openfiles.h"

#include "base/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

/* Two changes within a tick of the kernel leave one time. */
#define SETTLED_AFTER (USEC_PER_SEC)
/* A file that libsystemd gave up for an error in it shows in no folder's time. */
#define CHECK_EVERY   (60 * USEC_PER_SEC)

/* Header of a journal file (systemd's JOURNAL_FILE_FORMAT). */
#define SIGNATURE    "LPKSHHRH"
#define HEADER_SIZE  208
#define NUMBERING_AT 72
#define N_ENTRIES_AT 152
#define LAST_AT      160
#define FIRST_AT     168
#define BEGIN_AT     184
#define END_AT       192
#define ID_TEXT_SIZE 32

struct file_search {
	const struct openfiles *files;
	struct openfiles_inode *open; /* owned, sorted */
	size_t n_open;
	struct openfiles_inode *missing; /* owned */
	size_t n_missing;
	struct openfiles_header *list; /* owned, its descriptors too */
	size_t n_list;
	bool only_print, only_list;
	uint64_t print;
};

static char missing_name[NAME_MAX + 1];

void openfiles_done(struct openfiles *files)
{
	free(files->refused);
	*files = (struct openfiles){ 0 };
}

const char *openfiles_missing(void)
{
	return missing_name;
}

void openfiles_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* A want that passes; whatever else keeps a file from being read stays. */
static bool is_want(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

static int openfiles_append(struct openfiles_inode **list, size_t *n, const struct stat *status)
{
	if (!array_grow(*list, *n))
		return -ENOMEM;
	(*list)[(*n)++] = (struct openfiles_inode){ status->st_dev, status->st_ino };
	return 0;
}

static int inode_compare(const void *a, const void *b)
{
	const struct openfiles_inode *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->device == y->device ? 0 : x->device < y->device ? -1 : 1;
}

static int list_open(struct file_search *search)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *each;
	struct stat status;
	int r = 0;

	if (!folder)
		return -errno;
	while (r >= 0 && (each = readdir(folder)))
		if (fstat(atoi(each->d_name), &status) == 0 && S_ISREG(status.st_mode))
			r = openfiles_append(&search->open, &search->n_open, &status);
	closedir(folder);
	if (search->n_open > 0)
		qsort(search->open, search->n_open, sizeof(*search->open), inode_compare);
	return r;
}

static uint64_t header_number(const uint8_t *header, size_t place)
{
	uint64_t number = 0;

	for (size_t i = 0; i < 8; i++)
		number |= (uint64_t)header[place + i] << 8 * i;
	return number;
}

/* 1: there are entries in it, and `fd` is the caller's, -1: it cannot be read; 0: none yet, or it
 * is no such file, or it is not to be read. */
static int read_header(int folder, const char *name, struct openfiles_header *ret)
{
	uint8_t header[HEADER_SIZE];
	int fd;

	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ret->fd = -1;
	if (fd < 0)
		return is_want(errno) ? -errno : errno == EIO;
	if (pread(fd, header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header, SIGNATURE, strlen(SIGNATURE)) != 0 ||
	    header_number(header, N_ENTRIES_AT) == 0) {
		close(fd);
		return 0;
	}
	*ret = (struct openfiles_header){
		.fd = fd,
		.first = header_number(header, FIRST_AT),
		.last = header_number(header, LAST_AT),
		.begin = header_number(header, BEGIN_AT),
		.end = header_number(header, END_AT),
	};
	memcpy(ret->numbering, header + NUMBERING_AT, sizeof(ret->numbering));
	return 1;
}

static int openfiles_add_header(struct file_search *search, const struct openfiles_header *header)
{
	if (header->fd < 0)
		return -EIO;
	if (!array_grow(search->list, search->n_list)) {
		close(header->fd);
		return -ENOMEM;
	}
	search->list[search->n_list++] = *header;
	return 0;
}

static int look_at_file(struct file_search *search, int folder, const char *name)
{
	const char *end = strrchr(name, '.');
	struct openfiles_header header;
	struct openfiles_inode inode;
	struct stat status;
	int r;

	if (!end || (strcmp(end, ".journal") != 0 && strcmp(end, ".journal~") != 0) ||
	    fstatat(folder, name, &status, 0) < 0 || !S_ISREG(status.st_mode))
		return 0;
	inode = (struct openfiles_inode){ status.st_dev, status.st_ino };
	for (size_t i = 0; i < search->files->n_refused; i++)
		if (inode_compare(&search->files->refused[i], &inode) == 0)
			return 0;
	if (search->n_open > 0 &&
	    bsearch(&inode, search->open, search->n_open, sizeof(inode), inode_compare))
		return 0;
	r = read_header(folder, name, &header);
	if (search->only_list)
		return r > 0 ? openfiles_add_header(search, &header) : r;
	if (r > 0 && header.fd >= 0)
		close(header.fd);
	if (r != 0)
		snprintf(missing_name, sizeof(missing_name), "%s", name);
	return r > 0 ? openfiles_append(&search->missing, &search->n_missing, &status) : r;
}

/* `depth` 1: also the folders in it, or the one that is named `only`. */
static int look_into(struct file_search *search, int at, const char *path, int depth,
		     const char *only)
{
	const struct dirent *each;
	struct stat status;
	DIR *folder;
	int fd, r = 0;

	fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd < 0)
		return is_want(errno) ? -errno : 0;
	if (fstat(fd, &status) == 0) {
		const uint64_t parts[] = { status.st_ino, (uint64_t)status.st_mtim.tv_sec,
					   (uint64_t)status.st_mtim.tv_nsec };

		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			search->print = (search->print ^ parts[i]) * 0x100000001b3;
	}
	if (depth == 0 && search->only_print) {
		close(fd);
		return 0;
	}
	folder = fdopendir(fd);
	if (!folder) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r >= 0 && (each = readdir(folder))) {
		const char *name = each->d_name;

		/* as libsystemd sees it: folders of machines, without those of namespaces */
		if (depth > 0 && strlen(name) == ID_TEXT_SIZE &&
		    strspn(name, "0123456789abcdef") == ID_TEXT_SIZE &&
		    (!only || strcmp(name, only) == 0))
			r = look_into(search, fd, name, depth - 1, NULL);
		else if (!search->only_print)
			r = look_at_file(search, fd, name);
	}
	closedir(folder);
	return r;
}

static int look_everywhere(struct file_search *search)
{
	char machine[SD_ID128_STRING_MAX];
	sd_id128_t id;
	int r;

	search->print = 0xcbf29ce484222325;
	if (search->files->directory)
		return look_into(search, AT_FDCWD, search->files->directory, 1, NULL);
	r = sd_id128_get_machine(&id);
	if (r < 0)
		return is_want(-r) ? r : 0;
	r = look_into(search, AT_FDCWD, "/var/log/journal", 1, sd_id128_to_string(id, machine));
	return r < 0 ? r : look_into(search, AT_FDCWD, "/run/log/journal", 1, NULL);
}

static void search_done(struct file_search *search)
{
	free(search->open);
	free(search->missing);
	for (size_t i = 0; i < search->n_list; i++)
		close(search->list[i].fd);
	free(search->list);
}

int openfiles_begin(struct openfiles *files, size_t *ret_refused)
{
	cleanup(search_done) struct file_search search = { .files = files };
	int r;

	r = list_open(&search);
	if (r >= 0)
		r = look_everywhere(&search);
	if (r < 0)
		return is_want(-r) ? r : 0;
	free(files->refused);
	files->refused = TAKE_PTR(search.missing);
	*ret_refused = files->n_refused = search.n_missing;
	return 0;
}

int openfiles_list(const struct openfiles *files, struct openfiles_header **ret, size_t *ret_n)
{
	cleanup(search_done) struct file_search search = { .files = files, .only_list = true };
	int r;

	r = look_everywhere(&search);
	if (r < 0)
		return r;
	*ret_n = search.n_list;
	search.n_list = 0;
	*ret = TAKE_PTR(search.list);
	return 0;
}

int openfiles_check(struct openfiles *files, usec_t now)
{
	struct file_search folders = { .files = files, .only_print = true };
	cleanup(search_done) struct file_search search = { .files = files };
	int r;

	/* as they were when all was right, for long enough to be sure of it */
	if (look_everywhere(&folders) >= 0 && folders.print == files->print &&
	    now >= files->print_at + SETTLED_AFTER && now < files->print_at + CHECK_EVERY)
		return 1;
	r = list_open(&search);
	if (r >= 0)
		r = look_everywhere(&search);
	if (r < 0 || search.n_missing > 0)
		return MIN(r, 0);
	if (search.print != files->print || now >= files->print_at + CHECK_EVERY ||
	    now < files->print_at) {
		files->print = search.print;
		files->print_at = now;
	}
	return 1;
}
