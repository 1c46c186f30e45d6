/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as people read them: cut, never rounded, so that nothing looks more than it is. */
#ifndef RENDER_UNITS_H
#define RENDER_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Room for any number written here, its unit and the NUL included. */
#define UNITS_LEN 32

/* "0.219 us", "546.845 us", "29.378 ms", "1.234 s"; "-" for KG_NO_NS. */
void units_ns(char out[UNITS_LEN], uint64_t ns);
/* The same with its points one below the other when flush right: "1.234  s". */
void units_ns_in_column(char out[UNITS_LEN], uint64_t ns);
/* Always in microseconds: "29378.230 us". */
void units_us(char out[UNITS_LEN], uint64_t ns);
/* Millionths as "46.87%". */
void units_percent(char out[UNITS_LEN], uint32_t ppm);
/* A part in millionths of the whole, for numbers of any size; 0 where there is no whole. */
uint32_t units_ppm(uint64_t part, uint64_t whole);

#endif
