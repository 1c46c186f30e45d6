/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which form of a verdict a name stands for. */
#include "cli/verify_format.h"

#include <string.h>

#include "cli/report.h"
#include "base/banned.h"

const struct option_row verify_format_row = {
	.name = "format",
	.kind = OPTION_CHOICE,
	.offset = offsetof(struct common_opts, format),
	.value = "NAME",
	.choices = "text|json|ktap|junit|sarif",
	.help = "text, json, ktap, junit or sarif",
};

/* --strict has its say after the verdict, but a log of SARIF is written before. */
static int exit_code_in_the_end(const struct common_opts *common, const struct kg_info *info,
				int exit_code)
{
	const bool is_imperfect = common->strict && kg_diags_total(&info->diags) > 0;
	return exit_code == EXIT_DONE && is_imperfect ? EXIT_NO : exit_code;
}

enum kg_status verify_write(struct kg_out *out, const struct common_opts *common,
			    const struct kg_info *info, const struct kg_spec *spec,
			    const struct kg_verify_report *report, int exit_code)
{
	const struct kg_text_opts text = text_opts(common, out);
	const struct kg_sarif_opts sarif = {
		.version = KG_VERSION,
		.exit_code = exit_code_in_the_end(common, info, exit_code),
	};
	const char *format = common->format != NULL ? common->format : "text";
	if (wants_json(common))
		return kg_render_verify_json(out, info, spec, report);
	if (strcmp(format, "ktap") == 0)
		return kg_render_verify_ktap(out, info, spec, report);
	if (strcmp(format, "junit") == 0)
		return kg_render_verify_junit(out, info, spec, report);
	if (strcmp(format, "sarif") == 0)
		return kg_render_verify_sarif(out, info, spec, report, &sarif);
	return kg_render_verify_text(out, info, spec, report, &text);
}
