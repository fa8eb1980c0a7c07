#include "import/option.h"

static const char blanks[] = " \t\r\n\f\v";

bool option_line(const char **at, struct span *ret)
{
	*at += strspn(*at, "\n");
	*ret = (struct span){ *at, strcspn(*at, "\n") };
	*at += ret->size;
	return ret->size > 0;
}

bool option_word(const char **at, struct span *ret)
{
	static const char between[] = " ,\t\r\n\f\v";

	*at += strspn(*at, between);
	*ret = (struct span){ *at, strcspn(*at, between) };
	*at += ret->size;
	return ret->size > 0;
}

bool option_is_true(const char *value)
{
	static const char *const words[] = { "1", "on", "true", "yes" };

	for (size_t i = 0; value && i < ARRAY_SIZE(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

static struct span option_trim(struct span text)
{
	while (text.size > 0 && strchr(blanks, text.data[text.size - 1]))
		text.size--;
	return text;
}

/* NAME=VALUE, behind "[" or ",": moves behind the value. */
static void read_given(struct arena *arena, const char **at, struct ini_option **options)
{
	struct span name, value;

	*at += strspn(*at, blanks);
	name = (struct span){ *at, strcspn(*at, "=,]") };
	*at += name.size;
	if (**at != '=')
		return;
	(*at)++;
	if (**at == '"' || **at == '\'') {
		const char *end = strchr(*at + 1, **at);

		value = (struct span){ *at + 1, end ? (size_t)(end - *at) - 1 : strlen(*at + 1) };
		*at += value.size + 1 + (end != NULL);
		*at += strcspn(*at, ",]");
	} else {
		value = (struct span){ *at, strcspn(*at, ",]") };
		*at += value.size;
	}
	ini_prepend(arena, options, arena_copy(arena, option_trim(name)),
		    arena_copy(arena, option_trim(value)));
}

bool option_next(struct arena *arena, const char **at, struct given *ret)
{
	const char *bracket;
	size_t n;

	*at += strspn(*at, blanks);
	n = strcspn(*at, " \t\r\n\f\v[");
	if (n == 0)
		return false;
	*ret = (struct given){ .name = arena_copy(arena, (struct span){ *at, n }) };
	*at += n;
	while (bracket = *at + strspn(*at, blanks), *bracket == '[') {
		*at = bracket;
		do {
			(*at)++;
			read_given(arena, at, &ret->options);
		} while (**at == ',');
		if (**at)
			(*at)++;
	}
	return true;
}
