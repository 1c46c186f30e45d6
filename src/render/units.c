/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how times and shares are written for people. */
#include "render/units.h"

#include <inttypes.h>
#include <stdio.h>

#include <kvmgraph/event.h>
#include "base/banned.h"

static void write_thousandths(char out[UNITS_LEN], uint64_t thousandths, const char *unit)
{
	snprintf(out, UNITS_LEN, "%" PRIu64 ".%03" PRIu64 "%s", thousandths / 1000,
		 thousandths % 1000, unit);
}

static void write_ns(char out[UNITS_LEN], uint64_t ns, const char *seconds)
{
	if (ns == KG_NO_NS)
		snprintf(out, UNITS_LEN, "-");
	else if (ns < 1000000)
		write_thousandths(out, ns, " us");
	else if (ns < 1000000000)
		write_thousandths(out, ns / 1000, " ms");
	else
		write_thousandths(out, ns / 1000000, seconds);
}

void units_ns(char out[UNITS_LEN], uint64_t ns)
{
	write_ns(out, ns, " s");
}

void units_ns_in_column(char out[UNITS_LEN], uint64_t ns)
{
	write_ns(out, ns, "  s");
}

void units_us(char out[UNITS_LEN], uint64_t ns)
{
	write_thousandths(out, ns, " us");
}

void units_percent(char out[UNITS_LEN], uint32_t ppm)
{
	snprintf(out, UNITS_LEN, "%" PRIu32 ".%02" PRIu32 "%%", ppm / 10000, ppm / 100 % 100);
}

uint32_t units_ppm(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return 0;
	return (uint32_t)((unsigned __int128)part * 1000000 / whole);
}
