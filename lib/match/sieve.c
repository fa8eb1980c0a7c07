/*
 * Of what a pattern requires, one set is looked for: literals of which one must stand in every text
 * that it matches. Each run of plain bytes is such a set, and so are the sets of alternatives
 * together, if each of them has one:
 *     ^\S+-login: (?:Aborted login|Disconnected)[^(]*\(auth failed, \d+
 * has "-login: ", "Aborted login" or "Disconnected", and "(auth failed, ". What only restricts a
 * match (look-around, atomic groups, anchors) is read as if it were not there. What is not
 * understood, and all that ignores case, requires nothing.
 *
 * Best is the set whose literals have least in common with others. They are found by the rarest
 * four of their bytes (a gram). A stranger's text can meet these over and over: after so many close
 * looks a gram alone stands for its literals, which is never wrong, and is not looked for again.
 */

#include "match/sieve.h"

#include "base/bitmap.h"
#include "match/token.h"

#include <assert.h>
#include <errno.h>

#define GRAM        4  /* bytes; no literal is shorter */
#define LITERAL_MAX 36 /* bytes, so that a needle fills one line of the cache; the rest is cut */
#define SET_MAX     32 /* literals */
#define DEPTH_MAX   64 /* groups in groups */
#define HASH_BITS   14
#define CHAIN_BITS  12
#define FILTER_BITS 16 /* what a client repeats must not look like a gram by chance */

/* Needles that are compared with one text. Ordinary lines need 20. */
#define MAX_LOOKS(size) (64 + (size) / 256)

struct literal {
	uint32_t size;
	char bytes[LITERAL_MAX];
};

/* One of these stands in the text; none: nothing is known. */
struct set {
	size_t n;
	struct literal list[SET_MAX];
};

struct pattern_reader {
	const char *p;
	struct token token; /* the one that is to be read next */
	unsigned depth;
	bool lost;        /* something was not understood */
	uint32_t *crowds; /* by hash: how many literals have such a gram */
	bool counting;
};

struct needle {
	uint64_t found;      /* the pass that found it last */
	uint32_t gram, next; /* its rarest gram, mixed; in the chain of the gram: number + 1 */
	uint32_t mark;       /* what it marks: number + 1 */
	uint32_t offset;     /* of the gram */
	struct literal literal;
};

static_assert(sizeof(struct needle) == 64, "a needle fills one line of the cache");

/* Some events of a needle: all in one word of their bitmap. */
struct mark {
	uint32_t word, next; /* number + 1 */
	uint64_t events;
};

struct sieve {
	size_t n_words;    /* of a bitmap of events */
	uint64_t *always;  /* events that require nothing */
	uint64_t *escaped; /* events whose literals may be written as numbers: see has_number() */
	bool has_escaped;
	struct needle *needles;
	struct mark *marks;
	uint32_t n_needles, n_marks;
	uint32_t chains[1 << CHAIN_BITS]; /* the first needle's number + 1 */
	uint8_t filter[1 << FILTER_BITS]; /* 1: a needle's gram has this hash; bytes are quickest */
	uint64_t pass;
};

static uint32_t mix(const char *gram)
{
	uint32_t bytes;

	memcpy(&bytes, gram, sizeof(bytes));
	return bytes * 0x9e3779b1U;
}

static uint32_t filter_hash(uint32_t mixed)
{
	return mixed >> (32 - FILTER_BITS);
}

static uint32_t *crowd_of(const struct pattern_reader *reader, const char *gram)
{
	return &reader->crowds[mix(gram) >> (32 - HASH_BITS)];
}

static uint32_t rarest_gram(const struct pattern_reader *reader, const struct literal *literal)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i + GRAM <= literal->size; i++)
		if (*crowd_of(reader, literal->bytes + i) <
		    *crowd_of(reader, literal->bytes + best))
			best = i;
	return best;
}

/* How little the set tells: by the crowd and the length of its commonest literal.
 * UINT64_MAX: nothing. */
static uint64_t dullness(const struct pattern_reader *reader, const struct set *set)
{
	uint64_t dullness = set->n > 0 ? 0 : UINT64_MAX;

	for (size_t i = 0; i < set->n; i++) {
		const struct literal *literal = &set->list[i];
		uint64_t crowd;

		if (literal->size < GRAM)
			return UINT64_MAX;
		crowd = *crowd_of(reader, literal->bytes + rarest_gram(reader, literal));
		dullness = MAX(dullness, crowd << 8 | (LITERAL_MAX - literal->size));
	}
	return dullness;
}

/* The duller of the two is forgotten. */
static void choose(const struct pattern_reader *reader, struct set *best, const struct set *set)
{
	if (dullness(reader, set) < dullness(reader, best))
		*best = *set;
}

static void count(struct pattern_reader *reader, const struct literal *literal)
{
	for (uint32_t i = 0; reader->counting && i + GRAM <= literal->size; i++)
		++*crowd_of(reader, literal->bytes + i);
}

static void move_on(struct pattern_reader *reader)
{
	reader->token = token_next(&reader->p);
	reader->lost |= reader->token.kind == TOKEN_LOST || reader->token.caseless;
}

/* What every alternative requires; the token is then the one that ends them. */
static void read_alternatives(struct pattern_reader *reader, struct set *ret);

static void end_run(struct pattern_reader *reader, struct set *run, struct set *best)
{
	count(reader, &run->list[0]);
	choose(reader, best, run);
	run->list[0].size = 0;
}

static void read_sequence(struct pattern_reader *reader, struct set *best)
{
	struct set run = { .n = 1 }, group;
	struct literal *literal = &run.list[0];

	best->n = 0;
	while (!reader->lost && reader->token.kind != TOKEN_END &&
	       reader->token.kind != TOKEN_CLOSE && reader->token.kind != TOKEN_OR) {
		enum token_kind kind = reader->token.kind;
		char byte = reader->token.byte;
		unsigned min = 1; /* how often at least it must come */
		bool repeated;

		group.n = 0;
		if (kind == TOKEN_OPEN || kind == TOKEN_LOOK) {
			move_on(reader);
			reader->lost |= ++reader->depth > DEPTH_MAX;
			read_alternatives(reader, &group);
			reader->depth--;
			reader->lost |= reader->token.kind != TOKEN_CLOSE;
		}
		move_on(reader);
		repeated = reader->token.kind == TOKEN_REPEAT;
		for (; reader->token.kind == TOKEN_REPEAT; move_on(reader))
			min = MIN(min, reader->token.min);
		if (kind == TOKEN_LOOK || kind == TOKEN_NOTHING)
			continue;
		if (kind == TOKEN_BYTE && min > 0)
			literal->bytes[literal->size++] = byte;
		if (kind != TOKEN_BYTE || repeated || literal->size == LITERAL_MAX)
			end_run(reader, &run, best);
		if (min > 0)
			choose(reader, best, &group);
	}
	end_run(reader, &run, best);
}

static void read_alternatives(struct pattern_reader *reader, struct set *ret)
{
	struct set other;

	read_sequence(reader, ret);
	while (!reader->lost && reader->token.kind == TOKEN_OR) {
		move_on(reader);
		read_sequence(reader, &other);
		if (ret->n == 0 || other.n == 0 || ret->n + other.n > SET_MAX) {
			ret->n = 0;
			continue;
		}
		memcpy(&ret->list[ret->n], other.list, other.n * sizeof(*other.list));
		ret->n += other.n;
	}
}

/* What no escape but a number can mean: JSON has one for the slash, too. */
static bool is_plain(const char *value, enum event_format format)
{
	for (; *value; value++)
		if ((unsigned char)*value < ' ' || (unsigned char)*value > '~' || *value == '"' ||
		    *value == '\\' || (*value == '/' && format == FORMAT_JSON))
			return false;
	return true;
}

static void read_pattern(struct pattern_reader *reader, const char *pattern, struct set *ret)
{
	reader->p = pattern;
	reader->depth = 0;
	reader->lost = false;
	move_on(reader);
	read_alternatives(reader, ret);
	if (reader->lost || reader->token.kind != TOKEN_END)
		ret->n = 0;
}

/* A value that a key must have stands in the line as it is, or a number stands for a byte of it. Of
 * other fields nothing is known. */
static void require_values(struct pattern_reader *reader, const struct event *event,
			   struct set *ret)
{
	struct set values;

	ret->n = 0;
	if (event->prefix)
		read_pattern(reader, event->prefix, ret);
	for (size_t i = 0; i < event->n_where; i++) {
		const struct where *where = &event->where[i];

		values.n = 0;
		if (where->negated || where->like || where->n_values > SET_MAX)
			continue;
		if (event->format == FORMAT_FIELDS && strcmp(where->key, event->field) != 0)
			continue;
		for (size_t j = 0; j < where->n_values && is_plain(where->values[j], event->format);
		     j++) {
			struct literal *literal = &values.list[values.n++];

			literal->size = (uint32_t)strnlen(where->values[j], LITERAL_MAX);
			memcpy(literal->bytes, where->values[j], literal->size);
			count(reader, literal);
		}
		if (values.n == where->n_values)
			choose(reader, ret, &values);
	}
}

/* Each literal once, however many events have it: they found the same gram the rarest. */
static void add_needle(struct sieve *sieve, const struct pattern_reader *reader,
		       const struct literal *literal, uint32_t event)
{
	uint32_t offset = rarest_gram(reader, literal), gram = mix(literal->bytes + offset);
	uint32_t *chain = &sieve->chains[gram >> (32 - CHAIN_BITS)];
	struct needle *needle = NULL;
	struct mark *mark;

	for (uint32_t i = *chain; i > 0 && !needle; i = sieve->needles[i - 1].next)
		if (sieve->needles[i - 1].literal.size == literal->size &&
		    memcmp(sieve->needles[i - 1].literal.bytes, literal->bytes, literal->size) == 0)
			needle = &sieve->needles[i - 1];
	if (!needle) {
		needle = &sieve->needles[sieve->n_needles++];
		*needle = (struct needle){
			.gram = gram, .next = *chain, .offset = offset, .literal = *literal
		};
		*chain = sieve->n_needles;
		sieve->filter[filter_hash(gram)] = 1;
	}
	mark = needle->mark > 0 ? &sieve->marks[needle->mark - 1] : NULL;
	if (!mark || mark->word != event / 64) {
		mark = &sieve->marks[sieve->n_marks++];
		*mark = (struct mark){ .word = event / 64, .next = needle->mark };
		needle->mark = sieve->n_marks;
	}
	mark->events |= (uint64_t)1 << event % 64;
}

static int add_event(struct sieve *sieve, const struct pattern_reader *reader,
		     const struct set *set, uint32_t event, bool has_keys)
{
	struct needle *needles;
	struct mark *marks;

	if (set->n == 0) {
		bitmap_set(sieve->always, event);
		return 0;
	}
	if (has_keys) {
		bitmap_set(sieve->escaped, event);
		sieve->has_escaped = true;
	}
	needles = realloc(sieve->needles, (sieve->n_needles + set->n) * sizeof(*needles));
	if (!needles)
		return -ENOMEM;
	sieve->needles = needles;
	marks = realloc(sieve->marks, (sieve->n_marks + set->n) * sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	sieve->marks = marks;
	for (size_t i = 0; i < set->n; i++)
		add_needle(sieve, reader, &set->list[i], event);
	return 0;
}

/* Each on a line of its own, which no realloc() promises. */
static int align_needles(struct sieve *sieve)
{
	size_t size = sieve->n_needles * sizeof(*sieve->needles);
	struct needle *needles;

	if (size == 0)
		return 0;
	needles = aligned_alloc(sizeof(*needles), size);
	if (!needles)
		return -ENOMEM;
	memcpy(needles, sieve->needles, size);
	free(sieve->needles);
	sieve->needles = needles;
	return 0;
}

int sieve_new(const struct event *const *events, size_t n_events, struct sieve **ret)
{
	cleanup(sieve_freep) struct sieve *sieve = calloc(1, sizeof(*sieve));
	cleanup(freep) uint32_t *crowds = calloc(1 << HASH_BITS, sizeof(*crowds));
	struct pattern_reader reader = { .crowds = crowds };
	struct set set;

	if (!sieve || !crowds)
		return -ENOMEM;
	sieve->n_words = bitmap_words(n_events);
	sieve->always = calloc(sieve->n_words + 1, sizeof(*sieve->always));
	sieve->escaped = calloc(sieve->n_words + 1, sizeof(*sieve->escaped));
	if (!sieve->always || !sieve->escaped)
		return -ENOMEM;
	/* Twice, for only all events together know how rare something is. */
	for (size_t i = 0; i < 2 * n_events; i++) {
		uint32_t number = (uint32_t)(i % n_events);
		const struct event *event = events[number];
		bool has_keys = event->format != FORMAT_PATTERN;
		int r;

		if (strcmp(event->field, "MESSAGE") != 0)
			continue;
		reader.counting = i < n_events;
		if (has_keys)
			require_values(&reader, event, &set);
		else
			read_pattern(&reader, event->pattern, &set);
		if (i < n_events)
			continue;
		r = add_event(sieve, &reader, &set, number, has_keys);
		if (r < 0)
			return r;
	}
	if (align_needles(sieve) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(sieve);
	return 0;
}

struct sieve *sieve_free(struct sieve *sieve)
{
	if (!sieve)
		return NULL;
	free(sieve->always);
	free(sieve->escaped);
	free(sieve->needles);
	free(sieve->marks);
	free(sieve);
	return NULL;
}

/* A gram that has a needle's hash stands at `place`: do such needles stand around it? If not looked
 * at closely, each is taken for found. How many there were. */
static size_t look(struct sieve *sieve, struct span text, size_t place, bool closely,
		   uint64_t *events)
{
	uint32_t gram = mix(text.data + place), next = sieve->chains[gram >> (32 - CHAIN_BITS)];
	size_t n = 0;

	for (; next > 0; next = sieve->needles[next - 1].next, n++) {
		struct needle *needle = &sieve->needles[next - 1];
		const struct literal *literal = &needle->literal;

		if (needle->found == sieve->pass)
			continue;
		if (closely && (needle->gram != gram || needle->offset > place ||
				text.size - (place - needle->offset) < literal->size ||
				memcmp(text.data + place - needle->offset, literal->bytes,
				       literal->size) != 0))
			continue;
		needle->found = sieve->pass;
		for (uint32_t i = needle->mark; i > 0; i = sieve->marks[i - 1].next)
			events[sieve->marks[i - 1].word] |= sieve->marks[i - 1].events;
	}
	return n;
}

/* 1 or 0: a number, so that four of them are joined without a branch. */
static unsigned may_be_gram(const struct sieve *sieve, const char *bytes)
{
	return sieve->filter[filter_hash(mix(bytes))];
}

static void find_needles(struct sieve *sieve, struct span text, uint64_t *events)
{
	size_t looks = MAX_LOOKS(text.size), n_given_up = 0;

	for (size_t i = 0; i + GRAM <= text.size; i++) {
		const char *at = text.data + i;
		size_t n;

		/* Mostly none of four neighbours is one. */
		if (i + 3 + GRAM <= text.size &&
		    !(may_be_gram(sieve, at) | may_be_gram(sieve, at + 1) |
		      may_be_gram(sieve, at + 2) | may_be_gram(sieve, at + 3))) {
			i += 3;
			continue;
		}
		if (!may_be_gram(sieve, at))
			continue;
		n = look(sieve, text, i, looks > 0, events);
		if (looks > 0) {
			looks -= MIN(looks, n);
			continue;
		}
		sieve->filter[filter_hash(mix(at))] = 0;
		n_given_up++;
	}
	for (size_t i = 0; n_given_up > 0 && i < sieve->n_needles; i++)
		sieve->filter[filter_hash(sieve->needles[i].gram)] = 1;
}

/* \xHH, \uHHHH or \UHHHHHHHH: what logfmt and JSON can write any byte as. */
static bool has_number(struct span text)
{
	const char *p = text.data, *end = text.data + text.size;

	while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
		if (p + 1 < end && (p[1] == 'x' || p[1] == 'u' || p[1] == 'U'))
			return true;
		p += 2;
	}
	return false;
}

bool sieve_pass(struct sieve *sieve, struct span text, uint64_t *events)
{
	uint64_t any = 0;

	sieve->pass++;
	memcpy(events, sieve->always, sieve->n_words * sizeof(*events));
	find_needles(sieve, text, events);
	if (sieve->has_escaped && has_number(text))
		for (size_t i = 0; i < sieve->n_words; i++)
			events[i] |= sieve->escaped[i];
	for (size_t i = 0; i < sieve->n_words; i++)
		any |= events[i];
	return any != 0;
}
