/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traces and reports are written as pairs of a letter and a digit: what is done, and by which task
 * (of a trace), or for which vCPU (of a report). In reports '|' begins the next VM, '-' is a step
 * that fails, '!' a run that a signal came before.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include <kvmgraph/run_check.h>

#include "base/memory.h"
#include "call_script.h"

Suite *run_check_suite(void);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_STEPS 64

/* Letters, the frame and the sign of their phases; of runs the handler. */
static const struct letter {
	char letter;
	const char *step;
	const char *ioctl;
	enum kg_phase_kind phase;
	const char *frame;
	const char *sign;
	enum kg_run_exit exit;
} letters[] = {
	{ 'q', "api-version", "KVM_GET_API_VERSION", KG_PHASE_PROBE, "kvm_dev_ioctl [kvm]", NULL,
	  KG_RUN_EXIT_COUNT },
	{ 'e', "check-extension", "KVM_CHECK_EXTENSION", KG_PHASE_PROBE, "kvm_dev_ioctl [kvm]",
	  "kvm_vm_ioctl_check_extension [kvm]", KG_RUN_EXIT_COUNT },
	{ 'k', "supported-cpuid", "KVM_GET_SUPPORTED_CPUID", KG_PHASE_KIND_COUNT,
	  "kvm_dev_ioctl [kvm]", "kvm_arch_dev_ioctl [kvm]", KG_RUN_EXIT_COUNT },
	{ 'c', "create-vm", "KVM_CREATE_VM", KG_PHASE_CREATE_VM, "kvm_dev_ioctl [kvm]",
	  "kvm_create_vm [kvm]", KG_RUN_EXIT_COUNT },
	{ 't', "set-tss-addr", "KVM_SET_TSS_ADDR", KG_PHASE_SET_TSS, "kvm_vm_ioctl [kvm]",
	  "vmx_set_tss_addr [kvm_intel]", KG_RUN_EXIT_COUNT },
	{ 'm', "memslot-add", "KVM_SET_USER_MEMORY_REGION", KG_PHASE_MEMSLOT, "kvm_vm_ioctl [kvm]",
	  "kvm_set_memory_region [kvm]", KG_RUN_EXIT_COUNT },
	{ 'v', "create-vcpu", "KVM_CREATE_VCPU", KG_PHASE_CREATE_VCPU, "kvm_vm_ioctl [kvm]",
	  "kvm_vm_ioctl_create_vcpu [kvm]", KG_RUN_EXIT_COUNT },
	{ 's', "set-regs", "KVM_SET_REGS", KG_PHASE_SET_REGS, "kvm_vcpu_ioctl [kvm]",
	  "kvm_arch_vcpu_ioctl_set_regs [kvm]", KG_RUN_EXIT_COUNT },
	{ 'g', "get-regs", "KVM_GET_REGS", KG_PHASE_GET_REGS, "kvm_vcpu_ioctl [kvm]",
	  "kvm_arch_vcpu_ioctl_get_regs [kvm]", KG_RUN_EXIT_COUNT },
	{ 'i', "run", "KVM_RUN", KG_PHASE_RUN, NULL, "handle_io [kvm_intel]", KG_RUN_EXIT_IO },
	{ 'h', "run", "KVM_RUN", KG_PHASE_RUN, NULL, "handle_halt [kvm_intel]", KG_RUN_EXIT_HLT },
	{ 'f', "run", "KVM_RUN", KG_PHASE_RUN, NULL, "handle_ept_violation [kvm_intel]",
	  KG_RUN_EXIT_MMIO },
	{ 'n', "run", "KVM_RUN", KG_PHASE_RUN, NULL, "handle_external_interrupt [kvm_intel]",
	  KG_RUN_EXIT_OTHER },
	{ 'u', "run", "KVM_RUN", KG_PHASE_RUN, NULL, NULL, KG_RUN_EXIT_FAIL_ENTRY },
	{ 'r', "close-vcpu", NULL, KG_PHASE_RELEASE_VCPU, "kvm_vcpu_release [kvm]", NULL,
	  KG_RUN_EXIT_COUNT },
	{ 'd', "close-vm", NULL, KG_PHASE_DESTROY_VM, "kvm_vm_release [kvm]",
	  "kvm_destroy_vm [kvm]", KG_RUN_EXIT_COUNT },
	{ 'o', "check-output", NULL, KG_PHASE_KIND_COUNT, NULL, NULL, KG_RUN_EXIT_COUNT },
};

static const struct letter *letter_of(char letter)
{
	for (size_t i = 0; i < COUNT_OF(letters); i++) {
		if (letters[i].letter == letter)
			return &letters[i];
	}
	ck_abort_msg("no letter is '%c'", letter);
}

static struct fixture {
	struct script script;
	struct kg_life *life;
	struct kg_info info;
	struct kg_environment environment;
	struct kg_run_report run;
	struct kg_run_step steps[MAX_STEPS];
	struct kg_run_check_input input;
} fixture;

static void set_up(void)
{
	fixture = (struct fixture){ 0 };
	ck_assert_int_eq(kg_life_new(&fixture.script.funcs, NULL, &fixture.life), KG_OK);
	fixture.script.sink = kg_life_sink(fixture.life);
	fixture.info.funcs = &fixture.script.funcs;
	fixture.info.tasks = &fixture.script.tasks;
	fixture.run = (struct kg_run_report){
		.vendor = "vmx", .repeat = 1, .steps = fixture.steps, .verdict = KG_RUN_PASS
	};
	fixture.input = (struct kg_run_check_input){ .run = &fixture.run,
						     .life = fixture.life,
						     .info = &fixture.info };
}

static void tear_down(void)
{
	kg_life_free(fixture.life);
	script_release(&fixture.script);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The comms of tasks 0 to 3; NULL: the trace does not name it. */
static void name_tasks(const char *const comms[SCRIPT_LANES])
{
	for (uint32_t i = 0; i < SCRIPT_LANES; i++) {
		if (comms[i] == NULL) {
			ck_assert_uint_eq(tasks_add_unnamed(&fixture.script.tasks, (uint16_t)i), i);
			continue;
		}
		const struct span comm = { (const unsigned char *)comms[i], strlen(comms[i]) };
		ck_assert_uint_eq(tasks_add(&fixture.script.tasks, 100 + i, comm), i);
	}
}

static void write_run(uint32_t lane, const char *handler)
{
	struct script *script = &fixture.script;
	script_enter(script, lane, "kvm_vcpu_ioctl [kvm]");
	script_enter(script, lane, "kvm_arch_vcpu_ioctl_run [kvm]");
	script_leaf(script, lane, "vmx_vcpu_run [kvm_intel]", 500);
	script_enter(script, lane, "vmx_handle_exit [kvm_intel]");
	if (handler != NULL)
		script_leaf(script, lane, handler, 100);
	script_leave(script, lane, 200);
	script_leave(script, lane, 900);
	script_leave(script, lane, 1000);
}

static void write_trace(const char *text)
{
	for (; *text != '\0'; text += 2) {
		const struct letter *letter = letter_of(text[0]);
		const uint32_t lane = (uint32_t)(text[1] - '0');
		if (letter->phase == KG_PHASE_RUN) {
			write_run(lane, letter->sign);
		} else if (letter->sign == NULL) {
			script_leaf(&fixture.script, lane, letter->frame, 100);
		} else {
			script_enter(&fixture.script, lane, letter->frame);
			script_leaf(&fixture.script, lane, letter->sign, 100);
			script_leave(&fixture.script, lane, 300);
		}
	}
	script_done(&fixture.script);
	ck_assert_int_eq(fixture.script.status, KG_OK);
}

static void write_report(const char *text)
{
	uint32_t vm = 0;
	bool fails = false;
	uint64_t interrupted = 0;
	for (; *text != '\0'; text++) {
		vm += *text == '|';
		fails = fails || *text == '-';
		interrupted += *text == '!';
		if (strchr("|-!", *text) != NULL)
			continue;
		const struct letter *letter = letter_of(*text++);
		ck_assert_uint_lt(fixture.run.step_count, MAX_STEPS);
		fixture.steps[fixture.run.step_count] = (struct kg_run_step){
			.step = letter->step,
			.ioctl = letter->ioctl,
			.detail = letter->letter == 'i' ? "io out 0x3f8: 0x41 'A'" : NULL,
			.result = fails ? -1 : 0,
			.start_ns = fixture.run.step_count * 1000,
			.interrupted = interrupted,
			.vm = vm,
			.vcpu = (uint32_t)(*text - '0'),
			.phase = letter->phase,
			.exit = fails ? KG_RUN_EXIT_COUNT : letter->exit,
			.is_ok = !fails,
		};
		fixture.run.step_count++;
		fails = false;
		interrupted = 0;
	}
}

/* ---- looking --------------------------------------------------------------------------------- */

static struct kg_check checks[6];
static char strings[256];

static void look(void)
{
	struct kg_run_check *check = NULL;
	size_t count;
	ck_assert_int_eq(kg_run_check_new(&fixture.input, &check), KG_OK);
	const struct kg_check *list = kg_run_check_list(check, &count);
	ck_assert_uint_eq(count, COUNT_OF(checks));
	memcpy(checks, list, sizeof(checks));
	snprintf(strings, sizeof(strings), "%s / %s",
		 checks[2].expected != NULL ? checks[2].expected : "-",
		 checks[2].found != NULL ? checks[2].found : "-");
	kg_run_check_free(check);
}

/* A letter a check: Pass, Fail, Inconclusive, Not-traceable, Skipped. */
static void expect(const char *wanted)
{
	char found[COUNT_OF(checks) + 1] = "";
	look();
	for (size_t i = 0; i < COUNT_OF(checks); i++)
		found[i] = "PFINS"[checks[i].verdict];
	ck_assert_str_eq(found, wanted);
}

static const char *const names[SCRIPT_LANES] = { "kvmgraph", "kvmgraph", "kvmgraph", "qemu" };

/* ---- tests ----------------------------------------------------------------------------------- */

static const struct {
	const char *trace;
	const char *report;
	const char *verdicts;
} plain[] = {
	{ "q0c0t0m0v0s0i0h0g0d0", "q0c0t0m0v0s0i0h0g0d0", "PPPPPS" },
	/* one of the two has more */
	{ "q0c0t0m0v0s0i0h0g0d0", "q0c0t0v0s0i0h0g0d0", "PPFPPS" },
	{ "q0c0t0v0s0i0h0g0d0", "q0c0t0m0v0s0i0h0g0d0", "PPFPPS" },
	{ "q0c0m0v0i0h0d0", "q0c0m0v0i0i0h0d0", "PPPFSS" },
	{ "q0c0m0v0i0i0h0d0", "q0c0m0v0i0h0d0", "PPPFSS" },
	/* another order, another end */
	{ "q0c0m0t0v0s0h0d0", "q0c0t0m0v0s0h0d0", "PPFPPS" },
	{ "q0c0m0v0h0i0d0", "q0c0m0v0i0h0d0", "PPPPFS" },
	/* files are closed without a step, but not instead of one */
	{ "q0c0v0h0r0d0", "q0c0v0h0d0", "PPPPPS" },
	{ "q0c0v0h0d0", "q0c0v0h0r0d0", "PPFPPS" },
	/* the last file is closed by somebody else */
	{ "q0c0v0h0d3", "q0c0v0h0d0", "PPPPPS" },
	/* what has no phase of its own may look like a question */
	{ "q0e0k0c0v0h0d0", "q0e0k0c0v0h0d0", "PPPPPS" },
	{ "q0e0c0v0h0d0", "q0e0k0c0v0h0d0", "PPPPPS" },
	{ "q0e0q0c0v0h0d0", "q0e0c0v0h0d0", "PPFPPS" },
	{ "e0q0c0v0h0d0", "q0e0c0v0h0d0", "PPFPPS" },
	/* what a trace cannot tell, and what it should */
	{ "q0c0v0f0h0d0", "q0c0v0f0h0d0", "PPPPPS" },
	{ "q0c0v0u0d0", "q0c0v0u0d0", "PPPPPS" },
	{ "q0c0v0u0h0d0", "q0c0v0i0h0d0", "PPPPIS" },
	{ "q0c0v0n0h0d0", "q0c0v0i0h0d0", "PPPPFS" },
	/* a signal comes before a run */
	{ "q0c0v0n0i0h0d0", "q0c0v0!i0h0d0", "PPPPPS" },
	{ "q0c0v0i0h0d0", "q0c0v0!i0h0d0", "PPPFSS" },
	{ "q0c0v0n0i0h0d0", "q0c0v0i0h0d0", "PPPFSS" },
	/* output */
	{ "q0c0v0i0i0h0d0", "q0c0v0i0i0h0o0d0", "PPPPPP" },
	{ "q0c0v0i0h0d0", "q0c0v0i0i0h0o0d0", "PPPFSF" },
	/* VMs one after the other */
	{ "q0c0v0h0d0q0c0v0h0d0", "q0c0v0h0d0|q0c0v0h0d0", "PPPPPS" },
	{ "q0c0v0h0d0q0c0v0i0d0", "q0c0v0h0d0|q0c0v0h0d0", "PPPPFS" },
	{ "q0c0v0h0d0q0c0v0h0d0", "q0c0v0h0d0", "PPFFPS" },
	/* and side by side, by a task each */
	{ "q0q1c1c0v0v1h1h0d1d0", "q0c0v0h0d0|q0c0v0h0d0", "PPPPPS" },
	{ "q0q1c1c0v0h1h0d1d0", "q0c0v0h0d0|q0c0v0h0d0", "PPFPPS" },
	/* threads of vCPUs, whichever is first */
	{ "q0c0v0v0s1s2h2i1h1d0", "q0c0v0v1s0i0h0s1h1d0", "PPPPPS" },
	{ "q0c0v0v0s1h1s2h2d0", "q0c0v0v1s0h0s1h1d0", "PPPPPS" },
	{ "q0c0v0v0s1h1h2s2d0", "q0c0v0v1s0h0s1h1d0", "PPFPPS" },
	{ "q0c0v0v0s1h1h2d0", "q0c0v0v1s0h0s1h1d0", "PPFPPS" },
	{ "q0c0v0s1h1d0", "q0c0v0s0h0d0", "PPPPPS" },
	/* another program's VM */
	{ "q3c3q0c0v0v3h3h0d3d0", "q0c0v0h0d0", "PPPPPS" },
	{ "q0c0v0h0h3s3h3d0", "q0c0v0h0d0", "PPPPPS" },
	{ "q0q3c0c3v0v3h3h0d3d0", "q0c0m0v0h0d0", "PPFPPS" },
	/* the report has nothing to hold the trace against */
	{ "q0c0v0h0d0", "o0", "PPSSSS" },
};

static void know_environment(void)
{
	static const char *words[] = { "/usr/bin/kvmgraph", "vmm" };
	fixture.environment.command.at = words;
	fixture.environment.command.count = 2;
	fixture.input.environment = &fixture.environment;
}

START_TEST(compared)
{
	name_tasks(names);
	know_environment();
	write_trace(plain[_i].trace);
	write_report(plain[_i].report);
	for (size_t i = 0; i < fixture.run.step_count; i++)
		fixture.run.output_bytes += fixture.steps[i].exit == KG_RUN_EXIT_IO;
	expect(plain[_i].verdicts);
}
END_TEST

START_TEST(says_where)
{
	name_tasks(names);
	write_trace("q0c0t0v0h0d0");
	write_report("q0c0t0m0v0h0d0");
	expect("PPFPPS");
	ck_assert_str_eq(strings, "steps[3]: memslot-add (KVM_SET_USER_MEMORY_REGION), VM 0, vCPU 0"
				  " / create-vcpu, line 8");
	ck_assert_str_eq(checks[2].why, "a step of the VMM has no phase in the trace");
	ck_assert_uint_eq(checks[2].place_count, 1);
	ck_assert_uint_eq(checks[2].places[0].line_no, 8);
}
END_TEST

START_TEST(earlier_lives_may_be_interrupted)
{
	name_tasks(names);
	fixture.run.repeat = 2;
	fixture.run.warmup = 1;
	write_trace("q0c0v0n0i0h0d0"
		    "q0c0v0i0n0h0d0"
		    "q0c0v0i0h0d0");
	write_report("q0c0v0i0h0d0");
	expect("PPPPPS");
}
END_TEST

/* What a vCPU's thread lacks is not cut off: the main thread goes on behind it. */
START_TEST(a_thread_is_not_cut)
{
	name_tasks(names);
	write_trace("q0c0v0v0s1h1h2d0");
	write_report("q0c0v0v1s0h0s1h1d0");
	expect("PPFPPS");
}
END_TEST

START_TEST(a_later_life_is_cut)
{
	name_tasks(names);
	fixture.run.repeat = 3;
	write_trace("q0c0v0h0d0q0c0v0");
	write_report("q0c0v0h0d0");
	expect("PPIISS");
	know_environment();
	expect("PPFFSS");
}
END_TEST

START_TEST(no_vm_is_made)
{
	name_tasks(names);
	fixture.run.verdict = KG_RUN_FAIL;
	write_trace("q0");
	write_report("q0-c0");
	expect("FIPSSS");
}
END_TEST

START_TEST(a_cut_trace_proves_nothing)
{
	name_tasks(names);
	write_trace("v0s0h0d0");
	write_report("q0c0m0v0s0h0d0");
	expect("PPIPPS");
	know_environment();
	expect("PPFPPS");
	fixture.environment.lost = 1;
	expect("PPIIIS");
	fixture.environment.lost = 0;
	fixture.info.exits_only = true;
	expect("PPIPPS");
}
END_TEST

START_TEST(an_end_is_missing)
{
	name_tasks(names);
	write_trace("q0c0m0v0i0");
	write_report("q0c0m0v0i0h0g0d0");
	expect("PPIISS");
	know_environment();
	expect("PPFFSS");
}
END_TEST

START_TEST(the_vmm_fails)
{
	name_tasks(names);
	fixture.run.verdict = KG_RUN_FAIL;
	/* it takes down what it has, without a step */
	write_trace("q0c0m0v0h0d0"
		    "q0c0m0r0d0");
	write_report("q0c0m0-v0");
	expect("FPPSSS");
}
END_TEST

START_TEST(untraced_steps_are_not_missed)
{
	static const struct kg_env_function functions[] = {
		{ "kvm_arch_vcpu_ioctl_run", "kvm" }, { "kvm_create_vm", "kvm" },
		{ "kvm_destroy_vm", "kvm" },	      { "kvm_dev_ioctl", "kvm" },
		{ "kvm_vcpu_ioctl", "kvm" },	      { "kvm_vcpu_release", "kvm" },
		{ "kvm_vm_release", "kvm" },
	};
	name_tasks(names);
	write_trace("q0c0h0d0");
	write_report("q0c0t0m0v0s0h0d0");
	know_environment();
	expect("PPFPPS");
	fixture.environment.functions = functions;
	fixture.environment.function_count = COUNT_OF(functions);
	expect("PPPPPS");
	/* and runs */
	fixture.environment.functions++;
	fixture.environment.function_count--;
	expect("PPPNNS");
}
END_TEST

START_TEST(twins_are_not_told_apart)
{
	name_tasks(names);
	write_trace("q0c0v0h0d0q1c1v1h1d1");
	write_report("q0c0v0h0d0");
	expect("PPPPPS");
	fixture.run.step_count = 0;
	write_report("q0c0v0v0h0d0");
	expect("PPFPPS");
}
END_TEST

START_TEST(one_twin_is_odd)
{
	name_tasks(names);
	write_trace("q0c0v0h0d0q1c1v1v1h1d1");
	write_report("q0c0v0h0d0");
	expect("PPIPPS");
}
END_TEST

static const struct {
	const char *trace;
	const char *verdicts;
} blurred[] = {
	{ "q0c0v0v1s0s1h0i1h1d0", "PPPPPS" }, { "q0c0v1v0s1s1i0h0h1d0", "PPPPPS" },
	{ "q0c0v0s0s1h0i1h1d0", "PPFPPS" },   { "q0c0v0v1s0s1s1h0i1h1d0", "PPIPPS" },
	{ "q0c0v0v1s0s1h0h1d0", "PPPFSS" },   { "q0c0v0v1s0s1i0i1h1d0", "PPPPIS" },
	{ "q0c0v0v1s0s1h0i1h1", "PPFPPS" },
};

START_TEST(nameless_tasks)
{
	name_tasks((const char *const[SCRIPT_LANES]){ NULL, NULL, NULL, "qemu" });
	know_environment();
	write_trace(blurred[_i].trace);
	write_report("q0c0v0v1s0i0h0s1h1d0");
	expect(blurred[_i].verdicts);
}
END_TEST

START_TEST(nothing_in_the_trace)
{
	name_tasks(names);
	write_trace("");
	write_report("q0c0v0h0d0");
	expect("PIIISS");
	know_environment();
	expect("PIFFSS");
}
END_TEST

START_TEST(starved)
{
	enum kg_status status = KG_NOMEM;
	name_tasks(names);
	write_trace("q0c0v0v0s1s2h2i1h1d0q3c3");
	write_report("q0c0v0v1s0i0h0s1h1o0d0");
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_run_check *check = NULL;
		ck_assert_uint_lt(passes, 1000);
		memory_fail_after(passes);
		status = kg_run_check_new(&fixture.input, &check);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		ck_assert_int_eq(status == KG_OK, check != NULL);
		kg_run_check_free(check);
	}
}
END_TEST

Suite *run_check_suite(void)
{
	Suite *suite = suite_create("run_check");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, compared, 0, COUNT_OF(plain));
	tcase_add_test(all, says_where);
	tcase_add_test(all, earlier_lives_may_be_interrupted);
	tcase_add_test(all, a_cut_trace_proves_nothing);
	tcase_add_test(all, a_thread_is_not_cut);
	tcase_add_test(all, a_later_life_is_cut);
	tcase_add_test(all, no_vm_is_made);
	tcase_add_test(all, an_end_is_missing);
	tcase_add_test(all, the_vmm_fails);
	tcase_add_test(all, untraced_steps_are_not_missed);
	tcase_add_test(all, twins_are_not_told_apart);
	tcase_add_test(all, one_twin_is_odd);
	tcase_add_loop_test(all, nameless_tasks, 0, COUNT_OF(blurred));
	tcase_add_test(all, nothing_in_the_trace);
	tcase_add_test(all, starved);
	suite_add_tcase(suite, all);
	return suite;
}
