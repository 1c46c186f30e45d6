/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how to take most lines of a report fast. */
#include "read/report_short.h"

#include <string.h>

#include <kvmgraph/info.h>

#include "base/window.h"
#include "read/report_call.h"
#include "read/text_parts.h"
#include "base/banned.h"

/* Where the comm ends in every line that has no name of its input. */
#define DASH_OFFSET 16
/* From the name of an event to the mark of its duration. */
#define EVENT_WIDTH 22

static inline uint64_t load8(const unsigned char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint32_t load4(const unsigned char *at)
{
	uint32_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

/* The place of a front by its pid and CPU. */
static inline size_t front_place(const unsigned char *at)
{
	const uint64_t mixed = load8(at + DASH_OFFSET - 3) ^ load8(at + 20) * 0x9e3779b97f4a7c15u;
	return (size_t)((mixed * 0x9e3779b97f4a7c15u) >> 32) % FRONT_COUNT;
}

/* Two fronts of the same length: four words cover them, the last two may overlap. */
static inline bool is_same_front(const unsigned char *a, const unsigned char *b, size_t len)
{
	const uint64_t differ = (load8(a) ^ load8(b)) | (load8(a + 8) ^ load8(b + 8)) |
				(load8(a + 16) ^ load8(b + 16)) |
				(load8(a + len - 8) ^ load8(b + len - 8));
	return differ == 0;
}

static const struct report_front *find_front(const struct report_short *self,
					     const unsigned char *at)
{
	const struct report_front *front = &self->fronts[front_place(at)];
	return front->len != 0 && is_same_front(front->text, at, front->len) ? front : NULL;
}

/* " d..2.", if there are any. */
static const unsigned char *skip_flags(const unsigned char *at)
{
	const unsigned char *end = at + 1;
	while (end - at < 10 && text_is_flag(*end))
		end++;
	return *at == ' ' && end - at >= 5 && end - at <= 9 && *end == ' ' ? end : at;
}

/* So many digits as a number; NULL if there are fewer. */
static inline const unsigned char *take_digits(const unsigned char *at, size_t count,
					       uint64_t *number)
{
	for (size_t i = 0; i < count; i++) {
		const unsigned int digit = (unsigned int)at[i] - '0';
		if (digit > 9)
			return NULL;
		*number = *number * 10 + digit;
	}
	return at + count;
}

/* "    11.153118: " or "    11.153118156: ". */
static inline const unsigned char *take_time(const unsigned char *at, uint64_t *time_ns)
{
	uint64_t seconds = 0;
	uint64_t fraction = 0;
	uint64_t nanos = 0;
	while (*at == ' ')
		at++;
	const unsigned char *first = at;
	for (; is_digit(*at) && at - first < 9; at++)
		seconds = seconds * 10 + (uint64_t)(*at - '0');
	if (at == first || *at != '.')
		return NULL;
	at = take_digits(at + 1, 6, &fraction);
	if (at != NULL && is_digit(*at))
		at = take_digits(at, 3, &nanos);
	if (at == NULL || at[0] != ':' || at[1] != ' ')
		return NULL;
	*time_ns = seconds * 1000000000 + fraction * 1000 + nanos;
	return at + 2;
}

/* "funcgraph_entry: " or "funcgraph_exit: ". */
static inline bool is_graph_event(const unsigned char *at, bool *is_exit)
{
	const uint64_t start = load8((const unsigned char *)"funcgrap");
	const uint64_t entry = load8((const unsigned char *)"h_entry:");
	const uint64_t exit = load8((const unsigned char *)"h_exit: ");
	const uint64_t word = load8(at + 8);
	*is_exit = word == exit;
	return load8(at) == start && (word == exit || (word == entry && at[16] == ' '));
}

/* "+ 13.335 us  |", or its blanks: at the character behind the bar. */
static inline const unsigned char *take_duration(const unsigned char *at, struct report_row *out)
{
	const uint64_t blanks = load8((const unsigned char *)"        ");
	out->mark = *at;
	out->dur_ns = KG_NO_NS;
	if (load8(at) == blanks)
		return load8(at + 5) == blanks && at[13] == '|' ? at + 14 : NULL;
	uint64_t micros = 0;
	uint64_t fraction = 0;
	const unsigned char *first = at + 2;
	if (at[1] != ' ')
		return NULL;
	for (at = first; is_digit(*at) && at - first < 6; at++)
		micros = micros * 10 + (uint64_t)(*at - '0');
	if (at == first || *at != '.')
		return NULL;
	at = take_digits(at + 1, 3, &fraction);
	if (at == NULL || load4(at) != load4((const unsigned char *)" us "))
		return NULL;
	for (at += 4; *at == ' ';)
		at++;
	out->dur_ns = micros * 1000 + fraction;
	return *at == '|' ? at + 1 : NULL;
}

/* " (ret=0x0)", which newer versions put behind all that ends. */
static const unsigned char *skip_retval(const unsigned char *at)
{
	if (memcmp(at, " (ret=", 6) != 0)
		return at;
	for (at += 6; *at > ' ' && *at != ')';)
		at++;
	return *at == ')' ? at + 1 : NULL;
}

/* The symbol of a known function that ends where `stop` or a blank stands; INTERN_NONE else. */
static uint32_t take_symbol(const struct report_short *self, const unsigned char **at,
			    unsigned char stop)
{
	const unsigned char *name = *at;
	const unsigned char *end = name;
	while (*end > ' ' && *end != stop)
		end++;
	*at = end;
	const struct span symbol = span_of(name, end);
	return intern_find(self->symbols, symbol, intern_hash(symbol));
}

/* "}", or that with the name of a known function in a comment. */
static const unsigned char *take_brace(const struct report_short *self, const unsigned char *at,
				       struct report_row *out)
{
	out->kind = TEXT_LEAVE;
	out->symbol = INTERN_NONE;
	if (memcmp(at, "} /* ", 5) != 0)
		return at + 1;
	at += 5;
	out->symbol = take_symbol(self, &at, ' ');
	return out->symbol != INTERN_NONE && memcmp(at, " */", 3) == 0 ? at + 3 : NULL;
}

/* "f();" or "f() {" of a known function. */
static const unsigned char *take_call(const struct report_short *self, const unsigned char *at,
				      struct report_row *out)
{
	out->symbol = take_symbol(self, &at, '(');
	out->kind = memcmp(at, "() {", 4) == 0 ? TEXT_ENTER : TEXT_LEAF;
	if (out->symbol == INTERN_NONE)
		return NULL;
	if (out->kind == TEXT_ENTER)
		return at + 4;
	return memcmp(at, "();", 3) == 0 ? at + 3 : NULL;
}

/* What stands behind the bar; where it ends. */
static const unsigned char *take_body(const struct report_short *self, const unsigned char *at,
				      struct report_row *out)
{
	const unsigned char *bar = at;
	while (load4(at) == load4((const unsigned char *)"    "))
		at += 4;
	while (*at == ' ')
		at++;
	const size_t blanks = (size_t)(at - bar);
	if (blanks < 2 || blanks % 2 != 0 || blanks > 2 + 2 * TEXT_DEPTH_MAX)
		return NULL;
	out->depth = (uint16_t)((blanks - 2) / 2);
	at = *at == '}' ? take_brace(self, at, out) : take_call(self, at, out);
	return at != NULL && out->kind != TEXT_ENTER ? skip_retval(at) : at;
}

/* A drawn call of a known function; its end, or NULL: it is not one, or not known yet. */
static const unsigned char *take_drawn(const struct report_short *self, const unsigned char *at,
				       bool is_exit, struct report_row *out)
{
	at = take_duration(at, out);
	if (at == NULL || (out->mark != ' ' && memchr(KG_MARKS, out->mark, KG_MARK_COUNT) == NULL))
		return NULL;
	at = take_body(self, at, out);
	if (at == NULL || (out->kind == TEXT_LEAVE) != is_exit ||
	    (out->dur_ns != KG_NO_NS) != (out->kind != TEXT_ENTER))
		return NULL;
	return at;
}

/* A number of base 16, with or without 0x; NULL if there is none. */
static inline const unsigned char *take_hex(const unsigned char *at, uint64_t *number)
{
	if (at[0] == '0' && at[1] == 'x')
		at += 2;
	const unsigned char *first = at;
	uint64_t sum = 0;
	for (; is_hex_digit(*at) && at - first <= 16; at++)
		sum = sum << 4 | (uint64_t)((*at & 15) + (*at >> 6) * 9);
	*number = sum;
	return at != first && at - first <= 16 ? at : NULL;
}

static inline const unsigned char *take_depth(const unsigned char *at, uint16_t *depth)
{
	const unsigned char *first = at;
	unsigned int number = 0;
	for (; is_digit(*at) && at - first < 3; at++)
		number = number * 10 + (unsigned int)(*at - '0');
	*depth = (uint16_t)number;
	return at != first ? at : NULL;
}

/* A field that nobody needs; NULL if it is none, or needed after all. */
static const unsigned char *skip_field(const unsigned char *at)
{
	bool has_value = false;
	if (memcmp(at, "func=", 5) == 0)
		return NULL;
	for (; *at > ' ' && *at != '['; at++)
		has_value = has_value || *at == '=';
	return has_value ? at : NULL;
}

/* " depth=1 overrun=0 calltime=2a5b66d57 rettime=2a5bfaa98", in any order. */
static const unsigned char *take_fields(const unsigned char *at, bool is_exit,
					struct report_row *out)
{
	unsigned int depths = 0;
	unsigned int calltimes = 0;
	unsigned int rettimes = 0;
	uint64_t calltime = 0;
	uint64_t rettime = 0;
	while (at != NULL && *at == ' ') {
		if (memcmp(at, " depth=", 7) == 0) {
			at = take_depth(at + 7, &out->depth);
			depths++;
		} else if (memcmp(at, " calltime=", 10) == 0) {
			at = take_hex(at + 10, &calltime);
			calltimes++;
		} else if (memcmp(at, " rettime=", 9) == 0) {
			at = take_hex(at + 9, &rettime);
			rettimes++;
		} else {
			at = skip_field(at + 1);
		}
	}
	const uint64_t dur_ns = rettime - calltime;
	if (depths != 1 || calltimes != is_exit || rettimes != is_exit || dur_ns > INT64_MAX)
		return NULL;
	out->dur_ns = is_exit ? dur_ns : KG_NO_NS;
	return at;
}

/* A raw call of a known function; its end, or NULL. */
static const unsigned char *take_raw(const struct report_short *self, const unsigned char *at,
				     bool is_exit, struct report_row *out)
{
	if (memcmp(at, "func=", 5) != 0)
		return NULL;
	at += 5;
	out->symbol = take_symbol(self, &at, ' ');
	out->kind = is_exit ? TEXT_LEAVE : TEXT_ENTER;
	out->mark = ' ';
	out->is_raw = true;
	return out->symbol != INTERN_NONE ? take_fields(at, is_exit, out) : NULL;
}

/* A call of a known function in any of its forms. False: damaged, or not known yet. */
static bool take_other(const struct report_short *self, struct span text, bool is_exit,
		       struct report_row *out)
{
	struct report_line line = { .text = { .mark = ' ', .dur_ns = KG_NO_NS } };
	const struct span *name = &line.text.name;
	text = text_without_end(text);
	report_call_scan(text.at, text.at + text.len, is_exit, &line);
	if (line.text.kind == TEXT_UNKNOWN)
		return false;
	out->symbol =
		name->len > 0 ? intern_find(self->symbols, *name, intern_hash(*name)) : INTERN_NONE;
	out->dur_ns = line.text.dur_ns;
	out->depth = line.text.depth;
	out->kind = (uint8_t)line.text.kind;
	out->mark = line.text.mark;
	out->cut = line.text.cut;
	out->is_raw = line.is_raw;
	out->is_negative = line.is_negative;
	return out->symbol != INTERN_NONE || name->len == 0;
}

/* What stands behind the name of an event of function_graph; its newline, or NULL. */
static const unsigned char *take_any(const struct report_short *self, const unsigned char *event,
				     const unsigned char *limit, bool is_exit,
				     struct report_row *out)
{
	const uint32_t blanks = load4((const unsigned char *)"    ");
	const unsigned char *at = event + EVENT_WIDTH;
	if (load4(at - 6) == blanks && load4(at - 4) == blanks) {
		const bool is_raw = load4(at) == load4((const unsigned char *)" fun");
		at = is_raw ? take_raw(self, at + 1, is_exit, out)
			    : take_drawn(self, at, is_exit, out);
		if (at != NULL && at < limit && *at == '\n')
			return at;
	}
	at = event + (is_exit ? strlen("funcgraph_exit:") : strlen("funcgraph_entry:"));
	const unsigned char *newline = memchr(at, '\n', (size_t)(limit - at));
	if (newline == NULL || !take_other(self, span_of(at, newline), is_exit, out))
		return NULL;
	return newline;
}

const unsigned char *report_short_take(const struct report_short *self, const unsigned char *at,
				       const unsigned char *limit, struct report_row *out)
{
	bool is_exit;
	const unsigned char *start = at;
	const struct report_front *front = find_front(self, at);
	if (front == NULL)
		return NULL;
	*out = (struct report_row){ .task_id = front->task_id,
				    .cpu = front->cpu,
				    .event_flags = front->event_flags };
	const unsigned char *behind = at + front->len;
	at = skip_flags(behind);
	out->has_flags = at != behind;
	/* the numbers of other clocks, or --ts-diff, go the long way */
	at = take_time(at, &out->time_ns);
	if (at == NULL || at + EVENT_WIDTH >= limit || !is_graph_event(at, &is_exit))
		return NULL;
	const unsigned char *newline = take_any(self, at, limit, is_exit, out);
	/* too long a line is that also where its window happens to hold all of it */
	return newline != NULL && newline - start <= WINDOW_LINE_MAX ? newline : NULL;
}

/*
 * A front is learned only where the comm surely ends, so that whatever begins with the same bytes
 * is of the same task and CPU.
 */
void report_short_learn(struct report_short *self, struct span text, const struct report_line *line,
			const struct report_row *row)
{
	const struct span task = line->text.task;
	const unsigned char *task_end = task.at + task.len;
	const unsigned char *end = text.at + text.len;
	const unsigned char *dash = text.at + DASH_OFFSET;
	uint64_t pid;
	if (task.at >= dash || dash >= task_end || *dash != '-' ||
	    text_number_read(dash + 1, task_end, &pid) != task_end)
		return;
	const unsigned char *bracket = skip_blanks(task_end, end);
	if (bracket == end || *bracket != '[')
		return;
	const unsigned char *close = memchr(bracket, ']', (size_t)(end - bracket));
	const size_t len = close != NULL ? (size_t)(close - text.at) + 1 : 0;
	if (len < FRONT_BYTES_MIN || len > FRONT_BYTES_MAX)
		return;
	struct report_front *front = &self->fronts[front_place(text.at)];
	memcpy(front->text, text.at, len);
	front->len = (uint8_t)len;
	front->cpu = row->cpu;
	front->task_id = row->task_id;
	front->event_flags = row->event_flags;
}

void report_short_forget(struct report_short *self)
{
	memset(self->fronts, 0, sizeof(self->fronts));
}
