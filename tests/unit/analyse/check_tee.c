/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include <kvmgraph/analyse.h>

Suite *tee_suite(void);

/* A sink that counts what it is handed, and fails if told to. */
struct counter {
	int opened, closed, vanished, gaps, done;
	enum kg_status status;
};

static enum kg_status count_opened(void *self, const struct kg_call *call)
{
	struct counter *counter = self;
	counter->opened += call != NULL;
	return counter->status;
}

static enum kg_status count_closed(void *self, const struct kg_call *call)
{
	struct counter *counter = self;
	counter->closed += call != NULL;
	return counter->status;
}

static enum kg_status count_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	struct counter *counter = self;
	counter->vanished += id == 7 && parent_id == 3;
	return counter->status;
}

static enum kg_status count_gap(void *self, const struct kg_gap *gap)
{
	struct counter *counter = self;
	counter->gaps += gap != NULL;
	return counter->status;
}

static enum kg_status count_done(void *self)
{
	struct counter *counter = self;
	counter->done++;
	return counter->status;
}

static struct kg_call_sink counter_sink(struct counter *counter)
{
	return (struct kg_call_sink){
		.self = counter,
		.opened = count_opened,
		.closed = count_closed,
		.vanished = count_vanished,
		.gap = count_gap,
		.done = count_done,
	};
}

/* Hands one of everything to a sink. */
static void hand_all(const struct kg_call_sink *sink, enum kg_status wanted)
{
	const struct kg_call call = { 0 };
	const struct kg_gap gap = { 0 };
	ck_assert_int_eq(sink->opened(sink->self, &call), wanted);
	ck_assert_int_eq(sink->closed(sink->self, &call), wanted);
	ck_assert_int_eq(sink->vanished(sink->self, 7, 3), wanted);
	ck_assert_int_eq(sink->gap(sink->self, &gap), wanted);
	ck_assert_int_eq(sink->done(sink->self), wanted);
}

static void expect_all(const struct counter *counter, int times)
{
	ck_assert_int_eq(counter->opened, times);
	ck_assert_int_eq(counter->closed, times);
	ck_assert_int_eq(counter->vanished, times);
	ck_assert_int_eq(counter->gaps, times);
	ck_assert_int_eq(counter->done, times);
}

START_TEST(tee_hands_everything_to_both)
{
	struct counter first = { 0 };
	struct counter second = { 0 };
	struct kg_tee tee = { counter_sink(&first), counter_sink(&second) };
	struct kg_call_sink sink = kg_tee_sink(&tee);
	hand_all(&sink, KG_OK);
	expect_all(&first, 1);
	expect_all(&second, 1);
}
END_TEST

START_TEST(tee_failure_of_either_is_told)
{
	struct counter first = { .status = KG_NOMEM };
	struct counter second = { .status = KG_IO };
	struct kg_tee tee = { counter_sink(&first), counter_sink(&second) };
	struct kg_call_sink sink = kg_tee_sink(&tee);
	hand_all(&sink, KG_NOMEM);
	expect_all(&second, 0);
	first.status = KG_OK;
	hand_all(&sink, KG_IO);
	expect_all(&first, 2);
	expect_all(&second, 1);
}
END_TEST

START_TEST(tee_takes_sinks_that_ignore_everything)
{
	const struct kg_call_sink deaf = {
		.opened = kg_sink_ignore_call,
		.closed = kg_sink_ignore_call,
		.vanished = kg_sink_ignore_vanished,
		.gap = kg_sink_ignore_gap,
		.done = kg_sink_ignore_done,
	};
	struct kg_tee tee = { deaf, deaf };
	struct kg_call_sink sink = kg_tee_sink(&tee);
	hand_all(&sink, KG_OK);
}
END_TEST

Suite *tee_suite(void)
{
	Suite *suite = suite_create("tee");
	TCase *both = tcase_create("both");
	tcase_add_test(both, tee_hands_everything_to_both);
	tcase_add_test(both, tee_failure_of_either_is_told);
	tcase_add_test(both, tee_takes_sinks_that_ignore_everything);
	suite_add_tcase(suite, both);
	return suite;
}
