/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "render/out.h"

Suite *environment_suite(void);

/* What is printed for an environment, parsed again; the caller releases it. */
static json_t *print_and_parse(const struct kg_environment *environment)
{
	struct kg_out *out;
	json_error_t error;
	size_t len;
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	ck_assert_int_eq(kg_render_environment_json(out, environment), KG_OK);
	json_t *root = json_loads(out_memory(out, &len), JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "%d: %s", error.line, error.text);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	return root;
}

static const json_t *get(const json_t *root, const char *object, const char *key)
{
	const json_t *value = json_object_get(json_object_get(root, object), key);
	ck_assert_msg(value != NULL, "%s.%s is not there", object, key);
	return value;
}

START_TEST(environment_unknown_is_null)
{
	const struct kg_environment nothing = { .other_vms = -1, .exit_code = -1 };
	json_t *root = print_and_parse(&nothing);
	ck_assert(json_is_null(get(root, "kernel", "release")));
	ck_assert(json_is_null(get(root, "kernel", "hz")));
	ck_assert(json_is_null(get(root, "host", "virtual")));
	ck_assert(json_is_null(get(root, "host", "emulated")));
	ck_assert(json_is_null(json_object_get(root, "other_vms")));
	ck_assert(json_is_null(get(root, "command", "exit_code")));
	ck_assert(json_is_null(get(root, "lost", "needed_kib")));
	ck_assert_int_eq(json_integer_value(get(root, "lost", "events")), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "functions")), 0);
	json_decref(root);
}
END_TEST

START_TEST(environment_functions_stand_by_module)
{
	const struct kg_env_function functions[] = {
		{ "schedule", "" }, { "kvm_exit", "kvm" }, { "kvm_init", "kvm" }, { "x", "kvm_amd" }
	};
	const struct kg_environment environment = { .functions = functions, .function_count = 4 };
	json_t *root = print_and_parse(&environment);
	const json_t *rows = json_object_get(root, "functions");
	ck_assert_uint_eq(json_array_size(rows), 3);
	const json_t *row = json_array_get(rows, 0);
	ck_assert(json_is_null(json_object_get(row, "module")));
	row = json_array_get(rows, 1);
	ck_assert_str_eq(json_string_value(json_object_get(row, "module")), "kvm");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "count")), 2);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(row, "names"), 1)),
			 "kvm_init");
	ck_assert_int_eq(json_integer_value(get(root, "traced", "count")), 4);
	json_decref(root);
}
END_TEST

START_TEST(environment_of_strangers_is_escaped)
{
	const char *words[] = { "\033[31m", "\xff\"" };
	struct kg_env_pair pairs[] = { { "a\xff", "\x9b" }, { "b\"", NULL } };
	const struct kg_environment environment = { .cpu_model = "\xfe\\",
						    .command = { words, 2 },
						    .kvm_parameters = { pairs, 2 } };
	json_t *root = print_and_parse(&environment);
	ck_assert_str_eq(json_string_value(get(root, "cpu", "model")), "\xef\xbf\xbd\\");
	ck_assert_str_eq(json_string_value(json_array_get(get(root, "command", "words"), 0)),
			 "\033[31m");
	ck_assert_uint_eq(json_object_size(json_object_get(root, "kvm_parameters")), 2);
	json_decref(root);
}
END_TEST

Suite *environment_suite(void)
{
	Suite *suite = suite_create("environment");
	TCase *tcase = tcase_create("json");
	tcase_add_test(tcase, environment_unknown_is_null);
	tcase_add_test(tcase, environment_functions_stand_by_module);
	tcase_add_test(tcase, environment_of_strangers_is_escaped);
	suite_add_tcase(suite, tcase);
	return suite;
}
