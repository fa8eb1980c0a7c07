/*
 * [INCLUDES]
 * before = common.conf
 * [Definition]
 * failregex = ^a from <HOST>$      ; a comment
 *             ^b from <HOST>$
 */

#include "import/ini.h"

#include <ctype.h>
#include <stdio.h>

#define MAX_FILES   100 /* of one reading, included ones too */
#define MAX_DEPTH   8
#define MAX_OPTIONS 4000
#define MAX_PATH    256 /* bytes */

struct ini_section *ini_section(const struct ini *ini, const char *name)
{
	for (struct ini_section *section = ini->sections; section; section = section->next)
		if (strcmp(section->name, name) == 0)
			return section;
	return NULL;
}

const struct ini_option *ini_option(const struct ini_option *options, const char *name)
{
	for (; options; options = options->next)
		if (strcmp(options->name, name) == 0)
			return options;
	return NULL;
}

/* Found or made; NULL: no memory. */
static struct ini_section *need_section(struct ini *ini, const char *name)
{
	struct ini_section *section = ini_section(ini, name), **end = &ini->sections;

	if (section)
		return section;
	section = arena_take(ini->arena, sizeof(*section));
	if (!section)
		return NULL;
	section->name = name;
	while (*end)
		end = &(*end)->next;
	*end = section;
	return section;
}

void ini_set(struct ini *ini, const char *name, const struct ini_option *option)
{
	struct ini_section *section = need_section(ini, name);
	struct ini_option **at, *next;

	if (!section || ini->arena->failed)
		return;
	at = &section->options;
	while (*at && strcmp((*at)->name, option->name) != 0)
		at = &(*at)->next;
	if (!*at) {
		if (ini->n_options++ == MAX_OPTIONS)
			ini->arena->failed = true;
		*at = arena_take(ini->arena, sizeof(**at));
		if (!*at)
			return;
	} else if (strncmp(name, "KNOWN/", 6) != 0 && strcmp(name, "DEFAULT") != 0) {
		ini_set(ini, arena_format(ini->arena, "KNOWN/%s", name), *at);
	}
	next = (*at)->next;
	**at = *option;
	(*at)->next = next;
}

void ini_prepend(struct arena *arena, struct ini_option **options, const char *name,
		 const char *value)
{
	struct ini_option *option = arena_take(arena, sizeof(*option));

	if (!option)
		return;
	*option = (struct ini_option){
		.name = name, .value = value, .complete = true, .next = *options
	};
	*options = option;
}

static struct span strip(struct span text)
{
	while (text.size > 0 && isspace((unsigned char)text.data[0])) {
		text.data++;
		text.size--;
	}
	while (text.size > 0 && isspace((unsigned char)text.data[text.size - 1]))
		text.size--;
	return text;
}

/* The line without its comment: a ';' at its start or behind a blank begins one. */
static struct span uncomment(struct span line, bool *ret_comment)
{
	struct span bare = strip(line);

	*ret_comment = bare.size > 0 && (bare.data[0] == '#' || bare.data[0] == ';');
	if (*ret_comment)
		return (struct span){ line.data, 0 };
	for (size_t i = 1; i < line.size; i++) {
		if (line.data[i] == ';' && isspace((unsigned char)line.data[i - 1])) {
			*ret_comment = true;
			return (struct span){ line.data, i };
		}
	}
	return line;
}

/* One file being read. */
struct reading {
	struct ini *ini;
	const struct import_file *file;
	const char *section;      /* NULL: none yet */
	struct ini_option option; /* name NULL: none */
	struct text value;        /* of it */
	size_t indent;            /* of its first line */
};

static void finish_option(struct reading *reading)
{
	struct span value = strip((struct span){ reading->value.data, reading->value.n });

	if (reading->option.name && reading->section) {
		reading->option.value = arena_copy(reading->ini->arena, value);
		ini_set(reading->ini, reading->section, &reading->option);
	}
	reading->option.name = NULL;
	reading->value = (struct text){ .arena = reading->ini->arena };
}

static void start_option(struct reading *reading, struct span line, unsigned number)
{
	struct span name = { line.data, 0 };

	while (name.size < line.size && line.data[name.size] != '=' && line.data[name.size] != ':')
		name.size++;
	if (name.size == line.size) /* no option at all: fail2ban would not start */
		return;
	reading->option = (struct ini_option){
		.name = arena_lower(reading->ini->arena, strip(name)),
		.file = reading->file->path,
		.line = number,
	};
	text_put(&reading->value,
		 strip((struct span){ line.data + name.size + 1, line.size - name.size - 1 }));
}

static void ini_read_line(struct reading *reading, struct span line, unsigned number)
{
	bool comment;
	struct span bare = strip(uncomment(line, &comment));
	const char *end;
	size_t indent = 0;

	if (bare.size == 0) {
		if (!comment)
			text_add(&reading->value, "\n");
		return;
	}
	while (indent < line.size && isspace((unsigned char)line.data[indent]))
		indent++;
	if (reading->option.name && indent > reading->indent) {
		text_add(&reading->value, "\n");
		text_put(&reading->value, bare);
		return;
	}
	finish_option(reading);
	reading->indent = indent;
	end = bare.data[0] == '[' ? memchr(bare.data, ']', bare.size) : NULL;
	if (end && end > bare.data + 1) {
		reading->section =
			arena_copy(reading->ini->arena,
				   (struct span){ bare.data + 1, (size_t)(end - bare.data) - 1 });
		if (!strchr(reading->section, '?')) /* "Init?family=inet6" overrules for IPv6 */
			(void)need_section(reading->ini, reading->section);
		else
			reading->section = NULL;
	} else {
		start_option(reading, bare, number);
	}
}

static void ini_parse(struct ini *ini, const struct import_file *file)
{
	struct reading reading = { .ini = ini, .file = file, .value = { .arena = ini->arena } };
	struct span rest = file->text;

	for (unsigned number = 1; rest.size > 0 && !ini->arena->failed; number++) {
		const char *end = memchr(rest.data, '\n', rest.size);
		size_t n = end ? (size_t)(end - rest.data) : rest.size;

		ini_read_line(&reading, (struct span){ rest.data, n }, number);
		n += end != NULL;
		rest = (struct span){ rest.data + n, rest.size - n };
	}
	finish_option(&reading);
}

static const struct import_file *find_file(const struct import_files *files, const char *path)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->list[i].path, path) == 0)
			return &files->list[i];
	return NULL;
}

static void merge(struct ini *ini, const struct ini *one)
{
	for (const struct ini_section *section = one->sections; section; section = section->next) {
		if (strcmp(section->name, "INCLUDES") == 0)
			continue;
		(void)need_section(ini, section->name);
		for (const struct ini_option *option = section->options; option;
		     option = option->next)
			ini_set(ini, section->name, option);
	}
}

/* A file, and those that include it. */
struct ini_loading {
	const char *path;
	const struct ini_loading *up;
	unsigned depth;
};

static bool ini_load(struct ini *ini, const struct import_files *files, const char *path,
		     const struct ini_loading *up);

/* Each file that the option names, a line each, with its ".local" behind it. */
static void ini_include(struct ini *ini, const struct import_files *files,
			const struct ini_loading *up, const struct ini_option *option)
{
	const char *from = up->path, *slash = strrchr(from, '/');
	size_t folder = strlen(files->folder);

	for (const char *at = option ? option->value : ""; *at;) {
		struct span name = strip((struct span){ at, strcspn(at, "\n") });
		char path[MAX_PATH];
		char *dot;

		at += strcspn(at, "\n");
		at += *at == '\n';
		if (name.size > folder && strncmp(name.data, files->folder, folder) == 0 &&
		    name.data[folder] == '/')
			(void)snprintf(path, sizeof(path), "%.*s", (int)(name.size - folder - 1),
				       name.data + folder + 1);
		else
			(void)snprintf(path, sizeof(path), "%.*s%.*s",
				       slash ? (int)(slash - from) + 1 : 0, from, (int)name.size,
				       name.data);
		(void)ini_load(ini, files, path, up);
		dot = strrchr(path, '.');
		if (!dot || strcmp(dot, ".local") == 0 || dot + 7 > path + sizeof(path))
			continue;
		strcpy(dot, ".local");
		(void)ini_load(ini, files, path, up);
	}
}

static bool ini_load(struct ini *ini, const struct import_files *files, const char *path,
		     const struct ini_loading *up)
{
	const struct import_file *file = find_file(files, path);
	struct ini_loading own = { path, up, up ? up->depth + 1 : 1 };
	const struct ini_section *includes;
	struct ini one = { .arena = ini->arena };

	for (; up; up = up->up)
		if (strcmp(up->path, path) == 0)
			return false;
	if (!file)
		return false;
	if (own.depth > MAX_DEPTH || ini->n_files++ == MAX_FILES)
		ini->arena->failed = true;
	if (ini->arena->failed)
		return false;
	ini_parse(&one, file);
	includes = ini_section(&one, "INCLUDES");
	if (includes)
		ini_include(ini, files, &own, ini_option(includes->options, "before"));
	merge(ini, &one);
	if (includes)
		ini_include(ini, files, &own, ini_option(includes->options, "after"));
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

bool ini_read(struct ini *ini, const struct import_files *files, const char *base)
{
	static const char *const ends[] = { ".conf", ".local" };
	size_t n = strlen(base);
	bool found = false;

	for (size_t e = 0; e < ARRAY_SIZE(ends); e++) {
		char path[MAX_PATH];

		(void)snprintf(path, sizeof(path), "%s%s", base, ends[e]);
		found |= ini_load(ini, files, path, NULL);
		for (size_t i = 0; i < files->n; i++) {
			const char *more = files->list[i].path;

			if (strncmp(more, base, n) == 0 && strncmp(more + n, ".d/", 3) == 0 &&
			    !strchr(more + n + 3, '/') && ends_with(more, ends[e]))
				found |= ini_load(ini, files, more, NULL);
		}
	}
	return found;
}
