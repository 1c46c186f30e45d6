/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how to take lines apart fast: the common forms by a short way, all others by text_line. */
#include "read/text_scan.h"

#include <string.h>

#include "base/memory.h"
#include "base/seldom.h"
#include "base/banned.h"

/*
 * The short way. It takes "N) duration |  calls" lines of three bodies: `f() {`, `f();` and `}`. It
 * must say the same as text_line_scan() of every line that it takes; what it is not sure of it
 * leaves.
 */

static uint64_t load8(const unsigned char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

static uint32_t load4(const unsigned char *at)
{
	uint32_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

static bool is_digit(unsigned char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* " 3) ": up to four digits, and no more blanks than a kernel prints before them. */
static KG_SELDOM const unsigned char *take_any_cpu(const unsigned char *at, uint16_t *cpu)
{
	for (int blanks = 0; *at == ' '; at++) {
		if (blanks++ == 8)
			return NULL;
	}
	unsigned int number = 0;
	const unsigned char *first = at;
	for (; is_digit(*at) && at - first < 4; at++)
		number = number * 10 + (unsigned int)(*at - '0');
	if (at == first || at[0] != ')' || at[1] != ' ')
		return NULL;
	*cpu = (uint16_t)number;
	return at + 2;
}

/* The same, with one digit looked at as a word. */
static inline const unsigned char *take_cpu(const unsigned char *at, uint16_t *cpu)
{
	/* what is left of the word without all else that it has to be, the digit first */
	const uint32_t word = load4(at) ^ UINT32_C(0x20293020);
	const uint32_t digit = word >> 8 | word << 24;
	/* in a variable of its own, so that the usual one stays in a register */
	uint16_t any_cpu;
	if (digit > 9) {
		at = take_any_cpu(at, &any_cpu);
		if (at != NULL)
			*cpu = any_cpu;
		return at;
	}
	*cpu = (uint16_t)digit;
	return at + 4;
}

/* Processors that prefetch by themselves stop at the end of each page. */
#define AHEAD_BYTES 2048
#define EIGHT_BLANKS UINT64_C(0x2020202020202020)
/* Where the bar of the duration column stands in all but the longest durations. */
#define BAR_OFFSET 14
#define DURATION_BYTES (BAR_OFFSET + 1)

/*
 * The number of a word's bytes: a zero, three digits (not as characters), a zero for the point and
 * three digits more.
 */
static inline uint64_t digits_around_point(uint64_t word)
{
	/* every other byte becomes one digit or two: d, dd, d, dd */
	const uint64_t pairs = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	const uint64_t threes = pairs * 100 + (pairs >> 16);
	return (threes & 0xffff) * 1000 + (threes >> 32 & 0xffff);
}

/* The column of blanks that have begun, up to and with its bar. */
static inline bool is_blank_duration(const unsigned char *at)
{
	/* two words that overlap cover all 14 blanks */
	return load8(at + BAR_OFFSET - 8) == EIGHT_BLANKS && at[BAR_OFFSET] == '|';
}

/*
 * "+ 13.335 us   |", up to and with the bar. A value has one to three digits before the point and
 * always three behind it: it is looked at as a word, moved up so that the point is its fifth byte.
 */
static inline bool take_duration(const unsigned char *at, uint64_t *dur_ns)
{
	/* what the word has to be, but for the digits; and what follows up to the bar */
	static const uint64_t forms[] = { UINT64_C(0x3030302e30000000),
					  UINT64_C(0x3030302e30300000),
					  UINT64_C(0x3030302e30303000) };
	static const uint64_t tails[] = { UINT64_C(0x7c20202020737520),
					  UINT64_C(0x007c202020737520),
					  UINT64_C(0x00007c2020737520) };
	/* digits before the point, less one */
	const unsigned int more = at[3] == '.' ? 0 : at[4] == '.' ? 1 : 2;
	const uint64_t digits = load8(at + 2) << (8 * (3 - more)) ^ forms[more];
	const uint64_t above_9 = (digits + UINT64_C(0x7676767f7676767f)) | digits;
	if (at[1] != ' ' || (above_9 & UINT64_C(0x8080808080808080)) != 0 ||
	    load8(at + BAR_OFFSET - 7) >> (8 * more) != tails[more])
		return false;
	*dur_ns = digits_around_point(digits);
	return true;
}

/* The marks, if any, of values below 1 ms with all their decimals. */
static bool mark_is_right(uint8_t mark, uint64_t dur_ns)
{
	if (mark == '+')
		return dur_ns > 10000 && dur_ns <= 100000;
	return mark == '!' && dur_ns > 100000;
}

/* The rest of a line, from behind its bar on; where the next one starts, or NULL. */
static inline const unsigned char *scan_body(struct body_table *bodies, const unsigned char *at,
					     const unsigned char *limit, uint16_t cpu,
					     bool has_duration, struct scan_row *row)
{
	const struct text_body *body = body_find(bodies, cpu, at, limit);
	if (body == NULL || (body->row.kind == TEXT_ENTER) == has_duration)
		return NULL;
	*row = body->row;
	row->cpu = cpu;
	return at + body->len;
}

/*
 * Takes the line at `at` the short way; where the next one starts, or NULL: not one of its forms.
 * What is read behind the limit is the window's padding, or the lines of the next.
 */
static inline const unsigned char *scan_short(struct body_table *bodies, const unsigned char *at,
					      const unsigned char *limit, struct scan_row *row)
{
	uint16_t cpu;
	uint64_t dur_ns;
	/* words are compared as they stand in memory of this order */
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return NULL;
	at = take_cpu(at, &cpu);
	if (at == NULL)
		return NULL;
	const uint8_t mark = *at;
	if (load8(at) == EIGHT_BLANKS) {
		if (!is_blank_duration(at))
			return NULL;
		at = scan_body(bodies, at + DURATION_BYTES, limit, cpu, false, row);
		row->dur_ns = KG_NO_NS;
	} else {
		if (!take_duration(at, &dur_ns) || (mark != ' ' && !mark_is_right(mark, dur_ns)))
			return NULL;
		at = scan_body(bodies, at + DURATION_BYTES, limit, cpu, true, row);
		row->dur_ns = dur_ns;
	}
	row->mark = mark;
	return at;
}

/*
 * The long way.
 */

static bool take_name(struct intern *names, struct span name, uint32_t *id)
{
	*id = SCAN_NONE;
	if (name.len == 0)
		return true;
	*id = intern_add_copy(names, name);
	return *id != INTERN_NONE;
}

static bool take_extra(struct text_scan *scan, const struct text_line *line, struct scan_row *row)
{
	struct scan_extra extra = { .time_ns = line->time_ns };
	if (line->time_ns == KG_NO_NS && line->task.len == 0)
		return true;
	row->extra = (uint32_t)scan->extras.count;
	return take_name(&scan->tasks, line->task, &extra.task) &&
	       take_name(&scan->tasks, line->next, &extra.next) &&
	       column_push(&scan->extras, extra);
}

static bool scan_long(struct text_scan *scan, struct span text, struct scan_row *row)
{
	struct text_line line;
	if (text.len > WINDOW_LINE_MAX) {
		row->kind = TEXT_UNKNOWN;
		row->flags |= SCAN_TOO_LONG;
		return true;
	}
	text_line_scan(text, scan->layout, &line);
	row->kind = (uint8_t)line.kind;
	row->cpu = line.cpu;
	row->depth = line.depth;
	row->mark = line.mark;
	row->dur_ns = line.dur_ns;
	row->flags |= line.cut;
	if (line.kind == TEXT_COMMENT && !line.is_closed)
		row->flags |= SCAN_OPEN_COMMENT;
	if (line.kind == TEXT_LEAVE && line.name.len > 0)
		row->flags |= SCAN_NAMED;
	if (line.kind == TEXT_HEADER) {
		text_layout_from_header(text, &scan->layout);
		if (span_starts(text, SPAN("# tracer:")))
			row->flags |= SCAN_NEW_TRACE;
	}
	if ((line.kind == TEXT_LEAF || line.kind == TEXT_LEAVE) && line.dur_ns != KG_NO_NS &&
	    text_mark_is_wrong(line.mark, line.dur_ns, line.cut))
		row->flags |= SCAN_MARK_IS_WRONG;
	return line.kind == TEXT_UNKNOWN ||
	       (take_name(&scan->tables->symbols, line.name, &row->symbol) &&
		take_extra(scan, &line, row));
}

/* Scans the line at `at` whatever it is; where it ends in *end. False when memory is out. */
static bool scan_line(struct text_scan *scan, const unsigned char *at, const unsigned char *limit,
		      struct scan_row *row, const unsigned char **end)
{
	const unsigned char *newline = memchr(at, '\n', (size_t)(limit - at));
	*end = newline != NULL ? newline : limit;
	*row = (struct scan_row){ .symbol = SCAN_NONE,
				  .extra = SCAN_NONE,
				  .flags = newline == NULL ? SCAN_NO_NEWLINE : 0 };
	return scan_long(scan, span_of(at, *end), row);
}

/*
 * Adds rows for the lines from `at` on that can be taken the short way, as long as there is room;
 * where the first one starts that cannot. In a loop of its own, so that what changes with every
 * line stays in registers.
 */
static const unsigned char *scan_short_lines(struct text_scan *scan, const struct window *window,
					     const unsigned char *at, const unsigned char *limit)
{
	struct body_table *bodies = &scan->tables->bodies;
	const unsigned char *first = window->lines.at;
	struct scan_row *row = scan->rows.at + scan->rows.count;
	const struct scan_row *full = scan->rows.at + scan->rows.cap;
	while (at < limit && row < full) {
		__builtin_prefetch(at + AHEAD_BYTES);
		const unsigned char *next = scan_short(bodies, at, limit, row);
		if (next == NULL)
			break;
		row->offset = (uint32_t)(at - first);
		row++;
		at = next;
	}
	scan->rows.count = (size_t)(row - scan->rows.at);
	return at;
}

/* Adds rows for the lines from scan->end on. */
static bool scan_lines(struct text_scan *scan, const struct window *window, bool to_header)
{
	const uint32_t short_columns = TEXT_LAYOUT_DEFAULT.columns;
	const unsigned char *first = window->lines.at;
	const unsigned char *at = first + scan->end;
	const unsigned char *limit = first + window->lines.len;
	/* what is scanned again may be the first that this thread's tables are used for */
	if (!body_start(&scan->tables->bodies, &scan->tables->symbols))
		return false;
	while (at < limit) {
		if (!column_reserve(&scan->rows, scan->rows.count + 1))
			return false;
		if (scan->layout.columns == short_columns) {
			at = scan_short_lines(scan, window, at, limit);
			if (at >= limit || scan->rows.count == scan->rows.cap)
				continue;
		}
		const unsigned char *end;
		struct scan_row *row = &scan->rows.at[scan->rows.count++];
		if (!scan_line(scan, at, limit, row, &end))
			return false;
		if (to_header && row->kind == TEXT_HEADER)
			limit = end;
		row->offset = (uint32_t)(at - first);
		at = end + 1;
	}
	limit = first + window->lines.len;
	/* the newline of the last line may be missing */
	scan->end = at < limit ? (size_t)(at - first) : window->lines.len;
	return true;
}

bool text_scan_window(struct text_scan *scan, const struct window *window,
		      struct text_layout layout)
{
	scan->layout = layout;
	scan->rows.count = 0;
	scan->extras.count = 0;
	scan->end = 0;
	return scan_lines(scan, window, false);
}

bool text_scan_again(struct text_scan *scan, const struct window *window, size_t row_count,
		     struct text_layout layout)
{
	if (row_count < scan->rows.count) {
		scan->end = scan->rows.at[row_count].offset;
		scan->rows.count = row_count;
	}
	scan->layout = layout;
	return scan_lines(scan, window, true);
}

void text_scan_release(struct text_scan *scan)
{
	intern_release(&scan->tasks);
	column_release(&scan->rows);
	column_release(&scan->extras);
}

void scan_tables_release(struct scan_tables *tables)
{
	body_release(&tables->bodies);
	intern_release(&tables->symbols);
}
