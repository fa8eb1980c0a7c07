#include "io/answer.h"

#include "io/config.h"

#include <errno.h>
#include <stdio.h>

int answer_read(const char *name, struct ignorelist **ret)
{
	cleanup(freep) char *path = NULL;
	struct faults faults = { 0 };
	int r;

	if (asprintf(&path, "%s/%s", IGNOREDIR, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = config_read_list(path, IGNORE_ANSWER, &faults, ret);
	faults_done(&faults); /* the daemon told them */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return 1;
}
