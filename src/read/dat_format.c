/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the kernel describes the fields of its records. */
#include "read/dat_format.h"

#include <string.h>

#include "read/dat_number.h"
#include "base/banned.h"

/* No kernel describes a graph record with more fields, or with any as far from its start. */
#define FIELDS_MAX 64
#define OFFSET_MAX 4096
/* The largest number that is taken for one: what a page of the ring buffer can hold. */
#define NUMBER_MAX ((uint32_t)1 << 27)

/* Cuts the next line off a text, without its newline. */
static struct span cut_line(struct span *text)
{
	const unsigned char *newline = memchr(text->at, '\n', text->len);
	const unsigned char *end = text->at + text->len;
	struct span line = span_of(text->at, newline != NULL ? newline : end);
	*text = span_of(newline != NULL ? newline + 1 : end, end);
	return line;
}

/* The number behind a word of a line; false if there is none, or if it is out of all bounds. */
static bool find_number(struct span line, struct span word, uint32_t *out)
{
	const unsigned char *at = line.len > 0 ? span_find(line, word) : NULL;
	if (at == NULL)
		return false;
	const unsigned char *end = line.at + line.len;
	uint32_t number = 0;
	at += word.len;
	if (at == end || *at < '0' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (uint32_t)(*at - '0');
		if (number > NUMBER_MAX)
			return false;
	}
	*out = number;
	return true;
}

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The name in a declaration: its last word, "char comm[16]" or "__data_loc char[] name". */
static struct span declared_name(struct span declaration)
{
	const unsigned char *bracket = memchr(declaration.at, '[', declaration.len);
	const unsigned char *end = declaration.at + declaration.len;
	if (bracket != NULL && !is_word(end[-1]))
		end = bracket;
	const unsigned char *start = end;
	while (start > declaration.at && is_word(start[-1]))
		start--;
	return span_of(start, end);
}

/* "	field:int depth;	offset:16;	size:4;	signed:1;" */
static bool scan_field(struct span line, struct dat_named_field *out)
{
	uint32_t is_signed = 0;
	const unsigned char *start = line.len > 0 ? span_find(line, SPAN("field:")) : NULL;
	if (start == NULL)
		return false;
	start += SPAN("field:").len;
	const unsigned char *semicolon = memchr(start, ';', (size_t)(line.at + line.len - start));
	if (semicolon == NULL)
		return false;
	out->declaration = span_of(start, semicolon);
	out->name = declared_name(out->declaration);
	/* the first kernels do not tell the sign */
	find_number(line, SPAN("signed:"), &is_signed);
	out->field = (struct dat_field){ .is_signed = is_signed != 0 };
	return find_number(line, SPAN("offset:"), &out->field.offset) &&
	       find_number(line, SPAN("size:"), &out->field.size);
}

size_t dat_fields_scan(struct span text, struct dat_named_field *fields, size_t cap)
{
	size_t count = 0;
	while (text.len > 0 && count < cap) {
		struct span line = cut_line(&text);
		/* what follows may look like anything */
		if (span_starts(line, SPAN("print fmt:")))
			break;
		if (scan_field(line, &fields[count]))
			count++;
	}
	return count;
}

static bool pick(const struct dat_named_field *fields, size_t count, const char *name,
		 struct dat_field *out)
{
	const struct span wanted = { (const unsigned char *)name, strlen(name) };
	for (size_t i = 0; i < count; i++) {
		if (span_equal(fields[i].name, wanted)) {
			*out = fields[i].field;
			return true;
		}
	}
	return false;
}

bool dat_field_find(struct span text, const char *name, struct dat_field *out)
{
	struct dat_named_field fields[FIELDS_MAX];
	return pick(fields, dat_fields_scan(text, fields, FIELDS_MAX), name, out);
}

static bool is_number(const struct dat_field *field)
{
	return (field->size == 2 || field->size == 4 || field->size == 8) &&
	       field->offset <= OFFSET_MAX;
}

/* A field that not all kernels have: without a size if there is none. */
static void pick_optional(const struct dat_named_field *fields, size_t count, const char *name,
			  struct dat_field *out)
{
	if (!pick(fields, count, name, out) || !is_number(out))
		*out = (struct dat_field){ 0 };
}

/* Makes sure that a record that is long enough has a field. */
static void need_field(struct dat_fields *fields, const struct dat_field *field)
{
	if (field->offset + field->size > fields->need)
		fields->need = field->offset + field->size;
}

static bool pick_fields(const struct dat_named_field *named, size_t count, bool is_leave,
			struct dat_fields *out)
{
	*out = (struct dat_fields){ 0 };
	if (!pick(named, count, "func", &out->func) || !is_number(&out->func) ||
	    !pick(named, count, "depth", &out->depth) || !is_number(&out->depth))
		return false;
	need_field(out, &out->func);
	need_field(out, &out->depth);
	pick_optional(named, count, "retaddr", &out->retaddr);
	if (!is_leave)
		return true;
	pick_optional(named, count, "retval", &out->retval);
	pick_optional(named, count, "overrun", &out->overrun);
	if (!pick(named, count, "calltime", &out->calltime) || !is_number(&out->calltime) ||
	    !pick(named, count, "rettime", &out->rettime) || !is_number(&out->rettime))
		return false;
	need_field(out, &out->calltime);
	need_field(out, &out->rettime);
	return true;
}

static void pick_byte(const struct dat_named_field *fields, size_t count, const char *name,
		      struct dat_field *out)
{
	if (!pick(fields, count, name, out) || out->size != 1 || out->offset > OFFSET_MAX)
		*out = (struct dat_field){ 0 };
}

/*
 * Some kernels pack these records but describe them as if they were aligned. Moves every field to
 * where it is then, behind the one before, at a multiple of four bytes; the order of the list is
 * not always that of memory.
 */
static void pack(struct dat_named_field *fields, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct dat_named_field field = fields[i];
		size_t place = i;
		for (; place > 0 && fields[place - 1].field.offset > field.field.offset; place--)
			fields[place] = fields[place - 1];
		fields[place] = field;
	}
	uint32_t end = 0;
	for (size_t i = 0; i < count; i++) {
		struct dat_field *field = &fields[i].field;
		if (field->size >= 4)
			end = (end + 3) & ~(uint32_t)3;
		field->offset = end;
		end += field->size;
	}
}

static enum dat_call call_of(struct span name)
{
	if (span_equal(name, SPAN("funcgraph_entry")))
		return DAT_ENTER;
	if (span_equal(name, SPAN("fgraph_retaddr_entry")))
		return DAT_ENTER_RETADDR;
	if (span_equal(name, SPAN("funcgraph_exit")))
		return DAT_LEAVE;
	return DAT_CALL_COUNT;
}

bool dat_formats_take(struct dat_formats *formats, struct span text)
{
	struct dat_named_field fields[FIELDS_MAX];
	uint32_t id;
	struct span line = cut_line(&text);
	if (!span_starts(line, SPAN("name: ")))
		return true;
	const enum dat_call call = call_of(span_of(line.at + 6, line.at + line.len));
	if (call == DAT_CALL_COUNT)
		return true;
	struct dat_format *format = &formats->calls[call];
	if (!find_number(cut_line(&text), SPAN("ID: "), &id) || id == 0 || id > UINT16_MAX)
		return false;
	const size_t count = dat_fields_scan(text, fields, FIELDS_MAX);
	if (!pick(fields, count, "common_type", &formats->type) || !is_number(&formats->type) ||
	    !pick(fields, count, "common_pid", &formats->pid) || !is_number(&formats->pid) ||
	    !pick_fields(fields, count, call == DAT_LEAVE, &format->described))
		return false;
	pick_byte(fields, count, "common_flags", &formats->flags);
	pick_byte(fields, count, "common_preempt_count", &formats->preempt_count);
	pack(fields, count);
	if (!pick_fields(fields, count, call == DAT_LEAVE, &format->packed))
		return false;
	format->id = id;
	return true;
}

enum dat_call dat_formats_call(const struct dat_formats *formats, const unsigned char *record,
			       size_t len, bool is_big)
{
	const struct dat_field *field = &formats->type;
	unsigned int call = DAT_ENTER;
	if (len < field->offset + field->size)
		return DAT_CALL_COUNT;
	const uint64_t type = dat_number(record + field->offset, field->size, is_big);
	/* 0 stands for a kind that the file does not know */
	if (type == 0)
		return DAT_CALL_COUNT;
	while (call < DAT_CALL_COUNT && formats->calls[call].id != type)
		call++;
	return (enum dat_call)call;
}
