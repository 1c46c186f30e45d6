/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <string.h>

#include "analyse/pattern.h"
#include "base/memory.h"

Suite *pattern_suite(void);

/* The calls of these tests: 'a' is the call_pattern 0, and so on. */
#define CALL_COUNT 26

struct fixture {
	struct arena arena;
	struct vocabulary vocabulary;
	call_patterns calls;
	const struct automaton *automaton;
};

static struct fixture fixture;

static void set_up(void)
{
	fixture = (struct fixture){ 0 };
	for (char name = 'a'; name < 'a' + CALL_COUNT; name++) {
		const char text[] = { name, '\0' };
		const char *copy = arena_copy_string(&fixture.arena, text);
		names_id names = vocabulary_add(&fixture.vocabulary, &copy, 1);
		ck_assert(column_push(&fixture.calls, (struct call_pattern){ .names = names }));
	}
}

static void tear_down(void)
{
	column_release(&fixture.calls);
	vocabulary_release(&fixture.vocabulary);
	arena_release(&fixture.arena);
}

/* ---- patterns, written down ------------------------------------------------------------------ */

static const struct pattern *keep(struct pattern draft)
{
	struct pattern *pattern = arena_alloc(&fixture.arena, sizeof(*pattern));
	ck_assert_ptr_nonnull(pattern);
	*pattern = draft;
	return pattern;
}

static const struct pattern *call(char name)
{
	return keep((struct pattern){ .kind = PATTERN_CALL, .call = (uint32_t)(name - 'a') });
}

static const struct pattern *list(enum pattern_kind kind, size_t count,
				  const struct pattern *const *parts)
{
	const struct pattern **copy = arena_alloc(&fixture.arena, (count + 1) * sizeof(*copy));
	ck_assert_ptr_nonnull(copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = parts[i];
	return keep((struct pattern){ .kind = kind, .parts = copy, .part_count = (uint32_t)count });
}

#define PARTS(...) ((const struct pattern *const[]){ __VA_ARGS__ })
#define LIST(kind, ...) list(kind, sizeof(PARTS(__VA_ARGS__)) / sizeof(void *), PARTS(__VA_ARGS__))
#define SEQUENCE(...) LIST(PATTERN_SEQUENCE, __VA_ARGS__)
#define ANY(...) LIST(PATTERN_ANY, __VA_ARGS__)
#define ALL(...) LIST(PATTERN_ALL, __VA_ARGS__)

static const struct pattern *repeat(const struct pattern *body, uint32_t min, uint32_t max)
{
	struct pattern draft = *list(PATTERN_REPEAT, 1, &body);
	draft.min = min;
	draft.max = max;
	return keep(draft);
}

static enum kg_status compile(const struct pattern *pattern)
{
	return automaton_new(&pattern, 1, &fixture.calls, &fixture.vocabulary, &fixture.arena,
			     &fixture.automaton);
}

/* ---- reading calls with them ----------------------------------------------------------------- */

static void step(const struct automaton *automaton, uint64_t *states, char name)
{
	uint64_t next[AUTOMATON_MAX_STATES / 64] = { 0 };
	for (uint32_t at = automaton_next(automaton, states, 0); at < automaton->state_count;
	     at = automaton_next(automaton, states, at + 1)) {
		const struct automaton_state *state = &automaton->states[at];
		for (uint32_t i = 0; i < state->edge_count; i++) {
			const struct automaton_edge *edge =
				&automaton->edges[state->first_edge + i];
			if (edge->call == (uint32_t)(name - 'a'))
				states_add(next, edge->to);
		}
	}
	memcpy(states, next, automaton->set_len * sizeof(*states));
}

static bool accepts(const char *calls)
{
	uint64_t states[AUTOMATON_MAX_STATES / 64] = { 1 };
	for (; *calls != '\0'; calls++)
		step(fixture.automaton, states, *calls);
	return automaton_accepts(fixture.automaton, states);
}

static void ck_accepts(const struct pattern *pattern, const char *const *good,
		       const char *const *bad)
{
	ck_assert_int_eq(compile(pattern), KG_OK);
	for (; *good != NULL; good++)
		ck_assert_msg(accepts(*good), "\"%s\" is not accepted", *good);
	for (; *bad != NULL; bad++)
		ck_assert_msg(!accepts(*bad), "\"%s\" is accepted", *bad);
}

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- tests ----------------------------------------------------------------------------------- */

START_TEST(pattern_sequence_is_in_order)
{
	ck_accepts(SEQUENCE(call('a'), call('b'), call('c')), TEXTS("abc"),
		   TEXTS("", "ab", "acb", "abcc", "aabc"));
}
END_TEST

START_TEST(pattern_empty_sequence_is_nothing)
{
	ck_accepts(list(PATTERN_SEQUENCE, 0, NULL), TEXTS(""), TEXTS("a"));
}
END_TEST

START_TEST(pattern_any_is_one_of_them)
{
	ck_accepts(ANY(call('a'), SEQUENCE(call('b'), call('c'))), TEXTS("a", "bc"),
		   TEXTS("", "b", "ab", "abc", "bca"));
}
END_TEST

START_TEST(pattern_repeat_counts)
{
	ck_accepts(repeat(call('a'), 2, 4), TEXTS("aa", "aaa", "aaaa"),
		   TEXTS("", "a", "aaaaa", "aab"));
	ck_accepts(repeat(call('a'), 0, 1), TEXTS("", "a"), TEXTS("aa"));
	ck_accepts(repeat(call('a'), 1, NO_LIMIT), TEXTS("a", "aaaaaaaa"), TEXTS("", "ab"));
	ck_accepts(repeat(call('a'), 0, 0), TEXTS(""), TEXTS("a"));
}
END_TEST

START_TEST(pattern_repeat_of_what_may_be_empty_ends)
{
	const struct pattern *body = repeat(ANY(call('a'), repeat(call('b'), 0, 1)), 0, NO_LIMIT);
	ck_accepts(repeat(body, 3, NO_LIMIT), TEXTS("", "ab", "bba"), TEXTS("c", "abc"));
}
END_TEST

START_TEST(pattern_all_is_any_order)
{
	ck_accepts(ALL(call('a'), SEQUENCE(call('b'), call('c')), repeat(call('d'), 0, 1)),
		   TEXTS("abc", "bca", "abcd", "adbc", "dbca", "bcda"),
		   TEXTS("", "a", "ab", "bac", "abcdd", "abca", "ddabc"));
}
END_TEST

START_TEST(pattern_all_repeated_call_is_scattered)
{
	ck_accepts(ALL(call('a'), repeat(call('b'), 1, NO_LIMIT), repeat(call('c'), 0, NO_LIMIT)),
		   TEXTS("ab", "ba", "bab", "cbcabc", "bbabb"), TEXTS("", "a", "b", "aab", "cca"));
}
END_TEST

START_TEST(pattern_all_too_many_is_refused)
{
	const struct pattern *parts[13];
	for (size_t i = 0; i < 13; i++)
		parts[i] = call((char)('a' + i));
	ck_assert_int_eq(compile(list(PATTERN_ALL, 13, parts)), KG_BAD_SPEC);
	ck_assert_ptr_null(fixture.automaton);
	/* twelve would be few enough, but for the states that they need */
	ck_assert_int_eq(compile(list(PATTERN_ALL, 12, parts)), KG_BAD_SPEC);
	ck_assert_int_eq(compile(list(PATTERN_ALL, 8, parts)), KG_OK);
}
END_TEST

START_TEST(pattern_too_large_is_refused)
{
	ck_assert_int_eq(compile(repeat(call('a'), 1000000000, NO_LIMIT)), KG_BAD_SPEC);
	ck_assert_int_eq(compile(repeat(list(PATTERN_SEQUENCE, 0, NULL), 1000000000, NO_LIMIT)),
			 KG_BAD_SPEC);
	/* each of the optional calls may come after each: too many moves, though few states */
	const struct pattern *parts[400];
	for (size_t i = 0; i < 400; i++)
		parts[i] = repeat(call('a'), 0, 1);
	ck_assert_int_eq(compile(list(PATTERN_SEQUENCE, 400, parts)), KG_BAD_SPEC);
	ck_assert_int_eq(compile(repeat(call('a'), 300, 300)), KG_OK);
}
END_TEST

START_TEST(pattern_parts_are_told_by_edges)
{
	const struct pattern *const parts[] = { call('a'), repeat(call('b'), 0, NO_LIMIT),
						call('c') };
	ck_assert_int_eq(automaton_new(parts, 3, &fixture.calls, &fixture.vocabulary,
				       &fixture.arena, &fixture.automaton),
			 KG_OK);
	for (uint32_t i = 0; i < fixture.automaton->edge_count; i++) {
		const struct automaton_edge *edge = &fixture.automaton->edges[i];
		ck_assert_uint_eq(edge->part, edge->call);
	}
	ck_assert_uint_eq(fixture.automaton->call_count, 3);
	ck_assert(accepts("ac"));
	ck_assert(accepts("abbc"));
}
END_TEST

START_TEST(pattern_vocabulary_is_that_of_its_calls)
{
	ck_assert_int_eq(compile(SEQUENCE(call('a'), call('c'), call('a'))), KG_OK);
	ck_assert(vocabulary_close(&fixture.vocabulary));
	uint64_t row[4];
	const struct kg_func a = { "a.isra.0", "a", "" };
	const struct kg_func b = { "b", "b", "" };
	vocabulary_row(&fixture.vocabulary, &a, row, NULL);
	ck_assert(row_has(row, fixture.automaton->vocabulary));
	vocabulary_row(&fixture.vocabulary, &b, row, NULL);
	ck_assert(!row_has(row, fixture.automaton->vocabulary));
	ck_assert(!row_has(row, NO_NAMES));
}
END_TEST

START_TEST(pattern_next_walks_a_large_set)
{
	ck_assert_int_eq(compile(repeat(call('a'), 200, 200)), KG_OK);
	uint64_t *states = memory_zalloc(fixture.automaton->set_len * sizeof(*states));
	ck_assert_ptr_nonnull(states);
	states_add(states, 3);
	states_add(states, 64);
	states_add(states, 200);
	ck_assert(states_has(states, 64));
	ck_assert(!states_has(states, 65));
	ck_assert_uint_eq(automaton_next(fixture.automaton, states, 0), 3);
	ck_assert_uint_eq(automaton_next(fixture.automaton, states, 4), 64);
	ck_assert_uint_eq(automaton_next(fixture.automaton, states, 65), 200);
	ck_assert_uint_eq(automaton_next(fixture.automaton, states, 201),
			  fixture.automaton->state_count);
	memory_free(states);
}
END_TEST

START_TEST(pattern_out_of_memory_is_told)
{
	const struct pattern *pattern =
		ALL(call('a'), repeat(call('b'), 1, 3), ANY(call('c'), call('d')));
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status == KG_NOMEM; passes++) {
		struct arena arena = { 0 };
		memory_fail_after(passes);
		status = automaton_new(&pattern, 1, &fixture.calls, &fixture.vocabulary, &arena,
				       &fixture.automaton);
		memory_fail_after(UINT64_MAX);
		arena_release(&arena);
	}
	ck_assert_int_eq(status, KG_OK);
}
END_TEST

/* ---- sets of names --------------------------------------------------------------------------- */

static uint64_t row_of(const char *base, const char *module)
{
	uint64_t row[4];
	const struct kg_func func = { base, base, module };
	vocabulary_row(&fixture.vocabulary, &func, row, NULL);
	return row[0] >> CALL_COUNT;
}

START_TEST(vocabulary_names_globs_and_modules_fit)
{
	const char *const plain[] = { "vcpu_load", "vcpu_put.part.0" };
	const char *const globs[] = { "vcpu_*", "handle_[a-m]*" };
	const char *const modules[] = { "[kvm_*]" };
	ck_assert_uint_eq(vocabulary_add(&fixture.vocabulary, plain, 2), CALL_COUNT);
	ck_assert_uint_eq(vocabulary_add(&fixture.vocabulary, globs, 2), CALL_COUNT + 1);
	ck_assert_uint_eq(vocabulary_add(&fixture.vocabulary, modules, 1), CALL_COUNT + 2);
	ck_assert_uint_eq(vocabulary_add(&fixture.vocabulary, plain, 2), CALL_COUNT);
	ck_assert(vocabulary_close(&fixture.vocabulary));
	ck_assert_uint_eq(row_of("vcpu_load", "kvm"), 1 | 2);
	ck_assert_uint_eq(row_of("vcpu_put", "kvm_intel"), 1 | 2 | 4);
	ck_assert_uint_eq(row_of("vcpu_run", ""), 2);
	ck_assert_uint_eq(row_of("handle_io", "kvm_amd"), 2 | 4);
	ck_assert_uint_eq(row_of("handle_vmcall", "kvm"), 0);
}
END_TEST

START_TEST(vocabulary_tells_which_texts_fit)
{
	bool seen[CALL_COUNT + 3] = { false };
	uint64_t row[4];
	const char *const texts[] = { "vcpu_*", "f.part.0", "[kvm]" };
	const struct kg_func func = { "f.isra.0", "f", "kvm" };
	vocabulary_add(&fixture.vocabulary, texts, 3);
	ck_assert(vocabulary_close(&fixture.vocabulary));
	/* "f" is one of the calls of these tests already */
	ck_assert_uint_eq(vocabulary_text_count(&fixture.vocabulary), CALL_COUNT + 2);
	vocabulary_row(&fixture.vocabulary, &func, row, seen);
	ck_assert(seen[vocabulary_text_index(&fixture.vocabulary, "f")]);
	ck_assert(!seen[vocabulary_text_index(&fixture.vocabulary, "g")]);
	ck_assert(seen[vocabulary_text_index(&fixture.vocabulary, "[kvm]")]);
	ck_assert(!seen[vocabulary_text_index(&fixture.vocabulary, "vcpu_*")]);
}
END_TEST

Suite *pattern_suite(void)
{
	Suite *suite = suite_create("pattern");
	TCase *automata = tcase_create("automata");
	tcase_add_checked_fixture(automata, set_up, tear_down);
	tcase_add_test(automata, pattern_sequence_is_in_order);
	tcase_add_test(automata, pattern_empty_sequence_is_nothing);
	tcase_add_test(automata, pattern_any_is_one_of_them);
	tcase_add_test(automata, pattern_repeat_counts);
	tcase_add_test(automata, pattern_repeat_of_what_may_be_empty_ends);
	tcase_add_test(automata, pattern_all_is_any_order);
	tcase_add_test(automata, pattern_all_repeated_call_is_scattered);
	tcase_add_test(automata, pattern_all_too_many_is_refused);
	tcase_add_test(automata, pattern_too_large_is_refused);
	tcase_add_test(automata, pattern_parts_are_told_by_edges);
	tcase_add_test(automata, pattern_vocabulary_is_that_of_its_calls);
	tcase_add_test(automata, pattern_next_walks_a_large_set);
	tcase_add_test(automata, pattern_out_of_memory_is_told);
	suite_add_tcase(suite, automata);
	TCase *names = tcase_create("names");
	tcase_add_checked_fixture(names, set_up, tear_down);
	tcase_add_test(names, vocabulary_names_globs_and_modules_fit);
	tcase_add_test(names, vocabulary_tells_which_texts_fit);
	suite_add_tcase(suite, names);
	return suite;
}
