#ifndef BANISH_DAEMON_CLI_OUTPUT_H
#define BANISH_DAEMON_CLI_OUTPUT_H

/*
 * What verbs print to stdout. A thing that is told (a ban, a line, a sum) is a list of rows: a key,
 * the kind of its value, the value. The same rows make its JSON object, one a line, and its
 * sentence or line of a table for people. Text that strangers chose is harmless in both.
 */

#include "base/address.h"
#include "base/printable.h"
#include "base/types.h"
#include "base/util.h"
#include "report/columns.h"

enum row_kind {
	KIND_END,
	KIND_OMIT, /* not there: left out */
	KIND_NULL, /* not known */
	KIND_TEXT,
	KIND_BYTES,
	KIND_NUMBER,
	KIND_WEIGHT, /* tenths */
	KIND_TIME,   /* USEC_INFINITY: null, "never" */
	KIND_FLAG,
	KIND_ADDRESS,
	KIND_PREFIX,
};

/* Borrows the value. NULL is null, for people nothing, "-" in a table. */
struct row {
	const char *key;
	enum row_kind kind;
	union {
		const char *text;
		struct span bytes;
		uint64_t number;
		bool flag;
		const struct address *address;
		const struct prefix *prefix;
	};
	size_t max;      /* bytes that people are shown; 0: all */
	bool for_people; /* not in the object */
};

#define ROW(name, of_kind, member, value)                           \
	{                                                           \
		.key = (name), .kind = (of_kind), .member = (value) \
	}
#define ROW_TEXT(name, value)    ROW(name, KIND_TEXT, text, value)
#define ROW_NUMBER(name, value)  ROW(name, KIND_NUMBER, number, value)
#define ROW_WEIGHT(name, value)  ROW(name, KIND_WEIGHT, number, value)
#define ROW_TIME(name, value)    ROW(name, KIND_TIME, number, value)
#define ROW_FLAG(name, value)    ROW(name, KIND_FLAG, flag, value)
#define ROW_ADDRESS(name, value) ROW(name, KIND_ADDRESS, address, value)
#define ROW_PREFIX(name, value)  ROW(name, KIND_PREFIX, prefix, value)
/* `most` bytes of it for people. */
#define ROW_BYTES(name, value, most)                                               \
	{                                                                          \
		.key = (name), .kind = KIND_BYTES, .bytes = (value), .max = (most) \
	}
/* A word of a sentence, or a cell, that is no value of its own. */
#define ROW_SAID(name, value)                                                         \
	{                                                                             \
		.key = (name), .kind = KIND_TEXT, .text = (value), .for_people = true \
	}
#define ROW_END                  \
	{                        \
		.kind = KIND_END \
	}

/* For ROW(): null where it is not known; left out where there is no such thing. */
#define IF_KNOWN(known, of_kind) ((known) ? (of_kind) : KIND_NULL)
#define IF_THERE(there, of_kind) ((there) ? (of_kind) : KIND_OMIT)

/* One line: the object, or the sentence, in which "{key}" stands for a value and "{key:24}" for one
 * with as many bytes at least, blanks behind it. 0 or -ENOMEM. */
int output_print(bool json, const char *sentence, const struct row *rows) must_check;

/* A sentence on a line of its own, which on a terminal is folded; line ends at its begin are blank
 * lines. 0 or -ENOMEM. */
int output_say(const char *format, ...) printf_like(1, 2);
/* Folded behind a label that is `width` columns wide. 0 or -ENOMEM. */
int output_folded(const char *label, int width, const char *text) must_check;
/* The table, its first line as the head. 0 or -ENOMEM. */
int output_columns(const struct columns *columns) must_check;

/* A line of a table: the values of `keys` (there is an empty one for "nothing known"), numbers and
 * weights as short as people read them, unless it is exact. 0 or -ENOMEM. */
int output_add_cells(struct columns *columns, const char *const *keys,
		     const struct row *rows) must_check;

#endif
