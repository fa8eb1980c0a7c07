#include "lint/hostile.h"

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

size_t hostile_text(const struct hostile_target *target, unsigned i,
		    char buffer[static HOSTILE_TEXT_MAX])
{
	const char *victim = victims[i % ARRAY_SIZE(victims)], *text;
	struct writer writer = { .buffer = buffer };
	struct span head = target->head, tail = target->tail;

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
