/*
 * cJSON builds the tree; the text, checked and without its comments, is kept beside it. Both are
 * walked once, side by side, and what they tell of each value is kept in an array, in the order of
 * the file.
 */
#include "json/json.h"

#include "base/array.h"
#include "base/buffer.h"
#include "base/printable.h"
#include "json/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#define EXCERPT_SIZE 40 /* bytes of a key that a fault quotes */
#define MAX_FOUND \
	100 /* one broken file must not fill memory; lib/base/fault.c keeps no more either */

struct found {
	const char *at;
	size_t order;
	char *message; /* owned */
	bool note;
};

struct json_document {
	char *file, *text;
	cJSON *tree;
	struct json *nodes; /* owned; the root first, each before its members */
	size_t n_nodes;
	struct faults *faults; /* borrowed */
	struct found *found;   /* owned; not yet told, in the order of reading */
	size_t n_found;
	int result;
	/* Where the last position was looked up: nodes are mostly read in order. */
	const char *line_begin;
	unsigned line;
};

struct json_document *json_free(struct json_document *document)
{
	if (!document)
		return NULL;
	cJSON_Delete(document->tree);
	free(document->nodes);
	for (size_t i = 0; i < document->n_found; i++)
		free(document->found[i].message);
	free(document->found);
	free(document->file);
	free(document->text);
	free(document);
	return NULL;
}

static void position_of(struct json_document *document, const char *at, unsigned *ret_line,
			unsigned *ret_column)
{
	const char *newline;

	if (at < document->line_begin) {
		document->line_begin = document->text;
		document->line = 1;
	}
	while ((newline =
			memchr(document->line_begin, '\n', (size_t)(at - document->line_begin)))) {
		document->line_begin = newline + 1;
		document->line++;
	}
	*ret_line = document->line;
	*ret_column = (unsigned)(at - document->line_begin) + 1;
}

static void add_found(struct json_document *document, bool note, const char *at, const char *format,
		      va_list arguments) __attribute__((format(printf, 4, 0)));

static void add_found(struct json_document *document, bool note, const char *at, const char *format,
		      va_list arguments)
{
	struct found *found;

	if (document->result == 0 && !note)
		document->result = -EINVAL;
	if (document->n_found >= MAX_FOUND)
		return;
	if (!array_grow(document->found, document->n_found)) {
		document->result = -ENOMEM;
		return;
	}
	found = &document->found[document->n_found];
	*found = (struct found){ .at = at, .order = document->n_found, .note = note };
	if (vasprintf(&found->message, format, arguments) < 0) {
		document->result = -ENOMEM;
		return;
	}
	/* A key may hold any character: a fault stays one line that a terminal can show. */
	for (char *text = found->message; *text;) {
		uint32_t character;
		size_t n = printable_next(span_of(text), &character);

		if (!printable_is_shown(character))
			memset(text, '?', n);
		text += n;
	}
	document->n_found++;
}

void json_fault(const struct json *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_found(node->document, false, node->at, format, arguments);
	va_end(arguments);
}

void json_fault_of(const struct json *node, const char *format, ...)
{
	cleanup(freep) char *what = NULL;
	char label[JSON_LABEL_SIZE];
	va_list arguments;

	va_start(arguments, format);
	what = text_of_format(format, arguments);
	va_end(arguments);
	if (what)
		json_fault(node, "%s %s", json_label(node, label), what);
	else
		json_no_memory(node);
}

void json_note(const struct json *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_found(node->document, true, node->at, format, arguments);
	va_end(arguments);
}

void json_fault_at_key(const struct json *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_found(node->document, false, node->key_at, format, arguments);
	va_end(arguments);
}

void json_no_memory(const struct json *node)
{
	node->document->result = -ENOMEM;
}

/* Qsort's order: as in the file; of two at one place the one that was found first. */
static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

int json_finish(struct json_document *document)
{
	unsigned line, column;
	int r;

	if (document->n_found > 0)
		qsort(document->found, document->n_found, sizeof(*document->found), compare_found);
	for (size_t i = 0; i < document->n_found; i++) {
		const struct found *found = &document->found[i];

		position_of(document, found->at, &line, &column);
		r = (found->note ? faults_note : faults_add)(document->faults, "%s:%u:%u: %s%s",
							     document->file, line, column,
							     found->note ? "note: " : "",
							     found->message);
		if (r < 0)
			return r;
	}
	return document->result;
}

void json_position(const struct json *node, unsigned *ret_line, unsigned *ret_column)
{
	position_of(node->document, node->at, ret_line, ret_column);
}

void json_position_of_key(const struct json *node, unsigned *ret_line, unsigned *ret_column)
{
	position_of(node->document, node->key_at, ret_line, ret_column);
}

struct json json_root(struct json_document *document)
{
	return document->nodes[0];
}

enum json_type json_type(const struct json *node)
{
	switch (node->item->type & 0xff) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_TEXT;
	case cJSON_Array:
		return JSON_LIST;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

const char *json_text(const struct json *node)
{
	return node->item->valuestring;
}

double json_number(const struct json *node)
{
	return node->item->valuedouble;
}

bool json_bool(const struct json *node)
{
	return cJSON_IsTrue(node->item);
}

size_t json_count(const struct json *container)
{
	return container->n_members;
}

bool json_next(const struct json *container, struct json *child)
{
	const struct json *next = child->item ? child->next : container->first;

	if (next)
		*child = *next;
	return next;
}

bool json_find(const struct json *object, const char *name, struct json *ret)
{
	if (json_type(object) != JSON_OBJECT)
		return false;
	for (const struct json *member = object->first; member; member = member->next)
		if (strcmp(member->name, name) == 0) {
			*ret = *member;
			return true;
		}
	return false;
}

const char *json_label(const struct json *node, char buffer[static JSON_LABEL_SIZE])
{
	const char *name = node->name ? node->name : "the file";
	size_t n = strlen(name);
	bool cut = n > EXCERPT_SIZE;

	if (cut)
		for (n = EXCERPT_SIZE; ((unsigned char)name[n] & 0xc0) == 0x80;)
			n--; /* between two characters */
	(void)snprintf(buffer, JSON_LABEL_SIZE, "%s%s%.*s%s%s",
		       node->element ? "an element of " : "", node->name ? "\"" : "", (int)n, name,
		       cut ? "..." : "", node->name ? "\"" : "");
	return buffer;
}

/* Qsort's order: equal keys meet, the first in the file first. */
static int compare_members(const void *a, const void *b)
{
	const struct json *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (r != 0)
		return r;
	return x->key_at < y->key_at ? -1 : 1;
}

static void check_duplicates(const struct json *object)
{
	size_t n = 0, n_members = json_count(object);
	char label[JSON_LABEL_SIZE];
	cleanup(freep) struct json *members = NULL;

	if (n_members < 2)
		return;
	members = calloc(n_members, sizeof(*members));
	if (!members) {
		json_no_memory(object);
		return;
	}
	for (struct json child = { 0 }; json_next(object, &child);)
		members[n++] = child;
	qsort(members, n, sizeof(*members), compare_members);
	for (size_t i = 1; i < n; i++)
		if (strcmp(members[i - 1].name, members[i].name) == 0)
			json_fault_at_key(&members[i], "%s is a duplicate key: keep one of them",
					  json_label(&members[i], label));
}

/* What only the tree shows. The depth is bounded by jsontext_check(). */
static void check_tree(const struct json *node)
{
	char label[JSON_LABEL_SIZE];

	if (json_type(node) == JSON_NUMBER && !isfinite(json_number(node)))
		json_fault(node, "%s is too large a number: write a smaller one",
			   json_label(node, label));
	if (json_type(node) == JSON_OBJECT)
		check_duplicates(node);
	if (json_type(node) == JSON_OBJECT || json_type(node) == JSON_LIST)
		for (struct json child = { 0 }; json_next(node, &child);)
			check_tree(&child);
}

static size_t count_items(const cJSON *item)
{
	size_t n = 1;

	for (const cJSON *child = item->child; child; child = child->next)
		n += count_items(child);
	return n;
}

static struct json *add_node(struct json_document *document, const cJSON *item, const char *key_at)
{
	struct json *node = &document->nodes[document->n_nodes++];

	*node = (struct json){ .document = document, .item = item, .key_at = key_at, .at = key_at };
	return node;
}

/* Adds the members of a node, and theirs; returns the first byte behind the node. */
static const char *add_members(struct json_document *document, struct json *node)
{
	bool list = json_type(node) == JSON_LIST;
	const struct json **link = &node->first;
	const char *at = node->at;

	if (!list && json_type(node) != JSON_OBJECT)
		return jsontext_skip_scalar(at);
	for (const cJSON *item = node->item->child; item; item = item->next) {
		/* behind the bracket or the comma */
		struct json *member = add_node(document, item, jsontext_skip_space(at + 1));

		member->element = list;
		member->name = list ? node->name : item->string;
		if (!list) {
			at = jsontext_skip_space(jsontext_skip_scalar(member->key_at));
			member->at = jsontext_skip_space(at + 1); /* the colon */
		}
		at = jsontext_skip_space(add_members(document, member));
		*link = member;
		link = &member->next;
		node->n_members++;
	}
	return (node->n_members > 0 ? at : jsontext_skip_space(at + 1)) + 1;
}

int json_parse(const char *file, struct span text, struct faults *faults,
	       struct json_document **ret)
{
	cleanup(json_freep) struct json_document *document = calloc(1, sizeof(*document));
	struct json root = { .document = document };
	struct jsontext_error error;

	if (!document)
		return -ENOMEM;
	document->faults = faults;
	document->file = strdup(file);
	document->text = malloc(text.size + 1);
	if (!document->file || !document->text)
		return -ENOMEM;
	if (text.size > 0)
		memcpy(document->text, text.data, text.size);
	document->text[text.size] = '\0';
	document->line_begin = document->text;
	document->line = 1;
	if (jsontext_check(document->text, text.size, &error) < 0) {
		root.at = document->text + error.offset;
		json_fault(&root, "%s", error.what);
		return json_finish(document);
	}

	/* What was checked above cJSON takes: here only memory can be short. */
	document->tree = cJSON_ParseWithLength(document->text, text.size);
	if (!document->tree)
		return -ENOMEM;
	document->nodes = calloc(count_items(document->tree), sizeof(*document->nodes));
	if (!document->nodes)
		return -ENOMEM;
	(void)add_members(document,
			  add_node(document, document->tree, jsontext_skip_space(document->text)));
	check_tree(document->nodes);
	if (document->result == -ENOMEM)
		return -ENOMEM;
	*ret = TAKE_PTR(document);
	return 0;
}
