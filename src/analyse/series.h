/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The series of mainline kernels in their order: 5.18, 5.19, 6.0, 6.1. */
#ifndef ANALYSE_SERIES_H
#define ANALYSE_SERIES_H

#include <stdbool.h>
#include <stddef.h>

/* "4294967295.4294967295" and its end. */
#define SERIES_TEXT_MAX 22

/*
 * Writes the one series that came after the older and before the newer, if it is exactly one. Two
 * of the same or side by side have none between them. False too where the text is no series.
 */
bool series_between(const char *older, const char *newer, char out[SERIES_TEXT_MAX]);

#endif
