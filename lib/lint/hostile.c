#include "lint/hostile.h"

#include <errno.h>

/* Nobody's, see RFC 5737 and 3849; rules use others of these in their examples. */
static const char *const victims[] = { "203.0.113.254", "2001:db8:dead:beef::254" };

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
};

/* The line itself, written into itself. */
enum imitation {
	TAIL,
	TAIL_TO_ADDRESS,
	TAIL_LINE,
	TAIL_AND_HEAD,
	LONG_TAIL,
	HEAD,
	HEAD_AND_SPACE,
	MANY_BYTES,
	N_IMITATIONS
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

static void put_text(struct writer *writer, const char *text, const char *victim)
{
	for (; *text; text++)
		hostile_put(writer, *text == '%' ? span_of(victim) : (struct span){ text, 1 });
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

static void put_bytes(struct writer *writer, char byte, size_t n)
{
	while (n-- > 0)
		hostile_put(writer, (struct span){ &byte, 1 });
}

static void imitate(struct writer *writer, const struct hostile_target *target,
		    enum imitation imitation, const char *victim)
{
	if (imitation == MANY_BYTES)
		put_bytes(writer, 'B', 300);
	else
		put_bytes(writer, 'x', imitation == LONG_TAIL ? 75 : 1);
	if (imitation == HEAD || imitation == HEAD_AND_SPACE) {
		put_bytes(writer, ' ', imitation == HEAD_AND_SPACE);
		hostile_put_part(writer, target->head, target->address, victim, false);
		put_bytes(writer, 'x', 1);
	} else if (imitation != MANY_BYTES) {
		hostile_put_part(writer, target->tail, target->address, victim,
				 imitation == TAIL_TO_ADDRESS);
	}
	if (imitation == TAIL_LINE)
		put_bytes(writer, '\n', 1);
	if (imitation == TAIL_AND_HEAD) {
		hostile_put(writer, target->head);
		put_bytes(writer, 'x', 1);
	}
}

size_t hostile_text(const struct hostile_target *target, unsigned i,
		    char buffer[static HOSTILE_TEXT_MAX])
{
	const char *victim = victims[i % ARRAY_SIZE(victims)];
	struct writer writer = { .buffer = buffer };

	i /= ARRAY_SIZE(victims);
	if (i < ARRAY_SIZE(texts))
		put_text(&writer, texts[i], victim);
	else if (i < ARRAY_SIZE(texts) + N_IMITATIONS)
		imitate(&writer, target, (enum imitation)(i - ARRAY_SIZE(texts)), victim);
	else
		return 0;
	/* The empty name is a text, too; as no length it would be the end. */
	if (writer.used == 0)
		put_bytes(&writer, '?', 1);
	return writer.used;
}

/* As Go's %q, with every byte that is not plain ASCII as \xHH. */
static char *hostile_put_quoted(char *out, struct span text)
{
	*out++ = '"';
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c == '"' || c == '\\') {
			*out++ = '\\';
			*out++ = (char)c;
		} else if (c < ' ' || c > '~') {
			out = mempcpy(out, "\\x", 2);
			*out++ = "0123456789abcdef"[c >> 4];
			*out++ = "0123456789abcdef"[c & 15];
		} else {
			*out++ = (char)c;
		}
	}
	*out++ = '"';
	return out;
}

int hostile_line(const struct hostile_target *target, struct span text, char **ret,
		 size_t *ret_size)
{
	char *line = malloc(target->head.size + 4 * text.size + 2 + target->tail.size + 1);
	char *out = line;

	if (!line)
		return -ENOMEM;
	if (target->head.size > 0)
		out = mempcpy(out, target->head.data, target->head.size);
	if (target->logfmt)
		out = hostile_put_quoted(out, text);
	else if (text.size > 0)
		out = mempcpy(out, text.data, text.size);
	if (target->tail.size > 0)
		out = mempcpy(out, target->tail.data, target->tail.size);
	*ret_size = (size_t)(out - line);
	*ret = line;
	return 0;
}
