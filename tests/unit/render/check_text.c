/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "render/sample.h"
#include "base/banned.h"

Suite *text_suite(void);

/* ---- what is expected ------------------------------------------------------------------------ */

static const char info_text[] =
	"File      vm.txt\n"
	"Format    ftrace, columns cpu, duration\n"
	"Vendor    vmx\n"
	"Lines     30: 8 entry, 4 leaf, 5 exit, 2 exit with a name, 1 switch, 1 lost, 4 header, 3 "
	"noise,\n"
	"          2 unrecognized\n"
	"Calls     13 of 10 functions: 6 roots, 7 without callees, depth up to 3, 2 left on "
	"another CPU\n"
	"          10 complete, 1 without a start, 2 without an end\n"
	"Marks     ! 3 (> 100 us), $ 2 (> 1 s)\n"
	"Losses    1 gap, an unknown number of events lost\n"
	"\n"
	"CPUs\n"
	"  CPU  events  calls  switches\n"
	"    0       4      4         1\n"
	"    1       2      1         0\n"
	"    2       1      0         0\n"
	"    3      12      7      1000\n"
	"\n"
	"Tasks\n"
	"  task                calls  roots  CPUs\n"
	"  v\\x1b[31m\\xff-2690     11      4  0,3\n"
	"  <idle>-0                1      1  0-2,7  one tree per CPU\n"
	"  ?cpu2                   1      1  2      no line names what ran there\n"
	"\n"
	"Modules\n"
	"  module     calls   share\n"
	"  kvm            8  61.53%\n"
	"  kvm_intel      3  23.07%\n"
	"  (none)         1   7.69%\n"
	"\n"
	"Imperfections\n"
	"  kind      count  first line  meaning\n"
	"  no-start      1          23  a call that ends but never starts\n"
	"  no-end        2          21  a call that starts but never ends\n";

static const char timing_text[] =
	"vm.txt: ftrace, vmx, 13 calls, 1 gap\n"
	"Figures stand on 76.92% of the calls; left out: 3 that lack their start or end\n"
	"\n"
	"Phases, and the callee that took most of each by itself\n"
	"  line  phase            task                cpu     duration  calls     hottest  callee\n"
	"     5  probe            v\\x1b[31m\\xff-2690  0       3.478 us      1\n"
	"     6  KVM_CREATE_VM    v\\x1b[31m\\xff-2690  0->3  546.845 us      3  236.879 us  "
	"kvm_create_vm [kvm]\n"
	"    10  hardware-enable  <idle>-0            1       4.129 us      1\n"
	"    13  KVM_RUN          v\\x1b[31m\\xff-2690  3       1.234  s      5    1.234  s  "
	"kvm_arch_vcpu_ioctl_run [kvm]\n"
	"    21  KVM_RUN          v\\x1b[31m\\xff-2690  3              -      2                    "
	"                         (no end)\n"
	"  not listed: 1 root that is no step of a VM's life\n"
	"\n"
	"KVM_RUN: 2 runs, 1 guest entry, 1 exit\n"
	"  run  line  duration  entries  exits  ended by\n"
	"    1    13  1.234  s        1  io     io\n"
	"    2    21         -        0                   (no end)\n"
	"\n"
	"VM exits and the time in their handlers\n"
	"  reason  handler    samples  samples%    time%     total      mean       p99       max\n"
	"  io      handle_io        1   100.00%  100.00%  6.451 us  6.451 us  6.451 us  6.451 us\n"
	"\n"
	"Functions\n"
	"       total        self  calls  left out        mean         p99         max  at line  "
	"function\n"
	"    1.234  s    0.109 us      1         1    1.234  s    1.234  s    1.234  s       13  "
	"kvm_vcpu_ioctl [kvm]\n"
	"    1.234  s    1.234  s      1         1    1.234  s    1.234  s    1.234  s       14  "
	"kvm_arch_vcpu_ioctl_run [kvm]\n"
	"  550.323 us  159.214 us      2            275.162 us  546.845 us  546.845 us        6  "
	"kvm_dev_ioctl [kvm]\n"
	"  391.109 us  236.879 us      1            391.109 us  391.109 us  391.109 us        7  "
	"kvm_create_vm [kvm]\n"
	"  154.230 us  154.230 us      1            154.230 us  154.230 us  154.230 us        8  "
	"kvm_arch_init_vm [kvm]\n"
	"    7.001 us    0.550 us      1              7.001 us    7.001 us    7.001 us       16  "
	"vmx_handle_exit [kvm_intel]\n"
	"    6.451 us    6.451 us      1              6.451 us    6.451 us    6.451 us       17  "
	"handle_io [kvm_intel]\n"
	"    4.531 us    4.531 us      1              4.531 us    4.531 us    4.531 us       15  "
	"vmx_vcpu_run [kvm_intel]\n"
	"    4.129 us    4.129 us      1              4.129 us    4.129 us    4.129 us       10  "
	"hardware_enable_nolock [kvm]\n"
	"           -           -      0         1           -           -           -           "
	"schedule\n";

static const char tree_text[] =
	"v\\x1b[31m\\xff-2690: 11 calls on CPUs 0,3\n"
	" 5  0)         3.478 us | kvm_dev_ioctl [kvm]();\n"
	" 6  0) !     546.845 us | kvm_dev_ioctl [kvm]()  cpu 0 -> 3\n"
	" 7  0) !     391.109 us |   kvm_create_vm [kvm]()  cpu 0 -> 3\n"
	" 8  0) !     154.230 us |     kvm_arch_init_vm [kvm]();\n"
	"13  3) $ 1234567.999 us | kvm_vcpu_ioctl [kvm]()\n"
	"14  3) $ 1234567.890 us |   kvm_arch_vcpu_ioctl_run [kvm]()\n"
	"15  3)         4.531 us |     vmx_vcpu_run [kvm_intel]();\n"
	"16  3)         7.001 us |     vmx_handle_exit [kvm_intel]()\n"
	"17  3)         6.451 us |       handle_io [kvm_intel]();\n"
	"21  3)                  | kvm_vcpu_ioctl [kvm]()  (no end)\n"
	"22  3)                  |   kvm_arch_vcpu_ioctl_run [kvm]();  (no end)\n"
	"\n"
	"<idle>-0: 1 call on CPU 1\n"
	"10  1)         4.129 us | hardware_enable_nolock [kvm]();\n"
	"\n"
	"?cpu2: 1 call on CPU 2\n"
	"    2) *   12345.678 us | schedule();  (no start)\n";

static const char by_cpu_text[] =
	"CPU 0\n"
	"  -- v\\x1b[31m\\xff-2690 --\n"
	" 5          3.478 us | kvm_dev_ioctl [kvm]();\n"
	" 6                   | kvm_dev_ioctl [kvm]() {  (left on cpu 3)\n"
	" 7                   |   kvm_create_vm [kvm]() {  (left on cpu 3)\n"
	" 8  !     154.230 us |     kvm_arch_init_vm [kvm]();\n"
	"\n"
	"CPU 1\n"
	"  -- <idle>-0 --\n"
	"10          4.129 us | hardware_enable_nolock [kvm]();\n"
	"\n"
	"CPU 2\n"
	"  -- ?cpu2 --\n"
	"23  *   12345.678 us | } /* schedule */  (no start)\n"
	"\n"
	"CPU 3\n"
	"  -- v\\x1b[31m\\xff-2690 --\n"
	" 9  !     391.109 us |   } /* kvm_create_vm [kvm] */  (entered on cpu 0)\n"
	"11  !     546.845 us | } /* kvm_dev_ioctl [kvm] */  (entered on cpu 0)\n"
	"13                   | kvm_vcpu_ioctl [kvm]() {\n"
	"14                   |   kvm_arch_vcpu_ioctl_run [kvm]() {\n"
	"15          4.531 us |     vmx_vcpu_run [kvm_intel]();\n"
	"16                   |     vmx_handle_exit [kvm_intel]() {\n"
	"17          6.451 us |       handle_io [kvm_intel]();\n"
	"18          7.001 us |     } /* vmx_handle_exit [kvm_intel] */\n"
	"19  $ 1234567.890 us |   } /* kvm_arch_vcpu_ioctl_run [kvm] */\n"
	"20  $ 1234567.999 us | } /* kvm_vcpu_ioctl [kvm] */\n"
	"21                   | kvm_vcpu_ioctl [kvm]() {  (no end)\n"
	"22                   |   kvm_arch_vcpu_ioctl_run [kvm]() {  (no end)\n";

static const char verify_text[] =
	"FAIL: vm.txt does not follow kvm-vmx 1.0 (vm.json)\n"
	"7 checks: 2 pass, 2 fail, 1 inconclusive, 1 not-traceable, 1 skipped\n"
	"\n"
	"Phases\n"
	"  verdict  check      line\n"
	"  pass     create-vm     6  KVM_CREATE_VM\n"
	"  skipped  run              KVM_RUN\n"
	"\n"
	"FAIL load-put: every load has its put\n"
	"  expected  as many puts as loads\n"
	"  found     2 loads, 1 put\n"
	"  where     line 6, cpu 3, v\\x1b[31m\\xff-2690, kvm_create_vm [kvm]\n"
	"            cpu 2, ?cpu2\n"
	"  why       a vCPU that stays loaded is bound to its CPU, and every load elsewhere has to "
	"interrupt\n"
	"            it there\n"
	"\n"
	"FAIL (warning only) run-budget: each KVM_RUN within 1 ms\n"
	"  found     1.234 s\n"
	"\n"
	"inconclusive hw-off: off on every CPU\n"
	"  why       events of CPU 2 were lost\n";

/* ---- reports --------------------------------------------------------------------------------- */

struct input {
	struct sample sample;
	struct kg_timing timing;
	struct kg_spec *spec;
	const struct kg_fit_report *fit; /* NULL to begin with */
	struct kg_text_opts opts;
};

static void set_up(struct input *input)
{
	sample_init(&input->sample);
	input->timing = sample_timing(&input->sample);
	input->spec = sample_spec();
	input->fit = NULL;
	input->opts = (struct kg_text_opts){ 0 };
}

static void tear_down(struct input *input)
{
	kg_spec_free(input->spec);
	sample_release(&input->sample);
}

static enum kg_status render_info(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_info_text(out, &input->sample.info, input->fit, &input->opts);
}

static enum kg_status render_timing(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_timing_text(out, &input->timing, &input->opts);
}

static enum kg_status render_tree(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_tree_text(out, &input->sample.info, input->sample.table, &input->opts);
}

static enum kg_status render_tree_by_cpu(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_tree_by_cpu_text(out, &input->sample.info, input->sample.table,
					  &input->opts);
}

static enum kg_status render_verify(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_verify_text(out, &input->sample.info, input->spec, &sample_verify_report,
				     &input->opts);
}

static const struct {
	enum kg_status (*render)(void *self, struct kg_out *out);
	const char *expected;
} reports[] = {
	{ render_info, info_text },	{ render_timing, timing_text },
	{ render_tree, tree_text },	{ render_tree_by_cpu, by_cpu_text },
	{ render_verify, verify_text },
};

static char *rendered(struct input *input, enum kg_status (*render)(void *self, struct kg_out *out))
{
	struct kg_out *out = sample_out();
	ck_assert_int_eq(render(input, out), KG_OK);
	return sample_take(out);
}

START_TEST(text_report_reads_as_expected)
{
	struct input input;
	set_up(&input);
	char *got = rendered(&input, reports[_i].render);
	sample_same_text(got, reports[_i].expected);
	free(got);
	tear_down(&input);
}
END_TEST

START_TEST(text_report_without_memory_fails_clean)
{
	struct input input;
	set_up(&input);
	sample_starve(reports[_i].render, &input);
	tear_down(&input);
}
END_TEST

/* Nothing of a stranger's reaches the terminal, no line ends in blanks, colours end. */
START_TEST(text_report_is_clean_in_every_way_to_ask_for_it)
{
	struct input input;
	set_up(&input);
	for (int way = 0; way < 4; way++) {
		input.opts.color = way & 1;
		input.opts.verbose = way & 2;
		char *got = rendered(&input, reports[_i].render);
		ck_assert_ptr_null(strstr(got, " \n"));
		ck_assert_ptr_null(strstr(got, "\xff"));
		bool is_plain = true;
		for (const char *at = strchr(got, '\x1b'); at != NULL;
		     at = strchr(at + 1, '\x1b')) {
			ck_assert(input.opts.color);
			ck_assert_int_ne(strncmp(at, "\x1b[0m", 4) == 0, is_plain);
			is_plain = !is_plain;
		}
		ck_assert(is_plain);
		ck_assert_int_eq(got[strlen(got) - 1], '\n');
		free(got);
	}
	tear_down(&input);
}
END_TEST

START_TEST(text_timing_twice_is_parted_by_a_blank_line)
{
	struct input input;
	set_up(&input);
	struct kg_out *out = sample_out();
	ck_assert_int_eq(render_timing(&input, out), KG_OK);
	ck_assert_int_eq(render_timing(&input, out), KG_OK);
	char *got = sample_take(out);
	ck_assert_ptr_nonnull(strstr(got, "schedule\n\nvm.txt: ftrace"));
	free(got);
	tear_down(&input);
}
END_TEST

START_TEST(text_verify_verbose_lists_the_rules)
{
	struct input input;
	set_up(&input);
	input.opts.verbose = true;
	char *got = rendered(&input, render_verify);
	ck_assert_ptr_nonnull(strstr(got, "\nRules\n"));
	ck_assert_ptr_nonnull(strstr(got, "\n  pass           one\\x1b-vm"));
	ck_assert_ptr_nonnull(strstr(got, "\n  not-traceable  zapped"));
	free(got);
	tear_down(&input);
}
END_TEST

START_TEST(text_verify_one_cause_is_told_once)
{
	static const struct kg_check checks[] = {
		{ .id = "phase:run",
		  .title = "run",
		  .verdict = KG_VERDICT_INCONCLUSIVE,
		  .found = "1 call",
		  .why = "events were lost",
		  .place_count = 1,
		  .places = { { 6, 0, 1, 3 } } },
		{ .id = "one-vm",
		  .title = "one-vm",
		  .verdict = KG_VERDICT_INCONCLUSIVE,
		  .why = "it is cut off" },
		{ .id = "load-put",
		  .title = "load-put",
		  .verdict = KG_VERDICT_INCONCLUSIVE,
		  .why = "events were lost" },
	};
	const struct kg_verify_report report = { .verdict = KG_VERDICT_INCONCLUSIVE,
						 .checks = checks,
						 .check_count = 3,
						 .counts = { 0, 0, 3 } };
	struct input input;
	set_up(&input);
	struct kg_out *out = sample_out();
	ck_assert_int_eq(kg_render_verify_text(out, &input.sample.info, input.spec, &report, NULL),
			 KG_OK);
	char *got = sample_take(out);
	sample_same_text(got, "INCONCLUSIVE: vm.txt may or may not follow kvm-vmx 1.0 (vm.json)\n"
			      "3 checks: 3 inconclusive\n"
			      "\n"
			      "Phases\n"
			      "  verdict       check  line\n"
			      "  inconclusive  run       6\n"
			      "\n"
			      "2 inconclusive: events were lost\n"
			      "  check      line  found\n"
			      "  phase:run     6  1 call\n"
			      "  load-put\n"
			      "\n"
			      "inconclusive one-vm\n"
			      "  why       it is cut off\n");
	free(got);
	tear_down(&input);
}
END_TEST

/* ---- many of everything ---------------------------------------------------------------------- */

static enum kg_status close_call(const struct kg_call_sink *sink, struct kg_call *call)
{
	call->flags |= KG_CALL_ATOMIC | KG_CALL_ROOT;
	return sink->closed(sink->self, call);
}

START_TEST(text_timing_of_many_phases_sums_them_up)
{
	struct input input;
	set_up(&input);
	struct kg_life *life;
	ck_assert_int_eq(kg_life_new(&input.sample.funcs, NULL, &life), KG_OK);
	struct kg_call_sink sink = kg_life_sink(life);
	for (uint64_t i = 0; i < 61; i++) {
		struct kg_call call = {
			.id = i,
			.parent_id = KG_NO_CALL,
			.line_no = i + 1,
			.end_line_no = i + 1,
			.dur_ns = 1000 * (i + 1),
			.self_ns = 1000 * (i + 1),
			.call_count = 1,
			.mark = ' ',
		};
		ck_assert_int_eq(close_call(&sink, &call), KG_OK);
	}
	ck_assert_int_eq(sink.done(sink.self), KG_OK);
	struct kg_life_report report;
	ck_assert_int_eq(kg_life_report(life, &report), KG_OK);
	ck_assert_uint_eq(report.phase_count, 61);
	input.timing.life = life;
	input.timing.life_report = &report;

	char *got = rendered(&input, render_timing);
	ck_assert_ptr_nonnull(
		strstr(got, "Phases by kind, and what took most of the longest\n"
			    "  phase  count     total       mean       min        max  at line\n"
			    "  probe     61  1.891 ms  31.000 us  1.000 us  61.000 us       61\n"));
	free(got);
	input.opts.verbose = true;
	got = rendered(&input, render_timing);
	ck_assert_ptr_nonnull(strstr(got, "\n    61  probe"));
	free(got);
	kg_life_free(life);
	tear_down(&input);
}
END_TEST

START_TEST(text_info_of_many_cpus_stays_short)
{
	struct input input;
	set_up(&input);
	struct kg_cpu_info cpus[300];
	for (uint16_t i = 0; i < 300; i++)
		cpus[i] = (struct kg_cpu_info){ .cpu = i, .events = 1 };
	input.sample.info.cpus = cpus;
	input.sample.info.cpu_count = 300;
	char *got = rendered(&input, render_info);
	ck_assert_ptr_nonnull(strstr(got, "\n  ... and 284 more (-v shows them)\n"));
	free(got);
	input.opts.verbose = true;
	got = rendered(&input, render_info);
	ck_assert_ptr_nonnull(strstr(got, "\n  299       1      0         0\n"));
	free(got);
	tear_down(&input);
}
END_TEST

/* The line that a fit makes, and the rows of its table. */
static void assert_fit(struct input *input, const struct kg_fit_report *fit, const char *line,
		       const char *table)
{
	input->fit = fit;
	char *got = rendered(input, render_info);
	ck_assert_msg(strstr(got, line) != NULL, "%s", got);
	ck_assert_msg(strstr(got, table) != NULL, "%s", got);
	free(got);
}

START_TEST(text_info_tells_which_kernels_fit)
{
	struct input input;
	set_up(&input);
	static const char table[] =
		"\nClosest builds\n"
		"  build            of      lacks  of the trace's functions\n"
		"  5.17.0-1-amd64   Debian      5  handle_io, kvm_arch_init_vm, kvm_create_vm and "
		"2 "
		"more\n"
		"  5.19.0-1-amd64   Debian      1  handle_io\n"
		"  6.1.0-1-generic  Ubuntu      3  handle_io, kvm_arch_init_vm, kvm_create_vm\n"
		"\n";
	struct kg_fit_report fit = sample_fit_report;
	assert_fit(&input, &fit,
		   "\nFits      5.18, the one mainline release between 5.17 and 5.19: none of 4 "
		   "known builds "
		   "has all 9 functions of KVM\n",
		   table);
	fit.series = NULL;
	assert_fit(&input, &fit, "\nFits      between 5.17 and 5.19: none of 4 known builds has",
		   table);
	fit.older_than = NULL;
	assert_fit(&input, &fit, "\nFits      newer than 5.17: none of 4 known builds has", table);
	fit.newer_than = NULL;
	assert_fit(&input, &fit, "\nFits      none of 4 known builds has all 9", table);
	fit.older_than = &sample_builds[1];
	assert_fit(&input, &fit, "\nFits      older than 5.19: none of 4 known builds has", table);
	fit.kind = KG_FIT_MIXED;
	assert_fit(&input, &fit,
		   "\nFits      no kernel whose changes came in order, by 9 functions of KVM\n",
		   table);
	fit.kind = KG_FIT_ALL;
	fit.series = "5.19";
	assert_fit(&input, &fit,
		   "\nFits      5.19: 1 of 4 known builds has all 9 functions of KVM\n", table);
	fit.closest_count = 2;
	fit.last_closest = 2;
	fit.series = NULL;
	assert_fit(&input, &fit,
		   "\nFits      5.19 to 6.1: 2 of 4 known builds have all 9 functions of KVM\n",
		   "\n  6.12.0-1-generic  Ubuntu      5  handle_io,");
	tear_down(&input);
}
END_TEST

START_TEST(text_info_of_few_functions_fits_nothing)
{
	struct input input;
	set_up(&input);
	struct kg_fit_report fit = sample_fit_report;
	fit.kind = KG_FIT_UNKNOWN;
	fit.name_count = 1;
	input.fit = &fit;
	char *got = rendered(&input, render_info);
	ck_assert_ptr_nonnull(strstr(got, "\nFits      unknown, by no more than 1 function of "
					  "KVM\n"));
	ck_assert_ptr_null(strstr(got, "builds"));
	free(got);
	fit.name_count = 0;
	got = rendered(&input, render_info);
	sample_same_text(got, info_text);
	free(got);
	tear_down(&input);
}
END_TEST

START_TEST(text_info_of_a_whole_trace_says_so)
{
	struct input input;
	set_up(&input);
	struct kg_info *info = &input.sample.info;
	memset(&info->diags, 0, sizeof(info->diags));
	info->lost_gaps = 0;
	info->calls.complete = info->calls.total;
	char *got = rendered(&input, render_info);
	ck_assert_ptr_nonnull(strstr(got, "\n          all complete\n"));
	ck_assert_ptr_nonnull(strstr(got, "\nLosses    none\n"));
	ck_assert_ptr_nonnull(strstr(got, "\nNo imperfections\n"));
	free(got);
	tear_down(&input);
}
END_TEST

START_TEST(text_report_of_nothing_is_no_trouble)
{
	struct input input;
	set_up(&input);
	struct kg_info empty = { .file = "-",
				 .format = KG_FORMAT_FTRACE,
				 .funcs = input.sample.info.funcs,
				 .tasks = input.sample.info.tasks };
	const struct kg_functions_report functions = { 0 };
	const struct kg_life_report life = { 0 };
	struct kg_call_table *table;
	ck_assert_int_eq(kg_call_table_new(&table), KG_OK);
	kg_call_table_free(input.sample.table);
	input.sample.table = table;
	input.sample.info = empty;
	input.timing.functions = &functions;
	input.timing.life_report = &life;
	free(rendered(&input, render_info));
	char *got = rendered(&input, render_timing);
	ck_assert_str_eq(got, "-: ftrace, 0 calls, all complete\n"
			      "No step of a VM's life is in this trace.\n");
	free(got);
	got = rendered(&input, render_tree);
	ck_assert_str_eq(got, "");
	free(got);
	got = rendered(&input, render_tree_by_cpu);
	ck_assert_str_eq(got, "");
	free(got);
	tear_down(&input);
}
END_TEST

/* A chain of calls, each below the one before. */
START_TEST(text_tree_deep_needs_no_stack)
{
	enum { DEPTH = 50000 };
	struct input input;
	set_up(&input);
	struct kg_call_table *table;
	ck_assert_int_eq(kg_call_table_new(&table), KG_OK);
	struct kg_call_sink sink = kg_call_table_sink(table);
	for (uint64_t i = 0; i < DEPTH; i++) {
		struct kg_call call = { .id = i,
					.parent_id = i == 0 ? KG_NO_CALL : i - 1,
					.line_no = i + 1,
					.dur_ns = KG_NO_NS,
					.child_count = i + 1 < DEPTH,
					.cpu_leave = KG_NO_CPU,
					.flags = KG_CALL_NO_END };
		ck_assert_int_eq(sink.closed(sink.self, &call), KG_OK);
	}
	ck_assert_int_eq(sink.done(sink.self), KG_OK);
	struct kg_out *out;
	ck_assert_int_eq(kg_out_open("/dev/null", &out, NULL), KG_OK);
	ck_assert_int_eq(kg_render_tree_text(out, &input.sample.info, table, &input.opts), KG_OK);
	ck_assert_int_eq(kg_render_tree_by_cpu_text(out, &input.sample.info, table, &input.opts),
			 KG_OK);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	kg_call_table_free(table);
	tear_down(&input);
}
END_TEST

Suite *text_suite(void)
{
	const int report_count = sizeof(reports) / sizeof(reports[0]);
	Suite *suite = suite_create("text");
	TCase *whole = tcase_create("reports");
	tcase_add_loop_test(whole, text_report_reads_as_expected, 0, report_count);
	tcase_add_loop_test(whole, text_report_without_memory_fails_clean, 0, report_count);
	tcase_add_loop_test(whole, text_report_is_clean_in_every_way_to_ask_for_it, 0,
			    report_count);
	tcase_add_test(whole, text_timing_twice_is_parted_by_a_blank_line);
	tcase_add_test(whole, text_verify_verbose_lists_the_rules);
	tcase_add_test(whole, text_verify_one_cause_is_told_once);
	suite_add_tcase(suite, whole);
	TCase *sizes = tcase_create("sizes");
	tcase_add_test(sizes, text_timing_of_many_phases_sums_them_up);
	tcase_add_test(sizes, text_info_of_many_cpus_stays_short);
	tcase_add_test(sizes, text_info_of_a_whole_trace_says_so);
	tcase_add_test(sizes, text_info_tells_which_kernels_fit);
	tcase_add_test(sizes, text_info_of_few_functions_fits_nothing);
	tcase_add_test(sizes, text_report_of_nothing_is_no_trouble);
	tcase_add_test(sizes, text_tree_deep_needs_no_stack);
	suite_add_tcase(suite, sizes);
	return suite;
}
