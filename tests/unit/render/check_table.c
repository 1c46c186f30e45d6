/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "render/sample.h"
#include "render/table.h"
#include "base/banned.h"

Suite *table_suite(void);

static const struct table_column columns[] = {
	{ "name", TABLE_LEFT, TEXT_PLAIN },    { "count", TABLE_RIGHT, TEXT_PLAIN },
	{ "unused", TABLE_RIGHT, TEXT_PLAIN }, { "time", TABLE_RIGHT, TEXT_YELLOW },
	{ "remark", TABLE_LEFT, TEXT_DIM },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static const struct {
	const char *name;
	uint64_t count;
	uint64_t ns;
	const char *remark;
} rows[] = {
	{ "a", 1, 219, "" },
	{ "\x1b[1m", 18446744073709551615u, 29378230, "last" },
	{ "\xe8\x99\x9a\xe6\x8b\x9f", 20, 1234567890, "" },
	{ "", 0, KG_NO_NS, "no name" },
};

static char *render(const struct kg_text_opts *opts)
{
	struct kg_out *out = sample_out();
	struct text text = text_start(out, opts);
	struct table table;
	table_start(&table, &text, columns, COLUMN_COUNT);
	while (table_pass(&table)) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			table_name(&table, rows[i].name);
			table_number(&table, rows[i].count);
			table_number_or_empty(&table, 0);
			table_ns(&table, rows[i].ns);
			table_words(&table, rows[i].remark);
			table_end_row(&table);
		}
	}
	return sample_take(out);
}

START_TEST(table_any_width_lines_up)
{
	char *got = render(NULL);
	sample_same_text(got, "  name                    count       time  remark\n"
			      "  a                           1   0.219 us\n"
			      "  \\x1b[1m  18446744073709551615  29.378 ms  last\n"
			      "  \xe8\x99\x9a\xe6\x8b\x9f                       20   1.234  s\n"
			      "                              0          -  no name\n");
	free(got);
}
END_TEST

/* Takes the colours out again. */
static void strip(char *text)
{
	char *to = text;
	for (const char *from = text; *from != '\0';) {
		if (*from == '\x1b') {
			from = strchr(from, 'm') + 1;
			continue;
		}
		*to++ = *from++;
	}
	*to = '\0';
}

START_TEST(table_colour_moves_nothing)
{
	char *plain = render(NULL);
	char *coloured = render(&(struct kg_text_opts){ .color = true });
	ck_assert_ptr_nonnull(strstr(coloured, "\x1b[33m29.378 ms\x1b[0m  \x1b[2mlast\x1b[0m\n"));
	strip(coloured);
	sample_same_text(coloured, plain);
	free(coloured);
	free(plain);
}
END_TEST

START_TEST(table_rows_are_made_twice_and_kept_never)
{
	memory_fail_after(UINT64_MAX - 1);
	struct kg_out *out = sample_out();
	struct text text = text_start(out, NULL);
	uint64_t asked = memory_asked();
	struct table table;
	table_start(&table, &text, columns, 1);
	int passes = 0;
	for (; table_pass(&table); passes++) {
		for (int i = 0; i < 100; i++) {
			table_words(&table, "");
			table_end_row(&table);
		}
	}
	ck_assert_int_eq(passes, 2);
	/* what little the output takes for 101 empty lines */
	ck_assert_uint_lt(memory_asked() - asked, 10);
	free(sample_take(out));
}
END_TEST

/* ---- text ------------------------------------------------------------------------------------ */

START_TEST(text_prose_breaks_at_blanks)
{
	struct kg_out *out = sample_out();
	struct text text = text_start(out, &(struct kg_text_opts){ .width = 20 });
	text_put(&text, "why   ");
	text_put_prose(&text, "  one two three four\nfive\taverylongwordthatfitsnowhere end ", 6);
	text_end_line(&text);
	char *got = sample_take(out);
	sample_same_text(got, "why   one two three\n"
			      "      four five\n"
			      "      averylongwordthatfitsnowhere\n"
			      "      end\n");
	free(got);
}
END_TEST

START_TEST(text_cpus_are_told_as_ranges)
{
	static const uint16_t cpus[] = { 0, 1, 2, 5, 7, 8, 300 };
	struct kg_out *out = sample_out();
	struct text text = text_start(out, NULL);
	text_put_cpus(&text, cpus, 7);
	text_end_line(&text);
	text_put_cpus(&text, cpus, 0);
	text_end_line(&text);
	char *got = sample_take(out);
	sample_same_text(got, "0-2,5,7,8,300\n\n");
	free(got);
}
END_TEST

START_TEST(text_blanks_at_the_end_are_dropped)
{
	struct kg_out *out = sample_out();
	struct text text = text_start(out, &(struct kg_text_opts){ .color = true });
	text_put_blanks(&text, 3);
	text_put_styled(&text, TEXT_RED, "bad");
	text_put_blanks(&text, 3);
	text_put_styled(&text, TEXT_DIM, "");
	text_put_name(&text, "");
	text_end_line(&text);
	text_put_blanks(&text, 3);
	text_end_line(&text);
	char *got = sample_take(out);
	sample_same_text(got, "   \x1b[31mbad\x1b[0m\n\n");
	free(got);
}
END_TEST

Suite *table_suite(void)
{
	Suite *suite = suite_create("table");
	TCase *tables = tcase_create("tables");
	tcase_add_test(tables, table_any_width_lines_up);
	tcase_add_test(tables, table_colour_moves_nothing);
	tcase_add_test(tables, table_rows_are_made_twice_and_kept_never);
	suite_add_tcase(suite, tables);
	TCase *text = tcase_create("text");
	tcase_add_test(text, text_prose_breaks_at_blanks);
	tcase_add_test(text, text_cpus_are_told_as_ranges);
	tcase_add_test(text, text_blanks_at_the_end_are_dropped);
	suite_add_tcase(suite, text);
	return suite;
}
