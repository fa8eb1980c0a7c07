/*
 * failregex = %(common)s
 *             <more-<mode>>
 *
 * Names in %(...)s are looked for when the value is read, those in <...> when all values are there
 * and from inside out.
 */

#include "import/interpolate.h"

#define MAX_DEPTH  10         /* configparser's own */
#define MAX_PUT_IN 5000       /* of one scope: the filters that are shipped need 200 */
#define MAX_SIZE   (64 << 10) /* bytes of a value */

/* [DEFAULT] comes last, whatever section is named. */
static const struct ini_option *find_in(const struct scope *scope, const char *section,
					const char *name)
{
	const struct ini_section *at = ini_section(scope->ini, section);
	const struct ini_option *option = at ? ini_option(at->options, name) : NULL;

	if (option)
		return option;
	at = ini_section(scope->ini, "DEFAULT");
	return at ? ini_option(at->options, name) : NULL;
}

const struct ini_option *scope_find(const struct scope *scope, const char *name)
{
	struct arena *arena = scope->ini->arena;
	const struct ini_section *own = ini_section(scope->ini, scope->section);
	const struct ini_option *option = ini_option(scope->vars, name);
	const char *slash = strchr(name, '/'), *section;

	if (!option && own)
		option = ini_option(own->options, name);
	if (option || !slash)
		return option ?: find_in(scope, scope->section, name);
	section = arena_copy(arena, (struct span){ name, (size_t)(slash - name) });
	if (strcasecmp(section, "default") == 0)
		section = "DEFAULT";
	else if (strcasecmp(section, "known") == 0)
		section = arena_format(arena, "KNOWN/%s", scope->section);
	return find_in(scope, section, slash + 1);
}

static void scope_fail(struct scope *scope, const char *error)
{
	if (!scope->error)
		scope->error = error;
}

static bool may_put_in(struct scope *scope, const struct text *text)
{
	if (scope->n_put_in++ < MAX_PUT_IN && text->n < MAX_SIZE && !scope->ini->arena->failed)
		return true;
	scope_fail(scope, "too much is put into one another (%(name)s or <name>)");
	return false;
}

static void put_option(struct scope *scope, struct text *text, struct span name, unsigned depth);

static void put_value(struct scope *scope, struct text *text, const char *value, unsigned depth)
{
	while (*value && !scope->error) {
		size_t n = strcspn(value, "%");
		const char *end;

		text_put(text, (struct span){ value, n });
		value += n;
		if (*value == '\0')
			break;
		end = value[1] == '(' ? strstr(value, ")s") : NULL;
		if (end) {
			put_option(scope, text,
				   (struct span){ value + 2, (size_t)(end - value) - 2 }, depth);
			value = end + 2;
		} else {
			text_add(text, "%");
			value += 1 + (value[1] == '%');
		}
	}
}

static void put_option(struct scope *scope, struct text *text, struct span name, unsigned depth)
{
	struct arena *arena = scope->ini->arena;
	const char *lower = arena_lower(arena, name);
	const struct ini_option *option = scope_find(scope, lower);

	if (!may_put_in(scope, text))
		return;
	if (strcmp(lower, "__name__") == 0)
		text_add(text, scope->section);
	else if (!option)
		scope_fail(scope, arena_format(arena, "%%(%s)s is not defined", lower));
	else if (option->complete)
		text_add(text, option->value);
	else if (depth == 0)
		scope_fail(scope, arena_format(arena, "%%(%s)s is nested too deep", lower));
	else
		put_value(scope, text, option->value, depth - 1);
}

static const char *complete(struct scope *scope, const struct ini_option *option)
{
	struct text text = { .arena = scope->ini->arena };

	if (!option || option->complete)
		return option ? option->value : NULL;
	scope->error = NULL;
	put_value(scope, &text, option->value, MAX_DEPTH);
	return scope->error ? NULL : text_end(&text);
}

const char *scope_get(struct scope *scope, const char *name)
{
	scope->error = NULL;
	return complete(scope, scope_find(scope, name));
}

/* The value for <name>; NULL: it stays. */
static const char *tag_value(struct scope *scope, struct span tag)
{
	struct arena *arena = scope->ini->arena;
	const char *name = arena_lower(arena, tag), *slash = strchr(name, '/'), *value;
	const struct ini_option *option = ini_option(scope->tags, arena_copy(arena, tag));
	struct scope other = *scope;

	if (option)
		return option->value;
	if (slash && strncmp(name, "known/", 6) != 0) {
		/* the names in the value are of that section, too */
		other.section = arena_copy(arena, (struct span){ name, (size_t)(slash - name) });
		other.vars = NULL;
		name = slash + 1;
		if (!ini_section(scope->ini, other.section))
			return NULL;
	}
	value = scope_get(&other, name);
	scope->n_put_in = other.n_put_in;
	if (other.error)
		scope_fail(scope, other.error);
	return value;
}

/* <[^ <>]+> at or behind `from`; false: there is none. */
static bool find_tag(const char *text, size_t from, struct span *ret)
{
	for (const char *open = text + from; (open = strchr(open, '<')); open++) {
		size_t n = strcspn(open + 1, " <>");

		if (n > 0 && open[1 + n] == '>') {
			*ret = (struct span){ open + 1, n };
			return true;
		}
	}
	return false;
}

const char *scope_put_tags(struct scope *scope, const char *text)
{
	bool again = true;
	struct span tag;

	scope->error = NULL;
	while (again) {
		size_t from = 0;

		again = false;
		while (find_tag(text, from, &tag)) {
			struct text whole = { .arena = scope->ini->arena };
			const char *value = tag_value(scope, tag);
			size_t head = (size_t)(tag.data - text) - 1;

			if (scope->error)
				return "";
			from = head + tag.size + 2;
			if (!value)
				continue;
			text_put(&whole, (struct span){ text, head });
			text_add(&whole, value);
			text_add(&whole, tag.data + tag.size + 1);
			if (!may_put_in(scope, &whole))
				return "";
			text = text_end(&whole);
			from = head;
			again = true;
		}
	}
	return text;
}
