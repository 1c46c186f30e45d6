/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kvmgraph/beside.h>

#include "base/memory.h"
#include "fixture.h"
#include "random.h"

Suite *beside_suite(void);

#define RUN(steps)                                                                                 \
	"{\"schema\": \"kvmgraph.run/1\", \"scenario\": \"hello\", \"vendor\": \"svm\","           \
	" \"kernel\": null, \"parameters\": {\"memory\": 4096, \"vcpus\": 2}, \"repeat\": 3,"      \
	" \"warmup\": 1, \"marks\": false, \"steps\": [" steps "],"                                \
	" \"exits\": {\"io\": 2, \"hlt\": 1}, \"output\": \"a\\u0000\\u00ff\","                    \
	" \"failure\": null, \"verdict\": \"pass\"}"
#define STEP(phase, exit, vm)                                                                      \
	"{\"step\": \"run\", \"ioctl\": \"KVM_RUN\", \"result\": 0, \"detail\": null, \"errno\": " \
	"0,"                                                                                       \
	" \"ok\": true, \"phase\": " phase ", \"exit\": " exit ", \"interrupted\": 2, \"vm\": " vm \
	", \"vcpu\": 1, \"start_ns\": 7}"

#define ENV(functions)                                                                             \
	"{\"schema\": \"kvmgraph.env/1\", \"kernel\": {\"release\": \"6.1\", \"build\": null,"     \
	" \"machine\": null, \"arguments\": null, \"hz\": 250, \"preemption\": null,"              \
	" \"clock_source\": null, \"favordynmods\": false}, \"cpu\": {\"vendor\": null,"           \
	" \"model\": null, \"microcode\": null, \"online\": 4, \"x2apic\": true,"                  \
	" \"governors\": []}, \"host\": {\"virtual\": null, \"emulated\": true,"                   \
	" \"hypervisor\": null, \"vendor\": null, \"product\": null}, \"other_vms\": null,"        \
	" \"kvm_parameters\": {\"kvm.x\": \"1\", \"kvm.y\": null}, \"mitigations\": {},"           \
	" \"command\": {\"scenario\": null, \"words\": [\"a\", \"b\"], \"user\": null,"            \
	" \"exit_code\": null, \"exit_signal\": 9}, \"tracer\": {\"name\": \"function_graph\","    \
	" \"clock\": null, \"instance\": true, \"tasks\": \"command\", \"buffer_kib\": 64,"        \
	" \"options\": [], \"filter\": [\"kvm*\"], \"notrace\": [], \"graph\": [],"                \
	" \"events\": [], \"depth\": 5}, \"lost\": {\"events\": 3, \"needed_kib\": null},"         \
	" \"buffers\": [{\"cpu\": 1, \"entries\": 2, \"overrun\": 3, \"commit_overrun\": 0,"       \
	" \"dropped\": 0, \"bytes\": 4}], \"traced\": {\"count\": 1, \"all\": false},"             \
	" \"functions\": [" functions "]}"

static struct kg_run_report *run_of(const char *json)
{
	struct kg_run_report *report = NULL;
	struct kg_error err = { 0 };
	ck_assert_msg(kg_run_report_parse(json, strlen(json), "x", &report, &err) == KG_OK, "%s",
		      err.text);
	return report;
}

static struct kg_environment *environment_of(const char *json)
{
	struct kg_environment *environment = NULL;
	struct kg_error err = { 0 };
	ck_assert_msg(kg_environment_parse(json, strlen(json), "x", &environment, &err) == KG_OK,
		      "%s", err.text);
	return environment;
}

/* ---- run reports ----------------------------------------------------------------------------- */

START_TEST(run_values)
{
	struct kg_run_report *report =
		run_of(RUN(STEP("\"run\"", "\"io\"", "0") ", " STEP("null", "null", "3")));
	ck_assert_str_eq(report->scenario, "hello");
	ck_assert_str_eq(report->vendor, "svm");
	ck_assert_ptr_null(report->kernel);
	ck_assert_uint_eq(report->parameter_count, 2);
	ck_assert_str_eq(report->parameters[1].name, "vcpus");
	ck_assert_uint_eq(report->parameters[1].value, 2);
	ck_assert_uint_eq(report->repeat, 3);
	ck_assert_uint_eq(report->warmup, 1);
	ck_assert_uint_eq(report->exits[KG_RUN_EXIT_IO], 2);
	ck_assert_uint_eq(report->exits[KG_RUN_EXIT_MMIO], 0);
	/* a character a byte, whatever bytes they are */
	ck_assert_uint_eq(report->output_bytes, 3);
	ck_assert_ptr_null(report->failure);
	ck_assert_int_eq(report->verdict, KG_RUN_PASS);
	ck_assert_uint_eq(report->step_count, 2);
	ck_assert_str_eq(report->steps[0].ioctl, "KVM_RUN");
	ck_assert_int_eq(report->steps[0].phase, KG_PHASE_RUN);
	ck_assert_int_eq(report->steps[0].exit, KG_RUN_EXIT_IO);
	ck_assert_uint_eq(report->steps[0].interrupted, 2);
	ck_assert_int_eq(report->steps[1].phase, KG_PHASE_KIND_COUNT);
	ck_assert_int_eq(report->steps[1].exit, KG_RUN_EXIT_COUNT);
	ck_assert_uint_eq(report->steps[1].vm, 3);
	kg_run_report_free(report);
}
END_TEST

static const struct {
	const char *json;
	const char *text;
} bad_runs[] = {
	{ "", "'[' or '{' expected near end of file" },
	{ "[]", "is not of the schema kvmgraph.run/1, but of none" },
	{ "{\"schema\": \"other/1\"}", "is not of the schema kvmgraph.run/1, but of other/1" },
	{ "{\"schema\": \"kvmgraph.run/1\"}", "scenario is missing" },
	{ RUN("7"), "steps[0].step is missing" },
	{ RUN("{}"), "steps[0].step is missing" },
	{ RUN(STEP("\"walk\"", "null", "0")), "steps[0].phase is no phase" },
	{ RUN(STEP("7", "null", "0")), "steps[0].phase is no phase" },
	{ RUN(STEP("null", "\"rain\"", "0")), "steps[0].exit is no reason to leave KVM_RUN" },
	{ RUN(STEP("null", "null", "-1")),
	  "steps[0].vm has to be a number from 0 that is not too large" },
	{ RUN(STEP("null", "null", "4294967296")),
	  "steps[0].vm has to be a number from 0 that is not too large" },
	{ RUN(STEP("null", "null", "null")), "steps[0].vm has to be a number" },
	{ RUN(STEP("null", "null", "1") ", " STEP("null", "null", "0")),
	  "steps[1].vm is smaller than the one before" },
};

START_TEST(run_mistakes)
{
	struct kg_run_report *report = NULL;
	struct kg_error err = { 0 };
	enum kg_status status = kg_run_report_parse(bad_runs[_i].json, strlen(bad_runs[_i].json),
						    "x.run.json", &report, &err);
	ck_assert_int_eq(status, KG_BAD_FORMAT);
	ck_assert_str_eq(err.text, bad_runs[_i].text);
	ck_assert_str_eq(err.file, "x.run.json");
	ck_assert_ptr_null(report);
}
END_TEST

/* ---- environments ---------------------------------------------------------------------------- */

START_TEST(env_values)
{
	struct kg_environment *environment = environment_of(ENV(""));
	ck_assert_str_eq(environment->release, "6.1");
	ck_assert_ptr_null(environment->build);
	ck_assert_uint_eq(environment->hz, 250);
	ck_assert_uint_eq(environment->cpu_count, 4);
	ck_assert(environment->has_x2apic);
	ck_assert_int_eq(environment->is_virtual, KG_ENV_UNKNOWN);
	ck_assert_int_eq(environment->is_emulated, KG_ENV_YES);
	ck_assert_int_eq(environment->other_vms, -1);
	ck_assert_uint_eq(environment->kvm_parameters.count, 2);
	ck_assert_str_eq(environment->kvm_parameters.at[0].value, "1");
	ck_assert_ptr_null(environment->kvm_parameters.at[1].value);
	ck_assert_uint_eq(environment->command.count, 2);
	ck_assert_int_eq(environment->exit_code, -1);
	ck_assert_int_eq(environment->exit_signal, 9);
	ck_assert(environment->is_only_command);
	ck_assert_uint_eq(environment->depth, 5);
	ck_assert_str_eq(environment->filter.at[0], "kvm*");
	ck_assert_uint_eq(environment->lost, 3);
	ck_assert_uint_eq(environment->buffer_count, 1);
	ck_assert_uint_eq(environment->buffers[0].overrun, 3);
	ck_assert_int_eq(kg_env_is_traced(environment, "kvm_exit"), KG_ENV_UNKNOWN);
	kg_environment_free(environment);
}
END_TEST

/* Out of order, as no recorder writes them. */
#define FUNCTIONS                                                                                  \
	"{\"module\": \"kvm\", \"count\": 3, \"names\": [\"kvm_init\", \"kvm_b\","                 \
	" \"kvm_a.part.0\", \"kvm_a2\", \"kvm_c.isra.0.cold\"]},"                                  \
	"{\"module\": null, \"count\": 1, \"names\": [\"schedule\"]}"

START_TEST(env_traced)
{
	static const struct {
		const char *name;
		enum kg_env_answer answer;
	} wanted[] = {
		{ "schedule", KG_ENV_YES },  { "kvm_init", KG_ENV_YES }, { "kvm_b", KG_ENV_YES },
		{ "kvm_a", KG_ENV_YES },     { "kvm_a2", KG_ENV_YES },	 { "kvm_", KG_ENV_NO },
		{ "kvm_exit", KG_ENV_NO },   { "kvm_a1", KG_ENV_NO },	 { "a", KG_ENV_NO },
		{ "zzz", KG_ENV_NO },	     { "", KG_ENV_NO },		 { "kvm_c", KG_ENV_YES },
		{ "kvm_a.part", KG_ENV_NO },
	};
	struct kg_environment *environment = environment_of(ENV(FUNCTIONS));
	ck_assert_uint_eq(environment->function_count, 6);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		ck_assert_msg(kg_env_is_traced(environment, wanted[i].name) == wanted[i].answer,
			      "%s", wanted[i].name);
	kg_environment_free(environment);
}
END_TEST

static const struct {
	const char *json;
	const char *text;
} bad_environments[] = {
	{ "{\"schema\": \"kvmgraph.env/1\"}", "kernel is missing" },
	{ "{\"schema\": \"kvmgraph.env/1\", \"kernel\": 7}", "kernel has to be an object" },
	{ "{\"schema\": \"kvmgraph.env/1\", \"kernel\": {}}", "kernel.release is missing" },
	{ "{\"schema\": \"kvmgraph.env/1\", \"kernel\": {\"release\": []}}",
	  "kernel.release has to be a text" },
	{ ENV("7"), "functions[0].names is missing" },
	{ ENV("{\"module\": 7, \"names\": []}"), "functions[0].module has to be a text" },
	{ ENV("{\"module\": null, \"names\": [7]}"),
	  "functions[0].names has to be a list of texts" },
};

START_TEST(env_mistakes)
{
	struct kg_environment *environment = NULL;
	struct kg_error err = { 0 };
	const char *json = bad_environments[_i].json;
	ck_assert_int_eq(kg_environment_parse(json, strlen(json), "x", &environment, &err),
			 KG_BAD_FORMAT);
	ck_assert_str_eq(err.text, bad_environments[_i].text);
	ck_assert_ptr_null(environment);
}
END_TEST

/* ---- damage ---------------------------------------------------------------------------------- */

static enum kg_status parse_both(const char *json, size_t len, struct kg_error *err)
{
	struct kg_run_report *report = NULL;
	struct kg_environment *environment = NULL;
	enum kg_status status = kg_run_report_parse(json, len, "x", &report, err);
	if (status == KG_BAD_FORMAT) {
		*err = (struct kg_error){ 0 };
		status = kg_environment_parse(json, len, "x", &environment, err);
	}
	kg_run_report_free(report);
	kg_environment_free(environment);
	return status;
}

static const char *const whole[] = { RUN(STEP("\"run\"", "\"io\"", "0")), ENV(FUNCTIONS) };

/* Cut, and with bytes changed: read or refused with a reason, never more. */
START_TEST(damaged)
{
	const char *json = whole[_i];
	const size_t len = strlen(json);
	char *copy = malloc(len);
	struct random random = { 7 };
	ck_assert_ptr_nonnull(copy);
	for (size_t end = 0; end < len; end++) {
		struct kg_error err = { 0 };
		memcpy(copy, json, end);
		ck_assert_int_eq(parse_both(copy, end, &err), KG_BAD_FORMAT);
		ck_assert_str_ne(err.text, "");
	}
	for (int round = 0; round < 20000; round++) {
		struct kg_error err = { 0 };
		memcpy(copy, json, len);
		for (uint64_t left = 1 + random_below(&random, 3); left > 0; left--) {
			const size_t at = random_below(&random, len);
			copy[at] = random_below(&random, 2) == 0 ? json[random_below(&random, len)]
								 : (char)random_below(&random, 256);
		}
		enum kg_status status = parse_both(copy, len, &err);
		ck_assert(status == KG_OK || status == KG_BAD_FORMAT);
		ck_assert_int_eq(status == KG_OK, err.text[0] == '\0');
	}
	free(copy);
}
END_TEST

/*
 * Memory is out for us, then for jansson too, whose parser may tell that as a mistake of the text.
 */
static bool is_of_memory(enum kg_status status, bool starves_jansson)
{
	return status == KG_NOMEM || (starves_jansson && status == KG_BAD_FORMAT);
}

START_TEST(starved)
{
	enum kg_status status = KG_NOMEM;
	const bool starves_jansson = _i >= 2;
	if (starves_jansson)
		json_set_alloc_funcs(memory_alloc, memory_free);
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_error err = { 0 };
		ck_assert_uint_lt(passes, 10000);
		memory_fail_after(passes);
		status = parse_both(whole[_i % 2], strlen(whole[_i % 2]), &err);
		memory_fail_after(UINT64_MAX);
		ck_assert_msg(status == KG_OK || is_of_memory(status, starves_jansson), "%s",
			      err.text);
	}
}
END_TEST

/* ---- finding --------------------------------------------------------------------------------- */

static char folder[] = "/tmp/beside-XXXXXX";
static char path_buffer[256];

static const char *path_of(const char *name)
{
	snprintf(path_buffer, sizeof(path_buffer), "%s/%s", folder, name);
	return path_buffer;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void set_up(void)
{
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
	static const char *const names[] = { "a.run.json", "a.env.json", "run.json",
					     "env.json",   "b.run.json", "trace.run.json" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("b.run.json"));
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Which files are found for a trace: "run.json env.json", without their folder. */
static void expect_found(const char *trace, const char *wanted)
{
	struct kg_beside *beside = NULL;
	struct kg_error err = { 0 };
	char found[256];
	ck_assert_msg(kg_beside_find(path_of(trace), &beside, &err) == KG_OK, "%s", err.text);
	ck_assert_int_eq(beside->run != NULL, beside->run_path != NULL);
	ck_assert_int_eq(beside->environment != NULL, beside->environment_path != NULL);
	const size_t skipped = strlen(folder) + 1;
	snprintf(found, sizeof(found), "%s %s",
		 beside->run_path != NULL ? beside->run_path + skipped : "-",
		 beside->environment_path != NULL ? beside->environment_path + skipped : "-");
	ck_assert_msg(strcmp(found, wanted) == 0, "%s: %s", trace, found);
	kg_beside_free(beside);
}

START_TEST(found_by_name)
{
	put("a.run.json", RUN(""));
	expect_found("a.txt", "a.run.json -");
	put("a.env.json", ENV(""));
	put("run.json", RUN(""));
	expect_found("a.dat", "a.run.json a.env.json");
	expect_found("a.txt.xz", "a.run.json a.env.json");
	expect_found("a.dat.gz", "a.run.json a.env.json");
	expect_found("a", "a.run.json a.env.json");
	expect_found("a.log", "- -");
	expect_found("b.txt", "- -");
	expect_found("none/a.txt", "- -");
}
END_TEST

START_TEST(found_in_a_lab_folder)
{
	put("run.json", RUN(""));
	put("env.json", ENV(""));
	expect_found("trace.dat", "run.json env.json");
	expect_found("trace.txt.zst", "run.json env.json");
	expect_found("mytrace.txt", "- -");
	put("trace.run.json", RUN(""));
	expect_found("trace.txt", "trace.run.json env.json");
}
END_TEST

START_TEST(found_and_useless)
{
	struct kg_beside *beside = NULL;
	struct kg_error err = { 0 };
	put("a.run.json", "{\n  \"schema\": }");
	ck_assert_int_eq(kg_beside_find(path_of("a.txt"), &beside, &err), KG_BAD_FORMAT);
	ck_assert_str_eq(err.file, path_of("a.run.json"));
	ck_assert_uint_eq(err.line_no, 2);
	err = (struct kg_error){ 0 };
	ck_assert_int_eq(mkdir(path_of("b.run.json"), 0700), 0);
	ck_assert_int_eq(kg_beside_find(path_of("b.txt"), &beside, &err), KG_IO);
	ck_assert_str_eq(err.file, path_of("b.run.json"));
	ck_assert_ptr_null(beside);
}
END_TEST

START_TEST(standard_input_has_none)
{
	struct kg_beside *beside = NULL;
	ck_assert_int_eq(kg_beside_find("-", &beside, NULL), KG_OK);
	ck_assert_ptr_null(beside->run);
	ck_assert_ptr_null(beside->environment);
	kg_beside_free(beside);
}
END_TEST

START_TEST(finding_starved)
{
	enum kg_status status = KG_NOMEM;
	put("a.run.json", RUN(STEP("\"run\"", "\"io\"", "0")));
	put("a.env.json", ENV(""));
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_beside *beside = NULL;
		ck_assert_uint_lt(passes, 10000);
		memory_fail_after(passes);
		status = kg_beside_find(path_of("a.txt"), &beside, NULL);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		ck_assert_int_eq(status == KG_OK, beside != NULL);
		kg_beside_free(beside);
	}
}
END_TEST

Suite *beside_suite(void)
{
	Suite *suite = suite_create("beside");
	TCase *reading = tcase_create("reading");
	tcase_add_test(reading, run_values);
	tcase_add_loop_test(reading, run_mistakes, 0, sizeof(bad_runs) / sizeof(bad_runs[0]));
	tcase_add_test(reading, env_values);
	tcase_add_test(reading, env_traced);
	tcase_add_loop_test(reading, env_mistakes, 0,
			    sizeof(bad_environments) / sizeof(bad_environments[0]));
	suite_add_tcase(suite, reading);
	TCase *damage = tcase_create("damage");
	tcase_add_loop_test(damage, damaged, 0, 2);
	tcase_add_loop_test(damage, starved, 0, 4);
	suite_add_tcase(suite, damage);
	TCase *finding = tcase_create("finding");
	tcase_add_checked_fixture(finding, set_up, tear_down);
	tcase_add_test(finding, found_by_name);
	tcase_add_test(finding, found_in_a_lab_folder);
	tcase_add_test(finding, found_and_useless);
	tcase_add_test(finding, standard_input_has_none);
	tcase_add_test(finding, finding_starved);
	suite_add_tcase(suite, finding);
	return suite;
}
