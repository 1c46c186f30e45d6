/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way that few calls take.
 *
 * Inlined, a long way would have the short one beside it save registers that only it needs.
 */
#ifndef BASE_SELDOM_H
#define BASE_SELDOM_H

#define KG_SELDOM __attribute__((noinline))

#endif
