#include "base/fault.h"

#include "base/array.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_FAULTS 100

int faults_add(struct faults *faults, const char *format, ...)
{
	va_list arguments;
	int r;

	if (faults->n_lines >= MAX_FAULTS)
		return 0;
	if (!array_grow(faults->lines, faults->n_lines))
		return -ENOMEM;
	va_start(arguments, format);
	r = vasprintf(&faults->lines[faults->n_lines], format, arguments);
	va_end(arguments);
	if (r < 0)
		return -ENOMEM;
	faults->n_lines++;
	return 0;
}

void faults_done(struct faults *faults)
{
	for (size_t i = 0; i < faults->n_lines; i++)
		free(faults->lines[i]);
	free(faults->lines);
	*faults = (struct faults){ 0 };
}
