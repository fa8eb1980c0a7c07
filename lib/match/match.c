/*
 * One event over one text.
 *
 * A text costs what its length costs: the limit of steps grows with the text. PCRE2 counts anew for
 * each byte that a match may start at, so every pattern must be anchored. Depth and heap limits
 * only exist in the interpreter; under JIT its own stack plays their part, and where that is too
 * small the interpreter answers, so that both worlds agree.
 */

#include "match/match.h"

#include "match/match-internal.h"

#include <errno.h>

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

struct matcher {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

int matcher_new(struct matcher **ret)
{
	cleanup(matcher_freep) struct matcher *matcher = NULL;

	matcher = calloc(1, sizeof(*matcher));
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

	if (text.size == 0)
		return;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return;
		attempts = MIN(attempts * 10 + (uint64_t)(text.data[i] - '0'), MAX_ATTEMPTS);
	}
	captures->attempts = attempts;
	captures->has_attempts = true;
}

/* Of the attempts that the line tells the last one was none; without a number it tells of that one
 * alone. */
static void take_off_last(struct captures *captures)
{
	if (captures->attempts > 0)
		captures->attempts--;
	captures->has_attempts = true;
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
	if (found[GROUP_ATTEMPTS].data)
		read_attempts(found[GROUP_ATTEMPTS], ret);
	if (event->last_is_no_guess)
		take_off_last(ret);
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

/* A missing key is an empty one; an ambiguous one meets no condition, a negated one neither. */
static bool where_holds(const struct logfmt *logfmt, const struct where *where)
{
	struct span value = { 0 };
	bool found = false;

	if (logfmt_get(logfmt, span_of(where->key), &value) > 1)
		return false;
	for (size_t i = 0; !found && i < where->n_values; i++)
		found = span_equal(value, span_of(where->values[i]));
	return found != where->negated;
}

/* No key, or an ambiguous one: nothing. */
static struct span told_by(const struct logfmt *logfmt, const char *key)
{
	struct span value = { 0 };

	if (!key || logfmt_get(logfmt, span_of(key), &value) != 1)
		return (struct span){ 0 };
	return value;
}

static int run_logfmt(const struct match *match, struct subject *subject, struct captures *ret)
{
	const struct event *event = match->event;
	struct span found[N_GROUPS];

	if (subject->state == SUBJECT_UNREAD) {
		int r = logfmt_parse(subject->logfmt, subject->text);

		if (r < 0 && r != -EINVAL)
			return r;
		subject->state = r < 0 ? SUBJECT_NO_LOGFMT : SUBJECT_READ;
	}
	if (subject->state == SUBJECT_NO_LOGFMT)
		return 0;
	for (size_t i = 0; i < event->n_where; i++)
		if (!where_holds(subject->logfmt, &event->where[i]))
			return 0;
	found[GROUP_ADDRESS] = told_by(subject->logfmt, event->address_key);
	found[GROUP_USER] = told_by(subject->logfmt, event->user_key);
	found[GROUP_ATTEMPTS] = told_by(subject->logfmt, event->attempts_key);
	found[GROUP_SESSION] = told_by(subject->logfmt, event->session_key);
	found[GROUP_SECRET] = told_by(subject->logfmt, event->secret_key);
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
