/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kvmgraph/verify.h>

#include "analyse/spec.h"
#include "base/memory.h"

Suite *spec_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Documents are written with ' for ", which JSON has too many of. */
static enum kg_status parse(const char *text, struct kg_spec **out, struct kg_error *err)
{
	char json[8192];
	size_t len = strlen(text);
	ck_assert_uint_lt(len, sizeof(json));
	for (size_t i = 0; i < len; i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	return kg_spec_parse(json, len, "test.json", out, err);
}

/* ---- documents that are in order ------------------------------------------------------------- */

#define ALL_OF_IT                                                                                  \
	"{ '$schema': 'x', 'fgpath': 1, 'name': 'all', 'title': 'T', 'version': '3',"              \
	"  'applies': { 'vendor': 'vmx' }, 'params': { 'n': 4, 'unset': null },"                   \
	"  'subject': { 'first': 'f', 'also_task': '^w', 'noise': ['n*'], 'roots': ['[m]'],"       \
	"    'alive': ['f', 'g'], 'join': 'h', 'worker_from': 'i' },"                              \
	"  'steps': { 'two': { 'title': 'second', 'is': 'nothing' }, 'five': { 'is': 'l' } },"     \
	"  'ignore': ['tick'], 'alias': { 'x': 'a|b', 'y': '@x|c*' },"                             \
	"  'define': { 'p': ['a', '$q?'], 'q': { 'any': ['b', '@y'] } },"                          \
	"  'phases': ["                                                                            \
	"    { 'id': 'one', 'title': 'first', 'why': 'because', 'is': '$p' },"                     \
	"    { 'id': 'two', 'is': { 'all': ['f*', 'g{2}', 'h{1,}', 'i{2,3}', 'j+'] } },"           \
	"    { 'id': 'three', 'is': { 'rep': { 'opt': 'k' }, 'min': 1, 'max': 3 } },"              \
	"    { 'id': 'four', 'is': { 'call': 'f|@x?', 'in': ['a'], 'not': ['b*'],"                 \
	"      'count': { 'c': '<=1', 'd|e': 2, '@y': '>= n' } } }, 'five' ],"                     \
	"  'threads': ['five'],"                                                                   \
	"  'instead': [{ 'if': '#(a) > 1', 'use': 'other' }],"                                     \
	"  'rules': ["                                                                             \
	"    { 'id': 'count', 'count': 'f', 'want': 'n', 'severity': 'warn', 'when': 'f|g' },"     \
	"    { 'id': 'pair', 'pair': ['a', 'b'], 'per': 'cpu', 'needs_all_tasks': true,"           \
	"      'over': 'trace' },"                                                                 \
	"    { 'id': 'expr', 'expr': '#(a) + 2 * #(@x) - n == 3 <= #(b|c)' },"                     \
	"    { 'id': 'each', 'each': 'f', 'in': ['a'], 'not': 'b', 'count': { 'c': 1 } },"         \
	"    { 'id': 'order', 'order': ['a', 'b', 'c'] },"                                         \
	"    { 'id': 'inside', 'inside': 'a', 'window': 'b' },"                                    \
	"    { 'id': 'cpus', 'cpus': 'a', 'want': 2 },"                                            \
	"    { 'id': 'forbid', 'forbid': ['a', 'b*'] },"                                           \
	"    { 'id': 'modules', 'modules': [['kvm', 'kvm_intel'], ['kvm', 'kvm_amd']] },"          \
	"    { 'id': 'budget', 'budget': 'a', 'max_us': 5, 'total_us': 'unset' },"                 \
	"    { 'id': 'closed', 'closed': 'a', 'before': 'b' },"                                    \
	"    { 'id': 'last', 'last': 'a', 'among': ['b', 'c'], 'title': 'T', 'why': 'W' } ] }"

START_TEST(spec_with_everything_is_read)
{
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	enum kg_status status = parse(ALL_OF_IT, &spec, &err);
	ck_assert_msg(status == KG_OK, "%s", err.text);
	ck_assert_str_eq(kg_spec_name(spec), "all");
	ck_assert_str_eq(kg_spec_version(spec), "3");
	ck_assert_str_eq(kg_spec_source(spec), "test.json");
	ck_assert_uint_eq(spec->main.phases.count, 5);
	ck_assert_str_eq(spec->main.phases.at[0].id, "phase:one");
	ck_assert_str_eq(spec->main.phases.at[0].title, "first");
	ck_assert_str_eq(spec->main.phases.at[1].title, "second");
	ck_assert_str_eq(spec->main.phases.at[4].id, "phase:five");
	ck_assert_uint_eq(spec->threads.phases.count, 1);
	ck_assert_uint_eq(spec->rules.count, RULE_KIND_COUNT);
	ck_assert(spec->rules.at[0].is_warning);
	ck_assert_str_eq(spec->rules.at[0].title, "count");
	ck_assert(spec->rules.at[1].needs_all_tasks);
	ck_assert(spec->rules.at[1].is_over_trace);
	ck_assert(!spec->rules.at[0].is_over_trace);
	ck_assert_str_eq(spec->rules.at[RULE_CHOICE].id, "other");
	ck_assert_int_eq(spec->rules.at[1].scope, PAIR_PER_CPU);
	kg_spec_free(spec);
}
END_TEST

START_TEST(spec_without_name_is_called_as_its_file)
{
	struct kg_spec *spec = NULL;
	ck_assert_int_eq(parse("{ 'fgpath': 1 }", &spec, NULL), KG_OK);
	ck_assert_str_eq(kg_spec_name(spec), "test.json");
	ck_assert_str_eq(kg_spec_version(spec), "");
	kg_spec_free(spec);
	kg_spec_free(NULL);
}
END_TEST

START_TEST(spec_params_can_be_set)
{
	struct kg_spec *spec = NULL;
	uint64_t value;
	ck_assert_int_eq(parse(ALL_OF_IT, &spec, NULL), KG_OK);
	const struct amount n = { .param = 0 };
	const struct amount unset = { .param = 1 };
	ck_assert(spec_amount(spec, &n, &value));
	ck_assert_uint_eq(value, 4);
	ck_assert(!spec_amount(spec, &unset, &value));
	ck_assert(spec_bound_holds(spec, &(struct bound){ COMPARE_GT, unset }, 0));
	ck_assert_int_eq(kg_spec_set_param(spec, "unset", 7), KG_OK);
	ck_assert(spec_amount(spec, &unset, &value));
	ck_assert_uint_eq(value, 7);
	ck_assert(!spec_bound_holds(spec, &(struct bound){ COMPARE_GT, unset }, 7));
	ck_assert_int_eq(kg_spec_set_param(spec, "m", 7), KG_BAD_ARG);
	kg_spec_free(spec);
}
END_TEST

START_TEST(spec_equal_names_share_a_set)
{
	struct kg_spec *spec = NULL;
	ck_assert_int_eq(parse("{ 'fgpath': 1, 'subject': { 'first': 'f' }, 'phases': ["
			       "{ 'id': 'a', 'is': ['f', 'g', 'f', { 'call': 'f', 'in': [] }] }] }",
			       &spec, NULL),
			 KG_OK);
	/* f, g, f with something in it */
	ck_assert_uint_eq(spec->calls.count, 3);
	kg_spec_free(spec);
}
END_TEST

/* ---- documents that are not ------------------------------------------------------------------ */

#define RULE(members)                                                                              \
	"{ 'fgpath': 1, 'params': { 'runs': 1 }, 'rules': [{ 'id': 'a' " members " }] }"
#define IS(pattern)                                                                                \
	"{ 'fgpath': 1, 'subject': { 'first': 'f' }, 'alias': { 'map': 'm|n' },"                   \
	" 'define': { 'loop': 'a' }, 'phases': [{ 'id': 'a', 'is': " pattern " }] }"

static const struct {
	const char *json;
	const char *message;
} mistakes[] = {
	{ "[]", "a specification has to be an object" },
	{ "{}", "\"fgpath\": 1 is missing: is this a specification?" },
	{ "{ 'fgpath': 2 }", "fgpath: has to be 1, the only version of the language" },
	{ "{ 'fgpath': 1, 'rule': [] }", "rule: unknown key (did you mean \"rules\"?)" },
	{ "{ 'fgpath': 1, 'wholly_unlike': [] }", "wholly_unlike: unknown key" },
	{ "{ 'fgpath': 1, 'name': 3 }", "name: has to be a text" },
	{ "{ 'fgpath': 1, 'name': '' }", "name: has to be a text" },
	{ "{ 'fgpath': 1, 'params': [] }", "params: has to be an object" },
	{ "{ 'fgpath': 1, 'params': { 'a': -1 } }",
	  "params.a: has to be a number from 0, or null where none is set" },
	{ "{ 'fgpath': 1, 'rules': {} }", "rules: has to be a list" },
	{ "{ 'fgpath': 1, 'rules': [3] }", "rules[0]: has to be an object" },
	{ "{ 'fgpath': 1, 'phases': {} }", "phases: has to be a list" },
	{ "{ 'fgpath': 1, 'phases': [{ 'id': 'a', 'is': 'f' }] }",
	  "subject.first: is missing: whose path are the phases?" },
	/* phases that are steps */
	{ "{ 'fgpath': 1, 'subject': { 'first': 'f' }, 'phases': ['a'] }",
	  "phases[0]: no step is called \"a\"" },
	{ "{ 'fgpath': 1, 'subject': { 'first': 'f' }, 'phases': [3] }",
	  "phases[0]: has to be an object, or the id of a step" },
	{ "{ 'fgpath': 1, 'steps': { 'a': { 'is': '$b' } } }",
	  "steps.a.is: no definition is called \"b\"" },
	{ "{ 'fgpath': 1, 'steps': { 'a': { 'titel': 'b' } } }",
	  "steps.a.titel: unknown key (did you mean \"title\"?)" },
	{ "{ 'fgpath': 1, 'subject': { 'first': 'f' }, 'steps': { 'a': { 'is': 'b' } },"
	  " 'phases': ['a', 'a'] }",
	  "phases[1]: \"a\" is the id of another phase too" },
	{ "{ 'fgpath': 1, 'subject': { 'first': 'f' }, 'threads': [] }",
	  "subject.join: is missing: which tasks are the threads?" },
	{ "{ 'fgpath': 1, 'subject': { 'alive': 'a' } }",
	  "subject.alive: has to be a list of 2 names" },
	{ "{ 'fgpath': 1, 'instead': [{ 'if': '#(a) > 1' }] }",
	  "instead[0].use: has to be a text" },
	/* documents that extend others */
	{ "{ 'fgpath': 1, 'extends': 3 }", "extends: has to be a name or a path" },
	{ "{ 'fgpath': 1, 'without': ['a'] }",
	  "extends: is missing: what is \"without\" taken from?" },
	{ "{ 'fgpath': 1, 'extends': 'kvm-vmx', 'without': ['no-such-rule'] }",
	  "extends: \"without\" names a rule that is not there" },
	{ "{ 'fgpath': 1, 'extends': 'kvm-vmx', 'without': 'a' }",
	  "extends: \"without\" has to be a list of ids" },
	/* names */
	{ "{ 'fgpath': 1, 'ignore': [3] }", "ignore[0]: has to be a name" },
	{ "{ 'fgpath': 1, 'ignore': 3 }", "ignore: has to be a list of names" },
	{ "{ 'fgpath': 1, 'ignore': ['a b'] }", "ignore[0]: \"a b\" is no name of a function" },
	{ "{ 'fgpath': 1, 'ignore': ['a||b'] }", "ignore[0]: \"\" is no name of a function" },
	{ "{ 'fgpath': 1, 'alias': { 'a': '@b', 'b': '@a' } }", "alias.a: stands for itself" },
	{ "{ 'fgpath': 1, 'alias': { 'a': 3 } }",
	  "alias.a: has to be a text like \"old_name|new_name\"" },
	{ "{ 'fgpath': 1, 'subject': { 'first': 'f', 'also_task': '(' } }",
	  "subject.also_task: \"(\" is no regular expression" },
	{ "{ 'fgpath': 1, 'subject': { 'first': 'f', 'also_task': 'a{9}' } }",
	  "subject.also_task: \"a{9}\" must not have a { in it" },
	{ "{ 'fgpath': 1, 'subject': { 'frist': 'f' } }",
	  "subject.frist: unknown key (did you mean \"first\"?)" },
	/* patterns */
	{ IS("3"), "phases[0].is: is no pattern (a text, a list or an object)" },
	{ IS("['a', { 'call': 'b', 'in': ['@mpa'] }]"),
	  "phases[0].is[1].in[0]: no alias is called \"mpa\" (did you mean \"map\"?)" },
	{ IS("'$lop'"), "phases[0].is: no definition is called \"lop\" (did you mean \"loop\"?)" },
	{ IS("'$xyzzy'"), "phases[0].is: no definition is called \"xyzzy\"" },
	{ IS("{ 'call': '$loop' }"),
	  "phases[0].is.call: \"$loop\" is a pattern where names are wanted" },
	{ IS("'a{2'"), "phases[0].is: \"{2\" is no repetition like {2}, {2,} or {2,4}" },
	{ IS("'a{4,2}'"), "phases[0].is: \"{4,2}\" is no repetition like {2}, {2,} or {2,4}" },
	{ IS("'handle_*'"), "phases[0].is: \"handle_*\" looks like a glob, but here * is a "
			    "repetition (globs have to be put into an alias)" },
	{ IS("'*_intr'"), "phases[0].is: \"*_intr\" is no name of a function (globs have to be put "
			  "into an alias)" },
	{ IS("{ 'cal': 'a' }"),
	  "phases[0].is: has none of \"call\", \"all\", \"any\", \"opt\", \"rep\"" },
	{ IS("{ 'call': 'a', 'inn': [] }"),
	  "phases[0].is.inn: unknown key (did you mean \"in\"?)" },
	{ IS("{ 'call': 3 }"), "phases[0].is.call: has to be a name" },
	{ IS("{ 'any': [] }"), "phases[0].is.any: has no alternative" },
	{ IS("{ 'all': 'a' }"), "phases[0].is.all: has to be a list of patterns" },
	{ IS("{ 'rep': 'a', 'min': 3, 'max': 2 }"), "phases[0].is: has a min above its max" },
	{ IS("{ 'rep': 'a', 'min': 'x' }"), "phases[0].is.min: has to be a number from 0" },
	{ IS("{ 'call': 'a', 'count': 3 }"),
	  "phases[0].is.count: has to be an object like {\"function\": \"<=1\"}" },
	{ IS("{ 'call': 'a', 'count': { 'b': '<=x' } }"),
	  "phases[0].is.count.b: \"x\" is no number and no parameter" },
	{ IS("'a{100000}'"), "phases: too large: more than 4096 states or 65536 moves" },
	{ IS("{ 'call': 'a', 'in': 'b{100000}' }"),
	  "phases[0].is.in: too large: more than 4096 states or 65536 moves" },
	{ "{ 'fgpath': 1, 'define': { 'a': '$b', 'b': ['x', '$a'] } }",
	  "define.a: refers to itself" },
	/* rules */
	{ "{ 'fgpath': 1, 'rules': [{ 'count': 'a', 'want': 1 }] }",
	  "rules[0].id: has to be a text" },
	{ RULE(""), "rules[0]: does not say what it checks" },
	{ RULE(", 'cuont': 'a', 'want': 1"),
	  "rules[0].cuont: unknown key (did you mean \"count\"?)" },
	{ RULE(", 'count': 'a', 'want': 1, 'whn': 'b'"),
	  "rules[0].whn: unknown key (did you mean \"when\"?)" },
	{ RULE(", 'count': 'a'"), "rules[0]: has no \"want\"" },
	{ RULE(", 'count': 'a', 'want': 'rnus'"),
	  "rules[0].want: \"rnus\" is no number and no parameter (did you mean \"runs\"?)" },
	{ RULE(", 'count': 'a', 'want': '12x'"), "rules[0].want: \"12x\" is no number" },
	{ RULE(", 'count': 'a', 'want': -1"),
	  "rules[0].want: has to be a number from 0, or the name of a parameter" },
	{ RULE(", 'pair': ['a']"), "rules[0].pair: has to be a list of 2 names" },
	{ RULE(", 'pair': ['a', 'b'], 'per': 'vcpu'"),
	  "rules[0].per: has to be \"trace\", \"task\" or \"cpu\"" },
	{ RULE(", 'pair': ['a', 'b'], 'expr': '#(a) == 1'"), "rules[0].expr: unknown key" },
	{ RULE(", 'order': ['a']"), "rules[0].order: has to be a list of at least 2 names" },
	{ RULE(", 'inside': 'a'"), "rules[0]: has no \"window\"" },
	{ RULE(", 'each': 'a'"),
	  "rules[0]: has none of \"in\", \"not\", \"count\": what is to hold?" },
	{ RULE(", 'budget': 'a'"), "rules[0]: has neither \"max_us\" nor \"total_us\"" },
	{ RULE(", 'modules': []"), "rules[0].modules: has to be a list of 1 to 64 lists" },
	{ RULE(", 'modules': ['kvm']"), "rules[0].modules[0]: has to be a list of modules" },
	{ RULE(", 'forbid': 'a', 'severity': 'bad'"),
	  "rules[0].severity: has to be \"error\" or \"warn\"" },
	{ RULE(", 'forbid': 'a', 'over': 'vm'"),
	  "rules[0].over: has to be \"trace\" or \"subject\"" },
	{ RULE(", 'forbid': 'a', 'needs_all_tasks': 1"),
	  "rules[0].needs_all_tasks: has to be true or false" },
	{ "{ 'fgpath': 1, 'rules': [{ 'id': 'a', 'forbid': 'x' }, { 'id': 'a', 'forbid': 'y' }] }",
	  "rules[1].id: \"a\" is the id of rules[0] too" },
	/* expressions */
	{ RULE(", 'expr': '#(a)'"), "rules[0].expr: a comparison is missing at its end" },
	{ RULE(", 'expr': '#(a) ='"), "rules[0].expr: a comparison is wanted before \"=\"" },
	{ RULE(", 'expr': '#a == 1'"), "rules[0].expr: a ( behind # is wanted before \"a == 1\"" },
	{ RULE(", 'expr': '#(a == 1'"), "rules[0].expr: a ) is missing at its end" },
	{ RULE(", 'expr': '#(a) == '"),
	  "rules[0].expr: a number or #(function) is missing at its end" },
	{ RULE(", 'expr': '#(a) == 1 )'"), "rules[0].expr: a comparison is wanted before \")\"" },
	{ RULE(", 'expr': '#(a) == many'"),
	  "rules[0].expr: \"many\" is no number and no parameter" },
};

START_TEST(spec_mistakes_are_told_with_their_place)
{
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(parse(mistakes[_i].json, &spec, &err), KG_BAD_SPEC);
	ck_assert_str_eq(err.text, mistakes[_i].message);
	ck_assert_str_eq(err.file, "test.json");
	ck_assert_ptr_null(spec);
}
END_TEST

/* What was told, in order. */
struct told {
	struct kg_error at[8];
	size_t count;
};

static void take_mistake(void *self, const struct kg_error *mistake)
{
	struct told *told = self;
	ck_assert_uint_lt(told->count, COUNT(told->at));
	told->at[told->count++] = *mistake;
}

/* A file in a folder of its own, with ' for ". */
static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (; *text != '\0'; text++)
		fputc(*text == '\'' ? '"' : *text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static enum kg_status load_from(const char *folder, const char *name, enum kg_vendor vendor,
				struct told *told, struct kg_spec **out, struct kg_error *err)
{
	const struct kg_spec_opts opts = { .vendor = vendor,
					   .mistake = told != NULL ? take_mistake : NULL,
					   .self = told };
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return kg_spec_load(path, &opts, out, err);
}

static void remove_files(const char *folder, const char *const *names, size_t count)
{
	char path[256];
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

START_TEST(spec_tells_every_mistake_where_it_is)
{
	char folder[] = "/tmp/check_spec.XXXXXX";
	static const char *const names[] = { "base.json", "top.json" };
	struct told told = { .count = 0 };
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "base.json",
		   "{ 'fgpath': 1,\n"
		   "  'alias': { 'ä': 'x',\n"
		   "             'b': '@nowhere' } }\n");
	write_file(folder, "top.json",
		   "{ 'fgpath': 1, 'extends': 'base.json',\n"
		   "  'params': { 'n': [true, {}, []], 'm': -1 },\n"
		   "  'rules': [\n"
		   "    { 'id': 'a', 'forbid': 'x y' },\n"
		   "    { 'id': 'b\\'c', 'forbid': 'fine' },\n"
		   "    { 'id': 'c', 'pair': ['ä',   'x', 'y'] } ] }\n");
	ck_assert_int_eq(load_from(folder, "top.json", KG_VENDOR_UNKNOWN, &told, &spec, &err),
			 KG_BAD_SPEC);
	static const struct {
		const char *file;
		uint64_t line_no;
		uint64_t column_no;
	} expected[] = {
		{ "top.json", 2, 20 },	/* n */
		{ "top.json", 2, 41 },	/* m */
		{ "base.json", 2, 19 }, /* is no name for an alias */
		{ "base.json", 3, 19 }, /* no alias is called */
		{ "top.json", 4, 28 },	/* x y */
		{ "top.json", 6, 26 },	/* a list of two */
	};
	ck_assert_uint_eq(told.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct kg_error *mistake = &told.at[i];
		ck_assert_ptr_nonnull(strstr(mistake->file, expected[i].file));
		ck_assert_msg(mistake->line_no == expected[i].line_no &&
				      mistake->column_no == expected[i].column_no,
			      "%zu: %s at %lu:%lu", i, mistake->text,
			      (unsigned long)mistake->line_no, (unsigned long)mistake->column_no);
	}
	ck_assert_str_eq(err.text, told.at[0].text);
	remove_files(folder, names, COUNT(names));
}
END_TEST

START_TEST(spec_extends_another)
{
	char folder[] = "/tmp/check_spec.XXXXXX";
	static const char *const names[] = { "base.json", "kvm-svm.json", "top.json" };
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "base.json",
		   "{ 'fgpath': 1, 'params': { 'n': 1, 'm': 2 }, 'subject': { 'first': 'f' },"
		   "  'alias': { 'x': 'a' }, 'define': { 'p': { 'call': 'b', 'in': 'c' } },"
		   "  'steps': { 's': { 'title': 'old', 'why': 'kept', 'is': '$p' } },"
		   "  'phases': ['s'],"
		   "  'rules': [{ 'id': 'one', 'forbid': 'x' }, { 'id': 'two', 'forbid': 'y' },"
		   "            { 'id': 'three', 'forbid': 'z' }] }");
	write_file(folder, "kvm-svm.json",
		   "{ 'fgpath': 1, 'extends': 'base.json', 'name': 'middle',"
		   "  'define': { 'p': { 'call': 'd' } } }");
	write_file(folder, "top.json",
		   "{ 'fgpath': 1, 'extends': 'kvm-{vendor}.json', 'params': { 'n': 9 },"
		   "  'steps': { 's': { 'title': 'new' } }, 'without': ['two'],"
		   "  'rules': [{ 'id': 'three', 'count': 'z', 'want': 'n' },"
		   "            { 'id': 'four', 'forbid': '@x' }] }");
	enum kg_status status = load_from(folder, "top.json", KG_VENDOR_SVM, NULL, &spec, &err);
	ck_assert_msg(status == KG_OK, "%s", err.text);
	ck_assert_str_eq(kg_spec_name(spec), "middle");
	ck_assert(kg_spec_depends_on_vendor(spec));
	ck_assert_uint_eq(spec->params.count, 2);
	ck_assert_uint_eq(spec->params.at[0].value, 9);
	ck_assert_uint_eq(spec->main.phases.count, 1);
	ck_assert_str_eq(spec->main.phases.at[0].title, "new");
	ck_assert_str_eq(spec->main.phases.at[0].why, "kept");
	/* a definition is replaced as a whole: what is called d has nothing demanded of it */
	ck_assert(!spec->calls.at[spec->main.automaton->calls[0]].has_condition);
	static const char *const rules[] = { "one", "three", "four" };
	ck_assert_uint_eq(spec->rules.count, COUNT(rules));
	for (size_t i = 0; i < COUNT(rules); i++)
		ck_assert_str_eq(spec->rules.at[i].id, rules[i]);
	ck_assert_int_eq(spec->rules.at[1].kind, RULE_COUNT);
	kg_spec_free(spec);
	/* no file of that vendor; no vendor at all */
	ck_assert_int_eq(load_from(folder, "top.json", KG_VENDOR_VMX, NULL, &spec, &err), KG_IO);
	ck_assert_ptr_nonnull(strstr(err.file, "kvm-vmx.json"));
	err = (struct kg_error){ 0 };
	ck_assert_int_eq(load_from(folder, "top.json", KG_VENDOR_UNKNOWN, NULL, &spec, &err),
			 KG_BAD_SPEC);
	ck_assert_ptr_nonnull(strstr(err.text, "which vendor's is not known"));
	remove_files(folder, names, COUNT(names));
}
END_TEST

START_TEST(spec_that_extends_itself_is_told)
{
	char folder[] = "/tmp/check_spec.XXXXXX";
	static const char *const names[] = { "a.json" };
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "a.json", "{ 'fgpath': 1,\n 'extends': 'a.json' }");
	ck_assert_int_eq(load_from(folder, "a.json", KG_VENDOR_UNKNOWN, NULL, &spec, &err),
			 KG_BAD_SPEC);
	ck_assert_str_eq(err.text, "extends: goes round in a circle");
	ck_assert_uint_eq(err.line_no, 2);
	remove_files(folder, names, COUNT(names));
}
END_TEST

START_TEST(spec_broken_json_has_line_and_column)
{
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(parse("{ 'fgpath': 1,\n  'name' 'x' }", &spec, &err), KG_BAD_SPEC);
	ck_assert_uint_eq(err.line_no, 2);
	ck_assert_uint_gt(err.column_no, 0);
	err = (struct kg_error){ 0 };
	ck_assert_int_eq(parse("{ 'fgpath': 1, 'fgpath': 1 }", &spec, &err), KG_BAD_SPEC);
	ck_assert_uint_eq(err.line_no, 1);
}
END_TEST

START_TEST(spec_nested_too_deep_is_told)
{
	char json[4096] = "{ 'fgpath': 1, 'define': { 'a': ";
	for (size_t i = 0; i < 100; i++)
		strcat(json, "[");
	strcat(json, "'x'");
	for (size_t i = 0; i < 100; i++)
		strcat(json, "]");
	strcat(json, "} }");
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(parse(json, &spec, &err), KG_BAD_SPEC);
	ck_assert_ptr_nonnull(strstr(err.text, "is nested too deep"));
	err = (struct kg_error){ 0 };
	ck_assert_int_eq(parse(IS("{ 'call': 'a', 'in': { 'call': 'b', 'in': { 'call': 'c', 'in':"
				  "{ 'call': 'd', 'in': { 'call': 'e', 'in': { 'call': 'f', 'in':"
				  "{ 'call': 'g', 'in': { 'call': 'h', 'in': { 'call': 'i', 'in':"
				  "{ 'call': 'j', 'in': { 'call': 'k', 'in': { 'call': 'l', 'in':"
				  "'m' }}}}}}}}}}}}"),
			       &spec, &err),
			 KG_BAD_SPEC);
	ck_assert_ptr_nonnull(strstr(err.text, "calls are nested more than 12 deep"));
}
END_TEST

/* ---- where specifications come from ---------------------------------------------------------- */

START_TEST(spec_builtins_are_read)
{
	static const enum kg_vendor vendors[] = { KG_VENDOR_VMX, KG_VENDOR_SVM };
	size_t count = 0;
	for (const char *name; (name = kg_spec_builtin_name(count)) != NULL; count++) {
		const struct kg_spec_opts opts = { .vendor = vendors[_i] };
		struct kg_spec *spec = NULL;
		struct kg_error err = { 0 };
		enum kg_status status = kg_spec_load(name, &opts, &spec, &err);
		ck_assert_msg(status == KG_OK, "%s: %s", name, err.text);
		ck_assert_str_eq(kg_spec_name(spec), name);
		ck_assert_str_eq(kg_spec_source(spec), "built-in");
		for (size_t i = 0; i < spec->rules.count; i++)
			ck_assert(spec->rules.at[i].kind == RULE_CHOICE ||
				  spec->rules.at[i].why != NULL);
		for (size_t i = 0; i < spec->main.phases.count; i++)
			ck_assert_msg(spec->main.phases.at[i].why != NULL, "%s: %s", name,
				      spec->main.phases.at[i].id);
		kg_spec_free(spec);
	}
	ck_assert_uint_eq(count, 21);
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(kg_spec_builtin("kvm-arm", &spec, &err), KG_BAD_ARG);
	ck_assert_str_eq(err.text, "no specification is called \"kvm-arm\"");
}
END_TEST

START_TEST(spec_is_read_from_a_file)
{
	char path[] = "/tmp/check_spec.XXXXXX";
	static const char json[] = "{ \"fgpath\": 1, \"name\": \"from a file\" }";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, json, sizeof(json) - 1), (ssize_t)sizeof(json) - 1);
	close(fd);
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(kg_spec_read(path, &spec, &err), KG_OK);
	unlink(path);
	ck_assert_str_eq(kg_spec_name(spec), "from a file");
	ck_assert_str_eq(kg_spec_source(spec), path);
	kg_spec_free(spec);
	ck_assert_int_eq(kg_spec_read(path, &spec, &err), KG_IO);
	ck_assert_str_eq(err.file, path);
	err = (struct kg_error){ 0 };
	ck_assert_int_eq(kg_spec_read("/", &spec, &err), KG_IO);
}
END_TEST

START_TEST(spec_out_of_memory_is_told)
{
	struct kg_spec *spec = NULL;
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status == KG_NOMEM; passes++) {
		struct kg_error err = { 0 };
		memory_fail_after(passes);
		status = parse(ALL_OF_IT, &spec, &err);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || (status == KG_NOMEM && spec == NULL));
		ck_assert_int_eq(err.status, status);
	}
	ck_assert_int_eq(status, KG_OK);
	kg_spec_free(spec);
}
END_TEST

Suite *spec_suite(void)
{
	Suite *suite = suite_create("spec");
	TCase *good = tcase_create("good");
	tcase_add_test(good, spec_with_everything_is_read);
	tcase_add_test(good, spec_without_name_is_called_as_its_file);
	tcase_add_test(good, spec_params_can_be_set);
	tcase_add_test(good, spec_equal_names_share_a_set);
	tcase_add_test(good, spec_extends_another);
	suite_add_tcase(suite, good);
	TCase *bad = tcase_create("bad");
	tcase_add_loop_test(bad, spec_mistakes_are_told_with_their_place, 0, COUNT(mistakes));
	tcase_add_test(bad, spec_tells_every_mistake_where_it_is);
	tcase_add_test(bad, spec_that_extends_itself_is_told);
	tcase_add_test(bad, spec_broken_json_has_line_and_column);
	tcase_add_test(bad, spec_nested_too_deep_is_told);
	suite_add_tcase(suite, bad);
	TCase *sources = tcase_create("sources");
	tcase_add_loop_test(sources, spec_builtins_are_read, 0, 2);
	tcase_add_test(sources, spec_is_read_from_a_file);
	tcase_add_test(sources, spec_out_of_memory_is_told);
	suite_add_tcase(suite, sources);
	return suite;
}
