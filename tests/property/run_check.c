/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints the checks of a trace against a run report as a JSON list, for the property test
 * run_checks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kvmgraph/run_check.h>
#include <kvmgraph/trace.h>

static void give_up(const struct kg_error *err, enum kg_status status)
{
	fprintf(stderr, "run_check: %s: %s\n", err->file,
		err->text[0] != '\0' ? err->text : kg_status_text(status));
	exit(2);
}

/* None of our words has anything to escape but a quote in a comm. */
static void print_text(const char *text)
{
	if (text == NULL) {
		printf("null");
		return;
	}
	putchar('"');
	for (; *text != '\0'; text++)
		putchar(*text == '"' || *text == '\\' || (unsigned char)*text < ' ' ? '?' : *text);
	putchar('"');
}

static void print_check(const struct kg_check *check)
{
	printf("{\"id\": ");
	print_text(check->id);
	printf(", \"verdict\": ");
	print_text(kg_verdict_name(check->verdict));
	printf(", \"expected\": ");
	print_text(check->expected);
	printf(", \"found\": ");
	print_text(check->found);
	printf(", \"why\": ");
	print_text(check->why);
	printf(", \"line\": %" PRIu64 "}", check->place_count > 0 ? check->places[0].line_no : 0);
}

static void print_checks(const struct kg_run_check_input *input)
{
	struct kg_error err = { 0 };
	struct kg_run_check *check;
	size_t count;
	enum kg_status status = kg_run_check_new(input, &check);
	if (status != KG_OK)
		give_up(&err, status);
	const struct kg_check *checks = kg_run_check_list(check, &count);
	for (size_t i = 0; i < count; i++) {
		printf(i == 0 ? "[" : ", ");
		print_check(&checks[i]);
	}
	puts("]");
	kg_run_check_free(check);
}

static void hold(const char *trace_path, const char *run_path, const char *environment_path)
{
	struct kg_error err = { 0 };
	struct kg_trace *trace = NULL;
	struct kg_run_report *run = NULL;
	struct kg_environment *environment = NULL;
	struct kg_life *life = NULL;
	const struct kg_trace_opts opts = { 0 };
	enum kg_status status = kg_trace_open(trace_path, &opts, &trace, &err);
	if (status == KG_OK)
		status = kg_run_report_read(run_path, &run, &err);
	if (status == KG_OK && environment_path != NULL)
		status = kg_environment_read(environment_path, &environment, &err);
	if (status == KG_OK)
		status = kg_life_new(kg_trace_funcs(trace), NULL, &life);
	if (status == KG_OK) {
		const struct kg_call_sink sink = kg_life_sink(life);
		status = kg_trace_run(trace, &sink, &err);
	}
	if (status != KG_OK)
		give_up(&err, status);
	const struct kg_run_check_input input = {
		.run = run,
		.environment = environment,
		.life = life,
		.info = kg_trace_info(trace),
	};
	print_checks(&input);
	kg_life_free(life);
	kg_environment_free(environment);
	kg_run_report_free(run);
	kg_trace_close(trace);
}

int main(int argc, char **argv)
{
	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: run_check TRACE RUN.json [ENV.json]\n");
		return 2;
	}
	hold(argv[1], argv[2], argc == 4 ? argv[3] : NULL);
	return 0;
}
