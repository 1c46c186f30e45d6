/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a function's name is made of. */
#include "event/func.h"

#include "base/banned.h"

static bool is_name_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '$' || c == ':' || c == '<' || c == '>' || c == '-' ||
	       c >= 0x80;
}

static struct span module_of(struct span symbol, struct span *name)
{
	const unsigned char *bracket = span_find(symbol, SPAN(" ["));
	if (bracket == NULL) {
		*name = symbol;
		return (struct span){ 0 };
	}
	*name = span_of(symbol.at, bracket);
	return span_of(bracket + 2, symbol.at + symbol.len - 1);
}

bool func_symbol_is_valid(struct span symbol)
{
	size_t i = 0;
	while (i < symbol.len && is_name_char(symbol.at[i]))
		i++;
	if (i == 0)
		return false;
	if (i == symbol.len)
		return true;
	if (symbol.len - i < 4 || symbol.at[i] != ' ' || symbol.at[i + 1] != '[' ||
	    symbol.at[symbol.len - 1] != ']')
		return false;
	for (i += 2; i < symbol.len - 1; i++) {
		if (!is_name_char(symbol.at[i]))
			return false;
	}
	return true;
}

/* The length of name without one ".suffix" or ".suffix.N" at its end, or its length as it is. */
static size_t without_suffix(struct span name, struct span suffix)
{
	size_t end = name.len;
	while (end > 0 && name.at[end - 1] >= '0' && name.at[end - 1] <= '9')
		end--;
	if (end < name.len && end > 0 && name.at[end - 1] == '.')
		end--;
	else
		end = name.len;
	struct span head = { name.at, end };
	if (span_ends(head, suffix) && head.len > suffix.len)
		return head.len - suffix.len;
	return name.len;
}

struct span func_base(struct span name)
{
	static const struct {
		const char *text;
		size_t len;
	} suffixes[] = {
		{ ".part", 5 }, { ".isra", 5 },	    { ".constprop", 10 },
		{ ".cold", 5 }, { ".lto_priv", 9 }, { ".llvm", 5 },
	};
	/* suffixes stack: count.constprop.0.isra.0 */
	for (size_t before = 0; before != name.len;) {
		before = name.len;
		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
			struct span suffix = { (const unsigned char *)suffixes[i].text,
					       suffixes[i].len };
			name.len = without_suffix(name, suffix);
		}
	}
	return name;
}

static bool add_row(struct kg_funcs *funcs, struct span symbol)
{
	struct span name;
	struct span module = module_of(symbol, &name);
	struct kg_func *func = arena_alloc(&funcs->memory, sizeof(*func));
	if (func == NULL)
		return false;
	func->name = arena_copy(&funcs->memory, name);
	func->base = arena_copy(&funcs->memory, func_base(name));
	func->module = arena_copy(&funcs->memory, module);
	if (func->name == NULL || func->base == NULL || func->module == NULL)
		return false;
	return column_push(&funcs->rows, func);
}

kg_func_id funcs_add(struct kg_funcs *funcs, struct span symbol)
{
	uint32_t id = intern_add_copy(&funcs->symbols, symbol);
	if (id == INTERN_NONE)
		return KG_NO_FUNC;
	/* normally one row at most; more where memory was out before */
	while (funcs->rows.count <= id) {
		uint32_t next = (uint32_t)funcs->rows.count;
		if (!add_row(funcs, intern_get(&funcs->symbols, next)))
			return KG_NO_FUNC;
	}
	return id;
}

void funcs_release(struct kg_funcs *funcs)
{
	intern_release(&funcs->symbols);
	column_release(&funcs->rows);
	arena_release(&funcs->memory);
}

uint32_t kg_funcs_count(const struct kg_funcs *funcs)
{
	return (uint32_t)funcs->rows.count;
}

const struct kg_func *kg_funcs_get(const struct kg_funcs *funcs, kg_func_id id)
{
	return funcs->rows.at[id];
}
