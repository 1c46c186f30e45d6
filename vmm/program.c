/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where a program's code and pages are, and which of them cost a fault by themselves. */
#include "program.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guest/layout.h"
#include "cpu.h"

#define PAGE UINT64_C(4096)
#define SEGMENT UINT64_C(0x10000) /* what 16-bit code reaches */
#define RESET_SEGMENT (GUEST_4G - SEGMENT)
#define RESET_BYTES (GUEST_4G - GUEST_RESET)
#define VCPUS 8

static bool is_reset(const struct program *program)
{
	return program->run_count > 0 && program->runs[0].is_reset;
}

static bool fail_run(struct document *document, const struct guest_run *run, const char *what)
{
	const struct spot steps = { NULL, "steps", 0 };
	const struct spot step = { &steps, NULL, run->step };
	const struct spot guest = { &step, "guest", 0 };
	return document_fail(document, &guest, "%s", what);
}

/* ---- code ------------------------------------------------------------------------------------ */

static void emit_run(struct emitter *emitter, const struct guest_run *run)
{
	emitter->kind = run->is_reset ? CODE_RESET : code_kind_of(run->mode);
	for (size_t i = 0; i < run->count; i++)
		emit_acts(emitter, &run->acts[i]);
}

/* One vCPU after the other. */
static void emit_all(struct program *program, struct emitter *emitter)
{
	for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++) {
		for (size_t i = 0; i < program->run_count; i++) {
			struct guest_run *run = &program->runs[i];
			if (run->vcpu != vcpu)
				continue;
			run->start = emitter->len;
			emit_run(emitter, run);
			run->len = emitter->len - run->start;
		}
	}
}

/* Where a processor starts: a jump to the first run. */
static void put_reset_jump(struct program *program)
{
	unsigned char *at = program->bytes + program->len - RESET_BYTES;
	const uint64_t behind = (GUEST_RESET + 3) % SEGMENT;
	const uint64_t distance = program->code % SEGMENT - behind;
	at[0] = 0xe9; /* jmp */
	at[1] = distance & 0xff;
	at[2] = distance >> 8 & 0xff;
}

static bool place_code(struct program *program, struct document *document)
{
	struct emitter counter = { .is_amd = cpu_is_amd() };
	emit_all(program, &counter);
	program->len = counter.len;
	program->code = GUEST_PROGRAM;
	if (is_reset(program)) {
		program->len = (counter.len + RESET_BYTES + PAGE - 1) / PAGE * PAGE;
		program->memory_end = GUEST_4G;
		program->code = GUEST_4G - program->len;
	}
	for (size_t i = 0; i < program->run_count; i++) {
		const struct guest_run *run = &program->runs[i];
		if (run->is_reset ? program->len > SEGMENT
				  : code_kind_of(run->mode) == CODE_16 &&
					    program->code + run->start + run->len > SEGMENT)
			return fail_run(document, run,
					"so much code is out of real mode's reach (another mode, "
					"or fewer acts)");
	}
	return true;
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* What the VM has met already. */
struct met {
	unsigned char *code_pages; /* by page of the program, whether it was executed */
	bool has_long_tables;
	bool has_paged_table;
};

static uint32_t meet_page(struct met *met, uint64_t page)
{
	const bool is_new = !met->code_pages[page];
	met->code_pages[page] = 1;
	return is_new;
}

/* How many faults a run has without touching anything. */
static uint32_t cost_of(const struct program *program, const struct guest_run *run, struct met *met)
{
	uint32_t cost = 0;
	for (uint64_t page = run->start / PAGE; page <= (run->start + run->len - 1) / PAGE; page++)
		cost += meet_page(met, page);
	if (run->is_from_reset)
		cost += meet_page(met, (program->len - 1) / PAGE);
	if (run->mode == MODE_LONG && !met->has_long_tables) {
		met->has_long_tables = true;
		cost += 3;
	}
	if (run->mode == MODE_PAGED && !met->has_paged_table) {
		met->has_paged_table = true;
		cost += 1;
	}
	return cost;
}

static bool spare_touches(struct document *document, struct guest_run *run, uint32_t cost)
{
	char what[160];
	uint64_t touches = 0;
	uint32_t left = cost;
	for (size_t i = 0; i < run->count; i++) {
		struct acts *acts = &run->acts[i];
		if (acts->act != ACT_TOUCH)
			continue;
		touches += acts->count;
		acts->spared = acts->count < left ? acts->count : left;
		left -= acts->spared;
	}
	if (touches == 0 || left == 0)
		return true;
	snprintf(what, sizeof(what),
		 "%" PRIu64 " pages touched are fewer than the %" PRIu32
		 " that the run's own code and page tables cost (%s)",
		 touches, cost,
		 run->mode == MODE_LONG ? "set-sregs \"real\" costs 3 fewer" : "leave touch out");
	return fail_run(document, run, what);
}

static bool count_faults(struct program *program, struct document *document)
{
	struct met met = { .code_pages = calloc(1, program->len / PAGE + 2) };
	bool is_made = true;
	if (met.code_pages == NULL)
		return document_short(document);
	for (size_t i = 0; i < program->run_count; i++) {
		struct guest_run *run = &program->runs[i];
		if (run->acts[0].act == ACT_INVALID)
			continue;
		if (!spare_touches(document, run, cost_of(program, run, &met)))
			is_made = false;
	}
	free(met.code_pages);
	return is_made;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static uint64_t round_up(uint64_t address)
{
	return (address + PAGE - 1) / PAGE * PAGE;
}

static uint64_t count_pages(const struct program *program)
{
	uint64_t pages = 0;
	for (size_t i = 0; i < program->run_count; i++) {
		const struct guest_run *run = &program->runs[i];
		for (size_t act = 0; act < run->count; act++) {
			if (run->acts[act].act == ACT_TOUCH)
				pages += run->acts[act].count - run->acts[act].spared;
		}
	}
	return pages;
}

static void give_pages(struct program *program)
{
	/* in the code's segment */
	uint64_t next =
		is_reset(program) ? program->pages_first - RESET_SEGMENT : program->pages_first;
	for (size_t i = 0; i < program->run_count; i++) {
		const struct guest_run *run = &program->runs[i];
		for (size_t act = 0; act < run->count; act++) {
			if (run->acts[act].act != ACT_TOUCH)
				continue;
			run->acts[act].address = next;
			next += (run->acts[act].count - run->acts[act].spared) * PAGE;
		}
	}
}

static bool place_pages(struct program *program, struct document *document)
{
	const uint64_t bytes = count_pages(program) * PAGE;
	if (is_reset(program)) {
		if (bytes > program->code - RESET_SEGMENT)
			return document_fail(
				document, NULL,
				"a vCPU as reset left it reaches 16 pages, code and all, "
				"and is to touch more (a set-sregs helps)");
		program->pages_first = program->code - bytes;
		program->memory_least = GUEST_4G - program->pages_first;
	} else {
		program->pages_first = round_up(program->code + program->len);
		program->memory_least = program->pages_first + bytes;
		if (program->memory_least > GUEST_SLOTS)
			return document_fail(
				document, NULL,
				"the guest touches more than the %d MiB that it may have",
				GUEST_SLOTS >> 20);
	}
	give_pages(program);
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool program_make(struct program *program, struct document *document)
{
	if (!place_code(program, document) || !count_faults(program, document) ||
	    !place_pages(program, document))
		return false;
	program->bytes = calloc(1, program->len + 1);
	if (program->bytes == NULL)
		return document_short(document);
	struct emitter emitter = { .is_amd = cpu_is_amd(),
				   .at = program->bytes,
				   .address = program->code };
	emit_all(program, &emitter);
	if (is_reset(program))
		put_reset_jump(program);
	return true;
}

void program_release(struct program *program)
{
	for (size_t i = 0; i < program->run_count; i++)
		free(program->runs[i].acts);
	free(program->runs);
	free(program->bytes);
	*program = (struct program){ 0 };
}

uint64_t program_rip(const struct program *program, const struct guest_run *run)
{
	const uint64_t address = program->code + run->start;
	return run->is_reset ? address % SEGMENT : address;
}
