/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "event/func.h"

Suite *func_suite(void);

static struct span span_of_string(const char *string)
{
	return (struct span){ (const unsigned char *)string, strlen(string) };
}

START_TEST(func_symbol_as_printed_is_valid)
{
	static const char *const symbols[] = {
		"f",
		"kvm_dev_ioctl",
		"kvm_dev_ioctl [kvm]",
		"vmx_vcpu_run [kvm_intel]",
		"kvm_release_pfn_clean.part.0 [kvm]",
		"count.constprop.0.isra.0",
		"__x64_sys_read",
		"____fput",
		"SyS_recvfrom",
		"0xffffffffc0a1b000",
		"_RNvCs1234_4core$u20$x",
		"bpf_prog_6deef7357e7b4530_sd_fw_egress [bpf]",
		"f.llvm.1234567890123456789",
		"f [x]",
		"f [snd-hda-intel]",
	};
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		ck_assert_msg(func_symbol_is_valid(span_of_string(symbols[i])), "%s", symbols[i]);
}
END_TEST

START_TEST(func_symbol_with_stray_characters_is_invalid)
{
	static const char *const symbols[] = {
		"",	" ",	  " f",	     "f ",	 "f g",	  "f[kvm]",    "f  [kvm]",
		"f []", "f [kvm", "f kvm]",  "f [kvm] ", "f()",	  "f [a b]",   "f [kvm][x]",
		"f{",	"f;",	  "a\tb",    "f\n",	 "f\x01", "f [k(m]",   "[kvm]",
		"}",	"f/g",	  "f\x1b[m", " [kvm]",	 "f,g",	  "f [kvm]]x", "f [kvm] [kvm]",
		"f [",	"f [] ",  "*",	     "f=g",	 "f\"",
	};
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		ck_assert_msg(!func_symbol_is_valid(span_of_string(symbols[i])), "%s", symbols[i]);
	ck_assert(!func_symbol_is_valid((struct span){ 0 }));
	ck_assert(!func_symbol_is_valid(SPAN("a\0b")));
}
END_TEST

START_TEST(func_base_drops_compiler_suffixes)
{
	static const char *const pairs[][2] = {
		{ "vcpu_run", "vcpu_run" },
		{ "vcpu_run.isra.0", "vcpu_run" },
		{ "kvm_free_memslots.part.0", "kvm_free_memslots" },
		{ "kvm_set_cr8.part.119", "kvm_set_cr8" },
		{ "vcpu_enter_guest.constprop.0", "vcpu_enter_guest" },
		{ "count.constprop.0.isra.0", "count" },
		{ "count.isra.0.constprop.0.part.3", "count" },
		{ "f.cold", "f" },
		{ "f.part.0.cold", "f" },
		{ "f.cold.12", "f" },
		{ "f.lto_priv.0", "f" },
		{ "f.llvm.17318012953873", "f" },
		{ "f.isra", "f" },
		{ "f.0", "f.0" },
		{ "f.bar.0", "f.bar.0" },
		{ "f1", "f1" },
		{ "f.part0", "f.part0" },
		{ ".cold", ".cold" },
		{ "x.0.isra.1", "x.0" },
		{ "", "" },
		{ "0", "0" },
		{ "f.", "f." },
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct span base = func_base(span_of_string(pairs[i][0]));
		ck_assert_msg(span_equal(base, span_of_string(pairs[i][1])), "%s: %.*s",
			      pairs[i][0], (int)base.len, (const char *)base.at);
	}
}
END_TEST

START_TEST(funcs_add_takes_name_and_module_apart)
{
	struct kg_funcs funcs = { 0 };
	ck_assert_uint_eq(kg_funcs_count(&funcs), 0);
	kg_func_id id = funcs_add(&funcs, SPAN("kvm_free_memslots.part.0 [kvm]"));
	ck_assert_uint_eq(id, 0);
	const struct kg_func *func = kg_funcs_get(&funcs, id);
	ck_assert_str_eq(func->name, "kvm_free_memslots.part.0");
	ck_assert_str_eq(func->base, "kvm_free_memslots");
	ck_assert_str_eq(func->module, "kvm");
	id = funcs_add(&funcs, SPAN("schedule"));
	ck_assert_uint_eq(id, 1);
	ck_assert_str_eq(kg_funcs_get(&funcs, id)->name, "schedule");
	ck_assert_str_eq(kg_funcs_get(&funcs, id)->base, "schedule");
	ck_assert_str_eq(kg_funcs_get(&funcs, id)->module, "");
	funcs_release(&funcs);
	ck_assert_uint_eq(kg_funcs_count(&funcs), 0);
}
END_TEST

START_TEST(funcs_add_knows_what_it_has)
{
	struct kg_funcs funcs = { 0 };
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f")), 0);
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f [kvm]")), 1);
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f [kvm_intel]")), 2);
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f.isra.0")), 3);
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f")), 0);
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f [kvm_intel]")), 2);
	ck_assert_uint_eq(kg_funcs_count(&funcs), 4);
	funcs_release(&funcs);
}
END_TEST

START_TEST(funcs_rows_stay_while_the_table_grows)
{
	struct kg_funcs funcs = { 0 };
	funcs_add(&funcs, SPAN("first [kvm]"));
	const struct kg_func *first = kg_funcs_get(&funcs, 0);
	char symbol[32];
	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(symbol, sizeof(symbol), "f%u", i);
		ck_assert_uint_eq(funcs_add(&funcs, span_of_string(symbol)), i + 1);
	}
	ck_assert_ptr_eq(kg_funcs_get(&funcs, 0), first);
	ck_assert_str_eq(first->name, "first");
	ck_assert_str_eq(kg_funcs_get(&funcs, 10000)->name, "f9999");
	funcs_release(&funcs);
}
END_TEST

START_TEST(funcs_without_memory_says_so_and_stays_consistent)
{
	char symbol[32];
	for (uint64_t passes = 0;; passes++) {
		struct kg_funcs funcs = { 0 };
		kg_func_id id = 0;
		unsigned int added = 0;
		memory_fail_after(passes);
		for (; added < 20 && id != KG_NO_FUNC; added += id != KG_NO_FUNC) {
			snprintf(symbol, sizeof(symbol), "f%u [kvm]", added);
			id = funcs_add(&funcs, span_of_string(symbol));
		}
		memory_fail_after(UINT64_MAX);
		ck_assert_uint_eq(kg_funcs_count(&funcs), added);
		/* another name than the one that failed */
		id = funcs_add(&funcs, SPAN("other"));
		ck_assert_uint_lt(id, kg_funcs_count(&funcs));
		ck_assert_str_eq(kg_funcs_get(&funcs, id)->name, "other");
		for (unsigned int i = 0; i < 20; i++) {
			snprintf(symbol, sizeof(symbol), "f%u", i);
			struct span name = span_of_string(symbol);
			id = funcs_add(&funcs, name);
			ck_assert_str_eq(kg_funcs_get(&funcs, id)->name, symbol);
		}
		funcs_release(&funcs);
		if (added == 20)
			break;
	}
}
END_TEST

Suite *func_suite(void)
{
	Suite *suite = suite_create("func");
	TCase *names = tcase_create("names");
	tcase_add_test(names, func_symbol_as_printed_is_valid);
	tcase_add_test(names, func_symbol_with_stray_characters_is_invalid);
	tcase_add_test(names, func_base_drops_compiler_suffixes);
	suite_add_tcase(suite, names);
	TCase *table = tcase_create("table");
	tcase_add_test(table, funcs_add_takes_name_and_module_apart);
	tcase_add_test(table, funcs_add_knows_what_it_has);
	tcase_add_test(table, funcs_rows_stay_while_the_table_grows);
	tcase_add_test(table, funcs_without_memory_says_so_and_stays_consistent);
	suite_add_tcase(suite, table);
	return suite;
}
