# SPDX-License-Identifier: GPL-2.0
# Builds the host program, what runs inside guests, and the tests.
# The kernel module has its own Makefile in module/.

# The module and the program are one thing and have one version.
VERSION := $(shell sed -n 's/^\#define IRQSAN_VERSION "\(.*\)"/\1/p' module/irqsan.h)

B := build

all:

# pkg-config is asked when the first file is compiled and not when this file is
# read: a fresh machine gets it only from "make deps".
PKGS := libarchive jansson libpcre2-8 libcrypto libkmod libelf libdw gsl libxml-2.0
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) -liberty)$(PKG_LIBS)
CMOCKA_LIBS = $(eval CMOCKA_LIBS := $$(shell pkg-config --libs cmocka))$(CMOCKA_LIBS)

BASE_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror
DEFINES := -DIRQSAN_ROOT='"$(CURDIR)"' -DIRQSAN_VERSION='"$(VERSION)"'
HOST_CFLAGS = $(BASE_CFLAGS) $(DEFINES) -Iqemu-harness/src -Imodule $(PKG_CFLAGS) $(CFLAGS)
GUEST_CFLAGS = $(BASE_CFLAGS) $(CFLAGS)
ASAN_CFLAGS = $(HOST_CFLAGS) \
	-fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# The scanner runs on the host as it does in the kernel.
SRC := $(wildcard qemu-harness/src/*/*.c) module/scan.c module/insn.c
TESTS := $(basename $(notdir $(wildcard qemu-harness/tests/test-*.c)))
FAKES := $(basename $(notdir $(wildcard qemu-harness/tests/fake-*.c)))

# Programs for guests: each has its main in a file of its own; all else is shared.
GUEST := $(basename $(notdir $(wildcard $(addprefix qemu-harness/guest/,init.c l1.c))))
GUEST_SHARED := $(filter-out %/init.c %/l1.c %/nop.c,$(wildcard qemu-harness/guest/*.c))

HOST_OBJ := $(SRC:%.c=$(B)/host/%.o)
ASAN_OBJ := $(patsubst %.c,$(B)/asan/%.o,$(filter-out %/main.c,$(SRC)))
GUEST_OBJ := $(GUEST_SHARED:%.c=$(B)/guest/obj/%.o)
ALL_OBJ := $(HOST_OBJ) $(ASAN_OBJ) $(GUEST_OBJ) \
	$(GUEST:%=$(B)/guest/obj/qemu-harness/guest/%.o) \
	$(patsubst %,$(B)/asan/qemu-harness/tests/%.o,$(TESTS) $(FAKES))

all: $(B)/irqsan $(GUEST:%=$(B)/guest/%) $(B)/guest/nop

# Objects depend on this Makefile: a change of flags rebuilds them.
$(B)/host/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/guest/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/asan/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ASAN_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/irqsan: $(B)/host/qemu-harness/src/cmd/main.o $(B)/host/harness.a
	$(CC) $(HOST_CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/guest/%: $(B)/guest/obj/qemu-harness/guest/%.o $(GUEST_OBJ)
	$(CC) $(GUEST_CFLAGS) $(LDFLAGS) -static -pthread -o $@ $^ -ljansson

# Without a C library: what its start would do is not what is measured.
$(B)/guest/nop: qemu-harness/guest/nop.c Makefile
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -fno-stack-protector -fcf-protection=none -fno-pie \
		-nostdlib -static -no-pie $(LDFLAGS) -o $@ $<

# Archives: a test that includes a source file has its own copy of it.
$(B)/host/harness.a: $(filter-out %/main.o,$(HOST_OBJ))
$(B)/asan/harness.a: $(ASAN_OBJ)
$(B)/host/harness.a $(B)/asan/harness.a:
	rm -f $@
	$(AR) rcs $@ $^

$(TESTS:%=$(B)/asan/%): $(B)/asan/%: $(B)/asan/qemu-harness/tests/%.o $(B)/asan/harness.a
	$(CC) $(ASAN_CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(CMOCKA_LIBS)

$(FAKES:%=$(B)/asan/%): $(B)/asan/%: $(B)/asan/qemu-harness/tests/%.o $(B)/asan/harness.a
	$(CC) $(ASAN_CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# How often simulated bisections and verifications are right, against what they
# promise: the tables of docs/bisect.md and docs/verify.md.
bisect-sim verify-sim: %: $(B)/%
	$<

$(B)/bisect-sim: qemu-harness/tests/sim-machine.h
$(B)/bisect-sim $(B)/verify-sim $(B)/crash-speed: $(B)/%: qemu-harness/tests/%.c $(B)/host/harness.a
	$(CC) $(HOST_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/host/harness.a $(PKG_LIBS)

# A history to bisect, out of Debian's source of Linux 5.10: the same each time.
HISTORY := $(B)/history-5.10.git
history: all
	@[ -d $(HISTORY) ] || qemu-harness/history/make.sh \
		"$$($(B)/irqsan kernel source debian-source:bullseye)" patches/5.10 $(HISTORY)
	@echo "$(HISTORY): tags good, bad and fixed"

# Both detectors on that history; the logs, with the times, are kept in docs.
DEMO := $(B)/irqsan bisect --repo $(HISTORY) --accel nested
bisect-demo: history
	$(DEMO) --good good --bad bad --title any --keep out/bisect-irqsan
	$(DEMO) --good good --bad bad --detector builtin --config seed --keep out/bisect-builtin
	cp out/bisect-irqsan/bisect.log docs/bisect-irqsan.log
	cp out/bisect-builtin/bisect.log docs/bisect-builtin.log

# Kills one 20 times; a quarter of an hour and more.
check-bisect: deps
	$(MAKE) history
	qemu-harness/tests/bisect-kill.sh $(HISTORY)

# Every test runs, also after one has failed.
unit: $(TESTS:%=$(B)/asan/%) $(FAKES:%=$(B)/asan/%)
	@rc=0; for t in $(TESTS); do $(B)/asan/$$t || rc=1; done; exit $$rc

check: deps
	$(MAKE) all
	qemu-harness/tests/check.sh "CMOCKA_MESSAGE_OUTPUT=TAP $(MAKE) unit" \
		qemu-harness/tests/rooms.sh \
		qemu-harness/tests/cli.sh qemu-harness/tests/boots.sh

check-chores: deps
	$(MAKE) all
	qemu-harness/tests/chores.sh

# Kills "kernel get" and "kernel build" 20 times each, with a fake archive: 80 s.
check-cache: deps
	$(MAKE) all
	qemu-harness/tests/cache-kill.sh

# Guests with a userland: six minutes, and a mirror once.
check-roots: deps
	$(MAKE) all
	qemu-harness/tests/roots.sh

# README.md's lines for a bug of one's own, in a kernel tree; half an hour and more.
check-lines: deps
	$(MAKE) all
	qemu-harness/tests/lines.sh

check-builds: deps
	$(MAKE) all
	qemu-harness/tests/builds.sh

check-verify: deps
	$(MAKE) all
	qemu-harness/tests/verify.sh

# Opens a report in a browser, which nothing else needs.
check-report: DEPS += chromium
check-report: deps
	$(MAKE) all $(B)/asan/test-report
	qemu-harness/tests/report.sh

# Applies and compiles every patch.
check-patches: deps
	$(MAKE) all
	qemu-harness/tests/patches.sh

# Each engine on a kernel of its own, and the table of that; hours.
check-series: deps
	$(MAKE) all
	qemu-harness/tests/series.sh
	qemu-harness/tests/series.sh --table >docs/series.md

# The selftests on all kernels, an hour and more.
check-selftests: deps
	$(MAKE) all
	qemu-harness/tests/selftests.sh

# KERNEL: a build tree with CONFIG_DEBUG_IRQFLAGS=y ("irqsan kernel build").
zoo-compare: all
	$(B)/irqsan selftest --compare --kernel $(KERNEL) --accel tcg >$(B)/zoo.md
	mv $(B)/zoo.md docs/zoo.md
	cat docs/zoo.md

# Whether they see a module that is broken on purpose.
check-mutations: deps
	$(MAKE) all
	qemu-harness/tests/mutations.sh

# TREE: a kernel source that irqsan is put into, as a patch would.
check-intree: deps
	$(MAKE) all
	qemu-harness/tests/intree.sh $(TREE)

REPORT_KERNELS := debian:bullseye debian:bookworm debian:trixie debian:sid
SECONDS := 600

reproduce: deps
	$(MAKE) all
	$(B)/irqsan reproduce

# The vmlinux and the modules of four Debian kernels: 4 GB of downloads the first time.
sites-report: all
	$(B)/irqsan sites --debug --report docs/sites-report.md \
		--verdicts docs/sites-verdicts.txt $(REPORT_KERNELS)

# How many titles of a large corpus come out right, and which don't.
CRASH_LOGS := ../shared/crash-logs
crash-titles: $(B)/asan/test-crash
	@if [ ! -d "$(CRASH_LOGS)" ]; then \
		echo "skipped: no logs in $(CRASH_LOGS) (make crash-titles CRASH_LOGS=DIR)"; \
	else \
		IRQSAN_CRASH_LOGS=$(CRASH_LOGS) $(B)/asan/test-crash test_corpus; \
	fi

# All crashes of large logs, each full of others: under 5 s; 100 MB without one: under 2 s.
crash-speed: $(B)/crash-speed
	$<

# Need what nothing else does: apt-get install clang libclang-rt-14-dev
FUZZ_CC = clang -std=gnu11 -O1 -g -Wall -Wextra $(DEFINES) -Imodule -Iqemu-harness/src \
	$(PKG_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(filter-out %/main.c,$(SRC)))
FUZZ_TESTS := qemu-harness/tests
FUZZERS := fuzz-scan fuzz-crash fuzz-judge

# Inputs to begin with.
fuzz-crash: FUZZ_SEEDS = $(FUZZ_TESTS)/logs
fuzz-judge: FUZZ_SEEDS = $(FUZZ_TESTS)/runs $(FUZZ_TESTS)/logs
$(FUZZERS): %: $(B)/fuzz/%
	@mkdir -p $(B)/$@-corpus
	cd $(B) && fuzz/$@ -max_total_time=$(SECONDS) -timeout=10 -print_final_stats=1 \
		-max_len=16384 $@-corpus $(addprefix $(CURDIR)/,$(FUZZ_SEEDS))

$(B)/fuzz/harness.a: $(FUZZ_OBJ)
	rm -f $@
	$(AR) rcs $@ $^
$(FUZZERS:%=$(B)/fuzz/%): $(B)/fuzz/%: $(FUZZ_TESTS)/%.c $(B)/fuzz/harness.a
	$(FUZZ_CC) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)
$(B)/fuzz/%.o: %.c Makefile
	@mkdir -p $(@D)
	@command -v clang >/dev/null || { \
		echo "The fuzzer needs clang: apt-get install clang libclang-rt-14-dev" >&2; \
		exit 2; \
	}
	$(FUZZ_CC) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

# Kept only when it ran to its end.
bench: deps
	$(MAKE) all
	$(B)/irqsan bench >$(B)/bench.md
	mv $(B)/bench.md docs/bench.md
	cat docs/bench.md

# The same source with the kernel's own checks, beside irqsan on a build without.
BUILT = $$($(B)/irqsan kernel build debian-source:bookworm $(1) | sed -n 's/^directory: //p')
TRACEPOINT := --series patches/6.1 --config tracepoint
bench-builds: deps
	$(MAKE) all
	$(B)/irqsan bench --kernel "$(BUILT)" \
		--against "DEBUG_IRQFLAGS:$(call BUILT,--config irqflags)" \
		--against "PROVE_LOCKING:$(call BUILT,--config lockdep)" \
		--against "checks off:$(call BUILT,$(TRACEPOINT))" \
		--against "checks on:$(call BUILT,$(TRACEPOINT)):irqflags.check=1" >$(B)/bench-builds.md
	mv $(B)/bench-builds.md docs/bench-builds.md
	cat docs/bench-builds.md

# Package lists are fetched only when what apt knows won't do.
DEPS := $(shell sed 's/ *\#.*//' deps.list)
APT_INSTALL := apt-get -y -q --no-install-recommends \
	-o Dpkg::Options::=--force-confold install
deps:
	@missing=; for p in $(DEPS); do \
		case $$(dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null) in \
		installed) ;; \
		*) missing="$$missing $$p" ;; \
		esac; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" != 0 ]; then \
		echo "Packages are missing; run this as root, then make again:" >&2; \
		echo "  apt-get update && apt-get install --no-install-recommends$$missing" >&2; \
		exit 2; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get -qq -s install $$missing >/dev/null 2>&1 || apt-get -q update || exit 2; \
	$(APT_INSTALL) $$missing || { apt-get -q update && $(APT_INSTALL) $$missing; } || exit 2

clean:
	rm -rf $(B)

.PHONY: all bench bench-builds bisect-demo bisect-sim check check-bisect check-builds \
	check-cache check-chores check-intree check-lines check-mutations check-patches \
	check-report check-roots check-selftests check-series check-verify clean crash-speed \
	crash-titles deps $(FUZZERS) history reproduce sites-report unit verify-sim zoo-compare
.SECONDARY: $(ALL_OBJ) $(FUZZ_OBJ)
-include $(ALL_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d)
