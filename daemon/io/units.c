#include "io/units.h"

#include <errno.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define PATIENCE (2 * USEC_PER_SEC) /* for one answer */

#define MANAGER "org.freedesktop.systemd1"
#define UNIT    MANAGER ".Unit"
#define SERVICE MANAGER ".Service"

struct units {
	sd_bus *bus; /* NULL: nobody answers */
	bool direct; /* to systemd, with no bus between */
};

struct question {
	struct units *units;
	char *path;
};

void unit_done(struct unit *unit)
{
	free(unit->result);
	*unit = (struct unit){ 0 };
}

int units_open(struct units **ret)
{
	cleanup(units_freep) struct units *units = calloc(1, sizeof(*units));
	int r;

	if (!units)
		return -ENOMEM;
	r = sd_bus_open_system(&units->bus);
	if (r < 0 && geteuid() == 0) {
		/* small machines have no bus; root may talk to systemd itself, as systemctl does */
		r = sd_bus_new(&units->bus);
		if (r >= 0)
			r = sd_bus_set_address(units->bus, "unix:path=/run/systemd/private");
		if (r >= 0)
			r = sd_bus_start(units->bus);
		units->direct = true;
	}
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(units->bus, PATIENCE);
	if (r < 0)
		units->bus = sd_bus_flush_close_unref(units->bus);
	if (r == -ENOMEM)
		return r;
	*ret = TAKE_PTR(units);
	return 0;
}

struct units *units_free(struct units *units)
{
	if (!units)
		return NULL;
	sd_bus_flush_close_unref(units->bus);
	free(units);
	return NULL;
}

static int ask_text(const struct question *q, const char *interface, const char *property,
		    char **ret)
{
	return sd_bus_get_property_string(q->units->bus, q->units->direct ? NULL : MANAGER, q->path,
					  interface, property, NULL, ret);
}

/* `type` as in D-Bus: 't' fills a uint64_t, 'u' a uint32_t. */
static int ask_number(const struct question *q, const char *interface, const char *property,
		      char type, void *ret)
{
	return sd_bus_get_property_trivial(q->units->bus, q->units->direct ? NULL : MANAGER,
					   q->path, interface, property, NULL, type, ret);
}

static enum unit_state state_of(const char *load, const char *active)
{
	static const struct {
		const char *name;
		enum unit_state state;
	} states[] = {
		{ "active", UNIT_ACTIVE },       { "reloading", UNIT_ACTIVE },
		{ "activating", UNIT_STARTING }, { "deactivating", UNIT_STOPPED },
		{ "inactive", UNIT_STOPPED },    { "failed", UNIT_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(states[i].name, active) == 0)
			return states[i].state == UNIT_STOPPED && strcmp(load, "not-found") == 0
				       ? UNIT_MISSING
				       : states[i].state;
	return UNIT_UNASKED;
}

static int ask_state(const struct question *q, struct unit *unit)
{
	cleanup(freep) char *load = NULL, *active = NULL, *file = NULL;
	uint64_t since = 0, begun = 0;
	int r;

	r = ask_text(q, UNIT, "LoadState", &load);
	if (r >= 0)
		r = ask_text(q, UNIT, "ActiveState", &active);
	if (r < 0)
		return r;
	unit->state = state_of(load, active);
	r = ask_number(q, UNIT,
		       strcmp(active, "active") == 0 ? "ActiveEnterTimestamp"
						     : "StateChangeTimestamp",
		       't', &since);
	if (r >= 0)
		r = ask_number(q, UNIT, "InactiveExitTimestamp", 't', &begun);
	if (r >= 0)
		r = ask_text(q, UNIT, "UnitFileState", &file);
	if (r < 0)
		return r;
	unit->since = since;
	unit->begun = begun;
	unit->starts_at_boot = strcmp(file, "disabled") != 0;
	return 0;
}

int units_ask(struct units *units, const char *name, struct unit *ret)
{
	cleanup(unit_done) struct unit unit = { .starts_at_boot = true };
	struct question q = { .units = units };
	cleanup(freep) char *path = NULL;
	uint32_t restarts = 0;
	int r = 0;

	if (units->bus)
		r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", name, &path);
	q.path = path;
	if (r >= 0 && units->bus)
		r = ask_state(&q, &unit);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		units->bus = sd_bus_flush_close_unref(units->bus);
		unit.state = UNIT_UNASKED;
	}
	/* units of other types have none of these */
	if (unit.state != UNIT_MISSING && unit.state != UNIT_UNASKED &&
	    ask_number(&q, SERVICE, "NRestarts", 'u', &restarts) >= 0) {
		unit.counts_restarts = true;
		unit.restarts = restarts;
		(void)ask_number(&q, SERVICE, "MainPID", 'u', &unit.process);
		if (ask_text(&q, SERVICE, "Result", &unit.result) >= 0 &&
		    strcmp(unit.result, "success") == 0) {
			free(unit.result);
			unit.result = NULL;
		}
	}
	*ret = unit;
	unit = (struct unit){ 0 };
	return 0;
}
