/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvmgraph/trace.h>

#include "base/memory.h"
#include "fixture.h"
#include "random.h"
#include "tree/checking_sink.h"

Suite *trace_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define REFERENCE KG_FIXTURES "/traces/reference-vmx.txt"

#define RULE " ------------------------------------------\n"
#define BANNER(line) RULE line "\n" RULE "\n"

/* A life in small: migration, named exits, switches, a gap, a comment, missing halves. */
static const char *const small_trace =
	"# tracer: function_graph\n"
	"#\n"
	"# CPU  DURATION                  FUNCTION CALLS\n"
	"# |     |   |                     |   |   |   |\n"
	" 1)   0.900 us    |    }\n"
	" 1)   2.000 us    |  } /* before [kvm] */\n"
	" 0)               |  kvm_dev_ioctl [kvm]() {\n"
	" 0)               |    kvm_create_vm [kvm]() {\n"
	" 0)   0.342 us    |      kvm_eventfd_init [kvm]();\n"
	" 3) + 15.447 us   |    } /* kvm_create_vm [kvm] */\n"
	" 3)               |    /* kvm_vm: two\n"
	" lines */\n"
	" 3) + 20.000 us   |  } /* kvm_dev_ioctl [kvm] ret=0x5 */\n"
	" 2)   0.100 us    |  nobody(a=(S)[1]); /* <-x+0x1/0x2 */\n" BANNER(
		" 0)  kvm-hel-2690  =>    <idle>-0   ") " 0)               |  "
							"hardware_enable_nolock [kvm]() {\n"
							" 1)               |  "
							"hardware_enable_nolock [kvm]() {\n"
							" 0)   5.861 us    |  }\n"
							" 1)   5.000 us    |  }\n" BANNER(
								" 3)  kvm-hel-2690  =>  "
								"kvm-nx--2692 ") " 3)         "
										 "      |  "
										 "worker "
										 "[kvm]() {\n"
										 "CPU:3 [LOST "
										 "12 EVENTS]\n"
										 " 3) * "
										 "28803.31 us "
										 "|  "
										 "}\n" BANNER(
											 " 1) "
											 "   "
											 "<idl"
											 "e>-"
											 "0   "
											 " => "
											 " CPU"
											 " 0/"
											 "K-"
											 "1234"
											 "5 ") " 1)"
											       "   "
											       "   "
											       "   "
											       "   "
											       "   "
											       "|  "
											       "ope"
											       "n_"
											       "to_"
											       "the"
											       "_en"
											       "d()"
											       " {"
											       "\n"
											       " 1)"
											       "   "
											       "0."
											       "161"
											       " us"
											       "   "
											       " | "
											       "   "
											       "las"
											       "t "
											       "[kv"
											       "m]("
											       ");";

/* ---- a trace run into a checking sink ---- */

struct run {
	struct kg_trace *trace;
	struct checking_sink checking;
	enum kg_status status;
	struct kg_error err;
};

/* Runs what was opened, if it was. */
static void run_opened(struct run *run)
{
	const struct kg_call_sink sink = checking_sink_of(&run->checking);
	if (run->status != KG_OK)
		return;
	run->status = kg_trace_run(run->trace, &sink, &run->err);
	if (run->status == KG_OK) {
		ck_assert(run->checking.is_done);
		checking_same_counts(&run->checking, &kg_trace_info(run->trace)->calls);
	}
}

static struct run run_path(const char *path, const struct kg_trace_opts *opts)
{
	struct run run = { .trace = NULL };
	run.status = kg_trace_open(path, opts, &run.trace, &run.err);
	run_opened(&run);
	return run;
}

static struct run run_bytes(const void *bytes, size_t len, const struct kg_trace_opts *opts)
{
	struct run run = { .trace = NULL };
	run.status = kg_trace_open_memory(bytes, len, opts, &run.trace, &run.err);
	run_opened(&run);
	return run;
}

static struct run run_text(const char *text)
{
	return run_bytes(text, strlen(text), NULL);
}

static void end_run(struct run *run)
{
	kg_trace_close(run->trace);
	checking_sink_release(&run->checking);
}

static const struct kg_info *info_of(const struct run *run)
{
	ck_assert_msg(run->status == KG_OK, "%s: %s", kg_status_name(run->status), run->err.text);
	return kg_trace_info(run->trace);
}

static void check_failure(struct run run, enum kg_status status, const char *file,
			  const char *words)
{
	ck_assert_msg(run.status == status, "%s: %s", kg_status_name(run.status), run.err.text);
	ck_assert_int_eq(run.err.status, status);
	ck_assert_str_eq(run.err.file, file);
	ck_assert_msg(strstr(run.err.text, words) != NULL, "%s", run.err.text);
	end_run(&run);
}

/* ---- the reference trace, as counted by hand and by others ---- */

START_TEST(trace_of_reference_has_its_lines)
{
	struct run run = run_path(REFERENCE, NULL);
	const struct kg_info *info = info_of(&run);
	ck_assert_int_eq(info->format, KG_FORMAT_FTRACE);
	ck_assert_uint_eq(info->columns, KG_COLUMN_CPU | KG_COLUMN_DURATION);
	ck_assert_str_eq(info->file, REFERENCE);
	ck_assert_uint_eq(info->lines.total, 2925);
	ck_assert_uint_eq(info->lines.header, 4);
	ck_assert_uint_eq(info->lines.entry, 905);
	ck_assert_uint_eq(info->lines.leaf, 1075);
	ck_assert_uint_eq(info->lines.exit, 896);
	ck_assert_uint_eq(info->lines.exit_named, 9);
	ck_assert_uint_eq(info->lines.switches, 9);
	ck_assert_uint_eq(info->lines.noise, 27);
	ck_assert_uint_eq(info->lines.comment, 0);
	ck_assert_uint_eq(info->lines.irq, 0);
	ck_assert_uint_eq(info->lines.lost, 0);
	ck_assert_uint_eq(info->lines.unrecognized, 0);
	static const uint64_t marks[KG_MARK_COUNT] = { 133, 18, 2, 6, 0, 0 };
	ck_assert_mem_eq(info->marks, marks, sizeof(marks));
	ck_assert_uint_eq(info->lost_gaps, 0);
	ck_assert_uint_eq(info->lost_events, 0);
	ck_assert(info->lost_events_known);
	end_run(&run);
}
END_TEST

START_TEST(trace_of_reference_has_its_calls)
{
	struct run run = run_path(REFERENCE, NULL);
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->calls.total, 1980);
	ck_assert_uint_eq(info->calls.complete, 1980);
	ck_assert_uint_eq(info->calls.no_start, 0);
	ck_assert_uint_eq(info->calls.no_end, 0);
	ck_assert_uint_eq(info->calls.roots, 47);
	ck_assert_uint_eq(info->calls.max_depth, 14);
	ck_assert_uint_eq(info->calls.leaf, 1079);
	ck_assert_uint_eq(info->calls.migrations, 7);
	ck_assert_uint_eq(info->calls.lane_count, 7);
	ck_assert_uint_eq(kg_info_coverage(info), 1000000);
	ck_assert_uint_eq(kg_diags_total(&info->diags), 0);
	ck_assert_uint_eq(kg_funcs_count(info->funcs), 346);
	ck_assert_uint_eq(info->module_count, 2);
	ck_assert_str_eq(info->modules[0].name, "kvm");
	ck_assert_uint_eq(info->modules[0].calls, 1176);
	ck_assert_str_eq(info->modules[1].name, "kvm_intel");
	ck_assert_uint_eq(info->modules[1].calls, 804);
	end_run(&run);
}
END_TEST

START_TEST(trace_of_reference_has_its_tasks)
{
	static const struct {
		int64_t pid;
		const char *comm;
		uint64_t calls;
		uint64_t roots;
		uint32_t lanes;
		uint32_t cpu_count;
		uint16_t cpus[3];
	} expected[] = {
		{ 2690, "kvm-hel", 1944, 35, 1, 2, { 0, 3 } },
		{ 2692, "kvm-nx-", 2, 1, 1, 2, { 0, 3 } },
		{ 2610, "kworker", 12, 1, 1, 1, { 1 } },
		{ 0, "<idle>", 16, 8, 3, 3, { 0, 1, 3 } },
		{ -1, "?cpu2", 6, 2, 1, 1, { 2 } },
	};
	struct run run = run_path(REFERENCE, NULL);
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->task_info_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct kg_task_info *row = NULL;
		for (uint32_t k = 0; k < info->task_info_count; k++) {
			const kg_task_id id = info->task_infos[k].task_id;
			if (kg_tasks_get(info->tasks, id)->pid == expected[i].pid)
				row = &info->task_infos[k];
		}
		ck_assert_ptr_nonnull(row);
		ck_assert_str_eq(kg_tasks_get(info->tasks, row->task_id)->comm, expected[i].comm);
		ck_assert_uint_eq(row->calls, expected[i].calls);
		ck_assert_uint_eq(row->roots, expected[i].roots);
		ck_assert_uint_eq(row->lanes, expected[i].lanes);
		ck_assert_uint_eq(row->cpu_count, expected[i].cpu_count);
		ck_assert_mem_eq(row->cpus, expected[i].cpus, row->cpu_count * sizeof(uint16_t));
	}
	end_run(&run);
}
END_TEST

START_TEST(trace_of_reference_has_its_cpus)
{
	static const struct kg_cpu_info expected[] = {
		{ 0, 20, 16, 3 }, { 1, 30, 19, 2 }, { 2, 10, 6, 0 }, { 3, 2825, 1939, 4 }
	};
	struct run run = run_path(REFERENCE, NULL);
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->cpu_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		ck_assert_uint_eq(info->cpus[i].cpu, expected[i].cpu);
		ck_assert_uint_eq(info->cpus[i].events, expected[i].events);
		ck_assert_uint_eq(info->cpus[i].calls_started, expected[i].calls_started);
		ck_assert_uint_eq(info->cpus[i].switches, expected[i].switches);
	}
	end_run(&run);
}
END_TEST

/* Lines of every kind add up, and a checking sink has nothing to say against any fixture. */
static void check_fixture(const char *path, struct span bytes)
{
	struct run run = run_bytes(bytes.at, bytes.len, NULL);
	const struct kg_info *info = info_of(&run);
	const struct kg_line_counts *lines = &info->lines;
	ck_assert_msg(lines->total == lines->header + lines->entry + lines->leaf + lines->exit +
					      lines->exit_named + lines->switches + lines->comment +
					      lines->irq + lines->lost + lines->noise +
					      lines->unrecognized,
		      "%s", path);
	uint64_t calls = 0;
	for (uint32_t i = 0; i < info->task_info_count; i++)
		calls += info->task_infos[i].calls;
	ck_assert_uint_eq(calls, info->calls.total);
	calls = 0;
	for (uint32_t i = 0; i < info->module_count; i++)
		calls += info->modules[i].calls;
	ck_assert_uint_le(calls, info->calls.total);
	end_run(&run);
}

START_TEST(trace_of_any_fixture_adds_up)
{
	fixtures_each(check_fixture);
}
END_TEST

/* ---- what is not whole ---- */

START_TEST(trace_in_small_has_its_counts)
{
	struct run run = run_text(small_trace);
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->calls.total, 11);
	ck_assert_uint_eq(info->calls.complete, 7);
	ck_assert_uint_eq(info->calls.no_start, 2);
	ck_assert_uint_eq(info->calls.no_end, 1);
	ck_assert_uint_eq(info->calls.in_gap, 1);
	ck_assert_uint_eq(info->calls.migrations, 2);
	ck_assert_uint_eq(info->calls.roots, 7);
	ck_assert_uint_eq(info->lost_gaps, 1);
	ck_assert_uint_eq(info->lost_events, 12);
	ck_assert_uint_eq(info->lines.comment, 2);
	ck_assert_uint_eq(info->lines.unrecognized, 0);
	/* figures stand on 7 of 11 */
	ck_assert_uint_eq(kg_info_coverage(info), 636363);
	ck_assert_uint_eq(info->task_info_count, 5);
	end_run(&run);
}
END_TEST

START_TEST(trace_that_has_to_be_read_again_is_the_same)
{
	/* the first banner of CPU 1 is near the end, so there it shows who opened what before */
	const struct kg_trace_opts limited = { .window_bytes = 64, .look_ahead_bytes = 1 };
	struct kg_error err = { 0 };
	struct run once = run_text(small_trace);
	struct run run = run_bytes(small_trace, strlen(small_trace), &limited);
	ck_assert_int_eq(run.status, KG_AGAIN);
	checking_sink_release(&run.checking);
	run.checking = (struct checking_sink){ 0 };
	run.status = kg_trace_rewind(run.trace, &err);
	run_opened(&run);
	const struct kg_info *expected = info_of(&once);
	const struct kg_info *found = info_of(&run);
	ck_assert_mem_eq(&found->calls, &expected->calls, sizeof(found->calls));
	ck_assert_mem_eq(&found->lines, &expected->lines, sizeof(found->lines));
	ck_assert_uint_eq(found->task_info_count, expected->task_info_count);
	ck_assert_uint_eq(kg_diags_total(&found->diags), kg_diags_total(&expected->diags));
	end_run(&run);
	end_run(&once);
}
END_TEST

START_TEST(trace_that_was_run_can_be_rewound)
{
	struct kg_error err = { 0 };
	struct run run = run_path(REFERENCE, NULL);
	const struct kg_call_counts first = info_of(&run)->calls;
	checking_sink_release(&run.checking);
	run.checking = (struct checking_sink){ 0 };
	run.status = kg_trace_rewind(run.trace, &err);
	run_opened(&run);
	ck_assert_mem_eq(&info_of(&run)->calls, &first, sizeof(first));
	ck_assert_uint_eq(kg_funcs_count(kg_trace_funcs(run.trace)), 346);
	end_run(&run);
}
END_TEST

/* What makes a complete call the one that it is. */
static bool is_same_call(const struct run *a, const struct kg_call *x, const struct run *b,
			 const struct kg_call *y)
{
	if (x->line_no != y->line_no || x->end_line_no != y->end_line_no ||
	    x->dur_ns != y->dur_ns || x->depth != y->depth || x->cpu_enter != y->cpu_enter ||
	    x->cpu_leave != y->cpu_leave)
		return false;
	return strcmp(kg_funcs_get(kg_trace_funcs(a->trace), x->func_id)->name,
		      kg_funcs_get(kg_trace_funcs(b->trace), y->func_id)->name) == 0;
}

static bool is_complete(const struct checking_call *row)
{
	return row->state == CHECKING_CLOSED &&
	       (row->call.flags & (KG_CALL_NO_START | KG_CALL_NO_END)) == 0;
}

static bool has_call(const struct run *whole, const struct run *cut, const struct kg_call *call)
{
	for (kg_call_id id = 0; id < whole->checking.next_id; id++) {
		const struct checking_call *row = &whole->checking.calls[id];
		if (is_complete(row) && is_same_call(whole, &row->call, cut, call))
			return true;
	}
	return false;
}

/* A trace cut off here has no complete call that the whole one does not have. */
static void check_cut(const struct run *whole, const char *text, size_t len)
{
	char *exact = malloc(len);
	memcpy(exact, text, len);
	struct run cut = run_bytes(exact, len, NULL);
	ck_assert_msg(cut.status == KG_OK || cut.status == KG_BAD_FORMAT, "%s", cut.err.text);
	for (kg_call_id id = 0; id < cut.checking.next_id; id++) {
		const struct checking_call *row = &cut.checking.calls[id];
		if (is_complete(row))
			ck_assert_msg(has_call(whole, &cut, &row->call), "cut at %zu, line %ju",
				      len, (uintmax_t)row->call.line_no);
	}
	end_run(&cut);
	free(exact);
}

START_TEST(trace_cut_at_any_byte_invents_no_call)
{
	struct run whole = run_text(small_trace);
	for (size_t len = 0; len <= strlen(small_trace); len++)
		check_cut(&whole, small_trace, len);
	end_run(&whole);
}
END_TEST

START_TEST(trace_of_reference_cut_anywhere_invents_no_call)
{
	struct random random = { 4711 };
	struct span bytes = fixture_read(REFERENCE);
	struct run whole = run_bytes(bytes.at, bytes.len, NULL);
	for (int i = 0; i < 40; i++)
		check_cut(&whole, (const char *)bytes.at, random_below(&random, 20000));
	end_run(&whole);
	fixture_free(bytes);
}
END_TEST

START_TEST(trace_cut_within_a_line_says_so)
{
	struct run run = run_text(" 0)   0.161 us    |  f();\n 0)   0.161 us    |  g(");
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->calls.total, 1);
	ck_assert_uint_eq(info->diags.entries[KG_DIAG_TRUNCATED_LINE].count, 1);
	ck_assert_uint_eq(info->diags.entries[KG_DIAG_TRUNCATED_LINE].first_line, 2);
	end_run(&run);
}
END_TEST

/* ---- strange bytes ---- */

START_TEST(trace_with_nul_bytes_goes_on)
{
	static const char text[] = " 0)   0.161 us    |  f();\n"
				   "\0\0\0\0\n"
				   " 0)   0.161 us    |  f\0();\n"
				   " 0)   0.161 us    |  g();\n\0";
	struct run run = run_bytes(text, sizeof(text) - 1, NULL);
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->calls.total, 2);
	ck_assert_uint_eq(info->lines.unrecognized, 3);
	ck_assert_uint_eq(info->lines.total, 5);
	end_run(&run);
}
END_TEST

START_TEST(trace_with_strange_task_names_keeps_their_bytes)
{
	struct run run = run_text(" 0)   0.161 us    |  f();\n" BANNER(
		" 0)  \xff\xc0\x1b[2J-77 =>  \xe2\x82-78      ") " 0)   0.161 us    |  f();\n");
	const struct kg_info *info = info_of(&run);
	ck_assert_uint_eq(info->task_info_count, 2);
	ck_assert_str_eq(kg_tasks_get(info->tasks, 0)->comm, "\xff\xc0\x1b[2J");
	ck_assert_int_eq(kg_tasks_get(info->tasks, 0)->pid, 77);
	ck_assert_str_eq(kg_tasks_get(info->tasks, 1)->comm, "\xe2\x82");
	ck_assert_uint_eq(info->task_infos[0].calls, 1);
	ck_assert_uint_eq(info->task_infos[1].calls, 1);
	end_run(&run);
}
END_TEST

/* A file with a name, until it is unlinked, to be written to. */
static FILE *make_file(char (*path)[64])
{
	snprintf(*path, sizeof(*path), "/tmp/check_trace_XXXXXX");
	int fd = mkstemp(*path);
	ck_assert_int_ge(fd, 0);
	return fdopen(fd, "w");
}

static long peak_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

START_TEST(trace_with_an_endless_line_needs_bounded_memory)
{
	static char block[1 << 20];
	char path[64];
	FILE *file = make_file(&path);
	memset(block, 'x', sizeof(block));
	fputs(" 0)   0.161 us    |  f();\n", file);
	for (int i = 0; i < 96; i++)
		ck_assert_uint_eq(fwrite(block, 1, sizeof(block), file), sizeof(block));
	fputs("\n 0)   0.161 us    |  g();\n", file);
	ck_assert_int_eq(fclose(file), 0);
	const long before = peak_kib();
	struct run run = run_path(path, NULL);
	unlink(path);
	const struct kg_info *info = info_of(&run);
	ck_assert_int_lt(peak_kib() - before, 32 * 1024);
	ck_assert_uint_eq(info->calls.total, 2);
	ck_assert_uint_eq(info->lines.total, 3);
	ck_assert_uint_eq(info->diags.entries[KG_DIAG_LINE_TOO_LONG].count, 1);
	end_run(&run);
}
END_TEST

/* ---- what cannot be read ---- */

START_TEST(trace_that_is_missing_fails)
{
	struct run run = run_path("/no/such/trace.txt", NULL);
	ck_assert_int_eq(run.err.os_errno, ENOENT);
	check_failure(run, KG_IO, "/no/such/trace.txt", "No such file");
}
END_TEST

START_TEST(trace_that_is_a_folder_fails)
{
	check_failure(run_path("/", NULL), KG_IO, "/", "directory");
}
END_TEST

START_TEST(trace_that_is_empty_fails)
{
	char path[64];
	fclose(make_file(&path));
	check_failure(run_path(path, NULL), KG_BAD_FORMAT, path, "empty");
	unlink(path);
	check_failure(run_bytes("", 0, NULL), KG_BAD_FORMAT, "<memory>", "empty");
	check_failure(run_bytes(NULL, 0, NULL), KG_BAD_FORMAT, "<memory>", "empty");
}
END_TEST

START_TEST(trace_that_is_binary_fails)
{
	unsigned char bytes[100000];
	struct random random = { 99 };
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)random_next(&random);
	check_failure(run_bytes(bytes, sizeof(bytes), NULL), KG_BAD_FORMAT, "<memory>",
		      "function_graph");
}
END_TEST

START_TEST(trace_without_any_call_fails)
{
	check_failure(run_text("# tracer: nop\n#\n"), KG_BAD_FORMAT, "<memory>", "function_graph");
	check_failure(run_text("Dear reader,\nthis is a letter.\n"), KG_BAD_FORMAT, "<memory>",
		      "function_graph");
	check_failure(run_text("# tracer: function_graph\n" BANNER(
			      " 0)    <idle>-0    =>     sh-12     ")),
		      KG_BAD_FORMAT, "<memory>", "function_graph");
	check_failure(run_text("\n"), KG_BAD_FORMAT, "<memory>", "function_graph");
}
END_TEST

START_TEST(trace_is_read_once_only)
{
	struct run run = run_text(small_trace);
	const struct kg_call_sink sink = checking_sink_of(&run.checking);
	struct kg_error err = { 0 };
	ck_assert_int_eq(run.status, KG_OK);
	ck_assert_int_eq(kg_trace_run(run.trace, &sink, &err), KG_BAD_ARG);
	ck_assert_int_eq(err.status, KG_BAD_ARG);
	end_run(&run);
}
END_TEST

START_TEST(trace_that_is_not_run_can_be_closed)
{
	struct kg_trace *trace;
	ck_assert_int_eq(kg_trace_open(REFERENCE, NULL, &trace, NULL), KG_OK);
	kg_trace_close(trace);
	kg_trace_close(NULL);
}
END_TEST

static enum kg_status refuse_call(void *self, const struct kg_call *call)
{
	int *passes = self;
	(void)call;
	return (*passes)-- > 0 ? KG_OK : KG_UNSUPPORTED;
}

START_TEST(trace_gives_on_what_the_sink_returns)
{
	for (int passes = 0; passes < 10; passes++) {
		int left = passes;
		const struct kg_call_sink sink = { .self = &left,
						   .opened = refuse_call,
						   .closed = refuse_call,
						   .vanished = kg_sink_ignore_vanished,
						   .gap = kg_sink_ignore_gap,
						   .done = kg_sink_ignore_done };
		struct kg_trace *trace;
		struct kg_error err = { 0 };
		ck_assert_int_eq(
			kg_trace_open_memory(small_trace, strlen(small_trace), NULL, &trace, &err),
			KG_OK);
		ck_assert_int_eq(kg_trace_run(trace, &sink, &err), KG_UNSUPPORTED);
		ck_assert_int_eq(err.status, KG_UNSUPPORTED);
		kg_trace_close(trace);
	}
}
END_TEST

/* ---- event by event ---- */

struct line_sink {
	uint64_t lines;
	uint64_t events;
	uint64_t enters;
	uint64_t bytes;
	uint64_t last_line;
	uint64_t stop_at; /* this line ends the run; 0: none does */
	enum kg_status stop_with;
	bool is_done;
};

static enum kg_status take_line(void *self, const struct kg_event *event,
				const struct kg_detail *detail)
{
	struct line_sink *sink = self;
	ck_assert(!sink->is_done);
	ck_assert_uint_ge(detail->line_no, sink->last_line);
	if (event != NULL)
		ck_assert_uint_eq(event->line_no, detail->line_no);
	sink->last_line = detail->line_no;
	sink->lines++;
	sink->events += event != NULL;
	sink->enters += event != NULL && event->kind == KG_EV_ENTER;
	sink->bytes += detail->text.len + detail->end.len;
	return sink->lines == sink->stop_at ? sink->stop_with : KG_OK;
}

static enum kg_status take_done(void *self)
{
	struct line_sink *sink = self;
	ck_assert(!sink->is_done);
	sink->is_done = true;
	return KG_OK;
}

static enum kg_status run_lines(struct line_sink *lines, const char *path, struct kg_trace **out)
{
	const struct kg_event_sink sink = { .self = lines, .line = take_line, .done = take_done };
	struct kg_error err = { 0 };
	ck_assert_int_eq(kg_trace_open(path, NULL, out, &err), KG_OK);
	enum kg_status status = kg_trace_run_events(*out, &sink, &err);
	ck_assert_int_eq(err.status, status);
	return status;
}

START_TEST(trace_run_by_events_hands_out_every_line)
{
	struct line_sink lines = { 0 };
	struct kg_trace *trace;
	ck_assert_int_eq(run_lines(&lines, REFERENCE, &trace), KG_OK);
	ck_assert(lines.is_done);
	ck_assert_uint_eq(lines.lines, 2925);
	ck_assert_uint_eq(lines.enters, 905);
	ck_assert_uint_eq(lines.bytes, 160004);
	ck_assert_int_eq(kg_trace_format(trace), KG_FORMAT_FTRACE);
	const struct kg_info *info = kg_trace_info(trace);
	ck_assert_uint_eq(info->lines.total, 2925);
	ck_assert_uint_eq(info->lines.leaf, 1075);
	ck_assert_uint_eq(info->calls.total, 0);
	const struct kg_event_sink sink = { .self = &lines, .line = take_line, .done = take_done };
	ck_assert_int_eq(kg_trace_run_events(trace, &sink, NULL), KG_BAD_ARG);
	kg_trace_close(trace);
}
END_TEST

START_TEST(trace_run_by_events_ends_with_what_the_sink_returns)
{
	static const enum kg_status stops[] = { KG_END, KG_IO, KG_UNSUPPORTED };
	for (size_t i = 0; i < COUNT(stops); i++) {
		struct line_sink lines = { .stop_at = 7, .stop_with = stops[i] };
		struct kg_trace *trace;
		ck_assert_int_eq(run_lines(&lines, REFERENCE, &trace), stops[i]);
		ck_assert(!lines.is_done);
		ck_assert_uint_eq(lines.lines, 7);
		kg_trace_close(trace);
	}
}
END_TEST

START_TEST(trace_run_by_events_hands_out_records_that_are_no_text)
{
	struct line_sink lines = { 0 };
	const struct kg_event_sink sink = { .self = &lines, .line = take_line, .done = take_done };
	struct kg_trace *trace;
	struct kg_error err = { 0 };
	if (kg_trace_open(KG_FIXTURES "/traces/svm-6.1.dat", NULL, &trace, &err) != KG_OK) {
		/* an optional part of a build */
		ck_assert_int_eq(err.status, KG_UNSUPPORTED);
		return;
	}
	ck_assert_int_eq(kg_trace_run_events(trace, &sink, &err), KG_OK);
	ck_assert(lines.is_done);
	ck_assert_uint_gt(lines.enters, 100);
	ck_assert_uint_eq(lines.lines, lines.events);
	ck_assert_uint_eq(lines.bytes, 0);
	kg_trace_close(trace);
}
END_TEST

/* ---- names ---- */

START_TEST(trace_words_have_names)
{
	ck_assert_str_eq(kg_status_name(KG_NOMEM), "KG_NOMEM");
	ck_assert_str_eq(kg_status_name((enum kg_status)99), "KG_?");
	ck_assert_str_eq(kg_status_text(KG_NOMEM), "out of memory");
	ck_assert_ptr_nonnull(kg_status_text((enum kg_status)99));
	ck_assert_str_eq(kg_format_name(KG_FORMAT_FTRACE), "ftrace");
	ck_assert_ptr_null(kg_vendor_name(KG_VENDOR_UNKNOWN));
	ck_assert_str_eq(kg_vendor_name(KG_VENDOR_VMX), "vmx");
	ck_assert_str_eq(kg_vendor_name(KG_VENDOR_SVM), "svm");
	static const char *const columns[KG_COLUMN_COUNT] = { "abstime", "reltime", "cpu",
							      "proc",	 "latency", "duration" };
	for (size_t i = 0; i < KG_COLUMN_COUNT; i++)
		ck_assert_str_eq(kg_column_name((enum kg_column)(1u << i)), columns[i]);
	for (size_t i = 0; i < KG_DIAG_KIND_COUNT; i++) {
		ck_assert_str_ne(kg_diag_text((enum kg_diag_kind)i), "");
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(kg_diag_name((enum kg_diag_kind)i),
					 kg_diag_name((enum kg_diag_kind)k));
	}
	ck_assert_str_eq(kg_diag_name(KG_DIAG_KIND_COUNT), "unknown");
	ck_assert_str_eq(kg_diag_text(KG_DIAG_KIND_COUNT), "unknown");
	ck_assert_uint_eq(kg_info_coverage(&(struct kg_info){ .file = NULL }), 1000000);
}
END_TEST

/* ---- the same in other ways ---- */

static void check_same_info(const struct kg_info *a, const struct kg_info *b)
{
	ck_assert_mem_eq(&a->lines, &b->lines, sizeof(a->lines));
	ck_assert_mem_eq(&a->calls, &b->calls, sizeof(a->calls));
	ck_assert_mem_eq(a->marks, b->marks, sizeof(a->marks));
	ck_assert_mem_eq(&a->diags, &b->diags, sizeof(a->diags));
	ck_assert_uint_eq(a->columns, b->columns);
	ck_assert_uint_eq(a->cpu_count, b->cpu_count);
	ck_assert_uint_eq(a->task_info_count, b->task_info_count);
	for (uint32_t i = 0; i < a->task_info_count; i++) {
		ck_assert_uint_eq(a->task_infos[i].calls, b->task_infos[i].calls);
		ck_assert_str_eq(kg_tasks_get(a->tasks, i)->comm, kg_tasks_get(b->tasks, i)->comm);
	}
	ck_assert_uint_eq(a->module_count, b->module_count);
	for (uint32_t i = 0; i < a->module_count; i++)
		ck_assert_uint_eq(a->modules[i].calls, b->modules[i].calls);
}

static void check_same_call(const struct kg_call *x, const struct kg_call *y)
{
	ck_assert_uint_eq(x->id, y->id);
	ck_assert_uint_eq(x->parent_id, y->parent_id);
	ck_assert_uint_eq(x->line_no, y->line_no);
	ck_assert_uint_eq(x->end_line_no, y->end_line_no);
	ck_assert_uint_eq(x->time_ns, y->time_ns);
	ck_assert_uint_eq(x->end_time_ns, y->end_time_ns);
	ck_assert_uint_eq(x->dur_ns, y->dur_ns);
	ck_assert_uint_eq(x->self_ns, y->self_ns);
	ck_assert_uint_eq(x->call_count, y->call_count);
	ck_assert_uint_eq(x->func_id, y->func_id);
	ck_assert_uint_eq(x->task_id, y->task_id);
	ck_assert_uint_eq(x->lane_id, y->lane_id);
	ck_assert_uint_eq(x->cpu_enter, y->cpu_enter);
	ck_assert_uint_eq(x->cpu_leave, y->cpu_leave);
	ck_assert_uint_eq(x->depth, y->depth);
	ck_assert_uint_eq(x->level, y->level);
	ck_assert_uint_eq(x->flags, y->flags);
	ck_assert_uint_eq(x->mark, y->mark);
}

/* Each call is handed out with the same values, in the same order of ids. */
static void check_same_run(const struct run *a, const struct run *b)
{
	check_same_info(info_of(a), info_of(b));
	ck_assert_uint_eq(a->checking.next_id, b->checking.next_id);
	for (kg_call_id id = 0; id < a->checking.next_id; id++) {
		const struct checking_call *x = &a->checking.calls[id];
		const struct checking_call *y = &b->checking.calls[id];
		ck_assert_int_eq(x->state, y->state);
		if (x->state == CHECKING_CLOSED)
			check_same_call(&x->call, &y->call);
	}
}

START_TEST(trace_from_a_pipe_is_the_same)
{
	int ends[2];
	char path[64];
	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct span bytes = fixture_read(REFERENCE);
		close(ends[0]);
		for (size_t at = 0; at < bytes.len; at += 1000) {
			const size_t len = bytes.len - at < 1000 ? bytes.len - at : 1000;
			if (write(ends[1], bytes.at + at, len) != (ssize_t)len)
				break;
		}
		_exit(0);
	}
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	struct run from_pipe = run_path(path, NULL);
	close(ends[0]);
	waitpid(child, NULL, 0);
	struct run from_file = run_path(REFERENCE, NULL);
	check_same_run(&from_pipe, &from_file);
	end_run(&from_pipe);
	end_run(&from_file);
}
END_TEST

static void check_ways(const char *path, struct span bytes)
{
	static const struct kg_trace_opts ways[] = {
		{ .window_bytes = 1000 },
		{ .window_bytes = 4096, .thread_count = 4 },
		{ .window_bytes = 65536, .thread_count = 2 },
		{ .thread_count = 8 },
	};
	struct run plain = run_path(path, NULL);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct run run = run_bytes(bytes.at, bytes.len, &ways[i]);
		check_same_run(&run, &plain);
		end_run(&run);
	}
	end_run(&plain);
}

START_TEST(trace_in_any_windows_and_threads_is_the_same)
{
	fixtures_each(check_ways);
}
END_TEST

START_TEST(trace_in_windows_of_any_huge_size_is_the_same)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX / 2 + 1, (size_t)1 << 33 };
	struct run plain = run_path(REFERENCE, NULL);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct kg_trace_opts opts = { .window_bytes = sizes[i] };
		struct run run = run_path(REFERENCE, &opts);
		check_same_run(&run, &plain);
		end_run(&run);
	}
	end_run(&plain);
}
END_TEST

struct progress {
	uint64_t told;
	uint64_t done;
};

static void note_progress(void *self, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *progress = self;
	ck_assert_uint_gt(total_bytes, 0);
	ck_assert_uint_le(done_bytes, total_bytes);
	ck_assert_uint_ge(done_bytes, progress->done);
	progress->done = done_bytes;
	progress->told++;
}

START_TEST(trace_tells_its_progress)
{
	struct progress progress = { 0 };
	const struct kg_trace_opts opts = { .progress = note_progress,
					    .progress_self = &progress,
					    .window_bytes = 4096 };
	struct run run = run_path(REFERENCE, &opts);
	ck_assert_int_eq(run.status, KG_OK);
	ck_assert_uint_gt(progress.told, 0);
	end_run(&run);
}
END_TEST

Suite *trace_suite(void)
{
	Suite *suite = suite_create("trace");
	TCase *reference = tcase_create("reference");
	tcase_add_test(reference, trace_of_reference_has_its_lines);
	tcase_add_test(reference, trace_of_reference_has_its_calls);
	tcase_add_test(reference, trace_of_reference_has_its_tasks);
	tcase_add_test(reference, trace_of_reference_has_its_cpus);
	tcase_add_test(reference, trace_of_any_fixture_adds_up);
	suite_add_tcase(suite, reference);
	TCase *damage = tcase_create("damage");
	tcase_add_test(damage, trace_in_small_has_its_counts);
	tcase_add_test(damage, trace_that_has_to_be_read_again_is_the_same);
	tcase_add_test(damage, trace_that_was_run_can_be_rewound);
	tcase_add_test(damage, trace_cut_at_any_byte_invents_no_call);
	tcase_add_test(damage, trace_of_reference_cut_anywhere_invents_no_call);
	tcase_add_test(damage, trace_cut_within_a_line_says_so);
	tcase_add_test(damage, trace_with_nul_bytes_goes_on);
	tcase_add_test(damage, trace_with_strange_task_names_keeps_their_bytes);
	tcase_add_test(damage, trace_with_an_endless_line_needs_bounded_memory);
	suite_add_tcase(suite, damage);
	TCase *failure = tcase_create("failure");
	tcase_add_test(failure, trace_that_is_missing_fails);
	tcase_add_test(failure, trace_that_is_a_folder_fails);
	tcase_add_test(failure, trace_that_is_empty_fails);
	tcase_add_test(failure, trace_that_is_binary_fails);
	tcase_add_test(failure, trace_without_any_call_fails);
	tcase_add_test(failure, trace_is_read_once_only);
	tcase_add_test(failure, trace_that_is_not_run_can_be_closed);
	tcase_add_test(failure, trace_gives_on_what_the_sink_returns);
	suite_add_tcase(suite, failure);
	TCase *events = tcase_create("events");
	tcase_add_test(events, trace_run_by_events_hands_out_every_line);
	tcase_add_test(events, trace_run_by_events_ends_with_what_the_sink_returns);
	tcase_add_test(events, trace_run_by_events_hands_out_records_that_are_no_text);
	tcase_add_test(events, trace_words_have_names);
	suite_add_tcase(suite, events);
	TCase *ways = tcase_create("ways");
	tcase_add_test(ways, trace_from_a_pipe_is_the_same);
	tcase_add_test(ways, trace_in_any_windows_and_threads_is_the_same);
	tcase_add_test(ways, trace_in_windows_of_any_huge_size_is_the_same);
	tcase_add_test(ways, trace_tells_its_progress);
	suite_add_tcase(suite, ways);
	return suite;
}
