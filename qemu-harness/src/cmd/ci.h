/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A result as what a CI system reads: a list of test cases, as JUnit's XML or as KTAP.
 */
#ifndef IRQSAN_CI_H
#define IRQSAN_CI_H

#include <jansson.h>

char *ci_junit(const json_t *doc);
char *ci_ktap(const json_t *doc);

#endif
