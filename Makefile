# One non-recursive Makefile. Knobs:
#   O=DIR                     build tree (default build; build-san, build-debug for the next two)
#   SAN=address,undefined     sanitizers on, in a tree of their own
#   DEBUG=1                   -Og, no inlining, -g3, in a tree of its own
#   V=1                       show the commands
#   T=name                    run only the matching tests (a filter that matches nothing fails)
#   BACKENDS="notify ptrace"  interception backends check-guest and check-e2e go through
#   CMD="..."                 what `make run` runs in the guest

MAKEFLAGS += -rR
ifeq ($(MAKELEVEL)$(findstring -j,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
SHELL := /bin/bash

ifdef SAN
O ?= build-san
else ifdef DEBUG
O ?= build-debug
else
O ?= build
endif
BACKENDS ?= notify ptrace

CC := gcc
OBJCOPY := objcopy
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @:
endif

# --- flags ---

WARN := -Wall -Wextra -Werror -Wno-unused-parameter
BASE := -std=gnu11 -g $(WARN) -fno-strict-aliasing -fno-omit-frame-pointer -D_GNU_SOURCE -I.
OPT := -O2
ifdef DEBUG
OPT := -Og -fno-inline -g3
endif
CFLAGS := $(BASE) $(OPT) -fno-pie
LDFLAGS := -no-pie -static
ifdef SAN
comma := ,
CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all
LDFLAGS := -no-pie -fsanitize=$(SAN) -Wl,-z,noexecstack
endif
CFLAGS += $(EXTRA_CFLAGS)
STUB_CFLAGS := -std=gnu11 -g $(WARN) -fno-strict-aliasing -D_GNU_SOURCE -I. -O2 -ffreestanding \
	-fno-stack-protector -mgeneral-regs-only -fno-pic -fno-pie -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns
STUB_LDFLAGS := -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,norelro \
	-Wl,-T,skas/stub/stub.ld
TEST_CFLAGS := -std=gnu11 -g -O1 $(WARN) -D_GNU_SOURCE -I.

# --- sources ---

core_src := $(wildcard kernel/*.c kernel/*/*.c kernel/*/*/*.c fs/*.c fs/*/*.c)
host_src := $(wildcard skas/*.c skas/*.S arch-um/*.c arch-um/*.S)
stub_src := $(wildcard skas/stub/*.c skas/stub/*.S)
unit_src := $(wildcard tests/unit/*.c)
guest_src := $(wildcard tests/guest/*/*.c)

obj = $(addprefix $(O)/,$(addsuffix .o,$(basename $(1))))
core_obj := $(call obj,$(core_src))
host_obj := $(call obj,$(host_src))
stub_obj := $(call obj,$(stub_src))
unit_obj := $(call obj,$(unit_src))
guest_bin := $(patsubst tests/guest/%.c,$(O)/guest/%,$(guest_src))
suites := $(patsubst tests/unit/test_%.c,%,$(filter tests/unit/test_%.c,$(unit_src)))
blob_obj := $(O)/gen/stub_blob.o

default_tree := $(if $(filter build,$(O)),yes)
SKIFF := $(if $(default_tree),./skiff,$(O)/skiff)

.PHONY: fuzz all run check check-unit check-guest check-e2e guest-programs bench bench-net bench-machines lint format clean help FORCE

# Until every part is there: the objects.
ready := $(and $(wildcard arch-um/main.c),$(wildcard skas/stub/stub.ld))
all: $(if $(ready),$(SKIFF) $(SKIFF)-gdb.py,$(core_obj) $(host_obj))

# --- the skiff binary ---

$(O)/skiff: $(core_obj) $(host_obj) $(blob_obj) $(O)/gen/objects
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^)

ifdef default_tree
./skiff: $(O)/skiff
	$(Q)cp -f $< $@.new && mv -f $@.new $@
endif

# gdb loads <program>-gdb.py by itself from a directory it trusts.
$(SKIFF)-gdb.py: Makefile
	@mkdir -p $(@D)
	@echo 'import sys; sys.path.insert(0, "$(CURDIR)/scripts/gdb"); import skiff' >$@

$(O)/%.o: %.c $(O)/gen/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S $(O)/gen/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- the stub: freestanding, linked at its own address, embedded as a blob ---

$(O)/skas/stub/%.o: skas/stub/%.c $(O)/gen/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/skas/stub/%.o: skas/stub/%.S $(O)/gen/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/stub.debug.elf: $(stub_obj) skas/stub/stub.ld $(O)/gen/objects
	$(call say,LINK,$@)
	$(Q)$(CC) $(STUB_LDFLAGS) -o $@ $(stub_obj)

$(O)/stub.elf: $(O)/stub.debug.elf
	$(Q)$(OBJCOPY) --strip-debug $< $@

$(O)/gen/stub_blob.S: $(O)/stub.elf
	@mkdir -p $(@D)
	@printf '%s\n' '.section .rodata' '.balign 4096' \
		'.globl skas_stub_elf, skas_stub_elf_end' \
		'skas_stub_elf:' '.incbin "$<"' 'skas_stub_elf_end:' '.byte 0' \
		'.section .note.GNU-stack,"",@progbits' > $@

$(blob_obj): $(O)/gen/stub_blob.S $(O)/stub.elf
	$(Q)$(CC) -c -o $@ $<

# Stamps that change only when their content does: flags, and the set of objects.
$(O)/gen/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC)' '$(CFLAGS)' '$(STUB_CFLAGS)' '$(LDFLAGS)' '$(STUB_LDFLAGS)' \
		'$(TEST_CFLAGS)' > $@.new
	@cmp -s $@.new $@ && rm -f $@.new || mv -f $@.new $@

$(O)/gen/objects: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(core_obj) $(host_obj) $(stub_obj) > $@.new
	@cmp -s $@.new $@ && rm -f $@.new || mv -f $@.new $@

# --- tests ---

$(O)/gen/unit_suites.h: FORCE
	@mkdir -p $(@D)
	@for s in $(suites); do echo "SUITE($$s)"; done > $@.new
	@cmp -s $@.new $@ && rm -f $@.new || mv -f $@.new $@

$(O)/tests/unit/main.o: tests/unit/main.c $(O)/gen/flags $(O)/gen/unit_suites.h
$(O)/tests/unit/%.o: tests/unit/%.c $(O)/gen/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -I$(O)/gen $$(pkg-config --cflags check) -MMD -MP -c -o $@ $<

$(O)/unit: $(unit_obj) $(core_obj) $(O)/gen/objects $(O)/gen/unit_suites.h
	$(call say,LINK,$@)
	$(Q)$(CC) $(filter-out -static,$(LDFLAGS)) -o $@ $(filter %.o,$^) $$(pkg-config --libs check)

check-unit:
	@scripts/need-libcheck
	@$(MAKE) --no-print-directory $(O)/unit
	$(Q)T='$(T)' $(O)/unit

# Guest programs are ordinary programs; a comment line in the source says how to link them.
$(O)/guest/%: tests/guest/%.c $(O)/gen/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< \
		$$(grep -q '^/\* link: pthread \*/' $< && echo -pthread)
	$(Q)! grep -q '^/\* link: static \*/' $< || $(CC) $(TEST_CFLAGS) -static -o $@.static $< \
		$$(grep -q '^/\* link: pthread \*/' $< && echo -pthread)

guest-programs: $(guest_bin)

check-guest: all guest-programs
	$(Q)SKIFF='$(SKIFF)' BACKENDS='$(BACKENDS)' T='$(T)' tests/run-guest $(O)/guest

check-e2e: all $(filter $(O)/guest/escape/%,$(guest_bin))
	$(Q)SKIFF='$(SKIFF)' BACKENDS='$(BACKENDS)' T='$(T)' O='$(O)' tests/e2e/run

check:
	$(Q)MAKE='$(MAKE)' T='$(T)' scripts/check-all

$(O)/bench: tests/bench/bench.c $(O)/gen/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -O2 -static -pthread -MMD -MP -MF $@.d -MT $@ -o $@ $<

bench: all $(O)/bench
	$(Q)SKIFF='$(SKIFF)' BENCH='$(O)/bench' tests/bench/run

$(O)/rr: tests/bench/rr.c $(O)/gen/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -O2 -static -MMD -MP -MF $@.d -MT $@ -o $@ $<

bench-net: all $(O)/rr
	$(Q)SKIFF='$(SKIFF)' RR='$(O)/rr' tests/bench/net

bench-machines: all
	$(Q)SKIFF='$(SKIFF)' tests/bench/machines

# --- fuzzing under libFuzzer, ASan and UBSan: T=calls SECONDS=60, without T all of tests/fuzz ---

FUZZ_SECONDS ?= $(or $(SECONDS),60)
fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_core := $(patsubst %.c,build-fuzz/%.o,$(core_src) $(filter tests/unit/fake%.c,$(unit_src)) tests/fuzz/check.c)

build-fuzz/%.o: %.c
	$(call say,CLANG,$<)
	@mkdir -p $(@D)
	$(Q)clang -std=gnu11 -g -O1 -w -fno-strict-aliasing -D_GNU_SOURCE -I. -fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=all -MMD -MP -c -o $@ $<

$(fuzz_names:%=build-fuzz/fuzz_%): build-fuzz/fuzz_%: build-fuzz/tests/fuzz/fuzz_%.o $(fuzz_core)
	$(call say,LINK,$@)
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^

fuzz: $(or $(T:%=fuzz-%),$(fuzz_names:%=fuzz-%))

fuzz-%: build-fuzz/fuzz_%
	@mkdir -p build-fuzz/corpus-$*
	$(Q)cd build-fuzz && ./fuzz_$* -max_len=4096 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 corpus-$*

# --- the rest ---

# With a terminal on stdin: a shell. Otherwise, or with CMD=..., that command; without CMD a tour.
export CMD
run: all
	@if [ -n "$$CMD" ]; then exec $(SKIFF) run -- sh -c "$$CMD"; \
	elif [ -t 0 ]; then exec $(SKIFF) run -- bash; \
	else exec $(SKIFF) run -- sh -s <scripts/tour.sh; fi

lint: $(core_obj)
	$(Q)bad=0; CORE_OBJS='$(core_obj)' scripts/check-layers || bad=1; \
	scripts/check-format || bad=1; \
	O='$(O)' scripts/check-cppcheck || bad=1; \
	exit $$bad

format:
	$(Q)scripts/check-format --apply

clean:
	rm -rf $(O) skiff skiff-gdb.py scripts/gdb/skiffgdb/__pycache__ $(if $(default_tree),build-san build-debug build-fuzz)

help:
	@echo 'make                build ./skiff'
	@echo 'make run            a shell in a guest machine (no terminal, or CMD="...": run that command)'
	@echo 'make check          all tests: check-unit, check-guest, check-e2e'
	@echo 'make check-unit     kernel and fs modules against a fake host      [T=module, SAN=address,undefined]'
	@echo 'make check-guest    tests/guest programs, on the host and in the guest [T=area/name, BACKENDS=]'
	@echo 'make check-e2e      real programs in the guest                     [T=script]'
	@echo 'make bench          native and guest side by side'
	@echo 'make bench-net      network throughput, round trips, requests: guest and native (root)'
	@echo 'make bench-machines 500 machines at once: density, start, parallel work'
	@echo 'make fuzz           hostile input of every kind, sanitizers (clang) [T=packet, SECONDS=60]'
	@echo 'make lint           layers, format, static checks'
	@echo 'make format         apply the format'
	@echo 'make clean          remove what was built'
	@echo 'knobs: O=DIR V=1 DEBUG=1 SAN=address,undefined T=name BACKENDS="notify ptrace" CMD="..."'

-include $(patsubst %.o,%.d,$(core_obj) $(host_obj) $(stub_obj) $(unit_obj))
-include $(patsubst %.o,%.d,$(fuzz_core)) $(fuzz_names:%=build-fuzz/tests/fuzz/fuzz_%.d)
-include $(addsuffix .d,$(guest_bin) $(O)/bench $(O)/rr)
