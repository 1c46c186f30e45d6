/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the expressions of a "print fmt" line are put in postfix order. */
#include "read/print_program.h"

#include <string.h>

#include "read/dat_format.h"
#include "read/print_lex.h"
#include "read/print_type.h"
#include "base/banned.h"

#define FIELDS_MAX 64
#define ARGUMENTS_MAX 64
#define OPS_MAX 16384
/* Operators, brackets and calls around one place. */
#define PENDING_MAX 128

enum pending_kind {
	PENDING_PAREN,
	PENDING_CALL,
	PENDING_BRACE,
	PENDING_INDEX,
	/* the others are operators */
	PENDING_QUESTION,
	PENDING_COLON,
	PENDING_BINARY,
	PENDING_UNARY, /* casts too */
};

/* What waits for its right side. */
struct pending {
	enum pending_kind kind;
	uint8_t precedence;
	struct print_op op;
};

struct compiler {
	struct print_program *program;
	struct span text;
	struct arena *memory;
	uint8_t long_bytes;
	enum kg_status status;
	size_t depth;
	bool has_value; /* what comes next is an operator, not a value */
	bool is_listed; /* the value before was already counted among those of its call */
	size_t pending_count;
	struct pending pending[PENDING_MAX];
};

static void give_up(struct compiler *compiler)
{
	if (compiler->status == KG_OK)
		compiler->status = KG_UNSUPPORTED;
}

static struct print_word take(struct compiler *compiler)
{
	return print_word_take(&compiler->text, compiler->long_bytes);
}

static struct print_word peek(const struct compiler *compiler)
{
	struct span text = compiler->text;
	return print_word_take(&text, compiler->long_bytes);
}

static bool is_sign(struct print_word word, uint16_t sign)
{
	return word.kind == WORD_SIGN && word.sign == sign;
}

/* Takes a sign that has to come next. */
static void expect(struct compiler *compiler, uint16_t sign)
{
	if (!is_sign(take(compiler), sign))
		give_up(compiler);
}

/* ---- output ---- */

/* Adds an op that takes values off what waits and puts one there. */
static void emit(struct compiler *compiler, struct print_op op, size_t takes)
{
	struct print_program *program = compiler->program;
	if (compiler->status != KG_OK)
		return;
	if (program->ops.count == OPS_MAX || takes > compiler->depth) {
		give_up(compiler);
		return;
	}
	if (!column_push(&program->ops, op))
		compiler->status = KG_NOMEM;
	compiler->depth += 1 - takes;
	if (compiler->depth > program->depth)
		program->depth = compiler->depth;
}

static void emit_value(struct compiler *compiler, struct print_op op)
{
	emit(compiler, op, 0);
	compiler->has_value = true;
	compiler->is_listed = false;
}

static size_t values_of(const struct pending *pending)
{
	switch (pending->kind) {
	case PENDING_UNARY:
		return 1;
	case PENDING_BINARY:
	case PENDING_INDEX:
		return 2;
	case PENDING_COLON:
		return 3;
	case PENDING_CALL:
		return pending->op.value_count;
	case PENDING_PAREN:
	case PENDING_BRACE:
	case PENDING_QUESTION:
		break;
	}
	return 0;
}

/* ---- what waits ---- */

static void push(struct compiler *compiler, enum pending_kind kind, uint8_t precedence,
		 struct print_op op)
{
	if (compiler->pending_count == PENDING_MAX) {
		give_up(compiler);
		return;
	}
	compiler->pending[compiler->pending_count++] = (struct pending){ kind, precedence, op };
}

static struct pending *top(struct compiler *compiler)
{
	return compiler->pending_count > 0 ? &compiler->pending[compiler->pending_count - 1] : NULL;
}

/* Ends the operators on top that bind at least so tightly, but no bracket. */
static void settle(struct compiler *compiler, uint8_t precedence)
{
	struct pending *pending = top(compiler);
	while (pending != NULL && pending->kind >= PENDING_QUESTION &&
	       pending->precedence >= precedence && compiler->status == KG_OK) {
		if (pending->kind == PENDING_QUESTION) {
			give_up(compiler);
			return;
		}
		emit(compiler, pending->op, values_of(pending));
		compiler->pending_count--;
		pending = top(compiler);
	}
}

/* The bracket or call that encloses the place, NULL for none. */
static struct pending *settle_all(struct compiler *compiler)
{
	settle(compiler, 0);
	return top(compiler);
}

/* Counts the value that just ended among those of the call around it. */
static void list_value(struct compiler *compiler)
{
	size_t at = compiler->pending_count;
	while (at > 0 && compiler->pending[at - 1].kind == PENDING_BRACE)
		at--;
	if (at == 0 || compiler->pending[at - 1].kind != PENDING_CALL)
		give_up(compiler);
	else if (!compiler->is_listed)
		compiler->pending[at - 1].op.value_count++;
	compiler->is_listed = true;
}

/* ---- values ---- */

/* Strings behind each other are one. */
static struct span take_strings(struct compiler *compiler, struct span first)
{
	/* without escapes and quotes it is no longer than what is left of the text */
	const size_t room = first.len + compiler->text.len + 1;
	unsigned char *bytes = arena_alloc(compiler->memory, room);
	if (bytes == NULL) {
		compiler->status = KG_NOMEM;
		return (struct span){ NULL, 0 };
	}
	unsigned char *end = print_unescape(first, bytes);
	while (peek(compiler).kind == WORD_STRING)
		end = print_unescape(take(compiler).text, end);
	return span_of(bytes, end);
}

/* The number of the field with a name; gives up if there is none. */
static uint32_t find_field(struct compiler *compiler, struct print_word word)
{
	const struct print_program *program = compiler->program;
	for (size_t i = 0; i < program->fields.count && word.kind == WORD_NAME; i++) {
		if (span_equal(program->fields.at[i].name, word.text))
			return (uint32_t)i;
	}
	give_up(compiler);
	return 0;
}

/* REC, or REC->field */
static void take_record(struct compiler *compiler)
{
	struct print_op op = { .code = OP_RECORD };
	if (is_sign(peek(compiler), SIGN('-', '>'))) {
		take(compiler);
		op = (struct print_op){ .code = OP_FIELD,
					.field = find_field(compiler, take(compiler)) };
	}
	emit_value(compiler, op);
}

/* __get_str(field) and its kind. False if it is another name. */
static bool take_dynamic(struct compiler *compiler, struct span name)
{
	static const struct {
		struct span name;
		enum print_code code;
	} names[] = { { SPAN("__get_str"), OP_DYNAMIC },
		      { SPAN("__get_rel_str"), OP_DYNAMIC },
		      { SPAN("__get_dynamic_array"), OP_DYNAMIC },
		      { SPAN("__get_rel_dynamic_array"), OP_DYNAMIC },
		      { SPAN("__get_dynamic_array_len"), OP_DYNAMIC_LEN },
		      { SPAN("__get_rel_dynamic_array_len"), OP_DYNAMIC_LEN } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_equal(name, names[i].name))
			continue;
		expect(compiler, SIGN('(', 0));
		const uint32_t field = find_field(compiler, take(compiler));
		expect(compiler, SIGN(')', 0));
		emit_value(compiler, (struct print_op){ .code = names[i].code, .field = field });
		return true;
	}
	return false;
}

static bool start_call(struct compiler *compiler, struct span name)
{
	static const struct {
		struct span name;
		enum print_function function;
	} names[] = { { SPAN("__print_flags"), PRINT_FLAGS },
		      { SPAN("__print_symbolic"), PRINT_SYMBOLIC },
		      { SPAN("__print_hex"), PRINT_HEX },
		      { SPAN("__print_hex_str"), PRINT_HEX_STR },
		      { SPAN("__print_array"), PRINT_ARRAY },
		      { SPAN("__print_ns_to_secs"), PRINT_NS_TO_SECS },
		      { SPAN("__print_ns_without_secs"), PRINT_NS_WITHOUT_SECS } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_equal(name, names[i].name))
			continue;
		expect(compiler, SIGN('(', 0));
		push(compiler, PENDING_CALL, 0,
		     (struct print_op){ .code = OP_CALL, .function = names[i].function });
		return true;
	}
	return false;
}

/* A name that stands for a number. */
static void take_constant(struct compiler *compiler, struct span name)
{
	struct print_op op = { .code = OP_NUMBER, .size = 4, .is_signed = true };
	if (span_equal(name, SPAN("NULL")))
		op.size = compiler->long_bytes;
	else if (span_equal(name, SPAN("true")))
		op.number = 1;
	else if (!span_equal(name, SPAN("false")))
		/* of an enumeration, and only the kernel knows of which number */
		op.code = OP_UNKNOWN;
	if (is_sign(peek(compiler), SIGN('(', 0)))
		give_up(compiler);
	emit_value(compiler, op);
}

static void take_name(struct compiler *compiler, struct span name)
{
	if (span_equal(name, SPAN("REC")))
		take_record(compiler);
	else if (!take_dynamic(compiler, name) && !start_call(compiler, name))
		take_constant(compiler, name);
}

/* Takes "(unsigned long)" behind the parenthesis; false, and nothing taken, if it is no type. */
static bool take_cast(struct compiler *compiler)
{
	struct span text = compiler->text;
	struct print_type type = { 0 };
	struct print_word word = print_word_take(&text, compiler->long_bytes);
	while (word.kind == WORD_NAME && print_type_add(&type, word.text, compiler->long_bytes))
		word = print_word_take(&text, compiler->long_bytes);
	for (; is_sign(word, SIGN('*', 0)); word = print_word_take(&text, compiler->long_bytes)) {
		/* of a pointer to pointers */
		if (type.is_pointer)
			type.size = compiler->long_bytes;
		type.is_pointer = true;
	}
	const bool is_number = type.size != 0 && !type.is_other;
	if (!is_sign(word, SIGN(')', 0)) || (!is_number && !type.is_pointer))
		return false;
	compiler->text = text;
	push(compiler, PENDING_UNARY, 14,
	     (struct print_op){ .code = type.is_pointer ? OP_CAST_POINTER : OP_CAST,
				.size = is_number ? type.size : 1,
				.is_signed = type.is_signed });
	return true;
}

/* A word where a value has to come. */
static void take_value(struct compiler *compiler, struct print_word word)
{
	static const char unary[] = "-+!~*&";
	if (word.kind == WORD_NUMBER) {
		emit_value(compiler, (struct print_op){ .code = OP_NUMBER,
							.size = word.size,
							.is_signed = word.is_signed,
							.number = word.number });
	} else if (word.kind == WORD_STRING) {
		emit_value(compiler,
			   (struct print_op){ .code = OP_STRING,
					      .text = take_strings(compiler, word.text) });
	} else if (word.kind == WORD_NAME) {
		take_name(compiler, word.text);
	} else if (is_sign(word, SIGN('(', 0))) {
		if (!take_cast(compiler))
			push(compiler, PENDING_PAREN, 0, (struct print_op){ 0 });
	} else if (is_sign(word, SIGN('{', 0)) && top(compiler) != NULL &&
		   top(compiler)->kind == PENDING_CALL) {
		push(compiler, PENDING_BRACE, 0, (struct print_op){ 0 });
	} else if (word.kind == WORD_SIGN && word.sign <= UINT8_MAX &&
		   strchr(unary, word.sign) != NULL) {
		push(compiler, PENDING_UNARY, 14,
		     (struct print_op){ .code = OP_UNARY, .sign = word.sign });
	} else {
		give_up(compiler);
	}
}

/* ---- operators ---- */

static uint8_t precedence_of(uint16_t sign)
{
	static const struct {
		uint16_t sign;
		uint8_t precedence;
	} rows[] = { { SIGN('|', '|'), 3 },  { SIGN('&', '&'), 4 }, { SIGN('|', 0), 5 },
		     { SIGN('^', 0), 6 },    { SIGN('&', 0), 7 },   { SIGN('=', '='), 8 },
		     { SIGN('!', '='), 8 },  { SIGN('<', 0), 9 },   { SIGN('>', 0), 9 },
		     { SIGN('<', '='), 9 },  { SIGN('>', '='), 9 }, { SIGN('<', '<'), 10 },
		     { SIGN('>', '>'), 10 }, { SIGN('+', 0), 11 },  { SIGN('-', 0), 11 },
		     { SIGN('*', 0), 12 },   { SIGN('/', 0), 12 },  { SIGN('%', 0), 12 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].sign == sign)
			return rows[i].precedence;
	}
	return 0;
}

/* ")" or "]" or "}" */
static void close_bracket(struct compiler *compiler, uint16_t sign)
{
	struct pending *group = settle_all(compiler);
	if (group == NULL || compiler->status != KG_OK) {
		give_up(compiler);
		return;
	}
	if (sign == SIGN('}', 0) && group->kind == PENDING_BRACE) {
		list_value(compiler);
	} else if (sign == SIGN(')', 0) && group->kind == PENDING_CALL) {
		list_value(compiler);
		emit(compiler, group->op, values_of(group));
		compiler->is_listed = false;
	} else if (sign == SIGN(']', 0) && group->kind == PENDING_INDEX) {
		emit(compiler, group->op, values_of(group));
		compiler->is_listed = false;
	} else if (sign != SIGN(')', 0) || group->kind != PENDING_PAREN) {
		give_up(compiler);
	}
	compiler->pending_count--;
}

/* A colon ends what the last question mark began. */
static void take_colon(struct compiler *compiler)
{
	settle(compiler, 2);
	struct pending *pending = top(compiler);
	/* another choice between the two is complete */
	while (pending != NULL && pending->kind == PENDING_COLON) {
		emit(compiler, pending->op, values_of(pending));
		compiler->pending_count--;
		pending = top(compiler);
	}
	if (pending == NULL || pending->kind != PENDING_QUESTION)
		give_up(compiler);
	else
		pending->kind = PENDING_COLON;
	compiler->has_value = false;
}

/* A word where an operator has to come. */
static void take_operator(struct compiler *compiler, struct print_word word)
{
	const uint16_t sign = word.kind == WORD_SIGN ? word.sign : 0;
	const uint8_t precedence = precedence_of(sign);
	const bool is_closing =
		sign == SIGN(')', 0) || sign == SIGN(']', 0) || sign == SIGN('}', 0);
	if (is_closing) {
		close_bracket(compiler, sign);
		return;
	}
	if (sign == SIGN(':', 0)) {
		take_colon(compiler);
		return;
	}
	if (sign == SIGN('?', 0)) {
		settle(compiler, 2);
		push(compiler, PENDING_QUESTION, 1, (struct print_op){ .code = OP_CHOICE });
	} else if (sign == SIGN('[', 0)) {
		push(compiler, PENDING_INDEX, 0, (struct print_op){ .code = OP_INDEX });
	} else if (sign == SIGN(',', 0)) {
		settle_all(compiler);
		list_value(compiler);
	} else if (precedence > 0) {
		settle(compiler, precedence);
		push(compiler, PENDING_BINARY, precedence,
		     (struct print_op){ .code = OP_BINARY, .sign = sign });
	} else {
		give_up(compiler);
	}
	compiler->has_value = false;
}

/* An argument, up to the comma behind it. */
static void take_argument(struct compiler *compiler)
{
	compiler->depth = 0;
	compiler->has_value = false;
	compiler->pending_count = 0;
	while (compiler->status == KG_OK) {
		const struct print_word word = peek(compiler);
		const bool is_end = word.kind == WORD_END || is_sign(word, SIGN(',', 0));
		if (is_end && compiler->has_value && settle_all(compiler) == NULL)
			break;
		take(compiler);
		if (compiler->has_value)
			take_operator(compiler, word);
		else
			take_value(compiler, word);
	}
	const uint32_t end = (uint32_t)compiler->program->ops.count;
	if (compiler->status == KG_OK && !column_push(&compiler->program->ends, end))
		compiler->status = KG_NOMEM;
}

/* ---- the description ---- */

static enum print_shape shape_of(const struct dat_named_field *field)
{
	const uint32_t size = field->field.size;
	if (span_starts(field->declaration, SPAN("__data_loc ")))
		return SHAPE_DATA_LOC;
	if (span_starts(field->declaration, SPAN("__rel_loc ")))
		return SHAPE_REL_LOC;
	if (memchr(field->declaration.at, '[', field->declaration.len) != NULL)
		return SHAPE_ARRAY;
	return size == 1 || size == 2 || size == 4 || size == 8 ? SHAPE_NUMBER : SHAPE_ARRAY;
}

static enum kg_status take_fields(struct print_program *program, struct span text,
				  uint8_t long_bytes)
{
	struct dat_named_field fields[FIELDS_MAX];
	const size_t count = dat_fields_scan(text, fields, FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct print_field field = { .name = fields[i].name,
					     .offset = fields[i].field.offset,
					     .size = fields[i].field.size,
					     .is_signed = fields[i].field.is_signed,
					     .shape = shape_of(&fields[i]) };
		field.element = print_type_element(fields[i].declaration, long_bytes);
		/* what looks like an array of something unknown is one of bytes */
		if (field.shape == SHAPE_ARRAY && field.size % field.element != 0)
			field.element = 1;
		if (!column_push(&program->fields, field))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* Goes to what is behind "print fmt:"; false if there is none. */
static bool find_print(struct span *text)
{
	static const struct span start = SPAN("\nprint fmt:");
	const unsigned char *at = span_find(*text, start);
	if (at == NULL)
		return false;
	*text = span_of(at + start.len, text->at + text->len);
	return true;
}

enum kg_status print_program_make(struct print_program *program, struct span text,
				  uint8_t long_bytes, struct arena *memory)
{
	struct compiler compiler = { .program = program,
				     .text = text,
				     .memory = memory,
				     .long_bytes = long_bytes,
				     .status = take_fields(program, text, long_bytes) };
	if (compiler.status != KG_OK || !find_print(&compiler.text))
		return compiler.status != KG_OK ? compiler.status : KG_UNSUPPORTED;
	const struct print_word format = take(&compiler);
	if (format.kind != WORD_STRING)
		return KG_UNSUPPORTED;
	program->format = take_strings(&compiler, format.text);
	while (compiler.status == KG_OK && peek(&compiler).kind != WORD_END) {
		expect(&compiler, SIGN(',', 0));
		if (program->ends.count == ARGUMENTS_MAX)
			give_up(&compiler);
		take_argument(&compiler);
	}
	return compiler.status;
}

void print_program_release(struct print_program *program)
{
	column_release(&program->fields);
	column_release(&program->ops);
	column_release(&program->ends);
}
