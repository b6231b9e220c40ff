/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fentry.c has called: goes back at once.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

#include "compat.h"

	.text
SYM_FUNC_START(zoo_fentry_entry)
	ENDBR
	CALL_DEPTH_ACCOUNT
	RET
SYM_FUNC_END(zoo_fentry_entry)
