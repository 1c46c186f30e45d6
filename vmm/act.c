/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the instructions that a guest's acts are made of. */
#include "act.h"

#include <string.h>

#include "guest/layout.h"

#define PAGE 4096

#define HC_VAPIC_POLL_IRQ 1 /* KVM answers 0 */

const struct act_words *act_words(enum act act)
{
	static const struct act_words words[ACT_COUNT] = {
#define ACT_WORDS(act, name, effect, reason) { name, EFFECT_##effect, REASON_##reason },
		ACT_LIST(ACT_WORDS)
#undef ACT_WORDS
	};
	return &words[act];
}

enum act act_find(const char *name)
{
	enum act act = 0;
	while (act < ACT_COUNT && strcmp(act_words(act)->name, name) != 0)
		act++;
	return act;
}

enum code_kind code_kind_of(enum guest_mode mode)
{
	switch (mode) {
	case MODE_REAL:
	case MODE_BIG_REAL:
		return CODE_16;
	case MODE_PROTECTED:
	case MODE_PAGED:
		return CODE_32;
	case MODE_LONG:
	case MODE_INVALID:
		break;
	}
	return CODE_64;
}

/* ---- instructions ---------------------------------------------------------------------------- */

/* with a value of 32 bits behind it */
enum load { LOAD_EAX = 0xb8, LOAD_ECX = 0xb9, LOAD_EDX = 0xba, LOAD_ESI = 0xbe, LOAD_EDI = 0xbf };

#define OPERAND_32 0x66 /* in 16-bit code */
#define ADDRESS_32 0x67
#define SEGMENT_CS 0x2e

static void put(struct emitter *emitter, unsigned int byte)
{
	if (emitter->at != NULL)
		emitter->at[emitter->len] = (unsigned char)byte;
	emitter->len++;
}

static void put_two(struct emitter *emitter, unsigned int first, unsigned int second)
{
	put(emitter, first);
	put(emitter, second);
}

static void put_word(struct emitter *emitter, uint32_t word)
{
	for (unsigned int shift = 0; shift < 32; shift += 8)
		put(emitter, word >> shift & 0xff);
}

static bool is_16(const struct emitter *emitter)
{
	return emitter->kind == CODE_RESET || emitter->kind == CODE_16;
}

/* The next instruction's operand has 32 bits in any kind of code. */
static void wide(struct emitter *emitter)
{
	if (is_16(emitter))
		put(emitter, OPERAND_32);
}

static void load(struct emitter *emitter, enum load instruction, uint32_t value)
{
	wide(emitter);
	put(emitter, instruction);
	put_word(emitter, value);
}

enum access { ACCESS_READ = 0x8a, ACCESS_WRITE = 0x88 };

/* mov between al and the byte at edi */
static void put_access(struct emitter *emitter, enum access access)
{
	if (is_16(emitter))
		put(emitter, ADDRESS_32);
	put_two(emitter, access, 0x07);
}

/* ---- acts ------------------------------------------------------------------------------------ */

static uint64_t device(const struct emitter *emitter)
{
	return emitter->kind == CODE_RESET ? GUEST_MMIO_LOW : GUEST_MMIO;
}

/* After a reset only the code segment reaches the memory, and it is for reading. */
static void put_touch(struct emitter *emitter, bool goes_on)
{
	if (emitter->kind == CODE_RESET)
		put(emitter, SEGMENT_CS);
	put_access(emitter, emitter->kind == CODE_RESET ? ACCESS_READ : ACCESS_WRITE);
	if (!goes_on)
		return;
	wide(emitter);
	put_two(emitter, 0x81, 0xc7); /* add to edi */
	put_word(emitter, PAGE);
}

/* An interrupt table without room for a single entry, so that not even memory is looked at. */
static void put_shutdown(struct emitter *emitter)
{
	const bool is_short = is_16(emitter);
	if (is_short)
		put(emitter, SEGMENT_CS);
	put_two(emitter, 0x0f, 0x01); /* lidt */
	put(emitter, is_short ? 0x1e : 0x1d);
	/* the table's description stands behind the next instruction, which raises the exception */
	const size_t operand = is_short ? 2 : 4;
	const uint64_t place = emitter->address + emitter->len + operand + 2;
	if (emitter->kind == CODE_64)
		put_word(emitter, 2); /* from the next instruction on */
	else if (is_short)
		put_two(emitter, place & 0xff, place >> 8 & 0xff);
	else
		put_word(emitter, (uint32_t)place);
	put_two(emitter, 0x0f, 0x0b); /* ud2 */
	for (size_t i = 0; i < 10; i++)
		put(emitter, 0);
}

static void put_wrmsr(struct emitter *emitter)
{
	load(emitter, LOAD_ECX, MSR_PAT);
	load(emitter, LOAD_EAX, (uint32_t)PAT_AFTER);
	load(emitter, LOAD_EDX, PAT_AFTER >> 32);
	put_two(emitter, 0x0f, 0x30);
}

static void put_hypercall(struct emitter *emitter)
{
	load(emitter, LOAD_EAX, HC_VAPIC_POLL_IRQ);
	put_two(emitter, 0x0f, 0x01);
	put(emitter, emitter->is_amd ? 0xd9 : 0xc1);
}

/* Once; it may change eax, ebx, ecx and edx. goes_on: there is another one behind it. */
static void put_act(struct emitter *emitter, enum act act, bool goes_on)
{
	switch (act) {
	case ACT_TOUCH:
		put_touch(emitter, goes_on);
		return;
	case ACT_IO:
		put_two(emitter, 0xe6, PORT_SILENT);
		return;
	case ACT_IO_IN:
		put_two(emitter, 0xe4, PORT_SILENT);
		return;
	case ACT_MMIO:
		put_access(emitter, ACCESS_WRITE);
		return;
	case ACT_MMIO_READ:
		put_access(emitter, ACCESS_READ);
		return;
	case ACT_CPUID:
		load(emitter, LOAD_EAX, 0);
		put_two(emitter, 0x0f, 0xa2);
		return;
	case ACT_RDMSR:
		load(emitter, LOAD_ECX, MSR_PAT);
		put_two(emitter, 0x0f, 0x32);
		return;
	case ACT_WRMSR:
		put_wrmsr(emitter);
		return;
	case ACT_HYPERCALL:
		put_hypercall(emitter);
		return;
	case ACT_PAUSE:
		put_two(emitter, 0xf3, 0x90);
		return;
	case ACT_SHUTDOWN:
		put_shutdown(emitter);
		return;
	case ACT_HLT:
	case ACT_INVALID: /* where nothing looks at the registers, it gets as far as here */
		put(emitter, 0xf4);
		return;
	case ACT_COUNT:
		return;
	}
}

static void emit(struct emitter *emitter, const struct acts *acts)
{
	const bool is_loop = acts->count > 1;
	if (acts->act == ACT_TOUCH)
		load(emitter, LOAD_EDI, (uint32_t)acts->address);
	if (acts->act == ACT_MMIO || acts->act == ACT_MMIO_READ)
		load(emitter, LOAD_EDI, (uint32_t)device(emitter));
	if (is_loop)
		load(emitter, LOAD_ESI, acts->count - acts->spared);
	const size_t top = emitter->len;
	put_act(emitter, acts->act, is_loop);
	if (!is_loop)
		return;
	wide(emitter);
	put_two(emitter, 0xff, 0xce);						 /* dec esi */
	put_two(emitter, 0x75, (unsigned int)(top - (emitter->len + 2)) & 0xff); /* jnz */
}

void emit_acts(struct emitter *emitter, const struct acts *acts)
{
	if (acts->spared < acts->count) {
		emit(emitter, acts);
		return;
	}
	/* nothing is left to do, in as many bytes */
	struct emitter other = { .kind = emitter->kind };
	emit(&other, acts);
	for (size_t i = 0; i < other.len; i++)
		put(emitter, 0x90);
}
