/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what puts a vCPU into a mode. */
#include "modes.h"

#include "guest/layout.h"

#define CR0_PE (1U << 0)
#define CR0_PG (1U << 31)
#define CR4_PSE (1U << 4)
#define CR4_PAE (1U << 5)
#define EFER_LME (1U << 8)
#define EFER_LMA (1U << 10)

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define TYPE_DATA 3  /* writable, accessed */
#define TYPE_CODE 11 /* readable, accessed */

const char *mode_name(enum guest_mode mode)
{
	static const char *const names[] = {
		"real mode", "protected mode", "32-bit paged mode",
		"long mode", "no legal mode",  "real mode with large data segments"
	};
	return names[mode];
}

static void set_real(struct kvm_sregs *sregs)
{
	sregs->cs.base = 0;
	sregs->cs.selector = 0;
}

/* As a program leaves it that went to protected mode for its segments' sake, and came back. */
static void set_big_real(struct kvm_sregs *sregs)
{
	const struct kvm_segment data = {
		.limit = 0xffffffff, .type = TYPE_DATA, .present = 1, .s = 1, .g = 1
	};
	sregs->cs =
		(struct kvm_segment){ .limit = 0xffff, .type = TYPE_CODE, .present = 1, .s = 1 };
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->cr0 &= ~(uint64_t)CR0_PE;
}

/* The vCPU may come from a mode that has paging. */
static void leave_paging(struct kvm_sregs *sregs)
{
	sregs->cr0 &= ~(uint64_t)CR0_PG;
	sregs->cr4 &= ~(uint64_t)(CR4_PAE | CR4_PSE);
	sregs->efer &= ~(uint64_t)(EFER_LME | EFER_LMA);
}

static void set_flat(struct kvm_sregs *sregs, bool is_long)
{
	const struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = CODE_SELECTOR,
		.type = TYPE_CODE,
		.present = 1,
		.s = 1,
		.db = !is_long,
		.l = is_long,
		.g = 1,
	};
	struct kvm_segment data = code;
	data.selector = DATA_SELECTOR;
	data.type = TYPE_DATA;
	data.db = 1;
	data.l = 0;
	sregs->cs = code;
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
}

static void set_paged(struct kvm_sregs *sregs)
{
	sregs->cr3 = GUEST_DIRECTORY;
	/* the vCPU may come from long mode */
	sregs->cr4 = (sregs->cr4 & ~(uint64_t)CR4_PAE) | CR4_PSE;
	sregs->cr0 |= CR0_PE | CR0_PG;
	sregs->efer &= ~(uint64_t)(EFER_LME | EFER_LMA);
}

static void set_long(struct kvm_sregs *sregs)
{
	sregs->cr3 = GUEST_PML4;
	sregs->cr4 = (sregs->cr4 & ~(uint64_t)CR4_PSE) | CR4_PAE;
	sregs->cr0 |= CR0_PE | CR0_PG;
	sregs->efer |= EFER_LME | EFER_LMA;
}

void mode_set(struct kvm_sregs *sregs, enum guest_mode mode)
{
	switch (mode) {
	case MODE_REAL:
		set_real(sregs);
		return;
	case MODE_BIG_REAL:
		leave_paging(sregs);
		set_big_real(sregs);
		return;
	case MODE_PROTECTED:
		leave_paging(sregs);
		set_flat(sregs, false);
		sregs->cr0 |= CR0_PE;
		return;
	case MODE_PAGED:
		set_flat(sregs, false);
		set_paged(sregs);
		return;
	case MODE_LONG:
		set_flat(sregs, true);
		set_long(sregs);
		return;
	case MODE_INVALID:
		/* KVM lets it through, but no processor runs code that is 32 and 64 bit at once */
		set_flat(sregs, true);
		set_long(sregs);
		sregs->cs.db = 1;
		return;
	}
}
