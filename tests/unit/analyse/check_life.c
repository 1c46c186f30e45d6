/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>

#include <kvmgraph/analyse.h>

#include "base/memory.h"
#include "call_script.h"

Suite *life_suite(void);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
	struct script script;
	struct kg_life *life;
	struct kg_life_report report;
};

static struct fixture fixture;

static void set_up(void)
{
	fixture = (struct fixture){ 0 };
	ck_assert_int_eq(kg_life_new(&fixture.script.funcs, NULL, &fixture.life), KG_OK);
	fixture.script.sink = kg_life_sink(fixture.life);
}

static void tear_down(void)
{
	kg_life_free(fixture.life);
	script_release(&fixture.script);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void enter(uint32_t lane, const char *symbol)
{
	script_enter(&fixture.script, lane, symbol);
}

static void leave(uint32_t lane, uint64_t dur_ns)
{
	script_leave(&fixture.script, lane, dur_ns);
}

static void leaf(uint32_t lane, const char *symbol, uint64_t dur_ns)
{
	script_leaf(&fixture.script, lane, symbol, dur_ns);
}

/* A phase of two calls, as most are told apart. */
static void step(uint32_t lane, const char *frame, const char *sign)
{
	enter(lane, frame);
	leaf(lane, sign, 100);
	leave(lane, 1000);
}

static void start_run(uint32_t lane)
{
	enter(lane, "kvm_vcpu_ioctl [kvm]");
	enter(lane, "kvm_arch_vcpu_ioctl_run [kvm]");
}

static void end_run(uint32_t lane)
{
	leave(lane, 90000);
	leave(lane, 100000);
}

/* Into the guest and out of it, to where the dispatcher is called. */
static void go_through_guest(uint32_t lane)
{
	leaf(lane, "vmx_vcpu_run [kvm_intel]", 500);
	leaf(lane, "vmx_handle_exit_irqoff [kvm_intel]", 30);
}

static void exit_to(uint32_t lane, const char *handler, uint64_t dur_ns)
{
	go_through_guest(lane);
	enter(lane, "vmx_handle_exit [kvm_intel]");
	enter(lane, "__vmx_handle_exit [kvm_intel]");
	if (handler != NULL)
		leaf(lane, handler, dur_ns);
	leave(lane, dur_ns + 10);
	leave(lane, dur_ns + 20);
}

/* ---- looking --------------------------------------------------------------------------------- */

static void finish(void)
{
	script_done(&fixture.script);
	ck_assert_int_eq(fixture.script.status, KG_OK);
	ck_assert_int_eq(kg_life_report(fixture.life, &fixture.report), KG_OK);
}

static struct kg_phase phase_at(size_t row)
{
	struct kg_phase phase;
	ck_assert_int_eq(kg_life_phase(fixture.life, row, &phase), KG_OK);
	return phase;
}

static struct kg_run run_at(size_t row)
{
	struct kg_run run;
	ck_assert_int_eq(kg_life_run(fixture.life, row, &run), KG_OK);
	return run;
}

/* "probe create-vm(KVM_CREATE_VM) ..." */
static void expect_phases(const char *wanted)
{
	char text[1024] = "";
	size_t len = 0;
	for (size_t row = 0; row < fixture.report.phase_count; row++) {
		struct kg_phase phase = phase_at(row);
		const char *ioctl = kg_ioctl_name(phase.ioctl);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s%s",
					row > 0 ? " " : "", kg_phase_name(phase.kind),
					ioctl != NULL ? "(" : "", ioctl != NULL ? ioctl : "",
					ioctl != NULL ? ")" : "");
		ck_assert_uint_lt(len, sizeof(text));
	}
	ck_assert_str_eq(text, wanted);
}

struct reasons {
	char text[1024];
	size_t len;
	size_t count;
};

static void take_reasons(void *self, const uint8_t *reasons, size_t count)
{
	struct reasons *out = self;
	for (size_t i = 0; i < count; i++) {
		if (out->len < sizeof(out->text) - 32)
			out->len += (size_t)snprintf(
				out->text + out->len, sizeof(out->text) - out->len, "%s%s",
				out->len > 0 ? " " : "", kg_reason_name(reasons[i]));
		out->count++;
	}
}

static void expect_run(size_t row, uint64_t entries, const char *wanted)
{
	struct reasons out = { .len = 0 };
	struct kg_run run = run_at(row);
	ck_assert_int_eq(kg_life_run_exits(fixture.life, &run, take_reasons, &out), KG_OK);
	ck_assert_str_eq(out.text, wanted);
	ck_assert_uint_eq(out.count, run.exit_count);
	ck_assert_uint_eq(run.guest_entries, entries);
	const char *last = strrchr(wanted, ' ');
	last = last != NULL ? last + 1 : wanted;
	ck_assert_str_eq(kg_reason_name(run.ended_by), last[0] != '\0' ? last : "unknown");
}

/* "io:handle_io 2", "unknown:- 1", sorted as reported. */
static void expect_exits(const char *wanted)
{
	char text[1024] = "";
	size_t len = 0;
	uint64_t count = 0;
	for (size_t i = 0; i < fixture.report.exit_count; i++) {
		const struct kg_exit_timing *row = &fixture.report.exits[i];
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%s %u",
					i > 0 ? ", " : "", kg_reason_name(row->reason),
					row->handler != NULL ? row->handler : "-",
					(unsigned int)row->count);
		ck_assert_uint_lt(len, sizeof(text));
		count += row->count;
	}
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(fixture.report.vm_exits, count);
}

/* ---- phases ---------------------------------------------------------------------------------- */

START_TEST(life_without_calls_is_empty)
{
	struct kg_phase phase;
	struct kg_run run;
	finish();
	ck_assert_uint_eq(fixture.report.phase_count, 0);
	ck_assert_uint_eq(fixture.report.run_count, 0);
	ck_assert_uint_eq(fixture.report.exit_count, 0);
	ck_assert_int_eq(kg_life_phase(fixture.life, 0, &phase), KG_BAD_ARG);
	ck_assert_int_eq(kg_life_run(fixture.life, 0, &run), KG_BAD_ARG);
	kg_life_free(NULL);
}
END_TEST

static const struct {
	const char *frame;
	const char *sign; /* NULL: the frame is a leaf */
	const char *wanted;
} steps[] = {
	{ "kvm_dev_ioctl [kvm]", NULL, "probe" },
	{ "kvm_dev_ioctl [kvm]", "kvm_arch_init_vm [kvm]", "create-vm(KVM_CREATE_VM)" },
	{ "kvm_dev_ioctl [kvm]", "kvm_vm_ioctl_check_extension_generic [kvm]",
	  "probe(KVM_CHECK_EXTENSION)" },
	{ "kvm_dev_ioctl [kvm]", "kvm_arch_dev_ioctl [kvm]", "probe" },
	{ "kvm_vm_ioctl [kvm]", "vmx_set_tss_addr [kvm_intel]", "set-tss(KVM_SET_TSS_ADDR)" },
	{ "kvm_vm_ioctl [kvm]", "svm_set_tss_addr [kvm_amd]", "set-tss(KVM_SET_TSS_ADDR)" },
	{ "kvm_vm_ioctl [kvm]", "vt_set_tss_addr [kvm_intel]", "set-tss(KVM_SET_TSS_ADDR)" },
	{ "kvm_vm_ioctl [kvm]", "__kvm_set_memory_region.part.0 [kvm]",
	  "memslot(KVM_SET_USER_MEMORY_REGION)" },
	{ "kvm_vm_ioctl [kvm]", "kvm_arch_prepare_memory_region [kvm]",
	  "memslot(KVM_SET_USER_MEMORY_REGION)" },
	{ "kvm_vm_ioctl [kvm]", "kvm_arch_vcpu_create [kvm]", "create-vcpu(KVM_CREATE_VCPU)" },
	{ "kvm_vm_ioctl [kvm]", NULL, "" },
	{ "kvm_vm_ioctl [kvm]", "kvm_irqfd [kvm]", "" },
	{ "kvm_vcpu_mmap [kvm]", NULL, "map-vcpu" },
	{ "kvm_vcpu_fault [kvm]", NULL, "vcpu-fault" },
	{ "kvm_vcpu_ioctl [kvm]", "kvm_arch_vcpu_ioctl_get_sregs [kvm]",
	  "get-sregs(KVM_GET_SREGS)" },
	{ "kvm_vcpu_ioctl [kvm]", "kvm_arch_vcpu_ioctl_set_sregs [kvm]",
	  "set-sregs(KVM_SET_SREGS)" },
	{ "kvm_vcpu_ioctl [kvm]", "kvm_arch_vcpu_ioctl_get_regs [kvm]", "get-regs(KVM_GET_REGS)" },
	{ "kvm_vcpu_ioctl [kvm]", "kvm_arch_vcpu_ioctl_set_regs [kvm]", "set-regs(KVM_SET_REGS)" },
	{ "kvm_vcpu_ioctl [kvm]", "kvm_arch_vcpu_ioctl_run [kvm]", "run(KVM_RUN)" },
	{ "kvm_vcpu_ioctl [kvm]", "kvm_arch_vcpu_ioctl [kvm]", "" },
	{ "kvm_mmu_notifier_change_pte [kvm]", NULL, "mmu-notifier" },
	{ "kvm_mmu_notifier_release [kvm]", "kvm_arch_flush_shadow_all [kvm]", "mm-teardown" },
	{ "kvm_vcpu_release [kvm]", NULL, "release-vcpu" },
	{ "kvm_vcpu_release [kvm]", "kvm_destroy_vm [kvm]", "destroy-vm" },
	{ "kvm_vm_release [kvm]", "kvm_irqfd_release [kvm]", "release-vm" },
	{ "kvm_vm_release [kvm]", "kvm_arch_destroy_vm [kvm]", "destroy-vm" },
	{ "kvm_device_release [kvm]", "kvm_destroy_vm [kvm]", "destroy-vm" },
	{ "kvm_device_release [kvm]", "kvm_put_kvm [kvm]", "" },
	{ "hardware_enable_nolock [kvm]", "kvm_arch_hardware_enable [kvm]", "hardware-enable" },
	{ "kvm_online_cpu [kvm]", "kvm_enable_virtualization_cpu [kvm]", "hardware-enable" },
	{ "vmx_enable_virtualization_cpu [kvm_intel]", NULL, "hardware-enable" },
	{ "hardware_disable_nolock [kvm]", "svm_hardware_disable [kvm_amd]", "hardware-disable" },
	{ "kvm_disable_virtualization_cpu [kvm]", NULL, "hardware-disable" },
	{ "kvm_vm_worker_thread [kvm]", "kvm_nx_lpage_recovery_worker [kvm]", "worker" },
	{ "kvm_nx_huge_page_recovery_worker [kvm]", NULL, "worker" },
	{ "tdp_mmu_zap_root_work [kvm]", NULL, "worker" },
	{ "tdp_mmu_free_sp_rcu_callback [kvm]", NULL, "rcu" },
	{ "pvclock_gtod_notify [kvm]", NULL, "" },
	/* a trace may leave the module out, but another module is another function */
	{ "kvm_vcpu_fault", NULL, "vcpu-fault" },
	{ "kvm_vcpu_fault [other]", NULL, "" },
};

START_TEST(life_step_has_its_phase)
{
	if (steps[_i].sign != NULL)
		step(0, steps[_i].frame, steps[_i].sign);
	else
		leaf(0, steps[_i].frame, 1000);
	finish();
	expect_phases(steps[_i].wanted);
	bool is_phase = steps[_i].wanted[0] != '\0';
	ck_assert_uint_eq(fixture.report.other_roots, is_phase ? 0 : 1);
	if (!is_phase)
		return;
	struct kg_phase phase = phase_at(0);
	ck_assert_uint_eq(phase.line_no, 1);
	ck_assert_uint_eq(phase.dur_ns, 1000);
	ck_assert_uint_eq(phase.self_ns, steps[_i].sign != NULL ? 900 : 1000);
	ck_assert_uint_eq(phase.calls, steps[_i].sign != NULL ? 2 : 1);
	ck_assert_uint_eq(phase.run_index, phase.kind == KG_PHASE_RUN ? 0 : UINT32_MAX);
	ck_assert_uint_eq(fixture.report.phase_totals[phase.kind].total_ns, 1000);
}
END_TEST

START_TEST(life_first_sign_counts)
{
	/* without unrestricted guests a memslot is made for the TSS */
	enter(0, "kvm_vm_ioctl [kvm]");
	enter(0, "vmx_set_tss_addr [kvm_intel]");
	leaf(0, "__kvm_set_memory_region [kvm]", 10);
	leave(0, 20);
	leave(0, 30);
	/* a failed creation destroys what there was of the VM */
	enter(0, "kvm_dev_ioctl [kvm]");
	leaf(0, "kvm_arch_init_vm [kvm]", 10);
	leaf(0, "kvm_arch_destroy_vm [kvm]", 10);
	leave(0, 30);
	finish();
	expect_phases("set-tss(KVM_SET_TSS_ADDR) create-vm(KVM_CREATE_VM)");
}
END_TEST

START_TEST(life_phase_may_be_at_any_depth)
{
	enter(0, "__x64_sys_ioctl");
	leaf(0, "security_file_ioctl", 5);
	step(0, "kvm_vm_ioctl [kvm]", "kvm_arch_vcpu_create [kvm]");
	leave(0, 5000);
	leaf(0, "__x64_sys_read", 7);
	/* phases inside of phases are part of them */
	enter(0, "kvm_vm_release [kvm]");
	leaf(0, "hardware_disable_nolock [kvm]", 5);
	leaf(0, "kvm_destroy_vm [kvm]", 5);
	leave(0, 100);
	finish();
	expect_phases("create-vcpu(KVM_CREATE_VCPU) destroy-vm");
	ck_assert_uint_eq(phase_at(0).line_no, 3);
	ck_assert_uint_eq(fixture.report.other_roots, 1);
}
END_TEST

START_TEST(life_leaf_ioctl_is_told_by_its_place)
{
	leaf(0, "kvm_dev_ioctl [kvm]", 1);
	step(0, "kvm_vm_ioctl [kvm]", "kvm_arch_vcpu_create [kvm]");
	leaf(0, "kvm_dev_ioctl [kvm]", 1);
	step(0, "kvm_dev_ioctl [kvm]", "kvm_arch_dev_ioctl [kvm]");
	finish();
	expect_phases("probe create-vcpu(KVM_CREATE_VCPU) mmap-size probe");
}
END_TEST

static void play_bare_ioctl(void)
{
	step(0, "kvm_vm_ioctl [kvm]", "kvm_arch_vm_ioctl [kvm]");
	enter(0, "kvm_vm_ioctl [kvm]");
	leaf(0, "pvclock_gtod_notify [kvm]", 5);
	enter(0, "kvm_arch_vm_ioctl [kvm]");
	leaf(0, "pvclock_gtod_notify [kvm]", 5);
	leave(0, 20);
	leave(0, 30);
	enter(0, "kvm_vm_ioctl [kvm]");
	enter(0, "kvm_arch_vm_ioctl [kvm]");
	leaf(0, "kvm_vm_ioctl_enable_cap [kvm]", 5);
	leave(0, 20);
	leave(0, 30);
	start_run(0);
	end_run(0);
	step(0, "kvm_vm_ioctl [kvm]", "kvm_arch_vm_ioctl [kvm]");
}

START_TEST(life_svm_sets_its_tss_by_doing_nothing)
{
	leaf(0, "svm_vm_init [kvm_amd]", 1);
	play_bare_ioctl();
	finish();
	expect_phases("set-tss set-tss run(KVM_RUN)");
}
END_TEST

START_TEST(life_vmx_does_something_for_its_tss)
{
	leaf(0, "vmx_vm_init [kvm_intel]", 1);
	play_bare_ioctl();
	finish();
	expect_phases("run(KVM_RUN)");
	ck_assert_uint_eq(fixture.report.other_roots, 5);
}
END_TEST

START_TEST(life_hot_callee_cost_most_by_itself)
{
	enter(0, "kvm_vm_ioctl [kvm]");
	enter(0, "kvm_arch_vcpu_create [kvm]");
	leaf(0, "alloc", 300);
	leaf(0, "alloc", 301);
	leave(0, 1000); /* 399 of its own */
	leaf(0, "other", 399);
	leave(0, 1500); /* 101 */
	enter(0, "kvm_vcpu_ioctl [kvm]");
	leaf(0, "kvm_arch_vcpu_ioctl_get_regs [kvm]", 100);
	leave(0, 200);
	leaf(0, "huge", 1000000);
	finish();
	struct kg_phase phase = phase_at(0);
	ck_assert_uint_eq(phase.hot_func_id,
			  script_func(&fixture.script, "kvm_arch_vcpu_create [kvm]"));
	ck_assert_uint_eq(phase.hot_self_ns, 399);
	/* its own time is as large */
	ck_assert_uint_eq(phase_at(1).hot_func_id, KG_NO_FUNC);
	ck_assert_uint_eq(phase_at(1).hot_self_ns, 0);
}
END_TEST

START_TEST(life_totals_are_of_complete_phases)
{
	leaf(0, "kvm_vcpu_fault [kvm]", 30);
	leaf(0, "kvm_vcpu_fault [kvm]", 10);
	leaf(0, "kvm_vcpu_fault [kvm]", 40);
	leaf(0, "kvm_vcpu_fault [kvm]", KG_NO_NS);
	fixture.script.flags = KG_CALL_GAP;
	enter(0, "kvm_vcpu_fault [kvm]");
	leave(0, 500);
	fixture.script.flags = 0;
	enter(0, "kvm_vcpu_fault [kvm]");
	finish();
	const struct kg_phase_total *total = &fixture.report.phase_totals[KG_PHASE_VCPU_FAULT];
	ck_assert_uint_eq(total->count, 4);
	ck_assert_uint_eq(total->incomplete, 2);
	ck_assert_uint_eq(total->total_ns, 80);
	ck_assert_uint_eq(total->min_ns, 10);
	ck_assert_uint_eq(total->max_ns, 40);
	ck_assert_uint_eq(total->max_line, 3);
	ck_assert_uint_eq(total->hot_func_id, KG_NO_FUNC);
	ck_assert_uint_eq(fixture.report.phase_count, 6);
	ck_assert_uint_eq(phase_at(5).dur_ns, KG_NO_NS);
	ck_assert_uint_eq(phase_at(5).flags, KG_CALL_ROOT | KG_CALL_NO_END);
}
END_TEST

START_TEST(life_absence_proves_nothing_in_a_cut_phase)
{
	enter(0, "kvm_dev_ioctl [kvm]");
	script_abandon(&fixture.script, 0);
	script_unseen(&fixture.script, 1);
	script_turn_up(&fixture.script, 1, "kvm_dev_ioctl [kvm]", 100);
	finish();
	expect_phases("");
	ck_assert_uint_eq(fixture.report.other_roots, 2);
}
END_TEST

START_TEST(life_caller_that_turns_up_takes_its_callees)
{
	/* the trace begins while a VM is destroyed */
	script_unseen(&fixture.script, 0);
	leaf(0, "kvm_put_kvm [kvm]", 5);
	script_unseen(&fixture.script, 0);
	leaf(0, "kvm_arch_destroy_vm [kvm]", 5);
	leaf(0, "hardware_disable_nolock [kvm]", 5);
	leaf(1, "hardware_disable_nolock [kvm]", 5);
	script_turn_up(&fixture.script, 0, "kvm_destroy_vm [kvm]", 100);
	leaf(0, "unrelated", 5);
	script_turn_up(&fixture.script, 0, "kvm_vm_release [kvm]", 200);
	leaf(0, "kvm_vcpu_fault [kvm]", 5);
	finish();
	expect_phases("hardware-disable destroy-vm vcpu-fault");
	ck_assert_uint_eq(fixture.report.other_roots, 0);
	ck_assert_uint_eq(phase_at(1).line_no, 0);
	ck_assert_uint_eq(phase_at(1).calls, 6);
	ck_assert_uint_eq(fixture.report.phase_totals[KG_PHASE_HARDWARE_DISABLE].count, 1);
	ck_assert_uint_eq(fixture.report.phase_totals[KG_PHASE_DESTROY_VM].incomplete, 1);
}
END_TEST

START_TEST(life_callers_that_vanish_leave_roots)
{
	script_unseen(&fixture.script, 0);
	script_unseen(&fixture.script, 0);
	leaf(0, "tdp_mmu_zap_root_work [kvm]", 5);
	leaf(0, "unrelated", 5);
	script_vanish(&fixture.script, 0);
	leaf(0, "unrelated", 5);
	script_unseen(&fixture.script, 0);
	leaf(0, "unrelated", 5);
	script_turn_up(&fixture.script, 0, "worker_thread", 50);
	script_vanish(&fixture.script, 0);
	finish();
	expect_phases("worker");
	ck_assert_uint_eq(fixture.report.other_roots, 3);
}
END_TEST

START_TEST(life_hidden_calls_shape_but_do_not_count)
{
	fixture.script.flags = KG_CALL_HIDDEN;
	leaf(0, "kvm_vcpu_fault [kvm]", 5);
	leaf(0, "unrelated", 5);
	enter(0, "__x64_sys_ioctl");
	fixture.script.flags = 0;
	enter(0, "kvm_vcpu_ioctl [kvm]");
	fixture.script.flags = KG_CALL_HIDDEN;
	enter(0, "kvm_arch_vcpu_ioctl_run [kvm]");
	exit_to(0, "handle_io [kvm_intel]", 10);
	leave(0, 1000);
	fixture.script.flags = 0;
	leave(0, 2000);
	fixture.script.flags = KG_CALL_HIDDEN;
	leave(0, 3000);
	/* found too short only when it ends */
	fixture.script.flags = 0;
	enter(0, "kvm_vcpu_fault [kvm]");
	fixture.script.flags = KG_CALL_HIDDEN;
	leave(0, 5);
	finish();
	expect_phases("run(KVM_RUN)");
	ck_assert_uint_eq(phase_at(0).hot_func_id, KG_NO_FUNC);
	expect_run(0, 0, "");
	expect_exits("");
	ck_assert_uint_eq(fixture.report.guest_entries, 0);
	ck_assert_uint_eq(fixture.report.other_roots, 0);
}
END_TEST

/* ---- runs ------------------------------------------------------------------------------------ */

START_TEST(life_run_has_entries_and_exits)
{
	start_run(0);
	exit_to(0, "handle_ept_violation [kvm_intel]", 700);
	exit_to(0, "handle_io [kvm_intel]", 100);
	end_run(0);
	start_run(0);
	exit_to(0, "handle_io [kvm_intel]", 200);
	end_run(0);
	finish();
	ck_assert_uint_eq(fixture.report.run_count, 2);
	ck_assert_uint_eq(fixture.report.guest_entries, 3);
	expect_run(0, 2, "ept-violation io");
	expect_run(1, 1, "io");
	ck_assert_uint_eq(run_at(1).line_no, phase_at(1).line_no);
	ck_assert_uint_eq(run_at(1).dur_ns, 100000);
	ck_assert_uint_eq(phase_at(1).run_index, 1);
	expect_exits("ept-violation:handle_ept_violation 1, io:handle_io 2");
	const struct kg_exit_timing *io = &fixture.report.exits[1];
	ck_assert_uint_eq(io->total_ns, 300);
	ck_assert_uint_eq(io->mean_ns, 150);
	ck_assert_uint_eq(io->max_ns, 200);
	ck_assert_uint_eq(io->p99_ns, 200);
	ck_assert(io->percentiles_exact);
	ck_assert_uint_eq(io->share_ppm, 300000);
	ck_assert_uint_eq(io->inferred, 0);
}
END_TEST

START_TEST(life_many_exits_have_estimated_percentiles)
{
	start_run(0);
	for (int i = 0; i < 600; i++)
		exit_to(0, "handle_io [kvm_intel]", 1000001);
	end_run(0);
	finish();
	ck_assert(!fixture.report.exits[0].percentiles_exact);
	ck_assert_uint_eq(fixture.report.exits[0].mean_ns, 1000001);
	/* to within 1/128 */
	ck_assert_uint_le(fixture.report.exits[0].p99_ns, 1000001);
	ck_assert_uint_gt(fixture.report.exits[0].p99_ns, 992187);
}
END_TEST

START_TEST(life_exit_without_handler_is_an_interrupt_if_the_guest_goes_on)
{
	start_run(0);
	exit_to(0, NULL, 40);
	leaf(0, "kvm_sched_out [kvm]", 7);
	exit_to(0, "handle_io [kvm_intel]", 100);
	exit_to(0, NULL, 40);
	end_run(0);
	/* the next run is another one */
	start_run(0);
	exit_to(0, "handle_io [kvm_intel]", 100);
	end_run(0);
	finish();
	expect_run(0, 3, "external-interrupt io unknown");
	expect_exits("io:handle_io 2, unknown:- 1, external-interrupt:vmx_handle_exit_irqoff 1");
	ck_assert_uint_eq(fixture.report.exits[1].total_ns, 60);
	ck_assert_uint_eq(fixture.report.exits[2].total_ns, 30);
	ck_assert_uint_eq(fixture.report.exits[2].inferred, 1);
}
END_TEST

START_TEST(life_interrupt_is_not_inferred_where_runs_are_not_traced)
{
	exit_to(0, NULL, 40);
	exit_to(0, "handle_io [kvm_intel]", 100);
	exit_to(0, NULL, 40);
	finish();
	expect_exits("unknown:- 2, io:handle_io 1");
	ck_assert_uint_eq(fixture.report.guest_entries, 3);
	ck_assert_uint_eq(fixture.report.run_count, 0);
}
END_TEST

START_TEST(life_exit_may_be_spread_over_trees)
{
	/* nothing around entries and dispatchers is traced, and lanes change hands between trees */
	leaf(0, "vmx_vcpu_run [kvm_intel]", 500);
	leaf(1, "vmx_vcpu_run [kvm_intel]", 500);
	fixture.script.swapping = 1;
	leaf(0, "unrelated", 1);
	enter(1, "vmx_handle_exit [kvm_intel]");
	leaf(1, "handle_cr [kvm_intel]", 7);
	leave(1, 10);
	enter(0, "vmx_handle_exit [kvm_intel]");
	leaf(0, "handle_io [kvm_intel]", 8);
	leave(0, 10);
	finish();
	expect_exits("io:handle_io 1, cr-access:handle_cr 1");
	ck_assert_uint_eq(fixture.report.guest_entries, 2);
}
END_TEST

START_TEST(life_clues_are_not_for_the_next_tree)
{
	/* a lane that changes hands while callers were missing in it */
	script_unseen(&fixture.script, 0);
	leaf(0, "kvm_destroy_vm [kvm]", 5);
	script_vanish(&fixture.script, 0);
	fixture.script.swapping = 1;
	script_unseen(&fixture.script, 1);
	script_turn_up(&fixture.script, 1, "kvm_vm_release [kvm]", 50);
	finish();
	expect_phases("release-vm");
}
END_TEST

START_TEST(life_run_needs_no_ioctl_around_it)
{
	enter(0, "kvm_arch_vcpu_ioctl_run [kvm]");
	exit_to(0, NULL, 40);
	exit_to(0, "handle_io [kvm_intel]", 100);
	leave(0, 1000);
	finish();
	expect_phases("run(KVM_RUN)");
	expect_run(0, 2, "external-interrupt io");
}
END_TEST

START_TEST(life_halt_may_be_served_directly_or_early)
{
	start_run(0);
	exit_to(0, "kvm_emulate_halt [kvm]", 10);
	end_run(0);
	start_run(0);
	enter(0, "vmx_vcpu_run [kvm_intel]");
	enter(0, "handle_fastpath_hlt [kvm_intel]");
	leaf(0, "kvm_emulate_halt [kvm]", 5);
	leave(0, 8);
	leave(0, 100);
	leaf(0, "vmx_handle_exit [kvm_intel]", 20);
	end_run(0);
	finish();
	expect_run(0, 1, "hlt");
	expect_run(1, 1, "hlt");
	expect_exits("hlt:kvm_emulate_halt 1, hlt:handle_fastpath_hlt 1");
	ck_assert_uint_eq(fixture.report.exits[1].total_ns, 8);
}
END_TEST

START_TEST(life_fast_path_may_go_back_at_once)
{
	start_run(0);
	enter(0, "vmx_vcpu_run [kvm_intel]");
	leaf(0, "handle_fastpath_set_msr_irqoff [kvm]", 9);
	leave(0, 100);
	leaf(0, "vmx_vcpu_run [kvm_intel]", 100);
	/* begun on the fast path, finished on the slow one */
	enter(0, "vmx_vcpu_run [kvm_intel]");
	leaf(0, "handle_fastpath_set_msr_irqoff [kvm]", 9);
	leave(0, 100);
	enter(0, "vmx_handle_exit [kvm_intel]");
	leaf(0, "handle_io [kvm_intel]", 100);
	leave(0, 200);
	end_run(0);
	finish();
	expect_run(0, 3, "msr-write unknown io");
	expect_exits("io:handle_io 1, msr-write:handle_fastpath_set_msr_irqoff 1, unknown:- 1");
}
END_TEST

START_TEST(life_wrapped_entry_is_one_entry)
{
	start_run(0);
	enter(0, "vt_vcpu_run [kvm_intel]");
	leaf(0, "vmx_vcpu_run [kvm_intel]", 100);
	leave(0, 110);
	enter(0, "vt_handle_exit [kvm_intel]");
	enter(0, "vmx_handle_exit [kvm_intel]");
	enter(0, "__vmx_handle_exit [kvm_intel]");
	leaf(0, "handle_io [kvm_intel]", 50);
	leave(0, 60);
	leave(0, 70);
	leave(0, 80);
	end_run(0);
	finish();
	expect_run(0, 1, "io");
	ck_assert_uint_eq(fixture.report.guest_entries, 1);
}
END_TEST

START_TEST(life_noise_below_a_dispatcher_is_no_handler)
{
	start_run(0);
	go_through_guest(0);
	enter(0, "vmx_handle_exit [kvm_intel]");
	enter(0, "pvclock_gtod_notify [kvm]");
	leaf(0, "handle_stray [kvm]", 5);
	leave(0, 10);
	leaf(0, "handle_foreign [usb]", 5);
	enter(0, "handle_io [kvm_intel]");
	leaf(0, "kvm_emulate_cpuid [kvm]", 5);
	leaf(0, "handle_mmio_page_fault [kvm]", 5);
	leave(0, 50);
	leaf(0, "handle_second [kvm_intel]", 500);
	leave(0, 100);
	end_run(0);
	finish();
	expect_exits("io:handle_io 1");
}
END_TEST

static const struct {
	const char *dispatcher;
	const char *handler;
	const char *inner; /* inside of the handler; NULL: nothing */
	const char *wanted;
} handlers[] = {
	{ "vmx_handle_exit [kvm_intel]", "handle_ept_misconfig [kvm_intel]", NULL, "mmio" },
	{ "vmx_handle_exit [kvm_intel]", "kvm_emulate_cpuid [kvm]", NULL, "cpuid" },
	{ "vmx_handle_exit [kvm_intel]", "kvm_emulate_rdmsr [kvm]", NULL, "msr-read" },
	{ "vmx_handle_exit [kvm_intel]", "kvm_emulate_wrmsr [kvm]", NULL, "msr-write" },
	{ "vmx_handle_exit [kvm_intel]", "handle_cr [kvm_intel]", NULL, "cr-access" },
	{ "vmx_handle_exit [kvm_intel]", "handle_vmcall [kvm_intel]", NULL, "hypercall" },
	{ "vmx_handle_exit [kvm_intel]", "kvm_emulate_hypercall [kvm]", NULL, "hypercall" },
	{ "vmx_handle_exit [kvm_intel]", "handle_interrupt_window [kvm_intel]", NULL,
	  "interrupt-window" },
	{ "vmx_handle_exit [kvm_intel]", "handle_exception_nmi [kvm_intel]", NULL, "exception" },
	{ "vmx_handle_exit [kvm_intel]", "handle_triple_fault [kvm_intel]", NULL, "shutdown" },
	{ "vmx_handle_exit [kvm_intel]", "handle_preemption_timer [kvm_intel]", NULL,
	  "preemption-timer" },
	{ "vmx_handle_exit [kvm_intel]", "handle_halt [kvm_intel]", NULL, "hlt" },
	{ "vmx_handle_exit [kvm_intel]", "handle_pause [kvm_intel]", NULL, "other" },
	/* the fault stays a fault if it ends in emulation */
	{ "vmx_handle_exit [kvm_intel]", "handle_ept_violation [kvm_intel]",
	  "handle_mmio_page_fault [kvm]", "ept-violation" },
	/* the handler of MMIO is passed over */
	{ "vmx_handle_exit [kvm_intel]", "kvm_mmu_page_fault [kvm]", NULL, "mmio" },
	{ "svm_handle_exit [kvm_amd]", "kvm_mmu_page_fault [kvm]", NULL, "npf" },
	{ "svm_handle_exit [kvm_amd]", "npf_interception [kvm_amd]", NULL, "npf" },
	{ "svm_handle_exit [kvm_amd]", "npf_interception [kvm_amd]", "handle_mmio_page_fault [kvm]",
	  "mmio" },
	{ "handle_exit [kvm_amd]", "io_interception [kvm_amd]", NULL, "io" },
	{ "svm_invoke_exit_handler [kvm_amd]", "msr_interception [kvm_amd]",
	  "kvm_emulate_rdmsr [kvm]", "msr-read" },
	{ "svm_invoke_exit_handler [kvm_amd]", "msr_interception [kvm_amd]",
	  "kvm_emulate_wrmsr [kvm]", "msr-write" },
	{ "svm_invoke_exit_handler [kvm_amd]", "msr_interception [kvm_amd]", NULL, "other" },
	{ "svm_handle_exit [kvm_amd]", "vmmcall_interception [kvm_amd]", NULL, "hypercall" },
	{ "svm_handle_exit [kvm_amd]", "intr_interception [kvm_amd]", NULL, "external-interrupt" },
	{ "svm_handle_exit [kvm_amd]", "cr_interception [kvm_amd]", NULL, "cr-access" },
	{ "svm_handle_exit [kvm_amd]", "interrupt_window_interception [kvm_amd]", NULL,
	  "interrupt-window" },
	{ "svm_handle_exit [kvm_amd]", "shutdown_interception [kvm_amd]", NULL, "shutdown" },
	{ "svm_handle_exit [kvm_amd]", "pause_interception [kvm_amd]", NULL, "other" },
};

START_TEST(life_handler_tells_its_reason)
{
	start_run(0);
	leaf(0, "svm_vcpu_run [kvm_amd]", 5);
	enter(0, handlers[_i].dispatcher);
	enter(0, handlers[_i].handler);
	if (handlers[_i].inner != NULL) {
		enter(0, "between [kvm]");
		leaf(0, handlers[_i].inner, 1);
		leave(0, 2);
	}
	leave(0, 5);
	leave(0, 10);
	end_run(0);
	finish();
	expect_run(0, 1, handlers[_i].wanted);
	ck_assert_uint_eq(fixture.report.exits[0].total_ns, 5);
	size_t len = strlen(fixture.report.exits[0].handler);
	ck_assert_int_eq(strncmp(handlers[_i].handler, fixture.report.exits[0].handler, len), 0);
}
END_TEST

START_TEST(life_guest_without_return_has_no_exit)
{
	start_run(0);
	exit_to(0, "handle_io [kvm_intel]", 100);
	enter(0, "vmx_vcpu_run [kvm_intel]");
	finish();
	expect_phases("run(KVM_RUN)");
	expect_run(0, 2, "io");
	expect_exits("io:handle_io 1");
}
END_TEST

START_TEST(life_exit_cut_off_is_counted_without_time)
{
	start_run(0);
	go_through_guest(0);
	enter(0, "vmx_handle_exit [kvm_intel]");
	enter(0, "handle_io [kvm_intel]");
	start_run(1);
	go_through_guest(1);
	start_run(2);
	go_through_guest(2);
	enter(2, "vmx_handle_exit [kvm_intel]");
	finish();
	expect_run(0, 1, "io");
	expect_run(1, 1, "unknown");
	expect_run(2, 1, "unknown");
	expect_exits("io:handle_io 1, unknown:- 2");
	ck_assert_uint_eq(fixture.report.exits[0].total_ns, 0);
	ck_assert_uint_eq(fixture.report.exits[0].share_ppm, 0);
}
END_TEST

START_TEST(life_run_that_began_before_the_trace_has_its_exits)
{
	script_unseen(&fixture.script, 0);
	script_unseen(&fixture.script, 0);
	script_unseen(&fixture.script, 0);
	leaf(0, "vmx_vcpu_load [kvm_intel]", 5);
	script_turn_up(&fixture.script, 0, "vmx_vcpu_run [kvm_intel]", 70);
	enter(0, "vmx_handle_exit [kvm_intel]");
	leaf(0, "handle_io [kvm_intel]", 5);
	leave(0, 10);
	leaf(0, "kvm_mmu_notifier_change_pte [kvm]", 5);
	script_turn_up(&fixture.script, 0, "kvm_arch_vcpu_ioctl_run [kvm]", 100);
	script_turn_up(&fixture.script, 0, "kvm_vcpu_ioctl [kvm]", 200);
	finish();
	expect_phases("run(KVM_RUN)");
	expect_run(0, 1, "io");
	ck_assert_uint_eq(run_at(0).flags & KG_CALL_INCOMPLETE, KG_CALL_NO_START);
	ck_assert_uint_eq(fixture.report.other_roots, 0);
}
END_TEST

START_TEST(life_wrapper_that_turns_up_adds_no_entry)
{
	start_run(0);
	script_unseen(&fixture.script, 0);
	leaf(0, "vmx_vcpu_run [kvm_intel]", 70);
	script_turn_up(&fixture.script, 0, "vt_vcpu_run [kvm_intel]", 80);
	script_unseen(&fixture.script, 0);
	enter(0, "__vmx_handle_exit [kvm_intel]");
	leaf(0, "handle_io [kvm_intel]", 5);
	leave(0, 10);
	script_turn_up(&fixture.script, 0, "vmx_handle_exit [kvm_intel]", 20);
	end_run(0);
	finish();
	expect_run(0, 1, "io");
	expect_exits("io:handle_io 1");
}
END_TEST

/* ---- many ------------------------------------------------------------------------------------ */

START_TEST(life_vcpus_run_side_by_side)
{
	enter(0, "kvm_vcpu_ioctl [kvm]");
	enter(1, "kvm_vcpu_ioctl [kvm]");
	enter(1, "kvm_arch_vcpu_ioctl_run [kvm]");
	enter(0, "kvm_arch_vcpu_ioctl_run [kvm]");
	for (int i = 0; i < 200; i++) {
		leaf(0, "vmx_vcpu_run [kvm_intel]", 5);
		leaf(1, "vmx_vcpu_run [kvm_intel]", 5);
		enter(0, "vmx_handle_exit [kvm_intel]");
		enter(1, "vmx_handle_exit [kvm_intel]");
		leaf(1, "handle_cr [kvm_intel]", 1);
		leaf(0, i % 2 == 0 ? "handle_io [kvm_intel]" : "kvm_emulate_cpuid [kvm]", 1);
		leave(0, 10);
		leave(1, 10);
	}
	end_run(1);
	end_run(0);
	finish();
	/* in the order in which the phases were entered */
	ck_assert_uint_eq(run_at(0).task_id, 0);
	ck_assert_uint_eq(run_at(1).task_id, 1);
	ck_assert_uint_eq(phase_at(1).run_index, 1);
	for (size_t row = 0; row < 2; row++) {
		struct reasons out = { .len = 0 };
		struct kg_run run = run_at(row);
		ck_assert_int_eq(kg_life_run_exits(fixture.life, &run, take_reasons, &out), KG_OK);
		ck_assert_uint_eq(out.count, 200);
		const char *start = row == 0 ? "io cpuid io cpuid io" : "cr-access cr-access";
		ck_assert_int_eq(strncmp(out.text, start, strlen(start)), 0);
	}
	expect_exits("cr-access:handle_cr 200, cpuid:kvm_emulate_cpuid 100, io:handle_io 100");
}
END_TEST

START_TEST(life_many_phases_come_back_in_order)
{
	enum { RUNS = 3000 };
	/* entered first, left last, and one that turns out to be none */
	enter(2, "kvm_vm_worker_thread [kvm]");
	enter(3, "kvm_vm_ioctl [kvm]");
	for (uint64_t i = 0; i < RUNS; i++) {
		leaf(0, "kvm_vcpu_fault [kvm]", i);
		start_run(1);
		exit_to(1, "handle_io [kvm_intel]", i);
		end_run(1);
	}
	leave(3, 7);
	leave(2, 77);
	finish();
	ck_assert_uint_eq(fixture.report.phase_count, 2 * RUNS + 1);
	ck_assert_uint_eq(fixture.report.run_count, RUNS);
	ck_assert_uint_eq(phase_at(0).dur_ns, 77);
	for (size_t i = 0; i < RUNS; i++) {
		ck_assert_uint_eq(phase_at(2 * i + 1).dur_ns, i);
		ck_assert_uint_eq(phase_at(2 * i + 2).run_index, i);
		ck_assert_uint_eq(run_at(i).line_no, phase_at(2 * i + 2).line_no);
	}
	/* asking again changes nothing */
	ck_assert_int_eq(kg_life_report(fixture.life, &fixture.report), KG_OK);
	ck_assert_uint_eq(fixture.report.phase_count, 2 * RUNS + 1);
	ck_assert_uint_eq(fixture.report.phase_totals[KG_PHASE_RUN].count, RUNS);
}
END_TEST

START_TEST(life_rows_without_a_file_are_io)
{
	struct kg_life *life;
	ck_assert_int_eq(kg_life_new(&fixture.script.funcs, "/nonexistent", &life), KG_OK);
	script_rewind(&fixture.script, kg_life_sink(life));
	for (uint64_t i = 0; i < 10000; i++)
		leaf(0, "kvm_vcpu_fault [kvm]", i);
	ck_assert_int_eq(fixture.script.status, KG_IO);
	kg_life_free(life);
}
END_TEST

static void play_all(void)
{
	script_unseen(&fixture.script, 2);
	leaf(2, "unrelated", 5);
	start_run(0);
	for (int i = 0; i < 130; i++)
		exit_to(0, i % 2 == 0 ? "handle_io [kvm_intel]" : NULL, 5);
	end_run(0);
	for (int i = 0; i < 1000; i++)
		leaf(1, "kvm_vcpu_fault [kvm]", 5);
	script_turn_up(&fixture.script, 2, "kvm_vm_release [kvm]", 50);
}

START_TEST(life_out_of_memory_is_clean)
{
	play_all();
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_life *life = NULL;
		struct kg_life_report report;
		struct kg_phase phase;
		memory_fail_after(passes);
		status = kg_life_new(&fixture.script.funcs, "/tmp", &life);
		if (status == KG_OK) {
			script_rewind(&fixture.script, kg_life_sink(life));
			play_all();
			script_done(&fixture.script);
			status = fixture.script.status;
		}
		if (status == KG_OK)
			status = kg_life_report(life, &report);
		if (status == KG_OK)
			status = kg_life_phase(life, 0, &phase);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		kg_life_free(life);
	}
}
END_TEST

/* ---- names ----------------------------------------------------------------------------------- */

START_TEST(life_vendor_is_what_most_functions_say)
{
	struct kg_funcs *funcs = &fixture.script.funcs;
	ck_assert_int_eq(kg_vendor_of(funcs), KG_VENDOR_UNKNOWN);
	script_func(&fixture.script, "kvm_vcpu_ioctl [kvm]");
	script_func(&fixture.script, "svm_range_restore_pages [amdgpu]");
	ck_assert_int_eq(kg_vendor_of(funcs), KG_VENDOR_UNKNOWN);
	script_func(&fixture.script, "svm_vcpu_run [kvm_amd]");
	ck_assert_int_eq(kg_vendor_of(funcs), KG_VENDOR_SVM);
	script_func(&fixture.script, "vmx_vcpu_run");
	ck_assert_int_eq(kg_vendor_of(funcs), KG_VENDOR_UNKNOWN);
	script_func(&fixture.script, "vmx_vcpu_load [kvm_intel]");
	ck_assert_int_eq(kg_vendor_of(funcs), KG_VENDOR_VMX);
}
END_TEST

START_TEST(life_kinds_have_names)
{
	ck_assert_str_eq(kg_phase_name(KG_PHASE_PROBE), "probe");
	ck_assert_str_eq(kg_phase_text(KG_PHASE_RUN), "KVM_RUN");
	ck_assert_str_eq(kg_phase_name(KG_PHASE_RCU), "rcu");
	ck_assert_str_eq(kg_phase_name(KG_PHASE_KIND_COUNT), "unknown");
	ck_assert_str_eq(kg_phase_text(KG_PHASE_KIND_COUNT), "unknown");
	ck_assert_str_eq(kg_reason_name(KG_REASON_IO), "io");
	ck_assert_str_eq(kg_reason_name(KG_REASON_UNKNOWN), "unknown");
	ck_assert_str_eq(kg_reason_name(KG_REASON_COUNT), "unknown");
	ck_assert_ptr_null(kg_ioctl_name(0));
	ck_assert_ptr_null(kg_ioctl_name(255));
}
END_TEST

Suite *life_suite(void)
{
	Suite *suite = suite_create("life");
	TCase *phases = tcase_create("phases");
	tcase_add_checked_fixture(phases, set_up, tear_down);
	tcase_add_test(phases, life_without_calls_is_empty);
	tcase_add_loop_test(phases, life_step_has_its_phase, 0, COUNT_OF(steps));
	tcase_add_test(phases, life_first_sign_counts);
	tcase_add_test(phases, life_phase_may_be_at_any_depth);
	tcase_add_test(phases, life_leaf_ioctl_is_told_by_its_place);
	tcase_add_test(phases, life_svm_sets_its_tss_by_doing_nothing);
	tcase_add_test(phases, life_vmx_does_something_for_its_tss);
	tcase_add_test(phases, life_hot_callee_cost_most_by_itself);
	tcase_add_test(phases, life_totals_are_of_complete_phases);
	tcase_add_test(phases, life_hidden_calls_shape_but_do_not_count);
	suite_add_tcase(suite, phases);
	TCase *damage = tcase_create("damage");
	tcase_add_checked_fixture(damage, set_up, tear_down);
	tcase_add_test(damage, life_absence_proves_nothing_in_a_cut_phase);
	tcase_add_test(damage, life_caller_that_turns_up_takes_its_callees);
	tcase_add_test(damage, life_callers_that_vanish_leave_roots);
	tcase_add_test(damage, life_clues_are_not_for_the_next_tree);
	tcase_add_test(damage, life_guest_without_return_has_no_exit);
	tcase_add_test(damage, life_exit_cut_off_is_counted_without_time);
	tcase_add_test(damage, life_run_that_began_before_the_trace_has_its_exits);
	tcase_add_test(damage, life_wrapper_that_turns_up_adds_no_entry);
	suite_add_tcase(suite, damage);
	TCase *runs = tcase_create("runs");
	tcase_add_checked_fixture(runs, set_up, tear_down);
	tcase_add_test(runs, life_run_has_entries_and_exits);
	tcase_add_test(runs, life_many_exits_have_estimated_percentiles);
	tcase_add_test(runs, life_exit_without_handler_is_an_interrupt_if_the_guest_goes_on);
	tcase_add_test(runs, life_interrupt_is_not_inferred_where_runs_are_not_traced);
	tcase_add_test(runs, life_exit_may_be_spread_over_trees);
	tcase_add_test(runs, life_run_needs_no_ioctl_around_it);
	tcase_add_test(runs, life_halt_may_be_served_directly_or_early);
	tcase_add_test(runs, life_fast_path_may_go_back_at_once);
	tcase_add_test(runs, life_wrapped_entry_is_one_entry);
	tcase_add_test(runs, life_noise_below_a_dispatcher_is_no_handler);
	tcase_add_loop_test(runs, life_handler_tells_its_reason, 0, COUNT_OF(handlers));
	suite_add_tcase(suite, runs);
	TCase *many = tcase_create("many");
	tcase_add_checked_fixture(many, set_up, tear_down);
	tcase_add_test(many, life_vcpus_run_side_by_side);
	tcase_add_test(many, life_many_phases_come_back_in_order);
	tcase_add_test(many, life_rows_without_a_file_are_io);
	tcase_add_test(many, life_out_of_memory_is_clean);
	suite_add_tcase(suite, many);
	TCase *names = tcase_create("names");
	tcase_add_checked_fixture(names, set_up, tear_down);
	tcase_add_test(names, life_vendor_is_what_most_functions_say);
	tcase_add_test(names, life_kinds_have_names);
	suite_add_tcase(suite, names);
	return suite;
}
