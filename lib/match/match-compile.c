#include "match/match.h"

#include "base/suggest.h"
#include "match/match-internal.h"

#include <errno.h>
#include <stdio.h>

static const char *const group_names[N_GROUPS] = { "address", "user", "attempts", "session",
						   "secret" };

/* Up to 20 bytes of the pattern where the compiler stopped, fit to be printed. */
static const char *snippet(const char *pattern, size_t offset, char buffer[static 32])
{
	char bytes[21];
	size_t i = 0;

	if (offset >= strlen(pattern))
		return "at its end";
	for (; i < 20 && pattern[offset + i]; i++)
		bytes[i] = pattern[offset + i] < 0x20 ? '?' : pattern[offset + i];
	bytes[i] = '\0';
	(void)snprintf(buffer, 32, "near \"%s\"", bytes);
	return buffer;
}

static int fault_compile(const char *file, const struct event *event, int error, size_t offset,
			 struct faults *faults)
{
	PCRE2_UCHAR message[128];
	char near[32];
	int r;

	pcre2_get_error_message(error, message, sizeof(message));
	r = faults_add(faults, "%s:%u:%u: pattern of event \"%s\": %s at offset %zu: mend it %s",
		       file, event->line, event->column, event->name, (const char *)message, offset,
		       snippet(event->pattern, offset, near));
	return r < 0 ? r : -EINVAL;
}

static int match_compile(struct match *match, const char *file, enum match_flags flags,
			 struct faults *faults)
{
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES, all = 0;
	const char *pattern = match->event->pattern;
	PCRE2_SIZE offset = 0;
	int error = 0, r;

	if (flags & MATCH_MEASURE)
		options |= PCRE2_NO_START_OPTIMIZE;
	match->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error,
				    &offset, NULL);
	if (!match->code)
		return fault_compile(file, match->event, error, offset, faults);

	(void)pcre2_pattern_info(match->code, PCRE2_INFO_ALLOPTIONS, &all);
	if (!(all & PCRE2_ANCHORED)) {
		r = faults_add(
			faults,
			"%s:%u:%u: pattern of event \"%s\": it can match in the middle of a line: "
			"begin it with ^",
			file, match->event->line, match->event->column, match->event->name);
		return r < 0 ? r : -EINVAL;
	}
	/* Refused (-48 under MemoryDenyWriteExecute) is no fault: the interpreter serves. */
	if (flags & MATCH_JIT)
		(void)pcre2_jit_compile(match->code, PCRE2_JIT_COMPLETE);
	return 0;
}

static int add_group(struct match *match, const char *file, const char *name, unsigned number,
		     struct faults *faults)
{
	struct suggestion suggestion = { .word = span_of(name) };
	const struct event *event = match->event;
	int r;

	for (unsigned i = 0; i < N_GROUPS; i++) {
		struct match_group *group = &match->groups[i];

		suggestion_try(&suggestion, group_names[i]);
		if (strcmp(name, group_names[i]) != 0)
			continue;
		if (number < MAX_GROUPS && group->n_numbers < MAX_SAME_NAME) {
			group->numbers[group->n_numbers++] = number;
			return 0;
		}
		r = faults_add(faults,
			       "%s:%u:%u: pattern of event \"%s\": too many groups before or named "
			       "\"%s\": write (?:...) where nothing is to be remembered",
			       file, event->line, event->column, event->name, name);
		return r < 0 ? r : -EINVAL;
	}
	if (suggestion.best)
		r = faults_add(
			faults,
			"%s:%u:%u: pattern of event \"%s\": \"%s\" is not a group that banish knows: "
			"did you mean \"%s\"?",
			file, event->line, event->column, event->name, name, suggestion.best);
	else
		r = faults_add(
			faults,
			"%s:%u:%u: pattern of event \"%s\": \"%s\" is not a group that banish knows: "
			"name it address, user, attempts, session or secret, or write (?:...)",
			file, event->line, event->column, event->name, name);
	return r < 0 ? r : -EINVAL;
}

static int read_groups(struct match *match, const char *file, struct faults *faults)
{
	uint32_t n_names = 0, entry_size = 0;
	PCRE2_SPTR table = NULL;
	int result = 0;

	(void)pcre2_pattern_info(match->code, PCRE2_INFO_NAMECOUNT, &n_names);
	(void)pcre2_pattern_info(match->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
	(void)pcre2_pattern_info(match->code, PCRE2_INFO_NAMETABLE, &table);
	/* An entry: number in two bytes, high first, then the name and NUL. */
	for (uint32_t i = 0; i < n_names; i++) {
		PCRE2_SPTR entry = table + (size_t)i * entry_size;
		int r = add_group(match, file, (const char *)entry + 2,
				  (unsigned)entry[0] << 8 | entry[1], faults);

		if (r < 0)
			result = r;
	}
	return result;
}

/* What an event must tell to be of any use. */
static int check_told(const struct match *match, const char *file, struct faults *faults)
{
	const struct event *event = match->event;
	bool logfmt = event->format == FORMAT_LOGFMT;
	bool address = match->groups[GROUP_ADDRESS].n_numbers > 0 || (logfmt && event->address_key);
	bool session = match->groups[GROUP_SESSION].n_numbers > 0 || (logfmt && event->session_key);
	const char *what = NULL;
	int r;

	if (event->outcome == OUTCOME_NOTE && !session)
		what = "a note without a session is never recalled: name its session";
	else if (event->agree && !session)
		what = "\"agree\" needs a session to agree with: name its session";
	else if (event->agree && !address)
		what = "\"agree\" needs an address of its own: name its address";
	else if (event->outcome == OUTCOME_FAILURE && !address && !session)
		what = "it tells neither who nor in which session: name its address or its session";
	if (!what)
		return 0;
	r = faults_add(faults, "%s:%u:%u: event \"%s\": %s", file, event->line, event->column,
		       event->name, what);
	return r < 0 ? r : -EINVAL;
}

int match_new(const char *file, const struct event *event, enum match_flags flags,
	      struct faults *faults, struct match **ret)
{
	cleanup(match_freep) struct match *match = NULL;
	int r;

	match = calloc(1, sizeof(*match));
	if (!match)
		return -ENOMEM;
	match->event = event;
	if (event->format == FORMAT_PATTERN) {
		r = match_compile(match, file, flags, faults);
		if (r < 0)
			return r;
		r = read_groups(match, file, faults);
		if (r < 0)
			return r;
	}
	r = check_told(match, file, faults);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(match);
	return 0;
}

struct match *match_free(struct match *match)
{
	if (!match)
		return NULL;
	pcre2_code_free(match->code);
	free(match);
	return NULL;
}
