/*
 * One event over one text.
 *
 * A text costs what its length costs: the limit of steps grows with the text. PCRE2 counts anew for
 * each byte that a match may start at, so every pattern must be anchored. Depth and heap limits
 * only exist in the interpreter; under JIT its own stack plays their part, and where that is too
 * small the interpreter answers, so that both worlds agree.
 */

#include "match/match.h"

#include "base/suggest.h"
#include "entry/logfmt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MAX_GROUPS    64 /* with named ones below: fixes the size of the match data */
#define MAX_SAME_NAME 8

/*
 * The shipped patterns need at most 7 steps a byte in the interpreter, on 8 KiB of whatever they
 * mind most. 32 leaves room, and holds 64 KiB of anything below 2.1 M steps (about 30 ms).
 */
#define STEPS_FREE     10000
#define STEPS_PER_BYTE 32

/* A group that runs byte by byte and remembers its way gets through 16 KiB with so many frames.
 * Where steps are counted they must not run out before the steps do. */
#define HEAP_LIMIT_KIB   8192
#define HEAP_MEASURE_KIB 65536

#define JIT_STACK_MIN (32 << 10)  /* bytes; what PCRE2 would use without asking */
#define JIT_STACK_MAX (512 << 10) /* bytes */
#define LONG_TEXT     4096 /* bytes: the interpreter's frames for more are given back at once */
#define MAX_ATTEMPTS  1000000

/* The numbers a name has: with (?J) or in alternatives one name can stand at several groups. */
struct match_group {
	unsigned numbers[MAX_SAME_NAME];
	unsigned n_numbers;
};

enum { GROUP_ADDRESS, GROUP_USER, GROUP_ATTEMPTS, GROUP_SESSION, GROUP_SECRET, N_GROUPS };
static const char *const group_names[N_GROUPS] = { "address", "user", "attempts", "session",
						   "secret" };

struct match {
	const struct event *event; /* borrowed */
	pcre2_code *code;          /* NULL for logfmt */
	struct match_group groups[N_GROUPS];
};

struct matcher {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

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

/* Tells what is wrong with the pattern, "what: hint". -EINVAL or -ENOMEM. */
static int match_fault(const char *file, const struct event *event, struct faults *faults,
		       const char *format, ...) printf_like(4, 5);

static int match_fault(const char *file, const struct event *event, struct faults *faults,
		       const char *format, ...)
{
	cleanup(freep) char *what = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&what, format, arguments);
	va_end(arguments);
	if (r < 0) {
		what = NULL; /* vasprintf() left it undefined */
		return -ENOMEM;
	}
	r = faults_add(faults, "%s:%u:%u: pattern of event \"%s\": %s", file, event->line,
		       event->column, event->name, what);
	return r < 0 ? r : -EINVAL;
}

static int compile_pattern(struct match *match, const char *file, enum match_flags flags,
			   struct faults *faults)
{
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES, all = 0;
	const struct event *event = match->event;
	PCRE2_UCHAR message[128];
	PCRE2_SIZE offset = 0;
	char near[32];
	int error = 0;

	if (flags & MATCH_MEASURE)
		options |= PCRE2_NO_START_OPTIMIZE;
	match->code = pcre2_compile((PCRE2_SPTR)event->pattern, PCRE2_ZERO_TERMINATED, options,
				    &error, &offset, NULL);
	if (!match->code) {
		pcre2_get_error_message(error, message, sizeof(message));
		return match_fault(file, event, faults, "%s at offset %zu: mend it %s",
				   (const char *)message, offset,
				   snippet(event->pattern, offset, near));
	}
	(void)pcre2_pattern_info(match->code, PCRE2_INFO_ALLOPTIONS, &all);
	if (!(all & PCRE2_ANCHORED))
		return match_fault(file, event, faults,
				   "it can match in the middle of a line: begin it with ^");
	/* Refused (-48 under MemoryDenyWriteExecute) is no fault: the interpreter serves. */
	if (flags & MATCH_JIT)
		(void)pcre2_jit_compile(match->code, PCRE2_JIT_COMPLETE);
	return 0;
}

static int add_group(struct match *match, const char *file, const char *name, unsigned number,
		     struct faults *faults)
{
	struct suggestion suggestion = { .word = span_of(name) };

	for (unsigned i = 0; i < N_GROUPS; i++) {
		struct match_group *group = &match->groups[i];

		suggestion_try(&suggestion, group_names[i]);
		if (strcmp(name, group_names[i]) != 0)
			continue;
		if (number < MAX_GROUPS && group->n_numbers < MAX_SAME_NAME) {
			group->numbers[group->n_numbers++] = number;
			return 0;
		}
		return match_fault(file, match->event, faults,
				   "too many groups before or named \"%s\": write (?:...) where "
				   "nothing is to be remembered",
				   name);
	}
	if (suggestion.best)
		return match_fault(file, match->event, faults,
				   "\"%s\" is not a group that banish knows: did you mean \"%s\"?",
				   name, suggestion.best);
	return match_fault(file, match->event, faults,
			   "\"%s\" is not a group that banish knows: name it address, user, "
			   "attempts, session or secret, or write (?:...)",
			   name);
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

int match_new(const char *file, const struct event *event, enum match_flags flags,
	      struct faults *faults, struct match **ret)
{
	cleanup(match_freep) struct match *match = calloc(1, sizeof(*match));
	bool address = event->address_key, session = event->session_key;
	const char *what = NULL;
	int r;

	if (!match)
		return -ENOMEM;
	match->event = event;
	if (event->format == FORMAT_PATTERN) {
		r = compile_pattern(match, file, flags, faults);
		if (r < 0)
			return r;
		r = read_groups(match, file, faults);
		if (r < 0)
			return r;
		address = match->groups[GROUP_ADDRESS].n_numbers > 0;
		session = match->groups[GROUP_SESSION].n_numbers > 0;
	}
	/* What an event must tell to be of any use. */
	if (event->outcome == OUTCOME_NOTE && !session)
		what = "a note without a session is never recalled: name its session";
	else if (event->agree && !session)
		what = "\"agree\" needs a session to agree with: name its session";
	else if (event->agree && !address)
		what = "\"agree\" needs an address of its own: name its address";
	else if (event->outcome == OUTCOME_FAILURE && !address && !session)
		what = "it tells neither who nor in which session: name its address or its session";
	if (what) {
		r = faults_add(faults, "%s:%u:%u: event \"%s\": %s", file, event->line,
			       event->column, event->name, what);
		return r < 0 ? r : -EINVAL;
	}
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

int matcher_new(struct matcher **ret)
{
	cleanup(matcher_freep) struct matcher *matcher = calloc(1, sizeof(*matcher));

	if (!matcher)
		return -ENOMEM;
	matcher->context = pcre2_match_context_create(NULL);
	matcher->data = pcre2_match_data_create(MAX_GROUPS, NULL);
	if (!matcher->context || !matcher->data)
		return -ENOMEM;
	pcre2_set_heap_limit(matcher->context, HEAP_LIMIT_KIB);

	*ret = TAKE_PTR(matcher);
	return 0;
}

struct matcher *matcher_free(struct matcher *matcher)
{
	if (!matcher)
		return NULL;
	pcre2_jit_stack_free(matcher->stack);
	pcre2_match_data_free(matcher->data);
	pcre2_match_context_free(matcher->context);
	free(matcher);
	return NULL;
}

uint64_t match_limit(size_t size)
{
	return STEPS_FREE + STEPS_PER_BYTE * (uint64_t)size;
}

/* "3" -> 3. Anything else is no number, and the line counts as one. */
static void read_attempts(struct span text, struct captures *captures)
{
	uint64_t attempts = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return;
		attempts = MIN(attempts * 10 + (uint64_t)(text.data[i] - '0'), MAX_ATTEMPTS);
	}
	captures->attempts = attempts;
	captures->has_attempts = text.size > 0;
}

/* The spans found become what the engine reads: nothing between two delimiters is no address and no
 * session. */
static void match_tell(const struct event *event, const struct span found[static N_GROUPS],
		       struct captures *ret)
{
	*ret = (struct captures){ .user = found[GROUP_USER] };
	if (found[GROUP_ADDRESS].size > 0)
		ret->address = found[GROUP_ADDRESS];
	if (found[GROUP_SESSION].size > 0)
		ret->session = found[GROUP_SESSION];
	if (found[GROUP_SECRET].size > 0)
		ret->secret = found[GROUP_SECRET];
	read_attempts(found[GROUP_ATTEMPTS], ret);
	/* Without a number such a line tells of that one alone. */
	if (event->last_is_no_guess) {
		ret->attempts -= ret->attempts > 0;
		ret->has_attempts = true;
	}
}

/* A name that two groups gave different texts tells nothing. */
static struct span captured(const struct match_group *group, struct span text,
			    const PCRE2_SIZE *offsets)
{
	struct span found = { 0 };

	for (unsigned i = 0; i < group->n_numbers; i++) {
		PCRE2_SIZE start = offsets[2 * group->numbers[i]];
		PCRE2_SIZE end = offsets[2 * group->numbers[i] + 1];
		struct span one;

		/* \K in a lookahead can set an end before its start. */
		if (start == PCRE2_UNSET || end == PCRE2_UNSET || end < start || end > text.size)
			continue;
		one = (struct span){ text.data + start, end - start };
		if (found.data && !span_equal(found, one))
			return (struct span){ 0 };
		found = one;
	}
	return found;
}

/* The JIT stack is made when the first JIT match needs it: the interpreter's daemon never does. */
static void prepare_stack(const struct match *match, struct matcher *matcher)
{
	size_t jit_size = 0;

	if (matcher->stack || pcre2_pattern_info(match->code, PCRE2_INFO_JITSIZE, &jit_size) != 0 ||
	    jit_size == 0)
		return;
	matcher->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (matcher->stack) /* without: 32 KiB of the machine stack */
		pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
}

static int run_code(const struct match *match, struct matcher *matcher, pcre2_match_data *data,
		    struct span text, uint32_t options, uint64_t limit)
{
	PCRE2_SPTR bytes = (PCRE2_SPTR)(text.data ? text.data : "");
	int n;

	pcre2_set_match_limit(matcher->context, (uint32_t)MIN(limit, UINT32_MAX));
	n = pcre2_match(match->code, bytes, text.size, 0, options, data, matcher->context);
	if (n == PCRE2_ERROR_JIT_STACKLIMIT)
		n = pcre2_match(match->code, bytes, text.size, 0, options | PCRE2_NO_JIT, data,
				matcher->context);
	return n;
}

int match_try(const struct match *match, struct matcher *matcher, struct span text, bool partial,
	      uint64_t limit)
{
	int n;

	if (!match->code)
		return 0;
	pcre2_set_heap_limit(matcher->context, HEAP_MEASURE_KIB);
	n = run_code(match, matcher, matcher->data, text,
		     PCRE2_NO_JIT | (partial ? PCRE2_PARTIAL_HARD : 0), limit);
	pcre2_set_heap_limit(matcher->context, HEAP_LIMIT_KIB);
	if (n == PCRE2_ERROR_MATCHLIMIT || n == PCRE2_ERROR_HEAPLIMIT)
		return -E2BIG;
	return n >= 0 || n == PCRE2_ERROR_PARTIAL;
}

static int run_pattern(const struct match *match, struct matcher *matcher, struct span text,
		       struct captures *ret)
{
	pcre2_match_data *data = matcher->data, *own = NULL;
	struct span found[N_GROUPS];
	int n;

	/* The frames of a hostile line stay with the match data: only for as long as the line. */
	if (text.size > LONG_TEXT) {
		own = pcre2_match_data_create(MAX_GROUPS, NULL);
		if (!own)
			return -ENOMEM;
		data = own;
	}
	prepare_stack(match, matcher);
	n = run_code(match, matcher, data, text, 0, match_limit(text.size));
	if (n >= 0) {
		for (unsigned i = 0; i < N_GROUPS; i++)
			found[i] =
				captured(&match->groups[i], text, pcre2_get_ovector_pointer(data));
		match_tell(match->event, found, ret);
	}
	pcre2_match_data_free(own);

	if (n >= 0)
		return 1;
	switch (n) {
	case PCRE2_ERROR_NOMATCH:
		return 0;
	case PCRE2_ERROR_NOMEMORY:
		return -ENOMEM;
	default: /* a limit, or a recursion without end: whatever it is, this text is given up */
		return -E2BIG;
	}
}

static int run_logfmt(const struct match *match, struct subject *subject, struct captures *ret)
{
	const struct event *event = match->event;
	const char *const keys[N_GROUPS] = { event->address_key, event->user_key,
					     event->attempts_key, event->session_key,
					     event->secret_key };
	struct span found[N_GROUPS];

	if (subject->state == SUBJECT_UNREAD) {
		int r = logfmt_parse(subject->pairs, subject->text);

		if (r < 0 && r != -EINVAL)
			return r;
		subject->state = r < 0 ? SUBJECT_NO_PAIRS : SUBJECT_READ;
	}
	if (subject->state == SUBJECT_NO_PAIRS)
		return 0;
	/* A missing key is an empty one; an ambiguous one meets no condition, a negated one
	 * neither. */
	for (size_t i = 0; i < event->n_where; i++) {
		struct span value = { 0 };

		if (pairs_get(subject->pairs, span_of(event->where[i].key), &value) > 1 ||
		    !where_holds(&event->where[i], value))
			return 0;
	}
	/* No key, or an ambiguous one: nothing. */
	for (unsigned i = 0; i < N_GROUPS; i++)
		if (!keys[i] || pairs_get(subject->pairs, span_of(keys[i]), &found[i]) != 1)
			found[i] = (struct span){ 0 };
	match_tell(match->event, found, ret);
	return 1;
}

int match_run(const struct match *match, struct matcher *matcher, struct subject *subject,
	      struct captures *ret)
{
	if (!match->code)
		return run_logfmt(match, subject, ret);
	return run_pattern(match, matcher, subject->text, ret);
}
