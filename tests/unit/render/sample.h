/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small trace to render: one VM that is created, runs twice and is damaged a little. */
#ifndef TESTS_RENDER_SAMPLE_H
#define TESTS_RENDER_SAMPLE_H

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <kvmgraph/analyse.h>
#include <kvmgraph/info.h>
#include <kvmgraph/render.h>
#include <kvmgraph/verify.h>

#include "base/memory.h"
#include "event/func.h"
#include "event/task.h"
#include "render/out.h"
#include "tree/builder.h"

/* Functions and tasks by what they are called in the sample_steps below. */
static const char *const sample_symbols[] = {
	"kvm_dev_ioctl [kvm]",		 "kvm_create_vm [kvm]",
	"kvm_arch_init_vm [kvm]",	 "kvm_vcpu_ioctl [kvm]",
	"kvm_arch_vcpu_ioctl_run [kvm]", "vmx_vcpu_run [kvm_intel]",
	"vmx_handle_exit [kvm_intel]",	 "handle_io [kvm_intel]",
	"hardware_enable_nolock [kvm]",	 "schedule",
};

enum { DEV_IOCTL, CREATE_VM, INIT_VM, VCPU_IOCTL, RUN, ENTER_GUEST, HANDLE_EXIT, IO, HW_ON, SCHED };
enum { VM, IDLE, NAMELESS };

/* kind, CPU, task, depth, function, duration; one line each, from line 5 on */
static const struct {
	enum kg_event_kind kind;
	uint16_t cpu;
	kg_task_id task;
	uint16_t depth;
	kg_func_id func;
	uint64_t dur_ns;
} sample_steps[] = {
	{ KG_EV_LEAF, 0, VM, 0, DEV_IOCTL, 3478 },
	{ KG_EV_ENTER, 0, VM, 0, DEV_IOCTL, KG_NO_NS },
	{ KG_EV_ENTER, 0, VM, 1, CREATE_VM, KG_NO_NS },
	{ KG_EV_LEAF, 0, VM, 2, INIT_VM, 154230 },
	{ KG_EV_LEAVE, 3, VM, 1, CREATE_VM, 391109 },
	{ KG_EV_ENTER, 1, IDLE, 0, HW_ON, KG_NO_NS },
	{ KG_EV_LEAVE, 3, VM, 0, KG_NO_FUNC, 546845 },
	{ KG_EV_LEAVE, 1, IDLE, 0, KG_NO_FUNC, 4129 },
	{ KG_EV_ENTER, 3, VM, 0, VCPU_IOCTL, KG_NO_NS },
	{ KG_EV_ENTER, 3, VM, 1, RUN, KG_NO_NS },
	{ KG_EV_LEAF, 3, VM, 2, ENTER_GUEST, 4531 },
	{ KG_EV_ENTER, 3, VM, 2, HANDLE_EXIT, KG_NO_NS },
	{ KG_EV_LEAF, 3, VM, 3, IO, 6451 },
	{ KG_EV_LEAVE, 3, VM, 2, KG_NO_FUNC, 7001 },
	{ KG_EV_LEAVE, 3, VM, 1, KG_NO_FUNC, 1234567890 },
	{ KG_EV_LEAVE, 3, VM, 0, KG_NO_FUNC, 1234567999 },
	{ KG_EV_ENTER, 3, VM, 0, VCPU_IOCTL, KG_NO_NS },
	{ KG_EV_ENTER, 3, VM, 1, RUN, KG_NO_NS },
	{ KG_EV_LEAVE, 2, NAMELESS, 0, SCHED, 12345678 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
	struct kg_funcs funcs;
	struct kg_tasks tasks;
	struct kg_info info;
	struct kg_call_table *table;
	struct kg_functions *functions;
	struct kg_life *life;
	struct kg_functions_report functions_report;
	struct kg_life_report life_report;
};

static inline uint8_t mark_of(uint64_t dur_ns)
{
	if (dur_ns == KG_NO_NS || dur_ns <= 10000)
		return ' ';
	return dur_ns > 1000000000 ? '$' : dur_ns > 10000000 ? '*' : '!';
}

static inline void feed(struct sample *sample, struct builder *builder)
{
	for (size_t i = 0; i < COUNT(sample_steps); i++) {
		const struct kg_event event = {
			.line_no = 5 + i,
			.time_ns = KG_NO_NS,
			.dur_ns = sample_steps[i].dur_ns,
			.func_id = sample_steps[i].func,
			.task_id = sample_steps[i].task,
			.cpu = sample_steps[i].cpu,
			.depth = sample_steps[i].depth,
			.kind = (uint8_t)sample_steps[i].kind,
			.flags = sample_steps[i].task == IDLE ? KG_EVF_IDLE : 0,
			.mark = mark_of(sample_steps[i].dur_ns),
		};
		ck_assert_int_eq(builder_feed(builder, &event, 1), KG_OK);
	}
	ck_assert_int_eq(builder_finish(builder), KG_OK);
	sample->info.calls = builder->counts;
}

static inline void fill_info(struct sample *sample)
{
	static const struct kg_cpu_info cpus[] = {
		{ 0, 4, 4, 1 }, { 1, 2, 1, 0 }, { 2, 1, 0, 0 }, { 3, 12, 7, 1000 }
	};
	static const uint16_t vm_cpus[] = { 0, 3 };
	static const uint16_t idle_cpus[] = { 0, 1, 2, 7 };
	static const uint16_t nameless_cpus[] = { 2 };
	static const struct kg_task_info tasks[] = {
		{ VM, 11, 4, 1, vm_cpus, 2 },
		{ IDLE, 1, 1, 2, idle_cpus, 4 },
		{ NAMELESS, 1, 1, 1, nameless_cpus, 1 },
	};
	static const struct kg_module_info modules[] = { { "kvm", 8 },
							 { "kvm_intel", 3 },
							 { "", 1 } };
	struct kg_info *info = &sample->info;
	info->file = "vm.txt";
	info->format = KG_FORMAT_FTRACE;
	info->columns = KG_COLUMN_CPU | KG_COLUMN_DURATION;
	info->vendor = KG_VENDOR_VMX;
	info->lines = (struct kg_line_counts){
		.total = 30,
		.header = 4,
		.entry = 8,
		.leaf = 4,
		.exit = 5,
		.exit_named = 2,
		.switches = 1,
		.noise = 3,
		.lost = 1,
		.unrecognized = 2,
	};
	info->marks[1] = 3;
	info->marks[5] = 2;
	info->lost_gaps = 1;
	info->funcs = &sample->funcs;
	info->tasks = &sample->tasks;
	info->cpus = cpus;
	info->cpu_count = COUNT(cpus);
	info->task_infos = tasks;
	info->task_info_count = COUNT(tasks);
	info->modules = modules;
	info->module_count = COUNT(modules);
}

static inline void sample_init(struct sample *sample)
{
	*sample = (struct sample){ 0 };
	for (size_t i = 0; i < COUNT(sample_symbols); i++) {
		struct span symbol = { (const unsigned char *)sample_symbols[i],
				       strlen(sample_symbols[i]) };
		ck_assert_uint_eq(funcs_add(&sample->funcs, symbol), i);
	}
	ck_assert_uint_eq(tasks_add(&sample->tasks, 2690, SPAN("v\x1b[31m\xff")), VM);
	ck_assert_uint_eq(tasks_add(&sample->tasks, 0, SPAN("<idle>")), IDLE);
	ck_assert_uint_eq(tasks_add_unnamed(&sample->tasks, 2), NAMELESS);
	ck_assert_int_eq(kg_call_table_new(&sample->table), KG_OK);
	ck_assert_int_eq(kg_functions_new(&sample->funcs, &sample->functions), KG_OK);
	ck_assert_int_eq(kg_life_new(&sample->funcs, NULL, &sample->life), KG_OK);

	struct kg_tee analyses = { kg_functions_sink(sample->functions),
				   kg_life_sink(sample->life) };
	struct kg_tee all = { kg_call_table_sink(sample->table), kg_tee_sink(&analyses) };
	struct kg_call_sink sink = kg_tee_sink(&all);
	struct builder builder = { .sink = &sink, .diags = &sample->info.diags };
	feed(sample, &builder);
	builder_release(&builder);
	ck_assert_int_eq(kg_functions_report(sample->functions, &sample->functions_report), KG_OK);
	ck_assert_int_eq(kg_life_report(sample->life, &sample->life_report), KG_OK);
	fill_info(sample);
}

static inline void sample_release(struct sample *sample)
{
	kg_life_free(sample->life);
	kg_functions_free(sample->functions);
	kg_call_table_free(sample->table);
	tasks_release(&sample->tasks);
	funcs_release(&sample->funcs);
}

static inline struct kg_timing sample_timing(const struct sample *sample)
{
	return (struct kg_timing){ .info = &sample->info,
				   .functions = &sample->functions_report,
				   .life = sample->life,
				   .life_report = &sample->life_report };
}

/* An open memory output. */
static inline struct kg_out *sample_out(void)
{
	struct kg_out *out;
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	return out;
}

/* A report of each verdict, and one more for a failure that only warns. */
static const struct kg_check sample_checks[] = {
	{ .id = "phase:create-vm",
	  .title = "KVM_CREATE_VM",
	  .verdict = KG_VERDICT_PASS,
	  .place_count = 1,
	  .places = { { 6, 0, 0, 0 } } },
	{ .id = "phase:run", .title = "KVM_RUN", .verdict = KG_VERDICT_SKIPPED },
	{ .id = "load-put",
	  .title = "every load has its put",
	  .expected = "as many puts as loads",
	  .found = "2 loads, 1 put",
	  .why = "a vCPU that stays loaded is bound to its CPU, and every load elsewhere has to "
		 "interrupt it there",
	  .verdict = KG_VERDICT_FAIL,
	  .place_count = 2,
	  .places = { { 6, 0, 1, 3 }, { 0, 2, KG_NO_FUNC, 2 } } },
	{ .id = "run-budget",
	  .title = "each KVM_RUN within 1 ms",
	  .found = "1.234 s",
	  .verdict = KG_VERDICT_FAIL,
	  .is_warning = true },
	{ .id = "hw-off",
	  .title = "off on every CPU",
	  .why = "events of CPU 2 were lost",
	  .verdict = KG_VERDICT_INCONCLUSIVE },
	{ .id = "zapped", .title = "all mappings go", .verdict = KG_VERDICT_NOT_TRACEABLE },
	{ .id = "one\x1b-vm", .title = "one VM\xff", .verdict = KG_VERDICT_PASS },
};

static const struct kg_verify_report sample_verify_report = {
	.verdict = KG_VERDICT_FAIL,
	.checks = sample_checks,
	.check_count = sizeof(sample_checks) / sizeof(sample_checks[0]),
	.counts = { 2, 2, 1, 1, 1 },
};

/* A fit of three builds, none of which shows everything. */
static const struct kg_build sample_builds[] = {
	{ "5.17.0-1-amd64", "Debian", "5.17" },
	{ "5.19.0-1-amd64", "Debian", "5.19" },
	{ "6.1.0-1-generic", "Ubuntu", "6.1" },
	{ "6.12.0-1-generic", "Ubuntu", "6.12" },
};

static const char *const sample_missing[] = { "handle_io", "kvm_arch_init_vm", "kvm_create_vm",
					      "hardware_enable_nolock_with_a_very_long_name",
					      "vmx_vcpu_run" };

static const struct kg_build_fit sample_build_fits[] = {
	{ &sample_builds[0], sample_missing, 5, false },
	{ &sample_builds[1], sample_missing, 1, true },
	{ &sample_builds[2], sample_missing, 3, false },
	{ &sample_builds[3], sample_missing, 5, false },
};

static const struct kg_fit_report sample_fit_report = {
	.kind = KG_FIT_BETWEEN,
	.name_count = 9,
	.builds = sample_build_fits,
	.build_count = sizeof(sample_build_fits) / sizeof(sample_build_fits[0]),
	.closest_count = 1,
	.first_closest = 1,
	.last_closest = 1,
	.newer_than = &sample_builds[0],
	.older_than = &sample_builds[1],
	.series = "5.18",
};

static inline struct kg_spec *sample_spec(void)
{
	static const char json[] = "{\"fgpath\": 1, \"name\": \"kvm-vmx\", \"version\": \"1.0\","
				   " \"rules\": [{\"id\": \"one-vm\", \"count\": \"kvm_create_vm\","
				   " \"want\": 1}]}";
	struct kg_spec *spec;
	ck_assert_int_eq(kg_spec_parse(json, sizeof(json) - 1, "vm.json", &spec, NULL), KG_OK);
	return spec;
}

/* What was written to a memory output, for the caller to free; closes the output. */
static inline char *sample_take(struct kg_out *out)
{
	size_t len;
	const char *bytes = out_memory(out, &len);
	char *copy = malloc(len + 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len + 1);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	return copy;
}

/* Both the same, else the test fails with the first line that differs. */
static inline void sample_same_text(const char *got, const char *expected)
{
	if (strcmp(got, expected) == 0)
		return;
	size_t line = 1;
	size_t start = 0;
	for (size_t i = 0; got[i] == expected[i]; i++) {
		if (got[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	ck_abort_msg("line %zu is\n%.*s\nnot\n%.*s", line, (int)strcspn(got + start, "\n"),
		     got + start, (int)strcspn(expected + start, "\n"), expected + start);
}

/*
 * Calls render(self, out) with ever more allocations let through until it succeeds: each failure
 * has to be KG_NOMEM.
 */
static inline void sample_starve(enum kg_status (*render)(void *self, struct kg_out *out),
				 void *self)
{
	/* jansson has its own way to memory */
	json_set_alloc_funcs(memory_alloc, memory_free);
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		ck_assert_uint_lt(passes, 100000);
		struct kg_out *out = sample_out();
		memory_fail_after(passes);
		status = render(self, out);
		memory_fail_after(UINT64_MAX);
		/* an output without memory tells when it is closed */
		enum kg_status closed = kg_out_close(out, false, NULL);
		status = status == KG_OK ? closed : status;
		ck_assert(status == KG_OK || status == KG_NOMEM);
	}
}

#endif
