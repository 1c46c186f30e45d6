/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which symbol an address belongs to, and how the kernel prints it. */
#include "read/dat_symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/func.h"
#include "base/banned.h"

/*
 * A graph record has the address of the call into the tracer, some bytes into the function. What is
 * farther behind a symbol belongs to something that the list does not have (an unloaded module).
 */
#define ENTRY_DISTANCE_MAX 4096
/* No function is longer: what seems to be is a hole between modules. */
#define FUNCTION_BYTES_MAX ((uint64_t)1 << 20)

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* "ffffffffb4a00000 T startup_64" or "ffffffffc0a1b000 t vmx_init	[kvm_intel]" */
static bool scan_symbol(const unsigned char *at, const unsigned char *end, uint64_t *address,
			const unsigned char **name)
{
	uint64_t number = 0;
	const unsigned char *start = at;
	while (at < end && hex_digit(*at) >= 0)
		number = number << 4 | (uint64_t)hex_digit(*at++);
	if (at == start || at - start > 16 || end - at < 4 || at[0] != ' ' || at[2] != ' ')
		return false;
	*address = number;
	*name = at + 3;
	/* only code: data has nothing to do here */
	return at[1] == 't' || at[1] == 'T' || at[1] == 'w' || at[1] == 'W';
}

/* Of several names for an address the kernel prints the one that its list has first. */
static int compare_symbols(const void *left, const void *right)
{
	const struct dat_symbol *a = left;
	const struct dat_symbol *b = right;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->name_at < b->name_at ? -1 : a->name_at > b->name_at;
}

bool dat_symbols_take(struct dat_symbols *symbols, char *text, size_t len)
{
	dat_symbols_release(symbols);
	symbols->text = (unsigned char *)text;
	symbols->len = len;
	const unsigned char *end = symbols->text + len;
	for (const unsigned char *at = symbols->text; at < end;) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		const unsigned char *line_end = newline != NULL ? newline : end;
		struct dat_symbol symbol;
		const unsigned char *name;
		if (scan_symbol(at, line_end, &symbol.address, &name)) {
			symbol.name_at = (uint32_t)(name - symbols->text);
			if (!column_push(&symbols->rows, symbol))
				return false;
		}
		at = line_end + 1;
	}
	if (symbols->rows.count > 0)
		qsort(symbols->rows.at, symbols->rows.count, sizeof(*symbols->rows.at),
		      compare_symbols);
	return true;
}

/* How many symbols start at an address or before it. */
static size_t count_up_to(const struct dat_symbols *symbols, uint64_t address)
{
	size_t low = 0;
	size_t high = symbols->rows.count;
	/* rows below low start at or before the address, rows from high on behind it */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (symbols->rows.at[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The row of the symbol whose start an address belongs to, or NULL. */
static const struct dat_symbol *find_symbol(const struct dat_symbols *symbols, uint64_t address)
{
	const size_t count = count_up_to(symbols, address);
	if (count == 0)
		return NULL;
	const struct dat_symbol *found = &symbols->rows.at[count - 1];
	if (address - found->address > ENTRY_DISTANCE_MAX)
		return NULL;
	while (found > symbols->rows.at && found[-1].address == found->address)
		found--;
	return found;
}

/* The list has a tab in front of a module, the kernel's text a blank. False: no name at all. */
static bool copy_name(const struct dat_symbols *symbols, const struct dat_symbol *symbol,
		      char *buffer, size_t *len)
{
	const unsigned char *at = symbols->text + symbol->name_at;
	const unsigned char *end = symbols->text + symbols->len;
	size_t count = 0;
	for (; at < end && *at != '\n'; at++) {
		if (count == DAT_SYMBOL_MAX)
			return false;
		buffer[count++] = *at == '\t' ? ' ' : (char)*at;
	}
	*len = count;
	return func_symbol_is_valid((struct span){ (const unsigned char *)buffer, count });
}

struct span dat_symbols_name(const struct dat_symbols *symbols, uint64_t address, char *buffer)
{
	size_t len;
	const struct dat_symbol *symbol = find_symbol(symbols, address);
	if (symbol == NULL || !copy_name(symbols, symbol, buffer, &len))
		len = (size_t)snprintf(buffer, DAT_SYMBOL_MAX, "0x%" PRIx64, address);
	return (struct span){ (const unsigned char *)buffer, len };
}

/* "name [module]" with the distance behind the name. */
static size_t insert_distance(char *buffer, size_t len, uint64_t distance, uint64_t size)
{
	char text[48];
	const char *blank = memchr(buffer, ' ', len);
	const size_t name_len = blank != NULL ? (size_t)(blank - buffer) : len;
	const size_t text_len =
		(size_t)snprintf(text, sizeof(text), "+0x%" PRIx64 "/0x%" PRIx64, distance, size);
	if (text_len > DAT_SYMBOL_MAX - len)
		return 0;
	memmove(buffer + name_len + text_len, buffer + name_len, len - name_len);
	memcpy(buffer + name_len, text, text_len);
	return len + text_len;
}

struct span dat_symbols_place(const struct dat_symbols *symbols, uint64_t address,
			      bool has_distance, char *buffer)
{
	const size_t after = count_up_to(symbols, address);
	const struct dat_symbol *rows = symbols->rows.at;
	size_t len = 0;
	/* in front of all that is a kernel's */
	if (after == 0 && symbols->rows.count > 0) {
		len = (size_t)snprintf(buffer, DAT_SYMBOL_MAX, "0x%" PRIx64, address);
		return (struct span){ (const unsigned char *)buffer, len };
	}
	/* a function ends where the next one starts, so the end of the last is not known */
	if (after == symbols->rows.count)
		return (struct span){ NULL, 0 };
	const struct dat_symbol *found = &rows[after - 1];
	while (found > rows && found[-1].address == found->address)
		found--;
	if (rows[after].address - found->address > FUNCTION_BYTES_MAX ||
	    !copy_name(symbols, found, buffer, &len))
		return (struct span){ NULL, 0 };
	if (has_distance)
		len = insert_distance(buffer, len, address - found->address,
				      rows[after].address - found->address);
	return (struct span){ len > 0 ? (const unsigned char *)buffer : NULL, len };
}

void dat_symbols_release(struct dat_symbols *symbols)
{
	memory_free(symbols->text);
	column_release(&symbols->rows);
	symbols->text = NULL;
	symbols->len = 0;
}
