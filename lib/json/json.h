#ifndef BANISH_JSON_H
#define BANISH_JSON_H

/*
 * A JSON document with positions. A fault is told at a node and found in the text by itself;
 * reading goes on after it, so that one run of `check` shows all there is to mend.
 */

#include "base/fault.h"
#include "base/util.h"

struct cJSON;
struct json_document;

/* One value: a copy is as good, as long as its document. Zero is "none". */
struct json {
	struct json_document *document;
	const struct cJSON *item;
	const char *name;   /* its key; of an element, the key of its list; NULL: the whole file */
	const char *key_at; /* where its key stands in the text; of an element, the value */
	const char *at;     /* where its value stands in the text */
	bool element;
	size_t n_members;                /* of a list or object */
	const struct json *first, *next; /* member; in the same container. NULL: none */
};

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

/* 0; -EINVAL with one fault: the syntax is wrong; -ENOMEM. Duplicate keys are faults, and reading
 * can go on. `file` is only quoted; `faults` is borrowed as long as the document lives. */
int json_parse(const char *file, struct span text, struct faults *faults,
	       struct json_document **ret) must_check;
struct json_document *json_free(struct json_document *document);
DEFINE_CLEANUP(struct json_document *, json_free)

/* The reading is over: tells all faults, in the order of the file. Once only. 0; -EINVAL: there are
 * some; -ENOMEM. */
int json_finish(struct json_document *document) must_check;

struct json json_root(struct json_document *document);

enum json_type json_type(const struct json *node);
const char *json_text(const struct json *node);  /* of a text; borrowed; UTF-8 */
double json_number(const struct json *node);     /* of a number; finite */
bool json_bool(const struct json *node);         /* of true or false */
size_t json_count(const struct json *container); /* members */

/* for (struct json child = { 0 }; json_next(&container, &child);): in the order of the file. */
bool json_next(const struct json *container, struct json *child);

/* The member of that name; false: there is none. */
bool json_find(const struct json *object, const char *name, struct json *ret);

/* 1-based; the column counts bytes. */
void json_position(const struct json *node, unsigned *ret_line, unsigned *ret_column);
void json_position_of_key(const struct json *node, unsigned *ret_line, unsigned *ret_column);

/* "what: hint"; file and position are put before it. The first tells it at the value, the second at
 * its key. */
void json_fault(const struct json *node, const char *format, ...) printf_like(2, 3);
void json_fault_at_key(const struct json *node, const char *format, ...) printf_like(2, 3);
/* At the value, with its label before it: `"maxretry" is out of range: ...`. */
void json_fault_of(const struct json *node, const char *format, ...) printf_like(2, 3);
/* Told beside the faults, and none itself. */
void json_note(const struct json *node, const char *format, ...) printf_like(2, 3);

/* Some reader ran out of memory: json_finish() will say so. */
void json_no_memory(const struct json *node);

/* How a fault names the node: `"maxretry"`, `an element of "ports"`, `the file`. */
#define JSON_LABEL_SIZE 64
const char *json_label(const struct json *node, char buffer[static JSON_LABEL_SIZE]);

#endif
