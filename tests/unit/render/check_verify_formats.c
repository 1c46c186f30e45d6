/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "render/sample.h"
#include "render/verify_outcome.h"
#include "base/banned.h"

Suite *verify_formats_suite(void);

/* ---- what verdicts come to ------------------------------------------------------------------- */

#define CHECKS_MAX 4

/* Checks by a letter each (p, f, i, n, s; capital ones are warnings) and the verdict on the whole.
 */
static const struct {
	const char *checks;
	enum kg_verdict verdict;
	const char *outcomes; /* p, f, e, s, w; behind a blank that of a test more */
} tallies[] = {
	{ "", KG_VERDICT_PASS, "" },
	{ "ppsn", KG_VERDICT_PASS, "ppss" },
	{ "pFIN", KG_VERDICT_PASS, "pwss" },
	{ "pfi", KG_VERDICT_FAIL, "pfe" },
	{ "pin", KG_VERDICT_INCONCLUSIVE, "pes" },
	/* nothing else makes it inconclusive */
	{ "pnn", KG_VERDICT_INCONCLUSIVE, "pee" },
	{ "pnI", KG_VERDICT_INCONCLUSIVE, "pes" },
	/* the checks do not say it */
	{ "pp", KG_VERDICT_INCONCLUSIVE, "pp e" },
	{ "", KG_VERDICT_INCONCLUSIVE, " e" },
	{ "pI", KG_VERDICT_INCONCLUSIVE, "ps e" },
	{ "pF", KG_VERDICT_FAIL, "pw f" },
};

static struct kg_verify_report report_of(const char *letters, enum kg_verdict verdict,
					 struct kg_check *checks)
{
	static const char verdicts[] = "pfins";
	struct kg_verify_report report = { .verdict = verdict, .checks = checks };
	for (; *letters != '\0'; letters++) {
		const bool is_warning = *letters >= 'A' && *letters <= 'Z';
		const char letter = is_warning ? (char)(*letters - 'A' + 'a') : *letters;
		ck_assert_uint_lt(report.check_count, CHECKS_MAX);
		checks[report.check_count++] = (struct kg_check){
			.id = "check",
			.title = "title",
			.verdict = (enum kg_verdict)(strchr(verdicts, letter) - verdicts),
			.is_warning = is_warning,
		};
	}
	return report;
}

START_TEST(verify_outcomes_add_up_to_the_verdict)
{
	static const char letters[] = "pfesw";
	struct kg_check checks[CHECKS_MAX];
	const struct kg_verify_report report =
		report_of(tallies[_i].checks, tallies[_i].verdict, checks);
	const struct verify_tally tally = verify_tally(&report);
	char got[CHECKS_MAX + 3] = "";
	size_t counts[OUTCOME_COUNT] = { 0 };
	size_t len = 0;
	for (size_t i = 0; i < report.check_count; i++) {
		const enum verify_outcome outcome = verify_outcome(&tally, &checks[i]);
		counts[outcome]++;
		got[len++] = letters[outcome];
	}
	if (tally.has_more) {
		counts[verify_more_outcome(&report)]++;
		got[len++] = ' ';
		got[len++] = letters[verify_more_outcome(&report)];
	}
	ck_assert_str_eq(got, tallies[_i].outcomes);
	ck_assert_uint_eq(tally.test_count, report.check_count + tally.has_more);
	ck_assert_int_eq(memcmp(counts, tally.counts, sizeof(counts)), 0);
	const bool is_good = counts[OUTCOME_FAIL] + counts[OUTCOME_ERROR] == 0;
	ck_assert_int_eq(is_good, report.verdict == KG_VERDICT_PASS);
}
END_TEST

/* ---- how they are written -------------------------------------------------------------------- */

static const char ktap_text[] =
	"KTAP version 1\n"
	"1..7\n"
	"# spec: kvm-vmx 1.0 (vm.json)\n"
	"# trace: vm.txt\n"
	"# verdict: fail\n"
	"ok 1 phase:create-vm\n"
	"ok 2 phase:run # SKIP KVM_RUN\n"
	"# title: every load has its put\n"
	"# expected: as many puts as loads\n"
	"# found: 2 loads, 1 put\n"
	"# where: line 6, cpu 3, v\\x1b[31m\\xff-2690, kvm_create_vm [kvm]\n"
	"# where: cpu 2, ?cpu2\n"
	"# why: a vCPU that stays loaded is bound to its CPU, and every load elsewhere has to "
	"interrupt it there\n"
	"not ok 3 load-put\n"
	"# title: each KVM_RUN within 1 ms\n"
	"# found: 1.234 s\n"
	"ok 4 run-budget # XFAIL warning only: 1.234 s\n"
	"# title: off on every CPU\n"
	"# why: events of CPU 2 were lost\n"
	"not ok 5 hw-off # ERROR inconclusive: events of CPU 2 were lost\n"
	"ok 6 zapped # SKIP not traceable: all mappings go\n"
	"ok 7 one\\x1b-vm\n"
	"# Totals: pass:2 fail:1 xfail:1 xpass:0 skip:2 error:1\n";

struct input {
	struct sample sample;
	struct kg_spec *spec;
	struct kg_verify_report report;
};

static void set_up(struct input *input)
{
	sample_init(&input->sample);
	input->spec = sample_spec();
	input->report = sample_verify_report;
}

static void tear_down(struct input *input)
{
	kg_spec_free(input->spec);
	sample_release(&input->sample);
}

static enum kg_status render_ktap(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_verify_ktap(out, &input->sample.info, input->spec, &input->report);
}

static enum kg_status render_junit(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_verify_junit(out, &input->sample.info, input->spec, &input->report);
}

static enum kg_status render_sarif(void *self, struct kg_out *out)
{
	static const struct kg_sarif_opts opts = { .version = "1.2.3", .exit_code = 1 };
	const struct input *input = self;
	return kg_render_verify_sarif(out, &input->sample.info, input->spec, &input->report, &opts);
}

static enum kg_status (*const renders[])(void *self, struct kg_out *out) = {
	render_ktap,
	render_junit,
	render_sarif,
};

static char *rendered(struct input *input, enum kg_status (*render)(void *self, struct kg_out *out))
{
	struct kg_out *out = sample_out();
	ck_assert_int_eq(render(input, out), KG_OK);
	return sample_take(out);
}

START_TEST(verify_ktap_reads_as_expected)
{
	struct input input;
	set_up(&input);
	char *got = rendered(&input, render_ktap);
	sample_same_text(got, ktap_text);
	free(got);
	tear_down(&input);
}
END_TEST

/* Names as bad as they come: each of what is told of a check. */
static const char hostile[] = "# SKIP <a b=\"c\">&amp;\n\tok 1 \\x41 \xff\xed\xa0\x80\x01\x7f"
			      "\xc2\x85\xe2\x80\xa8\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\x98\x80]]>";

static const struct kg_check hostile_checks[] = {
	{ .id = hostile,
	  .title = hostile,
	  .expected = hostile,
	  .found = hostile,
	  .why = hostile,
	  .verdict = KG_VERDICT_FAIL },
	{ .id = hostile, .title = hostile, .why = hostile, .verdict = KG_VERDICT_INCONCLUSIVE },
	{ .id = hostile, .title = hostile, .why = hostile, .verdict = KG_VERDICT_NOT_TRACEABLE },
	{ .id = hostile, .title = hostile, .why = hostile, .verdict = KG_VERDICT_SKIPPED },
	{ .id = hostile, .title = hostile, .why = hostile, .verdict = KG_VERDICT_PASS },
};

#define SHOWN                                                                                      \
	"\\x0a\\x09ok 1 \\x5cx41 "                                                                 \
	"\\xff\\xed\\xa0\\x80\\x01\\x7f\\xc2\\x85\\xe2\\x80\\xa8\\xef\\xbf\\xbe\\xef\\xbf\\xbf"    \
	"\xf0\x9f\x98\x80"

static void set_up_hostile(struct input *input)
{
	set_up(input);
	input->report = (struct kg_verify_report){ .verdict = KG_VERDICT_FAIL,
						   .checks = hostile_checks,
						   .check_count = COUNT(hostile_checks) };
}

START_TEST(verify_ktap_of_hostile_names_keeps_its_lines)
{
	static const char name[] = "\\x23 SKIP <a b=\"c\">&amp;" SHOWN "]]>";
	static const char *const starts[] = { "not ok 1 ", "not ok 2 ", "ok 3 ", "ok 4 ", "ok 5 " };
	static const char *const ends[] = { "", " # ERROR inconclusive: ",
					    " # SKIP not traceable: ", " # SKIP ", "" };
	struct input input;
	set_up_hostile(&input);
	char *got = rendered(&input, render_ktap);
	char *rest = got;
	char *line;
	size_t results = 0;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "ok ", 3) != 0 && strncmp(line, "not ok ", 7) != 0)
			continue;
		char wanted[1024];
		ck_assert_uint_lt(results, COUNT(starts));
		snprintf(wanted, sizeof(wanted), "%s%s%s%s", starts[results], name, ends[results],
			 ends[results][0] != '\0' ? name : "");
		ck_assert_str_eq(line, wanted);
		results++;
	}
	ck_assert_uint_eq(results, COUNT(starts));
	free(got);
	tear_down(&input);
}
END_TEST

START_TEST(verify_junit_of_hostile_names_stays_xml)
{
	static const char name[] = "# SKIP &lt;a b=&quot;c&quot;&gt;&amp;amp;" SHOWN "]]&gt;";
	char wanted[2048];
	struct input input;
	set_up_hostile(&input);
	char *got = rendered(&input, render_junit);
	snprintf(wanted, sizeof(wanted),
		 "\t\t<testcase classname=\"kvm-vmx\" name=\"%s\">\n"
		 "\t\t\t<failure type=\"fail\" message=\"%s\">\n"
		 "title: %s\n"
		 "expected: %s\n"
		 "found: %s\n"
		 "why: %s\n"
		 "</failure>\n"
		 "\t\t</testcase>\n",
		 name, name, name, name, name, name);
	ck_assert_msg(strstr(got, wanted) != NULL, "%s\nnot in\n%s", wanted, got);
	for (const char *at = got; *at != '\0'; at++)
		ck_assert(*at == '\n' || *at == '\t' || (unsigned char)*at >= ' ');
	free(got);
	tear_down(&input);
}
END_TEST

/* ---- SARIF ----------------------------------------------------------------------------------- */

static json_t *rendered_run(struct input *input)
{
	json_error_t error;
	char *got = rendered(input, render_sarif);
	json_t *log = json_loads(got, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(log != NULL, "line %d: %s", error.line, error.text);
	free(got);
	ck_assert_str_eq(json_string_value(json_object_get(log, "version")), "2.1.0");
	json_t *run = json_incref(json_array_get(json_object_get(log, "runs"), 0));
	json_decref(log);
	return run;
}

START_TEST(verify_sarif_has_rules_and_what_does_not_hold)
{
	static const struct {
		const char *id;
		int index;
		const char *kind;
		const char *level;
	} wanted[] = {
		{ "load-put", 2, "fail", "error" },
		{ "run-budget", 3, "fail", "warning" },
		{ "hw-off", 4, "open", "none" },
		{ "zapped", 5, "open", "none" },
	};
	struct input input;
	set_up(&input);
	json_t *run = rendered_run(&input);
	json_t *rules =
		json_object_get(json_object_get(json_object_get(run, "tool"), "driver"), "rules");
	json_t *results = json_object_get(run, "results");
	ck_assert_uint_eq(json_array_size(rules), input.report.check_count);
	ck_assert_uint_eq(json_array_size(results), COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		json_t *result = json_array_get(results, i);
		const char *id;
		const char *kind;
		const char *level;
		int index;
		ck_assert_int_eq(json_unpack(result, "{s:s, s:i, s:s, s:s}", "ruleId", &id,
					     "ruleIndex", &index, "kind", &kind, "level", &level),
				 0);
		ck_assert_str_eq(id, wanted[i].id);
		ck_assert_int_eq(index, wanted[i].index);
		ck_assert_str_eq(kind, wanted[i].kind);
		ck_assert_str_eq(level, wanted[i].level);
		ck_assert_str_eq(json_string_value(json_object_get(json_array_get(rules, i), "id")),
				 input.report.checks[i].id);
	}
	json_decref(run);
	tear_down(&input);
}
END_TEST

START_TEST(verify_sarif_says_where)
{
	struct input input;
	set_up(&input);
	json_t *run = rendered_run(&input);
	const char *uri;
	const char *message;
	const char *function;
	const char *related;
	int line;
	int first;
	int last;
	ck_assert_int_eq(json_unpack(run,
				     "{s:[{s:{s:s}, s:[{s:{s:{s:s}, s:{s:i}}, s:[{s:s}]}],"
				     " s:[{s:{s:s}}]}, {s:[{s:{s:{s:i, s:i}}}]}]}",
				     "results", "message", "text", &message, "locations",
				     "physicalLocation", "artifactLocation", "uri", &uri, "region",
				     "startLine", &line, "logicalLocations", "name", &function,
				     "relatedLocations", "properties", "task", &related,
				     "locations", "physicalLocation", "region", "startLine", &first,
				     "endLine", &last),
			 0);
	ck_assert_str_eq(uri, "vm.txt");
	ck_assert_int_eq(line, 6);
	ck_assert_str_eq(function, "kvm_create_vm");
	ck_assert_str_eq(related, "?cpu2");
	/* of the whole trace */
	ck_assert_int_eq(first, 1);
	ck_assert_int_eq(last, 30);
	ck_assert_str_eq(message, "every load has its put; expected: as many puts as loads; found: "
				  "2 loads, 1 put (a vCPU that stays loaded is bound to its CPU, "
				  "and every load elsewhere has to interrupt it there)");
	json_decref(run);
	tear_down(&input);
}
END_TEST

static const struct {
	enum kg_verdict verdict;
	const char *checks;
	bool is_successful;
	size_t notifications;
} invocations[] = {
	{ KG_VERDICT_PASS, "pF", true, 0 },	     { KG_VERDICT_FAIL, "pf", true, 0 },
	{ KG_VERDICT_INCONCLUSIVE, "pi", false, 1 }, { KG_VERDICT_INCONCLUSIVE, "p", false, 1 },
	{ KG_VERDICT_FAIL, "p", true, 1 },
};

START_TEST(verify_sarif_of_inconclusive_was_not_successful)
{
	struct input input;
	struct kg_check checks[CHECKS_MAX];
	set_up(&input);
	input.report = report_of(invocations[_i].checks, invocations[_i].verdict, checks);
	json_t *run = rendered_run(&input);
	json_t *notifications;
	const char *description;
	int is_successful;
	int exit_code;
	ck_assert_int_eq(json_unpack(run, "{s:[{s:b, s:i, s:s, s:o}]}", "invocations",
				     "executionSuccessful", &is_successful, "exitCode", &exit_code,
				     "exitCodeDescription", &description,
				     "toolExecutionNotifications", &notifications),
			 0);
	ck_assert_int_eq(is_successful, invocations[_i].is_successful);
	ck_assert_int_eq(exit_code, 1);
	ck_assert_str_eq(description, kg_verdict_name(invocations[_i].verdict));
	ck_assert_uint_eq(json_array_size(notifications), invocations[_i].notifications);
	json_decref(run);
	tear_down(&input);
}
END_TEST

static const struct {
	const char *path;
	const char *uri;
	bool is_stream;
} uris[] = {
	{ "vm.txt", "vm.txt", false },
	{ "<stdin>", "stdin", true },
	{ "./<stdin>", "./%3Cstdin%3E", false },
	{ "a b/c%d#e?f.txt", "a%20b/c%25d%23e%3Ff.txt", false },
	{ "C:vm", "C%3Avm", false },
	{ "/vm\xff\xc3\xa9.txt", "file:///vm%FF%C3%A9.txt", false },
	{ "[1]~_.txt", "%5B1%5D~_.txt", false },
};

START_TEST(verify_sarif_names_files_as_uris)
{
	struct input input;
	set_up(&input);
	input.sample.info.file = uris[_i].path;
	json_t *run = rendered_run(&input);
	json_t *roles;
	const char *artifact;
	const char *location;
	ck_assert_int_eq(json_unpack(run, "{s:[{s:{s:s}, s:o}], s:[{s:[{s:{s:{s:s}}}]}]}",
				     "artifacts", "location", "uri", &artifact, "roles", &roles,
				     "results", "locations", "physicalLocation", "artifactLocation",
				     "uri", &location),
			 0);
	ck_assert_str_eq(artifact, uris[_i].uri);
	ck_assert_str_eq(location, uris[_i].uri);
	ck_assert_uint_eq(json_array_size(roles), uris[_i].is_stream ? 2 : 1);
	json_decref(run);
	tear_down(&input);
}
END_TEST

START_TEST(verify_sarif_of_records_has_no_regions)
{
	struct input input;
	set_up(&input);
	input.sample.info.format = KG_FORMAT_TRACE_DAT;
	char *got = rendered(&input, render_sarif);
	ck_assert_ptr_null(strstr(got, "region"));
	ck_assert_ptr_nonnull(strstr(got, "\"line\": 6"));
	free(got);
	tear_down(&input);
}
END_TEST

/* ---- all of them ----------------------------------------------------------------------------- */

START_TEST(verify_format_of_nothing_is_no_trouble)
{
	struct input input;
	set_up(&input);
	input.report = (struct kg_verify_report){ .verdict = KG_VERDICT_PASS };
	char *got = rendered(&input, render_ktap);
	ck_assert_ptr_nonnull(strstr(got, "\n1..0 # SKIP "));
	free(got);
	got = rendered(&input, render_junit);
	ck_assert_ptr_nonnull(strstr(got, "<testsuite name=\"kvm-vmx\" tests=\"0\""));
	free(got);
	json_decref(rendered_run(&input));
	tear_down(&input);
}
END_TEST

START_TEST(verify_format_without_memory_fails_clean)
{
	struct input input;
	set_up(&input);
	sample_starve(renders[_i], &input);
	tear_down(&input);
}
END_TEST

START_TEST(verify_format_tells_a_verdict_that_no_check_does)
{
	struct input input;
	struct kg_check checks[CHECKS_MAX];
	set_up(&input);
	input.report = report_of("p", KG_VERDICT_INCONCLUSIVE, checks);
	char *got = rendered(&input, render_ktap);
	ck_assert_ptr_nonnull(strstr(got, "\n1..2\n"));
	ck_assert_ptr_nonnull(strstr(got, "\nnot ok 2 verdict # ERROR inconclusive: "));
	free(got);
	got = rendered(&input, render_junit);
	ck_assert_ptr_nonnull(strstr(got, "tests=\"2\" failures=\"0\" errors=\"1\""));
	ck_assert_ptr_nonnull(strstr(got, "name=\"verdict\">\n\t\t\t<error type=\"inconclusive\""));
	free(got);
	input.report = report_of("p", KG_VERDICT_FAIL, checks);
	got = rendered(&input, render_ktap);
	ck_assert_ptr_nonnull(strstr(got, "\nnot ok 2 verdict\n"));
	free(got);
	got = rendered(&input, render_junit);
	ck_assert_ptr_nonnull(strstr(got, "name=\"verdict\">\n\t\t\t<failure type=\"fail\""));
	free(got);
	tear_down(&input);
}
END_TEST

Suite *verify_formats_suite(void)
{
	Suite *suite = suite_create("verify_formats");
	TCase *outcome = tcase_create("outcome");
	tcase_add_loop_test(outcome, verify_outcomes_add_up_to_the_verdict, 0, COUNT(tallies));
	tcase_add_test(outcome, verify_format_tells_a_verdict_that_no_check_does);
	suite_add_tcase(suite, outcome);
	TCase *names = tcase_create("names");
	tcase_add_test(names, verify_ktap_reads_as_expected);
	tcase_add_test(names, verify_ktap_of_hostile_names_keeps_its_lines);
	tcase_add_test(names, verify_junit_of_hostile_names_stays_xml);
	suite_add_tcase(suite, names);
	TCase *sarif = tcase_create("sarif");
	tcase_add_test(sarif, verify_sarif_has_rules_and_what_does_not_hold);
	tcase_add_test(sarif, verify_sarif_says_where);
	tcase_add_test(sarif, verify_sarif_of_records_has_no_regions);
	tcase_add_loop_test(sarif, verify_sarif_of_inconclusive_was_not_successful, 0,
			    COUNT(invocations));
	tcase_add_loop_test(sarif, verify_sarif_names_files_as_uris, 0, COUNT(uris));
	suite_add_tcase(suite, sarif);
	TCase *all = tcase_create("all");
	tcase_add_test(all, verify_format_of_nothing_is_no_trouble);
	tcase_add_loop_test(all, verify_format_without_memory_fails_clean, 0, COUNT(renders));
	suite_add_tcase(suite, all);
	return suite;
}
