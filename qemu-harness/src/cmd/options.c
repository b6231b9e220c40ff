// SPDX-License-Identifier: GPL-2.0
/*
 * Parses command lines by the tables of the verbs, with argp.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/plan.h"
#include "cmd/options.h"

/* Of one verb. */
#define OPTIONS_MAX 64
/* Keys of options that have no short one begin here. */
#define KEYS 1024

/**
 * struct parsing - a command line
 * @verb: what it may hold
 * @known: all options, for argp
 * @option: the same, as in the tables
 * @to: the struct that each of them is of
 */
struct parsing {
	const struct verb *verb;
	struct argp_option known[OPTIONS_MAX + 1];
	const struct verb_option *option[OPTIONS_MAX + 1];
	char *to[OPTIONS_MAX];
};

/**
 * given_number() - a number from the command line
 * @g: the option; ends the program with a message when @text is no such number
 * @text: the text
 * @min: least value
 * @max: greatest value
 *
 * Return: the number
 */
unsigned int given_number(const struct given *g, const char *text, unsigned int min,
			  unsigned int max)
{
	unsigned int n = 0;

	if (parse_uint(text, min, max, &n))
		argp_error(g->state, "--%s wants a number from %u to %u, not \"%s\"", g->name, min,
			   max, text);
	return n;
}

static void take(const struct verb_option *o, const struct given *g)
{
	if (o->line && strchr(g->arg, '\n'))
		argp_error(g->state, "--%s can't hold a newline", g->name);
	switch (o->kind) {
	case OPTION_OWN:
		o->own(g);
		break;
	case OPTION_FLAG:
		*(bool *)g->to = true;
		break;
	case OPTION_TEXT:
		*(const char **)g->to = g->arg;
		break;
	case OPTION_COPY:
		plan_set(g->to, g->arg);
		break;
	case OPTION_LIST:
		strv_push(g->to, g->arg);
		break;
	case OPTION_NUMBER:
		*(unsigned int *)g->to = o->or_auto && !strcmp(g->arg, "auto") ? 0 :
					 given_number(g, g->arg, o->min, o->max);
		break;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct parsing *p = state->input;
	const struct verb *verb = p->verb;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!verb->words)
			argp_error(state, "unexpected \"%s\"", arg);
		strv_push(verb->words, arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (verb->lacking)
			argp_error(state, "%s", verb->lacking);
		return 0;
	case ARGP_KEY_END:
		for (const struct option_set *s = verb->sets; s->options; s++)
			if (s->check)
				s->check(state, s->to);
		return 0;
	}
	for (size_t i = 0; p->option[i]; i++) {
		const struct verb_option *o = p->option[i];

		if (p->known[i].key != key)
			continue;
		take(o, &(struct given){ state, o->name, arg, p->to[i] + o->at });
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/**
 * options_parse() - parse a verb's command line
 * @verb: what it may hold
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Ends the program, after a message, when something is wrong.
 */
void options_parse(const struct verb *verb, int argc, char **argv)
{
	struct parsing p = { .verb = verb };
	const struct argp argp = {
		.options = p.known, .parser = parse, .args_doc = verb->args_doc, .doc = verb->doc,
	};
	size_t n = 0;

	for (const struct option_set *s = verb->sets; s->options; s++)
		for (const struct verb_option *o = s->options; o->name; o++, n++) {
			p.known[n] = (struct argp_option){
				o->name, o->key ?: KEYS + (int)n, o->arg, 0, o->doc, s->group,
			};
			p.option[n] = o;
			p.to[n] = s->to;
		}
	argp_parse(&argp, argc, argv, 0, NULL, &p);
}
