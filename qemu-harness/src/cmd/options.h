/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options of the verbs as tables, which say where each value goes.
 */
#ifndef IRQSAN_OPTIONS_H
#define IRQSAN_OPTIONS_H

#include <argp.h>
#include <stddef.h>

#include "base/util.h"

/* Of one verb. */
#define OPTION_SETS_MAX 6

/**
 * enum option_kind - what the value of an option goes to
 * @OPTION_OWN: the function of the option
 * @OPTION_FLAG: a bool: the option has no value
 * @OPTION_TEXT: a const char *, which points into argv
 * @OPTION_COPY: a char *, replaced by a copy
 * @OPTION_LIST: a struct strv, which gets one more
 * @OPTION_NUMBER: an unsigned int
 */
enum option_kind {
	OPTION_OWN,
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_COPY,
	OPTION_LIST,
	OPTION_NUMBER,
};

/**
 * struct given - an option of the command line
 * @state: for argp_error(), which ends the program
 * @name: of the option
 * @arg: its value
 * @to: where it goes
 */
struct given {
	const struct argp_state *state;
	const char *name;
	char *arg;
	void *to;
};

/**
 * struct verb_option - an option; a table of them ends with an empty one
 * @name: the long one
 * @key: the short one, or 0
 * @arg: what its value is called; NULL: it has none
 * @doc: for --help
 * @kind: what the value goes to; see TO()
 * @at: where that is in the struct of the set
 * @own: gets the value
 * @min: least number
 * @max: greatest number
 * @or_auto: "auto" is 0
 * @line: a newline isn't allowed: it goes into the guest's orders, which are lines
 */
struct verb_option {
	const char *name;
	int key;
	const char *arg;
	const char *doc;
	enum option_kind kind;
	size_t at;
	void (*own)(const struct given *g);
	unsigned int min;
	unsigned int max;
	bool or_auto;
	bool line;
};

/* The value goes to a member of a struct. */
#define TO(of, member) \
	.at = offsetof(of, member), .kind = _Generic(((of *)0)->member, \
		bool: OPTION_FLAG, const char *: OPTION_TEXT, char *: OPTION_COPY, \
		struct strv: OPTION_LIST, unsigned int: OPTION_NUMBER)

/**
 * struct option_set - options that fill one struct
 * @options: the table
 * @to: the struct
 * @check: called behind the last option, or NULL
 * @group: --help sorts by it
 */
struct option_set {
	const struct verb_option *options;
	void *to;
	void (*check)(const struct argp_state *state, void *to);
	int group;
};

/**
 * struct verb - what the command line of a verb may hold
 * @sets: its options, checked in this order; an empty one ends them
 * @words: gets what is no option; NULL: there must be nothing else
 * @lacking: what to say when there is no word; NULL: there need not be any
 * @args_doc: of the words, for --help
 * @doc: what the verb does
 */
struct verb {
	struct option_set sets[OPTION_SETS_MAX];
	struct strv *words;
	const char *lacking;
	const char *args_doc;
	const char *doc;
};

void options_parse(const struct verb *verb, int argc, char **argv);
unsigned int given_number(const struct given *g, const char *text, unsigned int min,
			  unsigned int max);

#endif
