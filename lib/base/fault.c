#include "base/fault.h"

#include "base/array.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_FAULTS 100

static int faults_append(char ***lines, size_t *n_lines, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

static int faults_append(char ***lines, size_t *n_lines, const char *format, va_list arguments)
{
	if (*n_lines >= MAX_FAULTS)
		return 0;
	if (!array_grow(*lines, *n_lines))
		return -ENOMEM;
	if (vasprintf(&(*lines)[*n_lines], format, arguments) < 0)
		return -ENOMEM;
	++*n_lines;
	return 0;
}

int faults_add(struct faults *faults, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = faults_append(&faults->lines, &faults->n_lines, format, arguments);
	va_end(arguments);
	return r;
}

int faults_note(struct faults *faults, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = faults_append(&faults->notes, &faults->n_notes, format, arguments);
	va_end(arguments);
	for (size_t i = 0; r >= 0 && i + 1 < faults->n_notes; i++)
		if (strcmp(faults->notes[i], faults->notes[faults->n_notes - 1]) == 0) {
			free(faults->notes[--faults->n_notes]);
			break;
		}
	return r;
}

void faults_done(struct faults *faults)
{
	for (size_t i = 0; i < faults->n_lines; i++)
		free(faults->lines[i]);
	for (size_t i = 0; i < faults->n_notes; i++)
		free(faults->notes[i]);
	free(faults->lines);
	free(faults->notes);
	*faults = (struct faults){ 0 };
}
