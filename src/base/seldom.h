/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way that few calls take, and the one that nearly all do.
 *
 * Inlined, a long way would have the short one beside it save registers that only it needs. The
 * parts of a short way that every line of a trace takes belong together, whatever their size.
 */
#ifndef BASE_SELDOM_H
#define BASE_SELDOM_H

#define KG_SELDOM __attribute__((noinline))
#define KG_OFTEN inline __attribute__((always_inline))

#endif
