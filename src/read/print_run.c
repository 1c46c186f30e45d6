/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how C works out an expression, and what the functions in one print. */
#include "read/print_run.h"

#include "read/dat_number.h"
#include "read/print_lex.h"
#include "base/banned.h"

#define NS_PER_SECOND 1000000000

static const struct print_value unknown = { .kind = VALUE_UNKNOWN };

/* ---- the record ---- */

/* The number at a place of some bytes. */
static struct print_value number_at(const struct print_run *run, struct span bytes, size_t offset,
				    uint8_t size, bool is_signed)
{
	if ((size != 1 && size != 2 && size != 4 && size != 8) || offset > bytes.len ||
	    size > bytes.len - offset)
		return unknown;
	return print_number(dat_number(bytes.at + offset, size, run->is_big), size, is_signed);
}

/* Bytes of the record; as many as there are. */
static struct print_value piece_of(const struct print_run *run, size_t offset, size_t len,
				   uint8_t element)
{
	if (offset > run->record.len || run->record.at == NULL)
		return unknown;
	const size_t left = run->record.len - offset;
	const struct span piece = { run->record.at + offset, len < left ? len : left };
	return print_bytes(piece, element);
}

static struct print_value field_value(const struct print_run *run, const struct print_field *field)
{
	if (field->shape == SHAPE_ARRAY)
		/* one without a size is the rest of the record */
		return piece_of(run, field->offset, field->size != 0 ? field->size : SIZE_MAX,
				field->element);
	return number_at(run, run->record, field->offset, (uint8_t)field->size, field->is_signed);
}

/* Where a field says that its bytes are: the place in the lower half, the length above. */
static struct print_value dynamic_value(const struct print_run *run,
					const struct print_field *field, bool is_len)
{
	const struct print_value where = number_at(run, run->record, field->offset, 4, false);
	if (where.kind == VALUE_UNKNOWN ||
	    (field->shape != SHAPE_DATA_LOC && field->shape != SHAPE_REL_LOC))
		return unknown;
	size_t offset = where.number & UINT16_MAX;
	const size_t len = (size_t)where.number >> 16;
	if (field->shape == SHAPE_REL_LOC)
		offset += field->offset + field->size;
	if (offset > run->record.len || len > run->record.len - offset)
		return unknown;
	return is_len ? print_number(len, 4, true) : piece_of(run, offset, len, field->element);
}

/* ---- operators ---- */

/* Bytes from a number of elements on. */
static struct print_value move_on(struct print_value bytes, const struct print_value *by)
{
	const uint64_t distance = by->number * bytes.size;
	if (distance > bytes.bytes.len)
		return unknown;
	bytes.bytes.at += distance;
	bytes.bytes.len -= (size_t)distance;
	return bytes;
}

static struct print_value element_of(const struct print_run *run, const struct print_value *bytes,
				     const struct print_value *index)
{
	if (bytes->kind != VALUE_BYTES || index->kind != VALUE_NUMBER ||
	    index->number > bytes->bytes.len)
		return unknown;
	return number_at(run, bytes->bytes, (size_t)index->number * bytes->size, bytes->size,
			 false);
}

/* C works with nothing smaller than an int. */
static struct print_value promote(struct print_value value)
{
	if (value.size < 4) {
		value.size = 4;
		value.is_signed = true;
	}
	return value;
}

static struct print_value unary(const struct print_run *run, uint16_t sign,
				const struct print_value *value)
{
	if (sign == SIGN('!', 0))
		return print_number(!print_is_true(value), 4, true);
	if (value->kind == VALUE_BYTES) {
		const struct print_value first = print_number(0, 4, true);
		if (sign == SIGN('*', 0))
			return element_of(run, value, &first);
		return sign == SIGN('&', 0) ? *value : unknown;
	}
	const struct print_value wide = promote(*value);
	if (sign == SIGN('-', 0))
		return print_number(0 - wide.number, wide.size, wide.is_signed);
	if (sign == SIGN('~', 0))
		return print_number(~wide.number, wide.size, wide.is_signed);
	return sign == SIGN('+', 0) ? wide : unknown;
}

static struct print_value divide(struct print_value left, struct print_value right, bool is_rest)
{
	const bool is_signed = left.is_signed;
	if (right.number == 0)
		return unknown;
	if (is_signed && right.number == UINT64_MAX)
		/* the smallest number has no opposite, but that of any other is right */
		return print_number(is_rest ? 0 : 0 - left.number, left.size, true);
	if (is_signed) {
		const int64_t a = (int64_t)left.number;
		const int64_t b = (int64_t)right.number;
		return print_number((uint64_t)(is_rest ? a % b : a / b), left.size, true);
	}
	return print_number(is_rest ? left.number % right.number : left.number / right.number,
			    left.size, false);
}

static struct print_value shift(struct print_value left, uint64_t by, bool is_left)
{
	if (by >= 8 * (uint64_t)left.size)
		return unknown;
	uint64_t number = left.number << by;
	if (!is_left)
		number =
			left.is_signed ? (uint64_t)((int64_t)left.number >> by) : left.number >> by;
	return print_number(number, left.size, left.is_signed);
}

/* Both made the same type as C does it. */
static void balance(struct print_value *left, struct print_value *right)
{
	*left = promote(*left);
	*right = promote(*right);
	const uint8_t size = left->size > right->size ? left->size : right->size;
	const bool is_signed =
		(left->is_signed || left->size < size) && (right->is_signed || right->size < size);
	*left = print_number(left->number, size, is_signed);
	*right = print_number(right->number, size, is_signed);
}

/* -1, 0 or 1. */
static int compare(struct print_value left, struct print_value right)
{
	if (left.is_signed)
		return ((int64_t)left.number > (int64_t)right.number) -
		       ((int64_t)left.number < (int64_t)right.number);
	return (left.number > right.number) - (left.number < right.number);
}

static struct print_value calculate(uint16_t sign, struct print_value left,
				    struct print_value right)
{
	if (sign == SIGN('<', '<') || sign == SIGN('>', '>'))
		return shift(promote(left), right.number, sign == SIGN('<', '<'));
	balance(&left, &right);
	const int order = compare(left, right);
	uint64_t number = 0;
	switch (sign) {
	case SIGN('/', 0):
	case SIGN('%', 0):
		return divide(left, right, sign == SIGN('%', 0));
	case SIGN('=', '='):
		return print_number(order == 0, 4, true);
	case SIGN('!', '='):
		return print_number(order != 0, 4, true);
	case SIGN('<', 0):
		return print_number(order < 0, 4, true);
	case SIGN('>', 0):
		return print_number(order > 0, 4, true);
	case SIGN('<', '='):
		return print_number(order <= 0, 4, true);
	case SIGN('>', '='):
		return print_number(order >= 0, 4, true);
	case SIGN('+', 0):
		number = left.number + right.number;
		break;
	case SIGN('-', 0):
		number = left.number - right.number;
		break;
	case SIGN('*', 0):
		number = left.number * right.number;
		break;
	case SIGN('&', 0):
		number = left.number & right.number;
		break;
	case SIGN('|', 0):
		number = left.number | right.number;
		break;
	case SIGN('^', 0):
		number = left.number ^ right.number;
		break;
	default:
		return unknown;
	}
	return print_number(number, left.size, left.is_signed);
}

static struct print_value binary(uint16_t sign, const struct print_value *left,
				 const struct print_value *right)
{
	const bool is_and = sign == SIGN('&', '&');
	if (is_and || sign == SIGN('|', '|')) {
		/* one side may decide alone */
		if (left->kind != VALUE_UNKNOWN && print_is_true(left) != is_and)
			return print_number(!is_and, 4, true);
		if (left->kind == VALUE_UNKNOWN || right->kind == VALUE_UNKNOWN)
			return unknown;
		return print_number(print_is_true(right), 4, true);
	}
	if (left->kind == VALUE_NUMBER && right->kind == VALUE_NUMBER)
		return calculate(sign, *left, *right);
	if (sign == SIGN('+', 0) && left->kind == VALUE_BYTES && right->kind == VALUE_NUMBER)
		return move_on(*left, right);
	return unknown;
}

static struct print_value cast(const struct print_op *op, const struct print_value *value)
{
	if (op->code == OP_CAST_POINTER) {
		struct print_value pointer = *value;
		if (pointer.kind == VALUE_BYTES)
			pointer.size = op->size;
		else
			pointer = print_number(pointer.number, 8, false);
		return pointer;
	}
	/* where in memory the record was is not known */
	if (value->kind == VALUE_BYTES)
		return unknown;
	return print_number(value->number, op->size, op->is_signed);
}

/* ---- functions ---- */

/* The string in a value, NULL at in the result where it is none. */
static struct span string_in(const struct print_value *value)
{
	if (value->kind != VALUE_BYTES)
		return (struct span){ NULL, 0 };
	return print_string_of(value->bytes);
}

static bool put_flags(struct print_text *made, const struct print_value *values, size_t count)
{
	const struct span between = string_in(&values[1]);
	const size_t start = made->len;
	uint64_t left = values[0].number;
	for (size_t i = 2; i + 1 < count && left != 0; i += 2) {
		const struct span name = string_in(&values[i + 1]);
		const uint64_t mask = values[i].number;
		if (values[i].kind != VALUE_NUMBER || name.at == NULL)
			return false;
		if ((left & mask) != mask)
			continue;
		if (made->len > start && between.at != NULL)
			print_text_put(made, between);
		print_text_put(made, name);
		left &= ~mask;
	}
	if (left == 0)
		return true;
	if (made->len > start && between.at != NULL)
		print_text_put(made, between);
	print_text_hex(made, left);
	return true;
}

static bool put_symbol(struct print_text *made, const struct print_value *values, size_t count)
{
	for (size_t i = 1; i + 1 < count; i += 2) {
		const struct span name = string_in(&values[i + 1]);
		if (values[i].kind != VALUE_NUMBER || name.at == NULL)
			return false;
		if (values[i].number != values[0].number)
			continue;
		print_text_put(made, name);
		return true;
	}
	print_text_hex(made, values[0].number);
	return true;
}

static bool put_hex(struct print_text *made, const struct print_value *values, bool is_spaced)
{
	const struct span bytes = values[0].bytes;
	if (values[0].kind != VALUE_BYTES || values[1].number > bytes.len)
		return false;
	print_text_bytes(made, (struct span){ bytes.at, (size_t)values[1].number },
			 is_spaced ? ' ' : 0);
	return true;
}

/* "{0x1,0x2}" */
static bool put_array(const struct print_run *run, struct print_text *made,
		      const struct print_value *values)
{
	const uint64_t size = values[2].number;
	if (values[0].kind != VALUE_BYTES || values[1].number > values[0].bytes.len ||
	    (size != 1 && size != 2 && size != 4 && size != 8))
		return false;
	print_text_put(made, SPAN("{"));
	for (uint64_t i = 0; i < values[1].number; i++) {
		const struct print_value element =
			number_at(run, values[0].bytes, (size_t)(i * size), (uint8_t)size, false);
		if (element.kind != VALUE_NUMBER)
			return false;
		print_text_put(made, i > 0 ? SPAN(",") : SPAN(""));
		print_text_hex(made, element.number);
	}
	print_text_put(made, SPAN("}"));
	return true;
}

static struct print_value call(struct print_run *run, const struct print_op *op,
			       const struct print_value *values)
{
	static const uint32_t least[] = {
		[PRINT_FLAGS] = 2,	    [PRINT_SYMBOLIC] = 1, [PRINT_HEX] = 2,
		[PRINT_HEX_STR] = 2,	    [PRINT_ARRAY] = 3,	  [PRINT_NS_TO_SECS] = 1,
		[PRINT_NS_WITHOUT_SECS] = 1
	};
	const size_t start = run->made.len;
	const size_t count = op->value_count;
	bool is_made = false;
	if (count < least[op->function])
		return unknown;
	/* the first ones decide on what is printed; of the others only some are looked at */
	for (size_t i = 0; i < least[op->function]; i++) {
		if (values[i].kind == VALUE_UNKNOWN)
			return unknown;
	}
	switch (op->function) {
	case PRINT_FLAGS:
		is_made = put_flags(&run->made, values, count);
		break;
	case PRINT_SYMBOLIC:
		is_made = put_symbol(&run->made, values, count);
		break;
	case PRINT_HEX:
	case PRINT_HEX_STR:
		is_made = put_hex(&run->made, values, op->function == PRINT_HEX);
		break;
	case PRINT_ARRAY:
		is_made = put_array(run, &run->made, values);
		break;
	case PRINT_NS_TO_SECS:
		return print_number(values[0].number / NS_PER_SECOND, 8, false);
	case PRINT_NS_WITHOUT_SECS:
		return print_number(values[0].number % NS_PER_SECOND, 4, false);
	}
	if (!is_made || run->made.is_full)
		return unknown;
	return print_bytes((struct span){ run->made.bytes + start, run->made.len - start }, 1);
}

/* ---- programs ---- */

/* What an op makes of the values in front of it. */
static struct print_value work_out(struct print_run *run, const struct print_program *program,
				   const struct print_op *op, const struct print_value *values)
{
	switch (op->code) {
	case OP_NUMBER:
		return print_number(op->number, op->size, op->is_signed);
	case OP_STRING:
		return print_bytes(op->text, 1);
	case OP_RECORD:
		return print_bytes(run->record, 1);
	case OP_FIELD:
		return field_value(run, &program->fields.at[op->field]);
	case OP_DYNAMIC:
	case OP_DYNAMIC_LEN:
		return dynamic_value(run, &program->fields.at[op->field],
				     op->code == OP_DYNAMIC_LEN);
	case OP_UNARY:
		return values[0].kind != VALUE_UNKNOWN ? unary(run, op->sign, &values[0]) : unknown;
	case OP_BINARY:
		return binary(op->sign, &values[0], &values[1]);
	case OP_CHOICE:
		if (values[0].kind == VALUE_UNKNOWN)
			return unknown;
		return print_is_true(&values[0]) ? values[1] : values[2];
	case OP_INDEX:
		return element_of(run, &values[0], &values[1]);
	case OP_CAST:
	case OP_CAST_POINTER:
		return values[0].kind != VALUE_UNKNOWN ? cast(op, &values[0]) : unknown;
	case OP_CALL:
		return call(run, op, values);
	case OP_UNKNOWN:
		break;
	}
	return unknown;
}

static size_t takes(const struct print_op *op)
{
	switch (op->code) {
	case OP_UNARY:
	case OP_CAST:
	case OP_CAST_POINTER:
		return 1;
	case OP_BINARY:
	case OP_INDEX:
		return 2;
	case OP_CHOICE:
		return 3;
	case OP_CALL:
		return op->value_count;
	case OP_NUMBER:
	case OP_STRING:
	case OP_UNKNOWN:
	case OP_RECORD:
	case OP_FIELD:
	case OP_DYNAMIC:
	case OP_DYNAMIC_LEN:
		break;
	}
	return 0;
}

bool print_run_argument(struct print_run *run, const struct print_program *program, size_t argument,
			struct print_value *out)
{
	*out = unknown;
	if (argument >= program->ends.count)
		return true;
	if (!column_reserve(&run->values, program->depth))
		return false;
	size_t at = argument > 0 ? program->ends.at[argument - 1] : 0;
	size_t count = 0;
	for (; at < program->ends.at[argument]; at++) {
		const struct print_op *op = &program->ops.at[at];
		count -= takes(op);
		run->values.at[count] = work_out(run, program, op, &run->values.at[count]);
		count++;
	}
	*out = run->values.at[0];
	return true;
}

void print_run_release(struct print_run *run)
{
	column_release(&run->values);
}
