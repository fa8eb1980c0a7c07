#ifndef BANISH_JSON_READ_H
#define BANISH_JSON_READ_H

/*
 * Tables that say which keys an object has and where each value goes. A new key is a row; whatever
 * is not in the table is a fault with a suggestion.
 */

#include "json/json.h"

struct json_key;
struct json_object;

/* Reads `value` into `field`; tells a fault and leaves the field alone if it cannot. */
typedef void (*json_reader)(const struct json *value, const struct json_key *key, void *field);

struct json_key {
	const char *name;
	json_reader read; /* NULL: whoever reads the object fetches it by json_find() */
	size_t offset;    /* of the field in the object's struct */
	bool required;
	bool empty;           /* json_read_text takes "" too */
	bool infinity;        /* json_read_span takes "infinity" too: USEC_INFINITY */
	uint64_t least, most; /* of a number; of a time span in µs */
	const char *hint;     /* what to write instead; NULL: the reader's own words */
	/* For json_read_choice: NULL-terminated, the index is the value. */
	const char *const *choices;
	/* For json_read_object_key. */
	const struct json_object *object;
};

struct json_object {
	const char *noun;               /* "a jail" */
	const struct json_key *keys;    /* the last has no name */
	const struct json_object *base; /* whose keys are keys of this one too; NULL: none */
};

/* `base` is the struct that the offsets count from. False: it is no object (and the fault is told).
 */
bool json_read_object(const struct json *node, const struct json_object *object, void *base);

/* Readers for the tables, and what their field is. */
void json_read_object_key(const struct json *value, const struct json_key *key, void *field);
void json_read_bool(const struct json *value, const struct json_key *key, void *field); /* bool */
void json_read_whole(const struct json *value, const struct json_key *key,
		     void *field); /* uint32_t */
void json_read_factor(const struct json *value, const struct json_key *key,
		      void *field); /* double */
/* unsigned, in tenths; `least` and `most` are whole. At most one decimal. */
void json_read_tenths(const struct json *value, const struct json_key *key, void *field);
void json_read_choice(const struct json *value, const struct json_key *key,
		      void *field); /* an enum */
void json_read_text(const struct json *value, const struct json_key *key,
		    void *field); /* char *, owned */
void json_read_span(const struct json *value, const struct json_key *key, void *field); /* usec_t */
/* struct ports: a list of numbers, ranges and names, or "all". */
void json_read_ports(const struct json *value, const struct json_key *key, void *field);
/* Only looks that it is a text: for "$schema", which editors want and nobody else reads. */
void json_read_schema(const struct json *value, const struct json_key *key, void *field);

/* The value is of that type, or else a fault with the hint is told. */
bool json_expect(const struct json *value, enum json_type type, const char *hint);

/* A list of texts, or one text alone: `ret` is an owned array of owned texts (json_texts_free). ""
 * only if `empty`. False: a fault is told and nothing is filled. */
bool json_read_texts(const struct json *value, const char *hint, bool empty, char ***ret,
		     size_t *ret_n);
void json_texts_free(char **texts, size_t n);

/* An array of `n` zeroed elements, or NULL and json_no_memory(); at least one, so that NULL means
 * no memory. */
void *json_allocate(const struct json *node, size_t n, size_t size);

/* `[a-z][a-z0-9_-]*` of at most `max` bytes, else a fault at the key (`at_key`) or the value. */
bool json_check_name(const struct json *node, const char *name, size_t max, bool at_key);

#endif
