/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/column.h"
#include "base/memory.h"
#include "fixture.h"
#include "random.h"
#include "read/dat_comms.h"
#include "read/dat_format.h"
#include "read/dat_page.h"
#include "read/dat_symbols.h"
#include "read/reader.h"

Suite *dat_reader_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIXTURE KG_FIXTURES "/traces/svm-6.1.dat"
#define SEEDS KG_FIXTURES "/corpus/dat/"

static struct span text_span(const char *text)
{
	return (struct span){ (const unsigned char *)text, strlen(text) };
}

static void ck_assert_span_eq(struct span found, const char *expected)
{
	ck_assert_msg(span_equal(found, text_span(expected)), "found \"%.*s\", expected \"%s\"",
		      (int)found.len, (const char *)found.at, expected);
}

/* ---- pages ---- */

#define PAGE_BYTES 128
#define START_TIME 1000000

/* A page in the making: little endian unless told otherwise, longs of eight bytes. */
struct page_maker {
	unsigned char bytes[PAGE_BYTES];
	size_t len; /* of what is behind the header */
	bool is_big;
};

static void put(struct page_maker *maker, size_t at, size_t size, uint64_t number)
{
	for (size_t i = 0; i < size; i++) {
		const size_t shift = 8 * (maker->is_big ? size - 1 - i : i);
		maker->bytes[at + i] = (unsigned char)(number >> shift);
	}
}

static void add_word(struct page_maker *maker, uint32_t word)
{
	put(maker, 16 + maker->len, 4, word);
	maker->len += 4;
}

static void add_entry(struct page_maker *maker, uint32_t type, uint32_t delta)
{
	add_word(maker, maker->is_big ? type << 27 | delta : delta << 5 | type);
}

/* A record of one word. */
static void add_record(struct page_maker *maker, uint32_t delta, uint32_t word)
{
	add_entry(maker, 1, delta);
	add_word(maker, word);
}

static bool open_made(struct page_maker *maker, uint64_t flags, struct dat_page *page)
{
	const struct dat_page_layout layout = {
		.commit_offset = 8, .commit_size = 8, .data_offset = 16, .is_big = maker->is_big
	};
	put(maker, 0, 8, START_TIME);
	put(maker, 8, 8, maker->len | flags);
	return dat_page_open(page, &layout, maker->bytes, PAGE_BYTES);
}

static void ck_assert_record(struct dat_page *page, uint64_t time, size_t len)
{
	struct dat_record record;
	ck_assert_int_eq(dat_page_next(page, &record), DAT_STEP_RECORD);
	ck_assert_uint_eq(record.time, time);
	ck_assert_uint_eq(record.len, len);
}

static void ck_assert_step(struct dat_page *page, enum dat_step step)
{
	struct dat_record record;
	ck_assert_int_eq(dat_page_next(page, &record), step);
}

START_TEST(page_records_carry_the_time_since_the_one_before)
{
	struct page_maker maker = { .is_big = _i != 0 };
	struct dat_page page;
	struct dat_record record;
	add_record(&maker, 0, 7);
	add_record(&maker, 500, 8);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert(!page.has_lost);
	ck_assert_record(&page, START_TIME, 4);
	ck_assert_int_eq(dat_page_next(&page, &record), DAT_STEP_RECORD);
	ck_assert_uint_eq(record.time, START_TIME + 500);
	ck_assert_ptr_eq(record.at, maker.bytes + 16 + 8 + 4);
	ck_assert_step(&page, DAT_STEP_END);
	ck_assert_step(&page, DAT_STEP_END);
}
END_TEST

START_TEST(page_time_may_stand_in_an_entry_of_its_own)
{
	struct page_maker maker = { .is_big = _i != 0 };
	struct dat_page page;
	add_entry(&maker, 30, 3);
	add_word(&maker, 2);
	add_record(&maker, 1, 0);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_record(&page, START_TIME + (2u << 27) + 3 + 1, 4);
	ck_assert_step(&page, DAT_STEP_END);
}
END_TEST

START_TEST(page_absolute_time_goes_on_from_the_one_before)
{
	struct page_maker maker = { .is_big = _i != 0 };
	struct dat_page page;
	add_entry(&maker, 31, 3);
	add_word(&maker, 2);
	add_record(&maker, 1, 0);
	/* below the one before: the bits that it has no room for have moved on */
	add_entry(&maker, 31, 5);
	add_word(&maker, 0);
	add_record(&maker, 1, 0);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_record(&page, (UINT64_C(2) << 27) + 3 + 1, 4);
	ck_assert_record(&page, (UINT64_C(1) << 59) + 5 + 1, 4);
}
END_TEST

START_TEST(page_holes_are_passed_over)
{
	struct page_maker maker = { 0 };
	struct dat_page page;
	add_entry(&maker, 29, 40);
	add_word(&maker, 8);
	add_word(&maker, 0xffffffff);
	add_record(&maker, 2, 0);
	add_entry(&maker, 29, 0); /* without time it is the rest of the page */
	add_word(&maker, 8);
	add_record(&maker, 2, 0);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_record(&page, START_TIME + 42, 4);
	ck_assert_step(&page, DAT_STEP_END);
}
END_TEST

START_TEST(page_long_record_has_its_length_in_a_word)
{
	struct page_maker maker = { 0 };
	struct dat_page page;
	add_entry(&maker, 0, 9);
	add_word(&maker, 4 + 6); /* its own word, and six bytes in two */
	add_word(&maker, 1);
	add_word(&maker, 2);
	add_record(&maker, 1, 0);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_record(&page, START_TIME + 9, 6);
	ck_assert_record(&page, START_TIME + 10, 4);
}
END_TEST

START_TEST(page_damage_is_told_and_never_passed)
{
	static const struct {
		uint32_t type;
		uint32_t length;
	} broken[] = {
		{ 28, 0 }, /* longer than the page */
		{ 0, 0 },  /* a length that does not even count itself */
		{ 0, 3 },  { 0, 64 }, { 0, UINT32_MAX }, { 29, 3 }, { 29, 64 }, { 29, UINT32_MAX },
	};
	struct page_maker maker = { 0 };
	struct dat_page page;
	add_record(&maker, 1, 0);
	add_entry(&maker, broken[_i].type, 1);
	add_word(&maker, broken[_i].length);
	add_record(&maker, 1, 0);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_record(&page, START_TIME + 1, 4);
	ck_assert_step(&page, DAT_STEP_DAMAGED);
}
END_TEST

START_TEST(page_entry_cut_off_is_damage)
{
	struct page_maker maker = { 0 };
	struct dat_page page;
	add_record(&maker, 1, 0);
	add_entry(&maker, 30, 1);
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_record(&page, START_TIME + 1, 4);
	ck_assert_step(&page, DAT_STEP_DAMAGED);
	maker.len = 2;
	ck_assert(open_made(&maker, 0, &page));
	ck_assert_step(&page, DAT_STEP_DAMAGED);
}
END_TEST

START_TEST(page_with_more_data_than_room_is_not_opened)
{
	struct page_maker maker = { .len = PAGE_BYTES - 16 + 1 };
	struct dat_page page;
	ck_assert(!open_made(&maker, 0, &page));
	maker.len = PAGE_BYTES - 16;
	ck_assert(open_made(&maker, 0, &page));
}
END_TEST

START_TEST(page_tells_of_lost_events)
{
	struct page_maker maker = { .is_big = _i != 0 };
	struct dat_page page;
	add_record(&maker, 0, 0);
	ck_assert(open_made(&maker, UINT64_C(1) << 31, &page));
	ck_assert(page.has_lost);
	ck_assert_uint_eq(page.lost_count, KG_NO_NS);
	put(&maker, 16 + maker.len, 8, 4711);
	ck_assert(open_made(&maker, UINT64_C(3) << 30, &page));
	ck_assert(page.has_lost);
	ck_assert_uint_eq(page.lost_count, 4711);
	/* no room for the number */
	maker.len = PAGE_BYTES - 16;
	ck_assert(open_made(&maker, UINT64_C(3) << 30, &page));
	ck_assert(page.has_lost);
	ck_assert_uint_eq(page.lost_count, KG_NO_NS);
}
END_TEST

static TCase *page_case(void)
{
	TCase *tests = tcase_create("page");
	tcase_add_loop_test(tests, page_records_carry_the_time_since_the_one_before, 0, 2);
	tcase_add_loop_test(tests, page_time_may_stand_in_an_entry_of_its_own, 0, 2);
	tcase_add_loop_test(tests, page_absolute_time_goes_on_from_the_one_before, 0, 2);
	tcase_add_test(tests, page_holes_are_passed_over);
	tcase_add_test(tests, page_long_record_has_its_length_in_a_word);
	tcase_add_loop_test(tests, page_damage_is_told_and_never_passed, 0, 8);
	tcase_add_test(tests, page_entry_cut_off_is_damage);
	tcase_add_test(tests, page_with_more_data_than_room_is_not_opened);
	tcase_add_loop_test(tests, page_tells_of_lost_events, 0, 2);
	return tests;
}

/* ---- descriptions ---- */

#define COMMON                                                                                     \
	"format:\n"                                                                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

START_TEST(format_is_taken_by_offset_not_by_order)
{
	static const char text[] =
		"name: funcgraph_exit\nID: 10\n" COMMON
		"\tfield:unsigned long func;\toffset:8;\tsize:8;\tsigned:0;\n"
		"\tfield:unsigned long long calltime;\toffset:24;\tsize:8;\tsigned:0;\n"
		"\tfield:unsigned long long rettime;\toffset:32;\tsize:8;\tsigned:0;\n"
		"\tfield:unsigned long overrun;\toffset:16;\tsize:8;\tsigned:0;\n"
		"\tfield:int depth;\toffset:40;\tsize:4;\tsigned:1;\n"
		"\nprint fmt: \"field:int depth; offset:1; size:2;\", REC->depth\n";
	struct dat_formats formats = { 0 };
	ck_assert(dat_formats_take(&formats, text_span(text)));
	const struct dat_format *exit = &formats.calls[DAT_LEAVE];
	ck_assert_uint_eq(exit->id, 10);
	ck_assert_uint_eq(formats.pid.offset, 4);
	ck_assert(formats.pid.is_signed);
	const struct dat_fields *fields = dat_format_fit(exit, 44);
	ck_assert_ptr_eq(fields, &exit->described);
	ck_assert_uint_eq(fields->need, 44);
	ck_assert_uint_eq(fields->calltime.offset, 24);
	ck_assert_uint_eq(fields->rettime.offset, 32);
	ck_assert_uint_eq(fields->depth.offset, 40);
	ck_assert(fields->depth.is_signed);
	ck_assert_ptr_null(dat_format_fit(exit, 40));
}
END_TEST

START_TEST(format_longer_than_its_records_is_packed)
{
	/* a kernel of 32 bits that describes its times as aligned to their size */
	static const char text[] =
		"name: funcgraph_exit\nID: 10\n" COMMON
		"\tfield:unsigned long func;\toffset:8;\tsize:4;\tsigned:0;\n"
		"\tfield:unsigned int depth;\toffset:12;\tsize:4;\tsigned:0;\n"
		"\tfield:unsigned int overrun;\toffset:16;\tsize:4;\tsigned:0;\n"
		"\tfield:unsigned long long calltime;\toffset:24;\tsize:8;\tsigned:0;\n"
		"\tfield:unsigned long long rettime;\toffset:32;\tsize:8;\tsigned:0;\n";
	struct dat_formats formats = { 0 };
	ck_assert(dat_formats_take(&formats, text_span(text)));
	const struct dat_format *exit = &formats.calls[DAT_LEAVE];
	ck_assert_ptr_eq(dat_format_fit(exit, 40), &exit->described);
	const struct dat_fields *fields = dat_format_fit(exit, 36);
	ck_assert_ptr_eq(fields, &exit->packed);
	ck_assert_uint_eq(fields->calltime.offset, 20);
	ck_assert_uint_eq(fields->rettime.offset, 28);
	ck_assert_ptr_null(dat_format_fit(exit, 32));
}
END_TEST

START_TEST(format_of_another_event_is_left_alone)
{
	struct dat_formats formats = { 0 };
	ck_assert(dat_formats_take(&formats, text_span("name: bprint\nID: 6\n" COMMON)));
	ck_assert(dat_formats_take(&formats, text_span("nothing at all")));
	ck_assert(dat_formats_take(&formats, text_span("")));
	for (size_t i = 0; i < DAT_CALL_COUNT; i++)
		ck_assert_uint_eq(formats.calls[i].id, 0);
}
END_TEST

START_TEST(format_that_makes_no_sense_is_refused)
{
	static const char *const texts[] = {
		"name: funcgraph_entry",
		"name: funcgraph_entry\nID: 0\n",
		"name: funcgraph_entry\nID: 99999\n" COMMON,
		"name: funcgraph_entry\nID: 11\n" COMMON,
		"name: funcgraph_entry\nID: 11\n" COMMON "\tfield:int func;\toffset:8;\tsize:8;\n",
		/* numbers of no size that there is */
		"name: funcgraph_entry\nID: 11\n" COMMON "\tfield:int func;\toffset:8;\tsize:7;\n"
		"\tfield:int depth;\toffset:16;\tsize:4;\n",
		"name: funcgraph_entry\nID: 11\n" COMMON "\tfield:int func;\toffset:8;\tsize:8;\n"
		"\tfield:int depth;\toffset:60000;\tsize:4;\n",
		/* without its times */
		"name: funcgraph_exit\nID: 10\n" COMMON "\tfield:int func;\toffset:8;\tsize:8;\n"
		"\tfield:int depth;\toffset:16;\tsize:4;\n",
	};
	struct dat_formats formats = { 0 };
	for (size_t i = 0; i < COUNT(texts); i++) {
		ck_assert_msg(!dat_formats_take(&formats, text_span(texts[i])), "%s", texts[i]);
		ck_assert_uint_eq(formats.calls[DAT_ENTER].id, 0);
		ck_assert_uint_eq(formats.calls[DAT_LEAVE].id, 0);
	}
}
END_TEST

static TCase *format_case(void)
{
	TCase *tests = tcase_create("format");
	tcase_add_test(tests, format_is_taken_by_offset_not_by_order);
	tcase_add_test(tests, format_longer_than_its_records_is_packed);
	tcase_add_test(tests, format_of_another_event_is_left_alone);
	tcase_add_test(tests, format_that_makes_no_sense_is_refused);
	return tests;
}

/* ---- names ---- */

static char *heap_copy(const char *text)
{
	char *copy = memory_alloc(strlen(text) + 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, strlen(text) + 1);
	return copy;
}

static void ck_assert_symbol(const struct dat_symbols *symbols, uint64_t address,
			     const char *expected)
{
	char buffer[DAT_SYMBOL_MAX];
	ck_assert_span_eq(dat_symbols_name(symbols, address, buffer), expected);
}

START_TEST(symbols_are_printed_as_the_kernel_does)
{
	static const char text[] = "0000000000000000 A fixed_percpu_data\n"
				   "ffffffffc0a1b000 t vmx_init\t[kvm_intel]\n"
				   "ffffffff81000200 T second\n"
				   "ffffffff81000100 T first\n"
				   "ffffffff81000100 t first_by_another_name\n"
				   "ffffffff81000140 d some_data\n"
				   "ffffffff81002000 W weak.part.0\n"
				   "ffffffff81003000 t what a name\n"
				   "nonsense\n"
				   "ffffffff81004000 T last";
	struct dat_symbols symbols = { 0 };
	ck_assert(dat_symbols_take(&symbols, heap_copy(text), strlen(text)));
	ck_assert_symbol(&symbols, 0xffffffff81000100, "first");
	ck_assert_symbol(&symbols, 0xffffffff81000144, "first");
	ck_assert_symbol(&symbols, 0xffffffff81000204, "second");
	ck_assert_symbol(&symbols, 0xffffffff81002000, "weak.part.0");
	ck_assert_symbol(&symbols, 0xffffffff81004000, "last");
	ck_assert_symbol(&symbols, 0xffffffffc0a1b004, "vmx_init [kvm_intel]");
	/* too far behind anything, in front of everything, and what cannot be a name */
	ck_assert_symbol(&symbols, 0xffffffffc0b00000, "0xffffffffc0b00000");
	ck_assert_symbol(&symbols, 0x1000, "0x1000");
	ck_assert_symbol(&symbols, 0xffffffff81003000, "0xffffffff81003000");
	dat_symbols_release(&symbols);
}
END_TEST

START_TEST(symbols_without_a_list_are_addresses)
{
	const struct dat_symbols symbols = { 0 };
	ck_assert_symbol(&symbols, 0xffffffff81000100, "0xffffffff81000100");
	ck_assert_symbol(&symbols, 0, "0x0");
}
END_TEST

START_TEST(symbols_of_any_length_fit)
{
	char text[2 * DAT_SYMBOL_MAX];
	char buffer[DAT_SYMBOL_MAX];
	memset(text, 'a', sizeof(text));
	memcpy(text, "1000 T ", 7);
	for (size_t len = DAT_SYMBOL_MAX - 2; len < DAT_SYMBOL_MAX + 3; len++) {
		struct dat_symbols symbols = { 0 };
		text[7 + len] = '\0';
		ck_assert(dat_symbols_take(&symbols, heap_copy(text), strlen(text)));
		struct span name = dat_symbols_name(&symbols, 0x1000, buffer);
		ck_assert_uint_eq(name.len, len <= DAT_SYMBOL_MAX ? len : 6);
		dat_symbols_release(&symbols);
		text[7 + len] = 'a';
	}
}
END_TEST

START_TEST(comms_are_found_by_pid)
{
	static const char text[] = "109 vm\n17 kworker/0:1\n109 renamed\n 5 no\n6\n7 \nx y\n"
				   "99999999999 too large\n12 with a blank";
	struct dat_comms comms = { 0 };
	ck_assert(dat_comms_take(&comms, heap_copy(text), strlen(text)));
	ck_assert_span_eq(dat_comms_find(&comms, 109), "vm");
	ck_assert_span_eq(dat_comms_find(&comms, 17), "kworker/0:1");
	ck_assert_span_eq(dat_comms_find(&comms, 12), "with a blank");
	ck_assert_span_eq(dat_comms_find(&comms, 0), "<idle>");
	for (int64_t pid = 5; pid <= 7; pid++)
		ck_assert_span_eq(dat_comms_find(&comms, pid), "<...>");
	dat_comms_release(&comms);
}
END_TEST

static TCase *name_case(void)
{
	TCase *tests = tcase_create("name");
	tcase_add_test(tests, symbols_are_printed_as_the_kernel_does);
	tcase_add_test(tests, symbols_without_a_list_are_addresses);
	tcase_add_test(tests, symbols_of_any_length_fit);
	tcase_add_test(tests, comms_are_found_by_pid);
	return tests;
}

/* ---- whole files ---- */

struct reading {
	struct read_facts facts;
	COLUMN(struct kg_event) events;
	enum kg_status status; /* KG_END, or what failed */
	struct kg_error err;
};

static void take_all(struct reading *reading, struct kg_reader *reader)
{
	struct event_batch *batch = malloc(sizeof(*batch));
	ck_assert_ptr_nonnull(batch);
	for (;;) {
		reading->status = reader->class->next(reader, batch, &reading->err);
		if (reading->status != KG_OK)
			break;
		ck_assert_uint_gt(batch->count, 0);
		ck_assert_uint_le(batch->count, EVENT_BATCH);
		for (size_t i = 0; i < batch->count; i++)
			ck_assert(column_push(&reading->events, batch->events[i]));
	}
	free(batch);
}

static struct reading read_dat(struct span bytes, size_t window_bytes)
{
	const struct reader_opts opts = { .window_bytes = window_bytes };
	struct reading reading = { 0 };
	struct source *source;
	struct kg_reader *reader = NULL;
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	reading.status = reader_open(source, &opts, &reading.facts, &reader, &reading.err);
	if (reading.status == KG_OK) {
		ck_assert_int_eq(reader->format, KG_FORMAT_TRACE_DAT);
		take_all(&reading, reader);
		reader->class->close(reader);
	}
	source_close(source);
	return reading;
}

static void reading_release(struct reading *reading)
{
	read_facts_release(&reading->facts);
	column_release(&reading->events);
}

static const struct kg_func *func_of(const struct reading *reading, size_t event)
{
	return kg_funcs_get(&reading->facts.funcs, reading->events.at[event].func_id);
}

/* Whatever the file: each record is in one count, and numbered. */
static void ck_assert_counts(const struct reading *reading)
{
	const struct kg_line_counts *lines = &reading->facts.lines;
	ck_assert_uint_eq(lines->total, lines->entry + lines->exit_named + lines->comment +
						lines->lost + lines->noise + lines->unrecognized);
	uint64_t last = 0;
	for (size_t i = 0; i < reading->events.count; i++) {
		ck_assert_uint_gt(reading->events.at[i].line_no, last);
		last = reading->events.at[i].line_no;
	}
	ck_assert_uint_le(last, lines->total);
}

START_TEST(dat_reader_tells_what_is_in_the_fixture)
{
	struct span bytes = fixture_read(FIXTURE);
	struct reading reading = read_dat(bytes, 0);
	const struct read_facts *facts = &reading.facts;
	ck_assert_int_eq(reading.status, KG_END);
	ck_assert_counts(&reading);
	ck_assert_uint_eq(facts->lines.total, 2644);
	ck_assert_uint_eq(facts->lines.entry, 1302);
	ck_assert_uint_eq(facts->lines.exit_named, 1302);
	ck_assert_uint_eq(facts->lines.comment, 40);
	ck_assert_str_eq(facts->kernel, "6.1.0-56-amd64");
	ck_assert_uint_eq(facts->columns,
			  KG_COLUMN_ABSTIME | KG_COLUMN_CPU | KG_COLUMN_PROC | KG_COLUMN_DURATION);
	ck_assert_uint_eq(facts->cpus.count, 2);
	ck_assert_uint_eq(facts->cpus.at[0].events, 2597);
	ck_assert_uint_eq(facts->cpus.at[1].calls_started, 5);
	ck_assert_uint_eq(kg_tasks_count(&facts->tasks), 1);
	ck_assert_int_eq(kg_tasks_get(&facts->tasks, 0)->pid, 109);
	ck_assert_str_eq(kg_tasks_get(&facts->tasks, 0)->comm, "vm");
	ck_assert_uint_eq(kg_diags_total(&facts->diags), 0);
	reading_release(&reading);
	fixture_free(bytes);
}
END_TEST

START_TEST(dat_reader_event_carries_the_values_of_its_record)
{
	struct span bytes = fixture_read(FIXTURE);
	struct reading reading = read_dat(bytes, 0);
	ck_assert_uint_gt(reading.events.count, 20);
	const struct kg_event *enter = &reading.events.at[0];
	const struct kg_event *leave = &reading.events.at[1];
	ck_assert_uint_eq(enter->kind, KG_EV_ENTER);
	ck_assert_uint_eq(enter->line_no, 1);
	ck_assert_uint_eq(enter->dur_ns, KG_NO_NS);
	ck_assert_uint_eq(enter->depth, 0);
	ck_assert_uint_eq(enter->time_ns / 1000, 11153118);
	ck_assert_str_eq(func_of(&reading, 0)->name, "pvclock_gtod_notify");
	ck_assert_str_eq(func_of(&reading, 0)->module, "kvm");
	ck_assert_uint_eq(leave->kind, KG_EV_LEAVE);
	ck_assert_uint_eq(leave->line_no, 2);
	ck_assert_uint_eq(leave->func_id, enter->func_id);
	ck_assert_uint_eq(leave->dur_ns, 0x2a5bfaa98 - 0x2a5b66d57);
	ck_assert_uint_eq(leave->flags, 0);
	ck_assert_uint_eq(leave->mark, ' ');
	const struct kg_event *comment = &reading.events.at[27];
	ck_assert_uint_eq(comment->kind, KG_EV_COMMENT);
	ck_assert_uint_eq(comment->func_id, KG_NO_FUNC);
	ck_assert_uint_eq(comment->task_id, enter->task_id);
	reading_release(&reading);
	fixture_free(bytes);
}
END_TEST

static bool same_event(const struct kg_event *a, const struct kg_event *b)
{
	return a->line_no == b->line_no && a->time_ns == b->time_ns && a->dur_ns == b->dur_ns &&
	       a->func_id == b->func_id && a->task_id == b->task_id && a->cpu == b->cpu &&
	       a->depth == b->depth && a->kind == b->kind && a->flags == b->flags;
}

/* Files that show one thing each; made with tools/gen_dat. */
static const char *const seeds[] = {
	FIXTURE,
	SEEDS "v6-plain.dat",
	SEEDS "v7-zlib-instance-big.dat",
	SEEDS "v7-zstd-lost.dat",
	SEEDS "v7-plain-retaddr.dat",
};

START_TEST(dat_reader_reads_the_same_in_any_windows)
{
	static const size_t windows[] = { 1, 4096, 5000, 1 << 20 };
	struct span bytes = fixture_read(seeds[_i]);
	struct reading whole = read_dat(bytes, 0);
	ck_assert_msg(whole.status == KG_END, "%s", whole.err.text);
	ck_assert_counts(&whole);
	ck_assert_uint_eq(whole.facts.lines.unrecognized, 0);
	ck_assert_uint_gt(whole.facts.lines.entry, 0);
	ck_assert_uint_eq(whole.facts.lines.entry, whole.facts.lines.exit_named);
	for (size_t i = 0; i < COUNT(windows); i++) {
		struct reading reading = read_dat(bytes, windows[i]);
		ck_assert_uint_eq(reading.events.count, whole.events.count);
		for (size_t k = 0; k < whole.events.count; k++)
			ck_assert(same_event(&reading.events.at[k], &whole.events.at[k]));
		reading_release(&reading);
	}
	reading_release(&whole);
	fixture_free(bytes);
}
END_TEST

START_TEST(dat_reader_lost_events_are_told)
{
	struct span bytes = fixture_read(SEEDS "v7-zstd-lost.dat");
	struct reading reading = read_dat(bytes, 0);
	uint64_t gaps = 0;
	uint64_t lost = 0;
	uint64_t unknown = 0;
	for (size_t i = 0; i < reading.events.count; i++) {
		const struct kg_event *event = &reading.events.at[i];
		if (event->kind != KG_EV_LOST)
			continue;
		gaps++;
		unknown += event->dur_ns == KG_NO_NS;
		lost += event->dur_ns == KG_NO_NS ? 0 : event->dur_ns;
		ck_assert_uint_eq(event->task_id, KG_NO_TASK);
		/* in front of what its CPU wrote next */
		ck_assert_uint_eq(event[1].cpu, event->cpu);
	}
	ck_assert_uint_gt(unknown, 0);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(reading.facts.lost_gaps, gaps);
	ck_assert_uint_eq(reading.facts.lost_events, lost);
	ck_assert(reading.facts.lost_unknown);
	ck_assert_uint_eq(reading.facts.lines.lost, gaps);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_LOST_EVENTS].count, gaps);
	reading_release(&reading);
	fixture_free(bytes);
}
END_TEST

static TCase *file_case(void)
{
	TCase *tests = tcase_create("file");
	tcase_add_test(tests, dat_reader_tells_what_is_in_the_fixture);
	tcase_add_test(tests, dat_reader_event_carries_the_values_of_its_record);
	tcase_add_loop_test(tests, dat_reader_reads_the_same_in_any_windows, 0, COUNT(seeds));
	tcase_add_test(tests, dat_reader_lost_events_are_told);
	return tests;
}

/* ---- damage ---- */

/* Reads damaged bytes: that may fail or not, but both properly. */
static void read_damaged(struct span bytes)
{
	struct reading reading = read_dat(bytes, 0);
	if (reading.status == KG_END) {
		ck_assert_int_eq(reading.err.status, KG_OK);
		ck_assert_counts(&reading);
	} else {
		ck_assert_int_eq(reading.status, KG_BAD_FORMAT);
		ck_assert_int_eq(reading.err.status, KG_BAD_FORMAT);
		ck_assert_uint_gt(strlen(reading.err.text), 10);
	}
	reading_release(&reading);
}

START_TEST(dat_reader_cut_anywhere_fails_or_reads_what_is_there)
{
	struct span bytes = fixture_read(seeds[_i]);
	/* in memory of that size, so that a checker sees what reads beyond it */
	for (size_t len = 10; len < bytes.len; len += 1 + bytes.len / 400) {
		unsigned char *cut = malloc(len);
		ck_assert_ptr_nonnull(cut);
		memcpy(cut, bytes.at, len);
		read_damaged((struct span){ cut, len });
		free(cut);
	}
	fixture_free(bytes);
}
END_TEST

START_TEST(dat_reader_with_any_byte_changed_fails_or_reads_on)
{
	struct random random = { 1 + (uint64_t)_i };
	struct span bytes = fixture_read(seeds[_i]);
	unsigned char *copy = malloc(bytes.len);
	ck_assert_ptr_nonnull(copy);
	for (size_t round = 0; round < 400; round++) {
		memcpy(copy, bytes.at, bytes.len);
		for (uint64_t left = 1 + random_below(&random, 4); left > 0; left--) {
			/* half of them at the start, where most of the structure is */
			size_t limit = random_below(&random, 2) ? bytes.len : bytes.len / 10;
			copy[10 + random_below(&random, limit - 10)] =
				(unsigned char)random_next(&random);
		}
		read_damaged((struct span){ copy, bytes.len });
	}
	free(copy);
	fixture_free(bytes);
}
END_TEST

/* The start of the pages of CPU 0 in the seed of version 6, which is plain. */
static size_t first_page(struct span bytes)
{
	const unsigned char *table = span_find(bytes, SPAN("flyrecord"));
	ck_assert_ptr_nonnull(table);
	return (size_t)table[10] | (size_t)table[11] << 8 | (size_t)table[12] << 16;
}

START_TEST(dat_reader_damaged_page_is_a_gap)
{
	struct span bytes = fixture_read(SEEDS "v6-plain.dat");
	unsigned char *copy = (unsigned char *)(uintptr_t)bytes.at;
	memset(copy + first_page(bytes) + 8, 0x7f, 4);
	struct reading reading = read_dat(bytes, 0);
	ck_assert_int_eq(reading.status, KG_END);
	ck_assert_counts(&reading);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 1);
	ck_assert_uint_eq(reading.facts.lost_gaps, 1);
	ck_assert(reading.facts.lost_unknown);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_UNRECOGNIZED_LINE].count, 1);
	ck_assert_uint_gt(reading.facts.lines.entry, 0);
	reading_release(&reading);
	fixture_free(bytes);
}
END_TEST

START_TEST(dat_reader_cut_pages_are_told)
{
	struct span bytes = fixture_read(SEEDS "v6-plain.dat");
	struct reading whole = read_dat(bytes, 0);
	bytes.len -= 4096 + 100;
	struct reading reading = read_dat(bytes, 0);
	ck_assert_int_eq(reading.status, KG_END);
	ck_assert_counts(&reading);
	ck_assert_uint_gt(reading.facts.diags.entries[KG_DIAG_TRUNCATED_LINE].count, 0);
	ck_assert_uint_gt(reading.facts.lines.entry, 0);
	ck_assert_uint_lt(reading.facts.lines.entry, whole.facts.lines.entry);
	reading_release(&reading);
	reading_release(&whole);
	fixture_free(bytes);
}
END_TEST

static void ck_assert_refused(const char *bytes, size_t len, const char *reason)
{
	struct reading reading = read_dat((struct span){ (const unsigned char *)bytes, len }, 0);
	ck_assert_int_eq(reading.status, KG_BAD_FORMAT);
	ck_assert_msg(strstr(reading.err.text, reason) != NULL, "%s", reading.err.text);
	reading_release(&reading);
}

START_TEST(dat_reader_says_what_is_wrong)
{
#define MAGIC "\x17\x08\x44tracing"
#define REFUSED(bytes, reason) ck_assert_refused(bytes, sizeof(bytes) - 1, reason)
	REFUSED(MAGIC, "damaged");
	REFUSED(MAGIC "8\0\0\10\0\20\0\0", "version 8");
	REFUSED(MAGIC "6\0\0\10\0\20\0\0header_pagX", "description of pages");
	REFUSED(MAGIC "7\0\0\10\0\20\0\0lz4\0"
		      "1\0",
		"\"lz4\"");
	REFUSED(MAGIC "7\0\0\10\0\20\0\0none\0"
		      "1\0\0\0\0\0\0\0\0\0",
		"no options");
#undef REFUSED
#undef MAGIC
}
END_TEST

START_TEST(dat_reader_without_memory_fails_clean)
{
	struct span bytes = fixture_read(seeds[_i]);
	const struct reader_opts opts = { 0 };
	size_t failures = 0;
	for (uint64_t passes = 0;; passes++) {
		struct reading reading = { 0 };
		struct source *source;
		struct kg_reader *reader = NULL;
		struct event_batch *batch = malloc(sizeof(*batch));
		ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
		memory_fail_after(passes);
		enum kg_status status =
			reader_open(source, &opts, &reading.facts, &reader, &reading.err);
		while (status == KG_OK)
			status = reader->class->next(reader, batch, &reading.err);
		memory_fail_after(UINT64_MAX);
		if (reader != NULL)
			reader->class->close(reader);
		source_close(source);
		reading_release(&reading);
		free(batch);
		if (status == KG_END)
			break;
		ck_assert_int_eq(status, KG_NOMEM);
		ck_assert_int_eq(reading.err.status, KG_NOMEM);
		failures++;
	}
	ck_assert_uint_gt(failures, 20);
	fixture_free(bytes);
}
END_TEST

static TCase *damage_case(void)
{
	TCase *tests = tcase_create("damage");
	tcase_add_loop_test(tests, dat_reader_cut_anywhere_fails_or_reads_what_is_there, 0,
			    COUNT(seeds));
	tcase_add_loop_test(tests, dat_reader_with_any_byte_changed_fails_or_reads_on, 0,
			    COUNT(seeds));
	tcase_add_test(tests, dat_reader_damaged_page_is_a_gap);
	tcase_add_test(tests, dat_reader_cut_pages_are_told);
	tcase_add_test(tests, dat_reader_says_what_is_wrong);
	/* not the first one: its list of symbols takes long so often */
	tcase_add_loop_test(tests, dat_reader_without_memory_fails_clean, 1, COUNT(seeds));
	return tests;
}

Suite *dat_reader_suite(void)
{
	Suite *suite = suite_create("dat_reader");
	suite_add_tcase(suite, page_case());
	suite_add_tcase(suite, format_case());
	suite_add_tcase(suite, name_case());
	suite_add_tcase(suite, file_case());
	suite_add_tcase(suite, damage_case());
	return suite;
}
