#include "lint/hostile.h"

#include <ctype.h>
#include <errno.h>

/* Nobody's, see RFC 5737 and 3849; rules use others of these in their examples. */
static const char *const victims[] = { "203.0.113.254", "2001:db8:dead:beef::254" };

#define X_25 "xxxxxxxxxxxxxxxxxxxxxxxxx"
#define B_50 "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

/* The line itself, written into itself; but for the last with the victim in place of the address.
 */
#define TAIL            "\1"
#define TAIL_TO_ADDRESS "\2"
#define HEAD            "\3"
#define HEAD_AS_IT_IS   "\4"

/* "%" is the victim. What servers were recorded to log unchanged, and some more. */
static const char *const texts[] = {
	"%",
	"x %",
	"x>, rip=%, lip=1.1.1.1",
	"x>, method=PLAIN, rip=%, lip=10.0.0.1, session=<AAAAAAAAAAAJCQkJ>",
	"x>, method=PLAIN, rip=%, lip=10.0.0.1, TLS, session=<AAAAAAAAAAAJCQkJ>",
	"rip=%>, rip=%, mpid=1, TLS, session=<zz",
	"x>, rip=%, session=<",
	"x, session=<AAAAAAAAAAAJCQkJ>",
	"x>, session=<AAAAAAAAAAAJCQkJ>, rip=%",
	"x,%): unknown user",
	"x,%,<s>): Password mismatch (",
	"x,%,<AAAAAAAAAAAJCQkJ>): unknown user",
	"x,%,sasl:plain)<AAAAAAAAAAAJCQkJ>: passwd-file: unknown user",
	"?,%,<AAAAAAAAAAAJCQkJ>): Username character disallowed",
	"x\nDisconnected (auth failed, 1 attempts): user=<a>, rip=%, lip=1.1.1.1",
	"x\rrip=%\r",
	"x) (auth_failed): user=<y>, method=PLAIN, rip=%, lip=1.1.1.1",
	"\xc3\xbc\xe2\x80\xa8rip=%",
	"x\xc2\x85rip=%\xe2\x80\xae",
	"bad\xff\xfe\x80utf8, rip=%",
	"x\x7frip=%",
	"rhost=%",
	"x rhost=%  user=y",
	"x rhost=% user=y",
	"from % port 1",
	"x from % port 1 ssh2",
	"x from %",
	"x from % port 1 ssh2: RSA SHA256:x",
	"x[%]: SASL LOGIN authentication failed: x",
	"unknown[%]",
	"x remote=%",
	"x\" remote=%",
	"x\" remote=% pkg=imapserver cid=1 delta=1ms x=\"",
	"x\\\" remote=%",
	"x clientip=% cid=1",
	"(%)",
	"<%>",
	"[%]",
	"'%'",
	"\"%\"",
	"x; client=%",
	"\\",
	"\"",
	"",
	"x" TAIL,
	"x" TAIL_TO_ADDRESS,
	"x" TAIL "\n",
	"x" TAIL HEAD_AS_IT_IS "x",
	X_25 X_25 X_25 TAIL,
	"x" HEAD "x",
	"x " HEAD "x",
	B_50 B_50 B_50 B_50 B_50 B_50,
};

struct writer {
	char *buffer;
	size_t used;
};

static void hostile_put(struct writer *writer, struct span bytes)
{
	size_t size = MIN(bytes.size, HOSTILE_TEXT_MAX - writer->used);

	if (size > 0)
		memcpy(writer->buffer + writer->used, bytes.data, size);
	writer->used += size;
}

/* A part of the line as it is, but for the address. */
static void hostile_put_part(struct writer *writer, struct span part, struct span address,
			     const char *victim, bool to_address)
{
	size_t before;

	if (!address.data || address.data < part.data ||
	    address.data + address.size > part.data + part.size) {
		hostile_put(writer, part);
		return;
	}
	before = (size_t)(address.data - part.data);
	hostile_put(writer, (struct span){ part.data, before });
	hostile_put(writer, span_of(victim));
	if (!to_address)
		hostile_put(writer, (struct span){ address.data + address.size,
						   part.size - before - address.size });
}

size_t hostile_text(const struct hostile_target *target, size_t place, unsigned i,
		    char buffer[static HOSTILE_TEXT_MAX])
{
	const char *victim = victims[i % ARRAY_SIZE(victims)], *text;
	struct writer writer = { .buffer = buffer };
	struct span head = { 0 }, tail = { 0 };

	if (place < target->n_places) {
		struct span at = target->places[place].text;

		head.data = target->line.data;
		head.size = (size_t)(at.data - head.data);
		tail.data = at.data + at.size;
		tail.size = target->line.size - head.size - at.size;
	}
	i /= ARRAY_SIZE(victims);
	if (i >= ARRAY_SIZE(texts))
		return 0;
	for (text = texts[i]; *text; text++) {
		if (*text == '%')
			hostile_put(&writer, span_of(victim));
		else if (*text == *TAIL || *text == *TAIL_TO_ADDRESS)
			hostile_put_part(&writer, tail, target->address, victim,
					 *text == *TAIL_TO_ADDRESS);
		else if (*text == *HEAD)
			hostile_put_part(&writer, head, target->address, victim, false);
		else if (*text == *HEAD_AS_IT_IS)
			hostile_put(&writer, head);
		else
			hostile_put(&writer, (struct span){ text, 1 });
	}
	/* The empty name is a text, too; as no length it would be the end. */
	if (writer.used == 0)
		hostile_put(&writer, SPAN_LITERAL("?"));
	return writer.used;
}

/* The first place at or after `start` where the name stands as a word of its own; the size of the
 * value: there is none. */
static size_t find_name(struct span value, struct span name, size_t start)
{
	for (size_t i = start; name.size > 0 && i + name.size <= value.size; i++) {
		size_t end = i + name.size;

		if (memcmp(value.data + i, name.data, name.size) == 0 &&
		    (i == 0 || !isalnum((unsigned char)value.data[i - 1])) &&
		    (end == value.size || !isalnum((unsigned char)value.data[end])))
			return i;
	}
	return value.size;
}

bool hostile_holds(struct span value, struct span name)
{
	return find_name(value, name, 0) < value.size;
}

int hostile_replace(struct span value, struct span name, struct span text, char **ret,
		    size_t *ret_size)
{
	size_t n = 0, done = 0;
	char *out;

	if (!hostile_holds(value, name))
		name = value;
	for (size_t i = 0; i < value.size; n++)
		i = find_name(value, name, i) + MAX(name.size, 1);
	*ret = out = malloc(value.size + (n + 1) * text.size + 1);
	if (!out)
		return -ENOMEM;
	if (span_equal(value, name)) {
		out = text.size > 0 ? mempcpy(out, text.data, text.size) : out;
		done = value.size;
	}
	while (done < value.size) {
		size_t i = find_name(value, name, done);

		out = mempcpy(out, value.data + done, i - done);
		done = i;
		if (i == value.size)
			break;
		out = text.size > 0 ? mempcpy(out, text.data, text.size) : out;
		done += name.size;
	}
	*ret_size = (size_t)(out - *ret);
	return 0;
}

static bool overlap(struct span a, struct span b)
{
	return a.data && b.data && a.data < b.data + b.size && b.data < a.data + a.size;
}

static void hostile_add(struct hostile_target *target, struct span text)
{
	if (target->n_places < HOSTILE_PLACES_MAX)
		target->places[target->n_places++] = (struct hostile_place){ .text = text };
}

void hostile_find(struct hostile_target *target, struct span text, struct span captured)
{
	const char *end = text.data + text.size;
	bool pending = captured.data && captured.data >= text.data && captured.data <= end;

	for (size_t i = 0; (i = find_name(text, target->name, i)) < text.size;
	     i += target->name.size) {
		struct span found = { text.data + i, target->name.size };

		if (pending && captured.data <= found.data) {
			hostile_add(target, captured);
			pending = false;
		}
		if (!overlap(found, captured) && !overlap(found, target->address))
			hostile_add(target, found);
	}
	if (pending)
		hostile_add(target, captured);
}

/* With every byte that is not plain ASCII as \xHH or, in JSON, controls as \u00HH: anybody's name
 * is one value. */
static char *hostile_put_quoted(char *out, struct span text, enum hostile_quoting quoting)
{
	bool json = quoting == QUOTING_JSON;

	*out++ = '"';
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c == '"' || c == '\\') {
			*out++ = '\\';
			*out++ = (char)c;
		} else if (c < ' ' || (c > '~' && !json)) {
			out = mempcpy(out, json ? "\\u00" : "\\x", json ? 4 : 2);
			*out++ = "0123456789abcdef"[c >> 4];
			*out++ = "0123456789abcdef"[c & 15];
		} else {
			*out++ = (char)c;
		}
	}
	*out++ = '"';
	return out;
}

/* What stands at the place when the name is `text`: at most 6 bytes for each and two quotes. */
static int hostile_put_place(char **out, const struct hostile_place *place, struct span name,
			     struct span text)
{
	cleanup(freep) char *value = NULL;
	size_t size;
	int r;

	if (place->quoting == QUOTING_NONE) {
		*out = text.size > 0 ? mempcpy(*out, text.data, text.size) : *out;
		return 0;
	}
	r = hostile_replace(place->value, name, text, &value, &size);
	if (r == 0)
		*out = hostile_put_quoted(*out, (struct span){ value, size }, place->quoting);
	return r;
}

int hostile_line(const struct hostile_target *target, size_t place, struct span text, char **ret,
		 size_t *ret_size)
{
	/* Each place holds fewer names than it has bytes, in one of many a name has one byte. */
	size_t n = 0, done = 0, names = 0;
	cleanup(freep) char *line = NULL;
	char *out;

	for (size_t i = 0; i < target->n_places; i++) {
		struct span value = target->places[i].value;

		for (size_t k = 0; k < value.size; names++)
			k = find_name(value, target->name, k) + MAX(target->name.size, 1);
		n += value.size;
		names++;
	}
	out = line = malloc(target->line.size + 6 * (n + names * text.size) + 16 * names + 1);
	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < target->n_places; i++) {
		const struct hostile_place *at = &target->places[i];
		size_t start = (size_t)(at->text.data - target->line.data);

		if (place != SIZE_MAX && place != i)
			continue;
		out = mempcpy(out, target->line.data + done, start - done);
		done = start + at->text.size;
		if (hostile_put_place(&out, at, target->name, text) < 0)
			return -ENOMEM;
	}
	out = mempcpy(out, target->line.data + done, target->line.size - done);
	*ret_size = (size_t)(out - line);
	*ret = TAKE_PTR(line);
	return 0;
}
