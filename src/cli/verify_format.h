/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In which forms the verdict on a trace is written. */
#ifndef CLI_VERIFY_FORMAT_H
#define CLI_VERIFY_FORMAT_H

#include <kvmgraph/render.h>

#include "cli/common.h"

/* In place of the common option of the same name; its struct is the common one, too. */
extern const struct option_row verify_format_row;

#define VERIFY_FORMATS_ABOUT                                                                       \
	"--format names who is to read the verdict: people (text), programs (json), the runners\n" \
	"of the kernel's own tests (ktap), CI systems such as Jenkins and GitLab (junit), and\n"   \
	"those who show findings beside the file that they are in (sarif, 2.1.0). Each check is\n" \
	"a test of the last three, which have fewer words for how it ended:\n\n"                   \
	"  check          ktap             junit      sarif\n"                                     \
	"  pass           ok               (nothing)  (nothing)\n"                                 \
	"  fail           not ok           failure    kind fail, level error\n"                    \
	"    a warning    ok # XFAIL       skipped    kind fail, level warning\n"                  \
	"  inconclusive   not ok # ERROR   error      kind open\n"                                 \
	"  not-traceable  ok # SKIP        skipped    kind open\n"                                 \
	"  skipped        ok # SKIP        skipped    (nothing)\n\n"                               \
	"Inconclusive is not ok, for in ktap whatever is ok counts as passed, and a test that "    \
	"is\n"                                                                                     \
	"skipped does not count at all. So is not-traceable if that alone makes the whole\n"       \
	"inconclusive. A run in sarif whose verdict is inconclusive was not successful, and has\n" \
	"a notification. A warning never fails the whole. What does not print is told as \\xNN;\n" \
	"so is # in ktap, where it would end the name of a test."

/*
 * Writes a report in the form that was asked for. exit_code is what the program ends with if the
 * report can be written.
 */
KG_MUST_USE enum kg_status verify_write(struct kg_out *out, const struct common_opts *common,
					const struct kg_info *info, const struct kg_spec *spec,
					const struct kg_verify_report *report, int exit_code);

#endif
