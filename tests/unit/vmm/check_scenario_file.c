/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents that say what a VM is led through: what is made of them, and what is wrong with them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/act.h"
#include "vmm/guest/layout.h"
#include "vmm/vmm.h"

/* ---- reading --------------------------------------------------------------------------------- */

static char mistakes[16384];
static unsigned int mistake_count;

static void note_mistake(void *self, const char *mistake)
{
	const size_t used = strlen(mistakes);
	(void)self;
	mistake_count++;
	snprintf(mistakes + used, sizeof(mistakes) - used, "%s\n", mistake);
}

static const struct listener listener = { note_mistake, NULL };

/* NULL if it is not as it should be: then mistakes tells why. */
static struct scenario_file *read_bytes(const char *text, size_t len)
{
	struct scenario_file *file;
	mistakes[0] = '\0';
	mistake_count = 0;
	const enum outcome outcome = scenario_file_parse("try.json", text, len, &listener, &file);
	ck_assert_int_eq(outcome, file != NULL ? OUTCOME_PASS : OUTCOME_USAGE);
	ck_assert_int_eq(file == NULL, mistake_count > 0);
	return file;
}

/* Single quotes stand for double ones. */
static struct scenario_file *read_text(const char *quoted)
{
	char *text = strdup(quoted);
	for (char *at = text; *at != '\0'; at++)
		*at = *at == '\'' ? '"' : *at;
	struct scenario_file *file = read_bytes(text, strlen(text));
	free(text);
	return file;
}

/* clang-format off */
#define HEAD(members) \
	"{'schema': 'kvmgraph.scenario/1', 'name': 'tried', 'summary': 'a try',\n" members "'steps': ["
#define STEP(step) "{'step': '" step "'},\n"
#define CREATE \
	STEP("open") STEP("create-vm") STEP("memslot-add") STEP("create-vcpu") STEP("mmap-size") \
	STEP("map-vcpu") STEP("load-guest")
#define SREGS(mode) STEP("get-sregs") "{'step': 'set-sregs', 'mode': '" mode "'},\n"
#define LONG SREGS("long") STEP("set-regs")
#define RUN(guest) "{'step': 'run', 'guest': [" guest "]}"
#define END "]}"
/* clang-format on */

static struct plan make_plan(const struct scenario_file *file)
{
	struct plan plan;
	char why[384] = "";
	const struct plan_params params = { { 0 } };
	ck_assert_msg(file != NULL, "%s", mistakes);
	ck_assert_msg(plan_make(&plan, scenario_file_scenario(file), &params, why, sizeof(why)),
		      "%s", why);
	return plan;
}

static const struct step *find_step(const struct plan *plan, enum step_kind kind, uint32_t number)
{
	for (uint32_t i = 0; i < plan->step_count; i++) {
		if (plan->steps[i].row->kind == kind && number-- == 0)
			return &plan->steps[i];
	}
	ck_abort_msg("there is no such step");
	return NULL;
}

/* ---- what is made of them -------------------------------------------------------------------- */

/* clang-format off */
static const char many_acts[] =
	HEAD("'memory': 2097152, 'vendor': 'vmx', 'like': null, 'chosen': ['a'],") CREATE LONG
	RUN("['touch', 4], ['io', 1], ['mmio', 2], ['io', 13], ['cpuid', 3], ['hlt', 1]") ","
	STEP("get-regs") "{'step': 'exit'}" END;
/* clang-format on */

START_TEST(steps_are_those_of_the_document)
{
	char words[64];
	struct scenario_file *file = read_text(many_acts);
	struct plan plan = make_plan(file);
	ck_assert_uint_eq(plan.step_count, 13);
	ck_assert_uint_eq(plan.memory_bytes, 2097152);
	ck_assert_str_eq(plan.scenario->name, "tried");
	ck_assert(plan.has_exit);
	const struct step *run = find_step(&plan, STEP_RUN, 0);
	ck_assert_uint_eq(run->log_count, 17);
	for (uint32_t i = 0; i < 17; i++)
		ck_assert_int_eq(step_exit_due(run, i), i == 16		   ? REASON_HLT
							: i == 1 || i == 2 ? REASON_MMIO
									   : REASON_IO);
	step_expectation(&plan, run, words, sizeof(words));
	ck_assert_str_eq(words, "hlt after 14 io, 2 mmio");
	plan_release(&plan);
	scenario_file_free(file);
}
END_TEST

/* The number of pages that the least memory has behind the code. */
static uint64_t pages_of(const char *text)
{
	struct scenario_file *file = read_text(text);
	struct plan plan = make_plan(file);
	const uint64_t len = (uint64_t)(plan.scenario->guest_end - plan.scenario->guest);
	const uint64_t end = (plan.scenario->code + len + 4095) / 4096 * 4096;
	const uint64_t pages = (plan.memory_base + plan.memory_bytes - end) / 4096;
	plan_release(&plan);
	scenario_file_free(file);
	return pages;
}

/* clang-format off */
static const struct {
	const char *text;
	uint64_t pages;
} touching[] = {
	{ HEAD() CREATE LONG RUN("['touch', 4], ['hlt', 1]") END, 0 },
	{ HEAD() CREATE LONG RUN("['hlt', 1]") END, 0 },
	{ HEAD() CREATE LONG RUN("['touch', 9], ['hlt', 1]") END, 5 },
	/* whenever they are touched */
	{ HEAD() CREATE LONG RUN("['touch', 1], ['io', 1], ['touch', 2], ['touch', 2], ['hlt', 1]") END, 1 },
	/* the second run has met them */
	{ HEAD() CREATE LONG RUN("['touch', 4], ['hlt', 1]") "," RUN("['touch', 3], ['hlt', 1]") END, 3 },
	{ HEAD() CREATE SREGS("paged") STEP("set-regs") RUN("['touch', 3], ['hlt', 1]") END, 1 },
	{ HEAD() CREATE SREGS("real") STEP("set-regs") RUN("['touch', 3], ['hlt', 1]") END, 2 },
	{ HEAD() CREATE SREGS("protected") STEP("set-regs") RUN("['touch', 1], ['hlt', 1]") END, 0 },
};
/* clang-format on */

START_TEST(code_and_tables_count_as_touched)
{
	ck_assert_uint_eq(pages_of(touching[_i].text), touching[_i].pages);
}
END_TEST

START_TEST(without_set_sregs_it_starts_as_after_a_reset)
{
	struct scenario_file *file = read_text(HEAD() CREATE RUN("['touch', 1], ['hlt', 1]") END);
	struct plan plan = make_plan(file);
	const struct scenario *scenario = plan.scenario;
	ck_assert_uint_eq(plan.memory_bytes, 4096);
	ck_assert_uint_eq(plan.memory_base, GUEST_4G - 4096);
	ck_assert_uint_eq(scenario->code, GUEST_4G - 4096);
	/* a jump of 16 bits where a processor starts, to the first byte of the page */
	const unsigned char *jump = scenario->guest_end - 16;
	ck_assert_uint_eq(jump[0], 0xe9);
	ck_assert_uint_eq((0xfff0 + 3 + (jump[1] | jump[2] << 8)) & 0xffff, 0xf000);
	ck_assert_uint_eq(scenario->guest_end[-4096 + 10], 0xf4);
	plan_release(&plan);
	scenario_file_free(file);
}
END_TEST

START_TEST(code_is_what_an_assembler_makes_of_it)
{
	static const struct {
		enum code_kind kind;
		struct acts acts;
		const char *code;
	} cases[] = {
		/* mov $0x7000, %edi; mov %al, (%rdi) */
		{ CODE_64, { ACT_TOUCH, 1, 0, 0x7000 }, "bf00700000 8807" },
		/* mov $3, %esi; 1: mov %al, (%rdi); add $4096, %edi; dec %esi; jnz 1b */
		{ CODE_32,
		  { ACT_TOUCH, 3, 0, 0x7000 },
		  "bf00700000 be03000000 8807 81c700100000 ffce 75f4" },
		{ CODE_16,
		  { ACT_TOUCH, 3, 1, 0x7000 },
		  "66bf00700000 66be02000000 678807 6681c700100000 66ffce 75f1" },
		{ CODE_64, { ACT_TOUCH, 1, 1, 0 }, "90909090909090" },
		/* mov %cs:(%edi), %al */
		{ CODE_RESET, { ACT_TOUCH, 1, 0, 0xe000 }, "66bf00e00000 2e678a07" },
		{ CODE_64, { ACT_IO, 1, 0, 0 }, "e6e8" },
		{ CODE_16, { ACT_IO, 2, 0, 0 }, "66be02000000 e6e8 66ffce 75f9" },
		/* lidt 2(%rip); ud2 */
		{ CODE_64, { ACT_SHUTDOWN, 1, 0, 0 }, "0f011d02000000 0f0b 00000000000000000000" },
		/* lidt 0x6009; ud2 */
		{ CODE_32, { ACT_SHUTDOWN, 1, 0, 0 }, "0f011d09600000 0f0b 00000000000000000000" },
		/* lidt %cs:0x6008; ud2 */
		{ CODE_16, { ACT_SHUTDOWN, 1, 0, 0 }, "2e0f011e0860 0f0b 00000000000000000000" },
		{ CODE_64, { ACT_HYPERCALL, 1, 0, 0 }, "b801000000 0f01c1" },
		{ CODE_64, { ACT_RDMSR, 1, 0, 0 }, "b977020000 0f32" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char bytes[128];
		char found[257] = "";
		char code[257] = "";
		struct emitter emitter = { .kind = cases[i].kind, .at = bytes, .address = 0x6000 };
		struct emitter counter = { .kind = cases[i].kind };
		emit_acts(&emitter, &cases[i].acts);
		emit_acts(&counter, &cases[i].acts);
		ck_assert_uint_eq(counter.len, emitter.len);
		for (size_t byte = 0; byte < emitter.len; byte++)
			snprintf(found + 2 * byte, 3, "%02x", bytes[byte]);
		for (const char *at = cases[i].code; *at != '\0'; at++)
			strncat(code, at, *at != ' ');
		ck_assert_str_eq(found, code);
	}
}
END_TEST

/* clang-format off */
#define OF(vcpu, step) "{'step': '" step "', 'vcpu': " vcpu "},\n"
#define OWN(vcpu, step, more) "{'step': '" step "', 'vcpu': " vcpu ", 'thread': true" more "},\n"
static const char threads[] =
	HEAD() CREATE OF("1", "create-vcpu") OF("1", "map-vcpu")
	OWN("1", "get-sregs", "") OWN("0", "get-sregs", "")
	OWN("1", "set-sregs", "") OWN("0", "set-sregs", "")
	OWN("0", "set-regs", "") OWN("1", "set-regs", "")
	OWN("1", "run", ", 'guest': [['io', 2], ['hlt', 1]]")
	OWN("0", "run", ", 'guest': [['hlt', 1]]")
	"{'step': 'close'}" END;

#define SLOT(step, slot, more) "{'step': '" step "', 'slot': " slot more "},\n"
static const char slots[] =
	HEAD() STEP("open") STEP("create-vm") STEP("memslot-add")
	SLOT("memslot-add", "5", ", 'pages': 3, 'log_dirty': true") SLOT("memslot-add", "1", "")
	SLOT("memslot-move", "5", "") SLOT("dirty-log", "5", "") SLOT("memslot-delete", "5", "")
	"{'step': 'close'}" END;
/* clang-format on */

START_TEST(threads_may_be_told_in_any_order)
{
	struct scenario_file *file = read_text(threads);
	struct plan plan = make_plan(file);
	ck_assert_uint_eq(plan.params[PARAM_VCPUS], 2);
	ck_assert_uint_eq(find_step(&plan, STEP_RUN, 0)->vcpu, 0);
	ck_assert_uint_eq(find_step(&plan, STEP_RUN, 0)->log_count, 1);
	ck_assert_uint_eq(find_step(&plan, STEP_RUN, 1)->vcpu, 1);
	ck_assert_uint_eq(find_step(&plan, STEP_RUN, 1)->log_count, 3);
	/* each starts at its own code, behind that of the other */
	ck_assert_uint_eq(find_step(&plan, STEP_SET_REGS, 0)->row->entry, 0);
	ck_assert_uint_eq(find_step(&plan, STEP_SET_REGS, 1)->row->entry, 1);
	plan_release(&plan);
	scenario_file_free(file);
}
END_TEST

START_TEST(slots_lie_behind_each_other)
{
	struct scenario_file *file = read_text(slots);
	struct plan plan = make_plan(file);
	const struct step *first = find_step(&plan, STEP_MEMSLOT_ADD, 1);
	const struct step *second = find_step(&plan, STEP_MEMSLOT_ADD, 2);
	const struct step *moved = find_step(&plan, STEP_MEMSLOT_MOVE, 0);
	ck_assert_uint_eq(step_slot_bytes(&plan, first), 3 * 4096);
	ck_assert_uint_eq(step_slot_bytes(&plan, second), 4096);
	ck_assert_uint_eq(step_slot_address(&plan, moved), step_slot_address(&plan, first) + 4096);
	ck_assert_uint_ge(step_slot_address(&plan, second),
			  step_slot_address(&plan, moved) + step_slot_bytes(&plan, moved));
	ck_assert_uint_eq(step_slot_backing(&plan, second),
			  step_slot_backing(&plan, first) + 3 * 4096);
	ck_assert_uint_eq(plan.backing_bytes, plan.memory_bytes + 4 * 4096);
	ck_assert(moved->row->is_logged);
	plan_release(&plan);
	scenario_file_free(file);
}
END_TEST

/* ---- mistakes -------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *text;
	const char *complaint;
} wrong[] = {
	{ "", ":1:0: " },
	{ "[]", ":1:1: is no object" },
	{ "{'schema': 'kvmgraph.run/1'}", ":1:2: \"kvmgraph.run/1\" is not kvmgraph.scenario/1" },
	{ "{'schema': 'kvmgraph.scenario/1'}", ":1:1: \"name\" is missing" },
	{ HEAD("'colour': 'red',") STEP("open") "{'step': 'close'}" END,
	  ":2:1: \"colour\" is not known here" },
	{ HEAD("'memory': 5,") "{'step': 'open'}" END, ":2:1: \"memory\" is whole pages" },
	{ HEAD("'memory': -1,") "{'step': 'open'}" END, ":2:1: \"memory\" is a number from 0" },
	{ HEAD("'memory': 4096,") CREATE LONG RUN("['hlt', 1]") END,
	  "needs 7 pages of memory, and has 1" },
	{ HEAD("'vms': 0,") "{'step': 'open'}" END, ":2:1: \"vms\" is 1 at least" },
	{ HEAD("'vms': 2,") "{'step': 'exit'}" END, "is led once" },
	{ HEAD("'vendor': 'arm',") "{'step': 'open'}" END, ":2:1: \"vendor\" is vmx" },
	{ HEAD("'like': {},") "{'step': 'open'}" END, ":2:1: \"like\" names" },
	{ "{'schema': 'kvmgraph.scenario/1', 'name': 'hello', 'summary': '', 'steps': []}",
	  ":1:35: \"hello\" is the name of a built-in" },
	{ "{'schema': 'kvmgraph.scenario/1', 'name': '../x', 'summary': '', 'steps': []}",
	  ":1:35: \"name\" is made of" },
	{ "{'schema': 'kvmgraph.scenario/1', 'name': 'x', 'summary': '\\u009b', 'steps': []}",
	  ":1:48: \"summary\" is a line" },
	{ HEAD() END, "\"steps\" is a list of 1 to" },
	{ HEAD() "7" END, ":2:11: a step is told as" },
	{ HEAD() "{'step': 'opn'}" END, ":2:11: \"opn\" is no step" },
	{ HEAD() "{'step': 'check-output'}" END, "built-in scenarios alone" },
	{ HEAD() STEP("open") "{'step': 'open'}" END, ":3:1: open is for once in a life" },
	{ HEAD() "{'step': 'create-vm'}" END, ":2:11: create-vm needs open before it" },
	{ HEAD() STEP("exit") "{'step': 'open'}" END, ":3:1: nothing comes after exit" },
	{ HEAD() STEP("open") STEP("close") "{'step': 'create-vm'}" END, "create-vm needs open" },
	{ HEAD() "{'step': 'open', 'vcpu': 1}" END, ":2:28: open has no \"vcpu\"" },
	{ HEAD() "{'step': 'open', 'thread': true}" END, ":2:28: open is not for a vCPU's" },
	{ HEAD() "{'step': 'open',\n 'thread': 1}" END, ":3:2: \"thread\" is true or false" },
	{ HEAD() STEP("open") STEP("create-vm") "{'step': 'create-vcpu', 'vcpu': 8}" END,
	  ":4:25: \"vcpu\" is a number from 0 to 7" },
	{ HEAD() CREATE STEP("memslot-add") "{'step': 'exit'}" END, "slot 0 is there already" },
	{ HEAD() CREATE SLOT("dirty-log", "0", "") "{'step': 'exit'}" END, "slot 0 has no log" },
	{ HEAD() CREATE SLOT("memslot-move", "0", "") "{'step': 'exit'}" END, "cannot be moved" },
	{ HEAD() CREATE SLOT("memslot-delete", "2", "") "{'step': 'exit'}" END,
	  "there is no slot 2" },
	{ HEAD() CREATE SLOT("memslot-add", "2", ", 'pages': 65536") "{'step': 'exit'}" END,
	  "larger than the 256 MiB" },
	{ HEAD() CREATE STEP("set-sregs") "{'step': 'exit'}" END, "set-sregs needs get-sregs" },
	{ HEAD() CREATE SREGS("vm86") "{'step': 'exit'}" END, "\"mode\" is long, real" },
	{ HEAD() STEP("open") STEP("create-vm") STEP("create-vcpu") RUN("['hlt', 1]") END,
	  "run needs memslot-add of slot 0" },
	{ HEAD() CREATE SREGS("long") RUN("['hlt', 1]") END, "needs a set-regs, too" },
	{ HEAD() CREATE LONG "{'step': 'run'}" END, "a run has a \"guest\"" },
	{ HEAD() CREATE LONG RUN("") END, "a run's guest ends with" },
	{ HEAD() CREATE LONG RUN("['io', 1], ['touch', 4]") END, "a run's guest ends with" },
	{ HEAD() CREATE LONG RUN("['hlt', 1], ['io', 1]") END, ":12:27: hlt ends the run" },
	{ HEAD() CREATE LONG RUN("['hlt', 2]") END, "hlt ends the run" },
	{ HEAD() CREATE LONG RUN("['io', 1], ['invalid', 1]") END, "nothing to do before it" },
	{ HEAD() CREATE RUN("['invalid', 1]") END, "invalid needs a set-sregs" },
	{ HEAD() CREATE LONG RUN("['jump', 1], ['hlt', 1]") END, "how to \"jump\"" },
	{ HEAD() CREATE LONG RUN("['io'], ['hlt', 1]") END,
	  ":12:27: what a guest does is told as" },
	{ HEAD() CREATE LONG RUN("['io', 0], ['hlt', 1]") END, "1 to 1000000 times" },
	{ HEAD() CREATE LONG RUN("['io', 100000], ['hlt', 1]") END, "sees 100001 exits" },
	{ HEAD() CREATE LONG RUN("['touch', 3], ['hlt', 1]") END,
	  "3 pages touched are fewer than the 4" },
	{ HEAD() CREATE LONG RUN("['touch', 131072], ['hlt', 1]") END, "more than the 512 MiB" },
	{ HEAD() CREATE RUN("['touch', 17], ['hlt', 1]") END, "reaches 16 pages" },
	{ HEAD() CREATE LONG RUN("['shutdown', 1]") "," RUN("['hlt', 1]") END, "set up anew" },
	{ HEAD() CREATE RUN("['hlt', 1]") "," LONG RUN("['hlt', 1]") END, "one or the other" },
	{ HEAD() STEP("open") STEP("create-vm") STEP("create-irqchip") STEP("memslot-add")
	  STEP("create-vcpu") STEP("mmap-size") STEP("map-vcpu") STEP("load-guest") LONG RUN("['hlt', 1]") END,
	  "hlt stays in the kernel" },
};
/* clang-format on */

START_TEST(mistakes_are_told_with_their_place)
{
	struct scenario_file *file = read_text(wrong[_i].text);
	ck_assert_ptr_null(file);
	ck_assert_msg(strstr(mistakes, wrong[_i].complaint) != NULL, "%s%s", mistakes,
		      wrong[_i].complaint);
}
END_TEST

START_TEST(all_mistakes_are_told)
{
	ck_assert_ptr_null(read_text(HEAD("'memory': 1, 'colour': 1,") STEP("create-vm")
					     STEP("open") STEP("open") "{'step': 'run'}" END));
	ck_assert_msg(mistake_count == 5, "%u: %s", mistake_count, mistakes);
}
END_TEST

START_TEST(a_step_that_is_not_known_makes_no_others_wrong)
{
	ck_assert_ptr_null(read_text(HEAD() STEP("open") STEP("create_vm")
					     STEP("create-vcpu") "{'step': 'map-vcpu'}" END));
	ck_assert_uint_eq(mistake_count, 1);
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
	static const char *const paths[] = { "/tmp/there is no such file", "/tmp", "/dev/null" };
	for (size_t i = 0; i < 3; i++) {
		struct scenario_file *file;
		mistake_count = 0;
		ck_assert_int_eq(scenario_file_read(paths[i], &listener, &file), OUTCOME_USAGE);
		ck_assert_ptr_null(file);
		ck_assert_uint_eq(mistake_count, 1);
	}
}
END_TEST

/* Cut anywhere, and with any byte of it changed, it is told or it is another document. */
START_TEST(damage_is_told)
{
	static const char whole[] =
		"{\"schema\":\"kvmgraph.scenario/1\",\"name\":\"a\",\"summary\":\"b\",\"steps\":["
		"{\"step\":\"open\"},{\"step\":\"create-vm\"},{\"step\":\"memslot-add\"},"
		"{\"step\":\"create-vcpu\"},{\"step\":\"mmap-size\"},{\"step\":\"map-vcpu\"},"
		"{\"step\":\"load-guest\"},{\"step\":\"run\",\"guest\":[[\"io\",2],[\"hlt\",1]]}]}";
	static const char bytes[] = "\"{}[],:0\\\n9- \xff";
	char text[sizeof(whole)];
	const size_t len = sizeof(whole) - 1;
	struct scenario_file *file = read_bytes(whole, len);
	ck_assert_msg(file != NULL, "%s", mistakes);
	scenario_file_free(file);
	for (size_t at = 0; at < len; at++) {
		ck_assert_ptr_null(read_bytes(whole, at));
		for (size_t i = 0; i < sizeof(bytes); i++) {
			memcpy(text, whole, sizeof(whole));
			text[at] = bytes[i];
			scenario_file_free(read_bytes(text, len));
		}
	}
}
END_TEST

Suite *scenario_file_suite(void);

Suite *scenario_file_suite(void)
{
	Suite *suite = suite_create("scenario_file");
	TCase *made = tcase_create("made");
	tcase_add_test(made, steps_are_those_of_the_document);
	tcase_add_loop_test(made, code_and_tables_count_as_touched, 0,
			    sizeof(touching) / sizeof(touching[0]));
	tcase_add_test(made, without_set_sregs_it_starts_as_after_a_reset);
	tcase_add_test(made, code_is_what_an_assembler_makes_of_it);
	tcase_add_test(made, threads_may_be_told_in_any_order);
	tcase_add_test(made, slots_lie_behind_each_other);
	suite_add_tcase(suite, made);
	TCase *mistaken = tcase_create("mistaken");
	tcase_add_loop_test(mistaken, mistakes_are_told_with_their_place, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(mistaken, all_mistakes_are_told);
	tcase_add_test(mistaken, a_step_that_is_not_known_makes_no_others_wrong);
	tcase_add_test(mistaken, what_cannot_be_read_is_told);
	tcase_add_test(mistaken, damage_is_told);
	suite_add_tcase(suite, mistaken);
	return suite;
}
