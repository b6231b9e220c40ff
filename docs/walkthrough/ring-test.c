// SPDX-License-Identifier: GPL-2.0
/*
 * Fills the ring of /dev/ring until it has to drop bytes, which no mkdir and no spinlock
 * of others ever does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char data[256] = "";
	int fd = open("/dev/ring", O_WRONLY);

	if (fd < 0) {
		printf("/dev/ring: %s\n", strerror(errno));
		return 4;
	}
	for (int i = 0; i < 100; i++) {
		if (write(fd, data, sizeof(data)) != sizeof(data)) {
			printf("write %d: %s\n", i, strerror(errno));
			return 1;
		}
	}
	printf("100 writes\n");
	return 0;
}
