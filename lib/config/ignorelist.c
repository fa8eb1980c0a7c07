/*
 * A list:
 *
 *	# the office
 *	198.51.100.0/28
 *	2001:db8:1::/48	# its IPv6
 *	home.example.org
 */
#include "config/ignorelist.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>

#define MAX_NAME  253 /* bytes: RFC 1123 and the length octets of RFC 1035 */
#define MAX_LABEL 63
#define MAX_PATH  4095

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool has_only(struct span text, const char *bytes)
{
	for (size_t i = 0; i < text.size; i++)
		if (!text.data[i] || !strchr(bytes, text.data[i]))
			return false;
	return text.size > 0;
}

/* RFC 1123, 2.1: letters, digits and hyphens, no hyphen at either end. */
static bool is_label(struct span text)
{
	return text.size <= MAX_LABEL && has_only(text, LETTERS DIGITS "-") &&
	       text.data[0] != '-' && text.data[text.size - 1] != '-';
}

static struct span ignorelist_cut(struct span *rest, char separator)
{
	const char *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
	struct span part = { rest->data, end ? (size_t)(end - rest->data) : rest->size };
	size_t step = part.size + (end ? 1 : 0);

	rest->data += step;
	rest->size -= step;
	return part;
}

/* Names with a dot whose last label begins with a letter, as every top level domain does. Numbers
 * before it are an address with a slip of the finger, "192.0.2.l0". */
static bool ignorelist_is_name(struct span text)
{
	size_t n_labels = 0, n_numbers = 0;
	struct span label = { 0 };

	if (text.size == 0 || text.size > MAX_NAME || text.data[text.size - 1] == '.')
		return false;
	while (text.size > 0) {
		label = ignorelist_cut(&text, '.');
		if (!is_label(label))
			return false;
		n_labels++;
		n_numbers += has_only(label, DIGITS);
	}
	return n_labels > 1 && strchr(LETTERS, label.data[0]) &&
	       (n_labels < 3 || n_numbers < n_labels - 1);
}

static bool is_path(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	return text.size > 1 && text.size <= MAX_PATH && text.data[0] == '/' &&
	       text.data[text.size - 1] != '/';
}

/* Why a text is none of them: what it was probably meant to be. */
static const char *ignorelist_explain(struct span text)
{
	struct span rest = text, head = ignorelist_cut(&rest, '/');
	struct prefix prefix;
	bool has_slash = head.size < text.size;

	if (has_slash && head.size == 0)
		return "not an absolute path: write the whole path, such as \"/etc/banish/office\"";
	if (has_slash && prefix_parse(head, &prefix) == 0)
		return prefix.address.family == AF_INET
			       ? "not a network: write a length of 0 to 32 behind the slash"
			       : "not a network: write a length of 0 to 128 behind the slash";
	if (!has_slash && has_only(text, DIGITS "."))
		return "not an address: write four numbers of 0 to 255, \"192.0.2.1\", and for a "
		       "network \"192.0.2.0/24\"";
	if (is_label(text))
		return "not an address, and a host name needs a dot: write the whole name, such as "
		       "\"office.example.org\"";
	return "neither address, network nor host name: write \"192.0.2.1\", "
	       "\"2001:db8::/48\", \"office.example.org\" or \"/etc/banish/office\"";
}

int ignore_parse_entry(struct span text, struct ignore_entry *ret,
		       char reterr[static IGNORE_ERROR_SIZE])
{
	struct ignore_entry entry = { .kind = IGNORE_PREFIX };
	char network[PREFIX_TEXT_MAX];
	int r;

	r = prefix_parse(text, &entry.prefix);
	if (r == -ERANGE)
		(void)snprintf(reterr, IGNORE_ERROR_SIZE,
			       "bits behind the prefix length are set: taken as \"%s\"",
			       prefix_format(&entry.prefix, network));
	else if (r < 0 && is_path(text))
		entry = (struct ignore_entry){ .kind = IGNORE_FILE };
	else if (r < 0 && ignorelist_is_name(text))
		entry = (struct ignore_entry){ .kind = IGNORE_NAME };
	else if (r < 0) {
		(void)snprintf(reterr, IGNORE_ERROR_SIZE, "%s", ignorelist_explain(text));
		return -EINVAL;
	}
	*ret = entry;
	return r == -ERANGE;
}

void ignorelist_done(struct ignorelist *list)
{
	for (size_t i = 0; i < list->n_names; i++)
		free(list->names[i]);
	free(list->names);
	free(list->prefixes);
	*list = (struct ignorelist){ 0 };
}

struct ignorelist *ignorelist_free(struct ignorelist *list)
{
	if (list)
		ignorelist_done(list);
	free(list);
	return NULL;
}

int ignorelist_add_prefix(struct ignorelist *list, const struct prefix *prefix)
{
	if (list->n_prefixes >= IGNORE_MAX_LIST)
		return -E2BIG;
	if (!array_grow(list->prefixes, list->n_prefixes))
		return -ENOMEM;
	list->prefixes[list->n_prefixes++] = *prefix;
	return 0;
}

int ignorelist_add_name(struct ignorelist *list, struct span name)
{
	cleanup(freep) char *copy = strndup(name.data, name.size);

	if (!copy)
		return -ENOMEM;
	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	for (size_t i = 0; i < list->n_names; i++)
		if (strcmp(list->names[i], copy) == 0)
			return 0;
	if (list->n_names >= IGNORE_MAX_NAMES)
		return -E2BIG;
	if (!array_grow(list->names, list->n_names))
		return -ENOMEM;
	list->names[list->n_names++] = TAKE_PTR(copy);
	return 0;
}

bool ignorelist_equal(const struct ignorelist *a, const struct ignorelist *b)
{
	if (a->n_names != b->n_names ||
	    !prefixes_equal(a->prefixes, a->n_prefixes, b->prefixes, b->n_prefixes))
		return false;
	for (size_t i = 0; i < a->n_names; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}

/* The list that is being read, and the place in it. */
struct ignorelist_reader {
	const char *file;
	enum ignore_source source;
	struct faults *faults;
	struct ignorelist *list;
	bool bad;
	unsigned line, column; /* 1-based; the column counts bytes */
};

static int fault(struct ignorelist_reader *reader, const char *text)
{
	reader->bad = true;
	return faults_add(reader->faults, "%s:%u:%u: %s", reader->file, reader->line,
			  reader->column, text);
}

static int ignorelist_read_entry(struct ignorelist_reader *reader, struct span text)
{
	bool answer = reader->source == IGNORE_ANSWER;
	char error[IGNORE_ERROR_SIZE];
	struct ignore_entry entry;
	int r;

	r = ignore_parse_entry(text, &entry, error);
	if (r < 0)
		return fault(reader, error);
	if (r > 0)
		r = faults_note(reader->faults, "%s:%u:%u: note: %s", reader->file, reader->line,
				reader->column, error);
	if (r < 0)
		return r;
	switch (entry.kind) {
	case IGNORE_PREFIX:
		if (answer && entry.prefix.length != address_bits(&entry.prefix.address))
			return fault(reader,
				     "not a single address: a name cannot stand for a network");
		if (answer && reader->list->n_prefixes >= IGNORE_MAX_ANSWER)
			return -E2BIG;
		return ignorelist_add_prefix(reader->list, &entry.prefix);
	case IGNORE_NAME:
		if (answer)
			return fault(reader, "not an address: a name cannot stand for a name");
		return ignorelist_add_name(reader->list, text);
	case IGNORE_FILE:
		return fault(reader, "a list cannot name another file: write it into \"ignoreip\" "
				     "of banish.json");
	}
	return 0;
}

static int read_line(struct ignorelist_reader *reader, struct span line)
{
	static const char blanks[] = { ' ', '\t', '\r' };
	struct span entry = ignorelist_cut(&line, '#');
	size_t begin = 0, size = 0;

	while (begin < entry.size && memchr(blanks, entry.data[begin], sizeof(blanks)))
		begin++;
	entry = (struct span){ entry.data + begin, entry.size - begin };
	while (entry.size > 0 && memchr(blanks, entry.data[entry.size - 1], sizeof(blanks)))
		entry.size--;
	while (size < entry.size && !memchr(blanks, entry.data[size], sizeof(blanks)))
		size++;
	reader->column = (unsigned)begin + 1;
	if (size < entry.size) {
		reader->column += (unsigned)size;
		return fault(reader, "a second word: write one entry a line, and a comment behind "
				     "\"#\"");
	}
	return entry.size > 0 ? ignorelist_read_entry(reader, entry) : 0;
}

int ignorelist_parse(const char *file, struct span text, enum ignore_source source,
		     struct faults *faults, struct ignorelist **ret)
{
	cleanup(ignorelist_freep) struct ignorelist *list = calloc(1, sizeof(*list));
	struct ignorelist_reader reader = {
		.file = file, .source = source, .faults = faults, .list = list
	};
	int r = 0;

	if (!list)
		return -ENOMEM;
	while (text.size > 0 && r >= 0) {
		struct span line = ignorelist_cut(&text, '\n');

		reader.line++;
		r = read_line(&reader, line);
	}
	if (r == -E2BIG)
		r = fault(&reader, "too many entries: a list takes 65536 addresses and networks, "
				   "and 256 names; an answer 64 addresses");
	if (r < 0)
		return r;
	if (reader.bad)
		return -EINVAL;
	*ret = TAKE_PTR(list);
	return 0;
}
