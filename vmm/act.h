/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest can be told to do, and the machine code that does it. */
#ifndef VMM_ACT_H
#define VMM_ACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

/*
 * act, name, what becomes of it (an exit that the VMM serves, the end of the run, or neither of
 * both since KVM answers it itself), and the reason of such an exit.
 *
 *	touch		writes to pages that nothing has touched yet: one second-level fault each
 *	io, io-in	a byte to a port, or from it
 *	mmio, -read	a byte to a device in memory, or from it
 *	cpuid ...	the instruction; rdmsr and wrmsr are about IA32_PAT
 *	pause		the instruction; whether KVM sees it is up to the processor
 *	shutdown	an exception that nothing can handle
 *	invalid		nothing: the registers are such that no processor enters the guest
 */
#define ACT_LIST(X)                                                                                \
	X(TOUCH, "touch", STAYS, OTHER)                                                            \
	X(IO, "io", LEAVES, IO)                                                                    \
	X(IO_IN, "io-in", LEAVES, IO)                                                              \
	X(MMIO, "mmio", LEAVES, MMIO)                                                              \
	X(MMIO_READ, "mmio-read", LEAVES, MMIO)                                                    \
	X(CPUID, "cpuid", STAYS, OTHER)                                                            \
	X(RDMSR, "rdmsr", STAYS, OTHER)                                                            \
	X(WRMSR, "wrmsr", STAYS, OTHER)                                                            \
	X(HYPERCALL, "hypercall", STAYS, OTHER)                                                    \
	X(PAUSE, "pause", STAYS, OTHER)                                                            \
	X(HLT, "hlt", ENDS, HLT)                                                                   \
	X(SHUTDOWN, "shutdown", ENDS, SHUTDOWN)                                                    \
	X(INVALID, "invalid", ENDS, FAIL_ENTRY)

enum act {
#define ACT_ENUM(act, name, effect, reason) ACT_##act,
	ACT_LIST(ACT_ENUM)
#undef ACT_ENUM
		ACT_COUNT
};

enum act_effect { EFFECT_STAYS, EFFECT_LEAVES, EFFECT_ENDS };

struct act_words {
	const char *name;
	enum act_effect effect;
	enum reason reason;
};

const struct act_words *act_words(enum act act);
/* ACT_COUNT if there is none of that name. */
enum act act_find(const char *name);

/* An act, so many times in a row. */
struct acts {
	enum act act;
	uint32_t count;
	uint32_t spared;  /* of touches: those that code and page tables see to by being there */
	uint64_t address; /* of touches: the first page */
};

/* What code is made for: the vCPU as a reset leaves it, or set up with flat segments. */
enum code_kind { CODE_RESET, CODE_16, CODE_32, CODE_64 };
enum code_kind code_kind_of(enum guest_mode mode);

/* Appends machine code; with `at` NULL it only counts its bytes. */
struct emitter {
	enum code_kind kind;
	bool is_amd;	   /* which instruction a hypercall is */
	unsigned char *at; /* with room for all */
	size_t len;
	uint64_t address; /* of at[0] in the guest */
};

/* How many bytes that takes does not depend on `spared` and `address`. */
void emit_acts(struct emitter *emitter, const struct acts *acts);

#endif
