/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "render/json.h"
#include "render/json_row.h"
#include "render/sample.h"
#include "base/banned.h"

Suite *json_suite(void);

/* ---- values ---------------------------------------------------------------------------------- */

static void assert_dump(json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(value);
}

START_TEST(json_text_is_made_utf8)
{
	assert_dump(value_text("kvm"), "\"kvm\"");
	assert_dump(value_text(""), "\"\"");
	assert_dump(value_text(NULL), "null");
	assert_dump(value_text("\xc3\xbc\xff\"\\\n"), "\"\xc3\xbc\xef\xbf\xbd\\\"\\\\\\n\"");
	/* each byte that is no part of a character stands for itself */
	assert_dump(value_text("\xe8\x99"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}
END_TEST

START_TEST(json_unknown_is_null)
{
	assert_dump(value_ns(KG_NO_NS), "null");
	assert_dump(value_ns(0), "0");
	assert_dump(value_line(0), "null");
	assert_dump(value_line(1), "1");
	assert_dump(value_cpu(KG_NO_CPU), "null");
	assert_dump(value_cpu(0), "0");
	assert_dump(value_task(NULL, KG_NO_TASK), "null");
	assert_dump(value_func(NULL, KG_NO_FUNC), "null");
	assert_dump(value_module(NULL, KG_NO_FUNC), "null");
	assert_dump(value_number(UINT64_MAX - 1), "9223372036854775807");
}
END_TEST

/* ---- documents ------------------------------------------------------------------------------- */

START_TEST(json_document_has_a_line_for_each_member_and_row)
{
	struct kg_out *out = sample_out();
	struct json_doc doc = doc_start(out, "kvmgraph.test/1");
	doc_add(&doc, "share", value_share(468703));
	doc_add(&doc, "little", value_share(12345));
	doc_start_rows(&doc, "rows");
	for (uint64_t i = 0; i < 2; i++) {
		json_t *row = json_object();
		row_add(&row, "b", value_number(i));
		row_add(&row, "a", value_text("\xc2\x9b"));
		doc_add_row(&doc, row);
	}
	doc_end_rows(&doc);
	doc_start_rows(&doc, "none");
	doc_end_rows(&doc);
	doc_start_rows(&doc, "long");
	for (int i = 0; i < 2; i++) {
		struct json_row row = row_start(&doc);
		row_line(&row, "line", 7);
		struct json_row list = row_enter_list(&row, "items");
		for (int item = 0; item < i * 2; item++)
			row_word(&list, "io");
		row_leave_list(&list);
		row_text(&row, "end", NULL);
		row_end(&row);
	}
	doc_end_rows(&doc);
	ck_assert_int_eq(doc_end(&doc), KG_OK);
	char *got = sample_take(out);
	sample_same_text(got, "{\n"
			      "\"schema\": \"kvmgraph.test/1\",\n"
			      "\"share\": 0.468703,\n"
			      "\"little\": 0.012345,\n"
			      "\"rows\": [\n"
			      "{\"b\": 0, \"a\": \"\\u009B\"},\n"
			      "{\"b\": 1, \"a\": \"\\u009B\"}\n"
			      "],\n"
			      "\"none\": [],\n"
			      "\"long\": [\n"
			      "{\"line\": 7, \"items\": [], \"end\": null},\n"
			      "{\"line\": 7, \"items\": [\"io\", \"io\"], \"end\": null}\n"
			      "]\n"
			      "}\n");
	free(got);
}
END_TEST

START_TEST(json_row_members_are_those_of_the_library)
{
	struct kg_out *out = sample_out();
	struct json_doc doc = doc_start(out, "kvmgraph.test/1");
	doc_start_rows(&doc, "rows");
	struct json_row row = row_start(&doc);
	row_number(&row, "zero", 0);
	row_number(&row, "most", UINT64_MAX);
	row_ns(&row, "no_ns", KG_NO_NS);
	row_line(&row, "no_line", 0);
	row_cpu(&row, "no_cpu", KG_NO_CPU);
	row_bool(&row, "yes", true);
	row_text(&row, "quoted", "a\"\\b\x1b\xff");
	struct json_row inner = row_enter_object(&row, "inner");
	row_text(&inner, "plain", "a b");
	row_leave_object(&inner);
	row_end(&row);
	doc_end_rows(&doc);
	ck_assert_int_eq(doc_end(&doc), KG_OK);
	char *got = sample_take(out);
	sample_same_text(got, "{\n"
			      "\"schema\": \"kvmgraph.test/1\",\n"
			      "\"rows\": [\n"
			      "{\"zero\": 0, \"most\": 9223372036854775807, \"no_ns\": null, "
			      "\"no_line\": null, \"no_cpu\": null, \"yes\": true, "
			      "\"quoted\": \"a\\\"\\\\b\\u001B\\uFFFD\", "
			      "\"inner\": {\"plain\": \"a b\"}}\n"
			      "]\n"
			      "}\n");
	free(got);
}
END_TEST

START_TEST(json_missing_value_spoils_the_document)
{
	struct kg_out *out = sample_out();
	struct json_doc doc = doc_start(out, "kvmgraph.test/1");
	json_t *row = json_object();
	row_add(&row, "a", value_number(1));
	row_add(&row, "b", NULL);
	row_add(&row, "c", value_number(1));
	ck_assert_ptr_null(row);
	json_t *list = json_array();
	list_add(&list, row);
	ck_assert_ptr_null(list);
	doc_add(&doc, "list", list);
	ck_assert_int_eq(doc_end(&doc), KG_NOMEM);
	free(sample_take(out));
}
END_TEST

/* ---- reports --------------------------------------------------------------------------------- */

struct input {
	struct sample sample;
	struct kg_timing timing;
	struct kg_spec *spec;
};

static void set_up(struct input *input)
{
	sample_init(&input->sample);
	input->timing = sample_timing(&input->sample);
	input->spec = sample_spec();
}

static void tear_down(struct input *input)
{
	kg_spec_free(input->spec);
	sample_release(&input->sample);
}

static enum kg_status render_info(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_info_json(out, &input->sample.info, &sample_fit_report);
}

static enum kg_status render_timing(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_timing_json(out, &input->timing);
}

static enum kg_status render_tree(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_tree_json(out, &input->sample.info, input->sample.table);
}

static enum kg_status render_verify(void *self, struct kg_out *out)
{
	const struct input *input = self;
	return kg_render_verify_json(out, &input->sample.info, input->spec, &sample_verify_report);
}

static const struct {
	enum kg_status (*render)(void *self, struct kg_out *out);
	const char *schema;
	const char *keys; /* of the document, in order */
	const char *rows; /* the list whose first row is looked at */
	const char *row_keys;
} reports[] = {
	{ render_info, "kvmgraph.info/1",
	  "schema file format columns vendor kernel lines calls exits_only marks functions modules "
	  "cpus tasks "
	  "lost migrations diagnostics fit ",
	  "tasks", "pid comm calls roots cpus inferred lanes " },
	{ render_timing, "kvmgraph.timing/1", "schema trace functions phases runs exits totals ",
	  "phases",
	  "phase ioctl root task line cpu_enter cpu_leave duration_ns self_ns calls hot "
	  "incomplete " },
	{ render_timing, "kvmgraph.timing/1", "schema trace functions phases runs exits totals ",
	  "functions",
	  "name module calls incomplete total_ns self_ns min_ns max_ns mean_ns stddev_ns p50_ns "
	  "p90_ns p99_ns max_line percentiles_exact " },
	{ render_timing, "kvmgraph.timing/1", "schema trace functions phases runs exits totals ",
	  "runs", "line duration_ns guest_entries exits ended_by task incomplete " },
	{ render_timing, "kvmgraph.timing/1", "schema trace functions phases runs exits totals ",
	  "exits",
	  "reason handler count inferred total_ns mean_ns max_ns p99_ns share "
	  "percentiles_exact " },
	{ render_tree, "kvmgraph.tree/1", "schema file format calls ", "calls",
	  "id parent depth function module task line end_line cpu_enter cpu_leave duration_ns "
	  "self_ns flags " },
	{ render_verify, "kvmgraph.verify/1", "schema spec trace verdict checks counts ", "checks",
	  "id title verdict expected found where why severity " },
};

static void assert_keys(const json_t *object, const char *expected)
{
	char keys[256] = "";
	FILE *list = fmemopen(keys, sizeof(keys), "w");
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value) fprintf(list, "%s ", key);
	fclose(list);
	ck_assert_str_eq(keys, expected);
}

static json_t *parse(struct kg_out *out)
{
	size_t len;
	const char *text = out_memory(out, &len);
	json_error_t error;
	json_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(document != NULL, "line %d: %s", error.line, error.text);
	return document;
}

START_TEST(json_report_has_the_keys_of_its_schema_in_order)
{
	struct input input;
	set_up(&input);
	struct kg_out *out = sample_out();
	ck_assert_int_eq(reports[_i].render(&input, out), KG_OK);
	json_t *document = parse(out);
	ck_assert_str_eq(json_string_value(json_object_get(document, "schema")),
			 reports[_i].schema);
	assert_keys(document, reports[_i].keys);
	json_t *rows = json_object_get(document, reports[_i].rows);
	ck_assert_uint_gt(json_array_size(rows), 0);
	assert_keys(json_array_get(rows, 0), reports[_i].row_keys);
	json_decref(document);
	free(sample_take(out));
	tear_down(&input);
}
END_TEST

START_TEST(json_report_twice_is_the_same)
{
	struct input input;
	set_up(&input);
	struct kg_out *first = sample_out();
	struct kg_out *second = sample_out();
	ck_assert_int_eq(reports[_i].render(&input, first), KG_OK);
	ck_assert_int_eq(reports[_i].render(&input, second), KG_OK);
	sample_same_text(out_memory(first, NULL), out_memory(second, NULL));
	free(sample_take(first));
	free(sample_take(second));
	tear_down(&input);
}
END_TEST

START_TEST(json_report_without_memory_fails_clean)
{
	struct input input;
	set_up(&input);
	sample_starve(reports[_i].render, &input);
	tear_down(&input);
}
END_TEST

/* One value out of a document, by its path in it, compared as text. */
static const struct {
	enum kg_status (*render)(void *self, struct kg_out *out);
	const char *list; /* NULL: the document itself */
	size_t row;
	const char *key;
	const char *value;
} facts[] = {
	{ render_info, NULL, 0, "columns", "[\"cpu\", \"duration\"]" },
	{ render_info, NULL, 0, "kernel", "null" },
	{ render_info, NULL, 0, "marks",
	  "{\"+\": 0, \"!\": 3, \"#\": 0, \"*\": 0, \"@\": 0, \"$\": 2}" },
	{ render_info, NULL, 0, "modules", "{\"kvm\": 8, \"kvm_intel\": 3, \"\": 1}" },
	{ render_info, NULL, 0, "lost", "{\"gaps\": 1, \"events\": null}" },
	{ render_info, "tasks", 0, "comm", "\"v\\u001B[31m\\uFFFD\"" },
	{ render_info, "tasks", 1, "cpus", "[0, 1, 2, 7]" },
	{ render_info, "tasks", 2, "pid", "null" },
	{ render_info, "diagnostics", 0, "kind", "\"no-start\"" },
	{ render_info, NULL, 0, "fit",
	  "{\"kind\": \"between\", \"functions\": 9, \"newer_than\": \"5.17.0-1-amd64\", "
	  "\"older_than\": \"5.19.0-1-amd64\", \"series\": \"5.18\", \"builds\": ["
	  "{\"release\": \"5.17.0-1-amd64\", \"distribution\": \"Debian\", \"series\": \"5.17\", "
	  "\"closest\": false, \"missing\": 5, \"names\": [\"handle_io\", \"kvm_arch_init_vm\", "
	  "\"kvm_create_vm\", \"hardware_enable_nolock_with_a_very_long_name\", "
	  "\"vmx_vcpu_run\"]}, "
	  "{\"release\": \"5.19.0-1-amd64\", \"distribution\": \"Debian\", \"series\": \"5.19\", "
	  "\"closest\": true, \"missing\": 1, \"names\": [\"handle_io\"]}, "
	  "{\"release\": \"6.1.0-1-generic\", \"distribution\": \"Ubuntu\", \"series\": \"6.1\", "
	  "\"closest\": false, \"missing\": 3, \"names\": [\"handle_io\", \"kvm_arch_init_vm\", "
	  "\"kvm_create_vm\"]}, "
	  "{\"release\": \"6.12.0-1-generic\", \"distribution\": \"Ubuntu\", \"series\": \"6.12\", "
	  "\"closest\": false, \"missing\": 5, \"names\": null}]}" },
	{ render_timing, "functions", 9, "module", "null" },
	{ render_timing, "functions", 9, "min_ns", "null" },
	{ render_timing, "functions", 9, "total_ns", "0" },
	{ render_timing, "phases", 0, "ioctl", "null" },
	{ render_timing, "phases", 1, "ioctl", "\"KVM_CREATE_VM\"" },
	{ render_timing, "phases", 1, "cpu_leave", "3" },
	{ render_timing, "phases", 1, "hot",
	  "{\"function\": \"kvm_create_vm\", \"self_ns\": 236879}" },
	{ render_timing, "phases", 4, "duration_ns", "null" },
	{ render_timing, "phases", 4, "incomplete", "true" },
	{ render_timing, "runs", 0, "exits", "[\"io\"]" },
	{ render_timing, "runs", 1, "exits", "[]" },
	{ render_timing, "exits", 0, "share", "1.0" },
	{ render_tree, "calls", 3, "parent", "2" },
	{ render_tree, "calls", 12, "line", "null" },
	{ render_tree, "calls", 12, "flags", "[\"no-start\"]" },
	{ render_verify, NULL, 0, "verdict", "\"fail\"" },
	{ render_verify, NULL, 0, "spec",
	  "{\"name\": \"kvm-vmx\", \"version\": \"1.0\", \"source\": \"vm.json\"}" },
	{ render_verify, NULL, 0, "counts",
	  "{\"pass\": 2, \"fail\": 2, \"inconclusive\": 1, \"not-traceable\": 1, "
	  "\"skipped\": 1}" },
	{ render_verify, "checks", 2, "where",
	  "[{\"line\": 6, \"cpu\": 3, \"task\": \"v\\u001B[31m\\uFFFD-2690\", \"function\": "
	  "\"kvm_create_vm\"}, "
	  "{\"line\": null, \"cpu\": 2, \"task\": \"?cpu2\", \"function\": null}]" },
	{ render_verify, "checks", 3, "severity", "\"warn\"" },
	{ render_verify, "checks", 6, "title", "\"one VM\\uFFFD\"" },
};

START_TEST(json_report_tells_what_the_structs_hold)
{
	struct input input;
	set_up(&input);
	struct kg_out *out = sample_out();
	ck_assert_int_eq(facts[_i].render(&input, out), KG_OK);
	json_t *document = parse(out);
	json_t *place = document;
	if (facts[_i].list != NULL)
		place = json_array_get(json_object_get(document, facts[_i].list), facts[_i].row);
	char *value = json_dumps(json_object_get(place, facts[_i].key),
				 JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(value, facts[_i].value);
	free(value);
	json_decref(document);
	free(sample_take(out));
	tear_down(&input);
}
END_TEST

Suite *json_suite(void)
{
	const int report_count = sizeof(reports) / sizeof(reports[0]);
	Suite *suite = suite_create("json");
	TCase *values = tcase_create("values");
	tcase_add_test(values, json_text_is_made_utf8);
	tcase_add_test(values, json_unknown_is_null);
	suite_add_tcase(suite, values);
	TCase *documents = tcase_create("documents");
	tcase_add_test(documents, json_document_has_a_line_for_each_member_and_row);
	tcase_add_test(documents, json_row_members_are_those_of_the_library);
	tcase_add_test(documents, json_missing_value_spoils_the_document);
	suite_add_tcase(suite, documents);
	TCase *whole = tcase_create("reports");
	tcase_add_loop_test(whole, json_report_has_the_keys_of_its_schema_in_order, 0,
			    report_count);
	tcase_add_loop_test(whole, json_report_twice_is_the_same, 0, report_count);
	tcase_add_loop_test(whole, json_report_without_memory_fails_clean, 0, report_count);
	tcase_add_loop_test(whole, json_report_tells_what_the_structs_hold, 0,
			    sizeof(facts) / sizeof(facts[0]));
	suite_add_tcase(suite, whole);
	return suite;
}
