/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real mode: sets up the 8259 interrupt controller and lets the 8254 timer fire once, halts until
 * the interrupt has come, and tells so by one byte of output.
 */
#include "blob.inc"

#define VECTOR 0x20
#define PIC_COMMAND 0x20
#define PIC_DATA 0x21
#define PIT_CHANNEL_0 0x40
#define PIT_MODE 0x43
#define PIT_TICKS 2386 /* of 1193182 Hz: 2 ms */

guest irqchip
	.code16
	xor %ax, %ax
	movw $(GUEST_CODE + handler - guest_irqchip), 4 * VECTOR
	movw %ax, 4 * VECTOR + 2
	/* edge triggered, cascaded, vectors from VECTOR on, only the timer let through */
	mov $0x11, %al
	out %al, $PIC_COMMAND
	mov $VECTOR, %al
	out %al, $PIC_DATA
	mov $0x04, %al
	out %al, $PIC_DATA
	mov $0x01, %al
	out %al, $PIC_DATA
	mov $0xfe, %al
	out %al, $PIC_DATA
	/* channel 0, low byte then high byte, once */
	mov $0x30, %al
	out %al, $PIT_MODE
	mov $(PIT_TICKS & 0xff), %al
	out %al, $PIT_CHANNEL_0
	mov $(PIT_TICKS >> 8), %al
	out %al, $PIT_CHANNEL_0
	sti
1:	hlt
	cmpb $0, GUEST_RESULT
	je 1b
	mov $'w', %al
	out %al, $PORT_DEBUG
	hlt
handler:
	push %ax
	incb GUEST_RESULT
	mov $0x20, %al
	out %al, $PIC_COMMAND
	pop %ax
	iret
guest_end irqchip
