#include "verbs/service-ports.h"

#include "io/listening.h"

static bool reads_unit(const struct rule *rule, const char *wanted)
{
	struct unit_walk walk = { 0 };
	const char *unit;

	while ((unit = selectors_next_unit(rule->selectors, rule->n_selectors, &walk)))
		if (strcmp(unit, wanted) == 0)
			return true;
	return false;
}

static bool is_of_another(const struct ruleset *all, const struct rule *rule, const char *unit,
			  uint16_t port)
{
	for (unsigned i = 0; i < ruleset_n_jails(all); i++) {
		const struct rule *other = ruleset_jail(all, i)->rule;

		if (strcmp(other->name, rule->name) != 0 && !other->ports.all &&
		    ports_has(&other->ports, port) && reads_unit(other, unit))
			return true;
	}
	return false;
}

/* Adds those of one unit. 1: there are some. */
static int add_unit_ports(const struct ruleset *all, const struct rule *rule, const char *unit,
			  const struct ports *closed, struct ports *ports)
{
	cleanup(ports_done) struct ports listening = { 0 };
	int r = listening_ports(unit, &listening), found = 0;

	for (size_t i = 0; r >= 0 && i < listening.n_ranges; i++)
		for (unsigned port = listening.ranges[i].first;
		     r >= 0 && port <= listening.ranges[i].last; port++) {
			if (ports_has(closed, (uint16_t)port) ||
			    is_of_another(all, rule, unit, (uint16_t)port))
				continue;
			r = ports_add_number(ports, port);
			found = 1;
		}
	return r < 0 ? r : found;
}

int service_ports(const struct ruleset *all, const struct rule *rule, const struct ports *closed,
		  struct ports *ret)
{
	struct unit_walk walk = { 0 };
	bool found = false;
	const char *unit;
	int r;

	r = ports_copy(closed, ret);
	while (r >= 0 && (unit = selectors_next_unit(rule->selectors, rule->n_selectors, &walk))) {
		r = add_unit_ports(all, rule, unit, closed, ret);
		found = found || r > 0;
	}
	if (r < 0 || !found)
		ports_done(ret);
	return r < 0 ? r : found;
}
