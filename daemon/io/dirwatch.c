#include "io/dirwatch.h"

#include "base/array.h"
#include "io/timer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* Editors rename, write and remove in one go; a new file is empty for a moment. */
#define SETTLE_DELAY (USEC_PER_SEC / 20)

#define MASK                                                                                \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct dirwatch {
	sd_event *event;
	unsigned *dirty, bit;
	sd_event_source *settler;
	char **paths; /* and where symbolic links lead */
	size_t n_paths;
	sd_event_source **watches; /* described by their folders */
	size_t n_watches;
};

static void forget(struct dirwatch *dirwatch)
{
	for (size_t i = 0; i < dirwatch->n_watches; i++)
		sd_event_source_unref(dirwatch->watches[i]);
	for (size_t i = 0; i < dirwatch->n_paths; i++)
		free(dirwatch->paths[i]);
	free(dirwatch->watches);
	free(dirwatch->paths);
	dirwatch->watches = NULL;
	dirwatch->paths = NULL;
	dirwatch->n_watches = dirwatch->n_paths = 0;
}

struct dirwatch *dirwatch_free(struct dirwatch *dirwatch)
{
	if (!dirwatch)
		return NULL;
	forget(dirwatch);
	sd_event_source_unref(dirwatch->settler);
	sd_event_unref(dirwatch->event);
	free(dirwatch);
	return NULL;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct dirwatch *dirwatch = userdata;

	*dirwatch->dirty |= dirwatch->bit;
	return 0;
}

int dirwatch_new(sd_event *event, unsigned *dirty, unsigned bit, struct dirwatch **ret)
{
	cleanup(dirwatch_freep) struct dirwatch *dirwatch = calloc(1, sizeof(*dirwatch));
	int r;

	if (!dirwatch)
		return -ENOMEM;
	dirwatch->event = sd_event_ref(event);
	dirwatch->dirty = dirty;
	dirwatch->bit = bit;
	r = timer_new(event, 0, on_settled, dirwatch, &dirwatch->settler);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(dirwatch);
	return 0;
}

/* The path is one of ours, or a folder on the way to it, or a file in a folder of ours. */
static bool concerns(const struct dirwatch *dirwatch, const char *path, uint32_t mask)
{
	size_t size = strlen(path);
	struct stat status;

	for (size_t i = 0; i < dirwatch->n_paths; i++) {
		const char *wanted = dirwatch->paths[i];
		size_t n = strlen(wanted);
		bool inside = wanted[n - 1] == '/' && strncmp(path, wanted, n) == 0 &&
			      path[n] != '.' && !strchr(path + n, '/');

		/* a file that was just created is written to, and told again when it is closed; not
		 * so a link */
		if (strcmp(path, wanted) == 0 || inside)
			return !(mask & IN_CREATE) || lstat(path, &status) < 0 ||
			       !S_ISREG(status.st_mode) || status.st_nlink > 1;
		if (strncmp(wanted, path, size) == 0 && wanted[size] == '/')
			return true;
	}
	return false;
}

static int on_event(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct dirwatch *dirwatch = userdata;
	cleanup(freep) char *path = NULL;
	const char *folder;
	int r;

	if (!(event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF))) {
		if (event->len == 0) /* the folder's own modes, or the end of the watch */
			return 0;
		r = sd_event_source_get_description(source, &folder);
		if (r >= 0 && asprintf(&path, "%s/%s", folder, event->name) < 0) {
			path = NULL;
			r = -ENOMEM;
		}
		if (r < 0 || !concerns(dirwatch, path, event->mask))
			return r;
	}
	return timer_within(dirwatch->settler, SETTLE_DELAY);
}

/* The root folder is "" here, so that a slash and a name can follow each. */
static int watch_folder(struct dirwatch *dirwatch, const char *folder)
{
	sd_event_source *source;
	const char *other;
	int r;

	for (size_t i = 0; i < dirwatch->n_watches; i++)
		if (sd_event_source_get_description(dirwatch->watches[i], &other) >= 0 &&
		    strcmp(other, folder) == 0)
			return 0;
	if (!array_grow(dirwatch->watches, dirwatch->n_watches))
		return -ENOMEM;
	r = sd_event_add_inotify(dirwatch->event, &source, *folder ? folder : "/", MASK, on_event,
				 dirwatch);
	if (r < 0)
		return r;
	dirwatch->watches[dirwatch->n_watches++] = source;
	r = sd_event_source_set_description(source, folder);
	return r < 0 ? r : sd_event_source_set_exit_on_failure(source, true);
}

/* Watches the folder of the path, or the nearest above it that is there. */
static int want(struct dirwatch *dirwatch, const char *path)
{
	cleanup(freep) char *folder = strdup(path);
	char *slash;
	int r = -ENOENT;

	if (!folder || !array_grow(dirwatch->paths, dirwatch->n_paths))
		return -ENOMEM;
	dirwatch->paths[dirwatch->n_paths] = strdup(path);
	if (!dirwatch->paths[dirwatch->n_paths])
		return -ENOMEM;
	dirwatch->n_paths++;
	while ((r == -ENOENT || r == -ENOTDIR) && (slash = strrchr(folder, '/'))) {
		*slash = '\0';
		r = watch_folder(dirwatch, folder);
	}
	return MIN(r, 0);
}

int dirwatch_watch(struct dirwatch *dirwatch, const char *const *paths, size_t n_paths)
{
	int answer = 0;

	forget(dirwatch);
	for (size_t i = 0; i < n_paths; i++) {
		cleanup(freep) char *real = realpath(paths[i], NULL);
		bool is_folder = paths[i][strlen(paths[i]) - 1] == '/';
		int r;

		r = want(dirwatch, paths[i]);
		if (r >= 0 && real && !is_folder && strcmp(real, paths[i]) != 0)
			r = want(dirwatch, real);
		if (r == -ENOMEM)
			return r;
		answer = r < 0 ? r : answer;
	}
	return answer;
}
