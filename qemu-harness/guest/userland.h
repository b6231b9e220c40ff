/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs of others find in a guest.
 */
#ifndef IRQSAN_USERLAND_H
#define IRQSAN_USERLAND_H

void userland_mount(void);
int userland_install(void);

#endif
