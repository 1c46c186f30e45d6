/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text for people, piece by piece.
 *
 * Blanks and styles are written when something follows them on the line, so no line ends in a
 * blank. A dry text writes nothing and only counts columns: that is how tables are measured.
 */
#ifndef RENDER_TEXT_H
#define RENDER_TEXT_H

#include <kvmgraph/render.h>

#include "render/out.h"
#include "render/units.h"

enum text_style {
	TEXT_PLAIN,
	TEXT_BOLD,   /* headings */
	TEXT_DIM,    /* what helps to find, not to understand */
	TEXT_GREEN,  /* good */
	TEXT_YELLOW, /* doubtful */
	TEXT_RED,    /* bad */
};

struct text {
	struct kg_out *out;
	size_t column;		/* where the next piece starts, pending blanks included */
	size_t blanks;		/* pending */
	enum text_style style;	/* of the next piece */
	enum text_style active; /* of the last one */
	size_t width;		/* columns to break prose at */
	bool is_color;
	bool is_verbose;
	bool is_dry;
};

/* opts NULL: the default. */
struct text text_start(struct kg_out *out, const struct kg_text_opts *opts);

/* Words of our own: ASCII. */
void text_put(struct text *text, const char *words);
void text_put_styled(struct text *text, enum text_style style, const char *words);
/* At the right of so many columns. */
void text_put_right(struct text *text, const char *words, size_t width);
/* Words of strangers, escaped. */
void text_put_name(struct text *text, const char *name);
void text_put_number(struct text *text, uint64_t number);
void text_put_ns(struct text *text, uint64_t ns);
/* "1 call", "2 calls" */
void text_put_count(struct text *text, uint64_t count, const char *noun);
void text_put_blanks(struct text *text, size_t count);
/* Blanks up to a column of the line; none if that is passed. */
void text_put_blanks_to(struct text *text, size_t column);
void text_end_line(struct text *text);
/* A line of its own, behind a blank one. */
void text_put_heading(struct text *text, const char *words);

/* Pieces have this style from here on. */
static inline void text_set_style(struct text *text, enum text_style style)
{
	text->style = style;
}

/* "kvm-hel-2690", "<idle>-0", "?cpu2"; "-" for KG_NO_TASK */
void text_put_task(struct text *text, const struct kg_tasks *tasks, kg_task_id id);
/* "vmx_vcpu_run [kvm_intel]"; "(unnamed)" for KG_NO_FUNC */
void text_put_func(struct text *text, const struct kg_funcs *funcs, kg_func_id id);
/* "line 7, cpu 0, vmm-100, f [kvm]", what is known of it, with `before` in front if anything is. */
void text_put_place(struct text *text, const struct kg_info *info, const char *before,
		    const struct kg_place *place);
/* CPUs in ascending order: "0-2,5" */
void text_put_cpus(struct text *text, const uint16_t *cpus, size_t count);
/* "(no start)", "(no end)", "(events lost inside)", what applies, a blank between. */
void text_put_call_flags(struct text *text, uint8_t flags);
/* Words of strangers broken at blanks to the width; lines after the first start at `indent`. */
void text_put_prose(struct text *text, const char *words, size_t indent);

#endif
