/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where things are in a guest's physical memory; assembler and C both include this. Code and result
 * share a page, the page tables have one each, so that a run touches as few pages as it can.
 */
#ifndef VMM_GUEST_LAYOUT_H
#define VMM_GUEST_LAYOUT_H

#define GUEST_STACK 0x1000 /* grows down, over the real mode's interrupt vectors */
#define GUEST_CODE 0x1000
#define GUEST_RESULT 0x1f00 /* what check-memory reads */
#define GUEST_PML4 0x2000
#define GUEST_PDPT 0x3000
#define GUEST_PD 0x4000
#define GUEST_DIRECTORY 0x5000	/* of 32-bit paging */
#define GUEST_PROGRAM 0x6000	/* of a guest that is made from a document */
#define GUEST_MAPPED 0x40000000 /* end of what the page tables map, one to one */

#define GUEST_SLOTS 0x20000000 /* first of the slots beside the main one */
#define GUEST_MMIO 0x30000000  /* no slot is here: a device */
#define GUEST_MMIO_LOW 0x8000  /* the same, where there is no memory below 4 GiB */
#define GUEST_RESET 0xfffffff0 /* where a processor starts that nobody has set up */
#define GUEST_4G 0x100000000

#define PORT_SILENT 0xe8 /* takes a byte, gives one */
#define PORT_DEBUG 0xe9	 /* a byte written here is the guest's output */

#endif
