/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words of guests and programs, made fit for terminals, logs and pages.
 */
#ifndef IRQSAN_PRINTABLE_H
#define IRQSAN_PRINTABLE_H

char *printable_line(const char *text);
char *printable_text(const char *text);

#endif
