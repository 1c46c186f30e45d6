/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the kernel prints of a record's flags, of what a function returned, and of its caller.
 */
#include "read/dat_detail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/dat_number.h"
#include "base/banned.h"

/* The largest number of an error: what is that little below zero is one. */
#define ERROR_MAX 4095

enum record_flag {
	FLAG_IRQS_OFF = 0x01,
	FLAG_NO_IRQS_OR_LAZY = 0x02, /* lazy rescheduling from 6.13 on */
	FLAG_NEED_RESCHED = 0x04,
	FLAG_HARDIRQ = 0x08,
	FLAG_SOFTIRQ = 0x10,
	FLAG_PREEMPT_RESCHED = 0x20,
	FLAG_NMI = 0x40,
	FLAG_BH_OFF = 0x80,
};

static uint64_t field_of(const struct dat_details *details, const struct dat_record *record,
			 const struct dat_field *field)
{
	return dat_number(record->at + field->offset, field->size, details->file->is_big);
}

static bool has_field(const struct dat_record *record, const struct dat_field *field)
{
	return field->size != 0 && record->len >= field->offset + field->size;
}

/* Whether the traced kernel is of a version or later; one that is not known is taken for new. */
static bool is_since(const struct dat_details *details, unsigned long major, unsigned long minor)
{
	const char *release = details->file->release;
	char *end = NULL;
	if (release == NULL)
		return true;
	const unsigned long first = strtoul(release, &end, 10);
	const unsigned long second = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return first != major ? first > major : second >= minor;
}

/* ---- the latency column ---- */

static char irqs_char(unsigned int flags, bool has_lazy)
{
	if (flags & FLAG_IRQS_OFF)
		return flags & FLAG_BH_OFF ? 'D' : 'd';
	if (flags & FLAG_BH_OFF)
		return 'b';
	return (flags & FLAG_NO_IRQS_OR_LAZY) && !has_lazy ? 'X' : '.';
}

static char resched_char(unsigned int flags, bool has_lazy)
{
	/* by whether preemption (4), the lazy (2) and the plain need (1) to reschedule are set */
	static const char chars[] = ".nlbpNLB";
	unsigned int which = 0;
	which |= flags & FLAG_NEED_RESCHED ? 1 : 0;
	which |= (flags & FLAG_NO_IRQS_OR_LAZY) && has_lazy ? 2 : 0;
	which |= flags & FLAG_PREEMPT_RESCHED ? 4 : 0;
	return chars[which];
}

static char context_char(unsigned int flags)
{
	const bool is_hard = flags & FLAG_HARDIRQ;
	const bool is_soft = flags & FLAG_SOFTIRQ;
	if (flags & FLAG_NMI)
		return is_hard ? 'Z' : 'z';
	if (is_hard)
		return is_soft ? 'H' : 'h';
	return is_soft ? 's' : '.';
}

static char count_char(unsigned int count)
{
	return count == 0 ? '.' : "0123456789abcdef"[count & 15];
}

static void fill_flags(struct dat_details *details, const struct dat_record *record,
		       struct kg_detail *out)
{
	const struct dat_formats *formats = &details->file->formats;
	if (!has_field(record, &formats->flags) || !has_field(record, &formats->preempt_count))
		return;
	const unsigned int flags = (unsigned int)field_of(details, record, &formats->flags);
	const unsigned int count = (unsigned int)field_of(details, record, &formats->preempt_count);
	const bool has_lazy = is_since(details, 6, 13);
	details->flags[0] = irqs_char(flags, has_lazy);
	details->flags[1] = resched_char(flags, has_lazy);
	details->flags[2] = context_char(flags);
	details->flags[3] = count_char(count & 15);
	details->flags[4] = count_char(count >> 4 & 15);
	out->flags =
		(struct kg_bytes){ (const unsigned char *)details->flags,
				   is_since(details, 5, 15) ? DAT_FLAGS_LEN : DAT_FLAGS_LEN - 1 };
}

/* ---- calls ---- */

/* What was returned, read as an error where it may be one; 0 where it is none. */
static int64_t error_of(uint64_t value, size_t size)
{
	int64_t error = dat_signed(value, size);
	/* an int below zero fills half of the register */
	if (value >> 31 == 1)
		error = (int32_t)(uint32_t)value;
	return error < 0 && error >= -ERROR_MAX ? error : 0;
}

static void fill_retval(struct dat_details *details, const struct dat_record *record,
			const struct dat_field *field, struct kg_detail *out)
{
	const char *front = is_since(details, 6, 13) ? " ret=" : " = ";
	if (!has_field(record, field))
		return;
	const uint64_t value = field_of(details, record, field);
	const int64_t error = error_of(value, field->size);
	int len = error != 0 ? snprintf(details->retval, sizeof(details->retval), "%s%" PRId64,
					front, error)
			     : snprintf(details->retval, sizeof(details->retval), "%s0x%" PRIx64,
					front, value);
	out->retval = (struct kg_bytes){ (const unsigned char *)details->retval, (size_t)len };
}

/* "<-kvm_vcpu_ioctl+0x24b/0x6f0 [kvm]" */
static void fill_caller(struct dat_details *details, const struct dat_record *record,
			const struct dat_field *field, struct kg_detail *out)
{
	char buffer[DAT_SYMBOL_MAX];
	if (!has_field(record, field))
		return;
	const uint64_t address = field_of(details, record, field);
	const struct span place = dat_symbols_place(&details->file->symbols, address, true, buffer);
	int len = place.at != NULL ? snprintf(details->caller, sizeof(details->caller), "<-%.*s",
					      (int)place.len, (const char *)place.at)
				   : snprintf(details->caller, sizeof(details->caller),
					      "<-0x%" PRIx64, address);
	out->note = (struct kg_bytes){ (const unsigned char *)details->caller, (size_t)len };
}

static void fill_call(struct dat_details *details, const struct dat_record *record,
		      enum dat_call call, struct kg_detail *out)
{
	const struct dat_fields *fields =
		dat_format_fit(&details->file->formats.calls[call], record->len);
	if (fields == NULL)
		return;
	fill_retval(details, record, &fields->retval, out);
	fill_caller(details, record, &fields->retaddr, out);
	out->has_overrun = has_field(record, &fields->overrun);
	if (out->has_overrun)
		out->overrun = field_of(details, record, &fields->overrun);
}

/* ---- the rest ---- */

static enum kg_status fill_text(struct dat_details *details, const struct dat_record *record,
				struct kg_detail *out)
{
	struct span text;
	enum kg_status status = KG_OK;
	if (details->texts == NULL)
		status = dat_texts_new(details->file, &details->texts);
	if (status == KG_OK)
		status = dat_texts_make(details->texts, record, &text);
	if (status != KG_OK)
		return status;
	out->is_closed = true;
	out->note = (struct kg_bytes){ text.at, text.len };
	return KG_OK;
}

enum kg_status dat_details_fill(struct dat_details *details, const struct dat_record *record,
				const struct kg_event *event, struct kg_detail *out)
{
	fill_flags(details, record, out);
	if (event->kind == KG_EV_COMMENT)
		return fill_text(details, record, out);
	const struct dat_formats *formats = &details->file->formats;
	const enum dat_call call =
		dat_formats_call(formats, record->at, record->len, details->file->is_big);
	if (call != DAT_CALL_COUNT)
		fill_call(details, record, call, out);
	return KG_OK;
}

void dat_details_release(struct dat_details *details)
{
	dat_texts_free(details->texts);
}
