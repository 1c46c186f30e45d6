/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the names of formats, columns and vendors. */
#include <kvmgraph/info.h>

#include "base/banned.h"

const char *kg_format_name(enum kg_format format)
{
	switch (format) {
	case KG_FORMAT_FTRACE:
		return "ftrace";
	case KG_FORMAT_TRACE_CMD_REPORT:
		return "trace-cmd-report";
	case KG_FORMAT_TRACE_CMD_RAW:
		return "trace-cmd-raw";
	case KG_FORMAT_TRACE_DAT:
		return "trace.dat";
	case KG_FORMAT_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *kg_column_name(enum kg_column column)
{
	switch (column) {
	case KG_COLUMN_ABSTIME:
		return "abstime";
	case KG_COLUMN_RELTIME:
		return "reltime";
	case KG_COLUMN_CPU:
		return "cpu";
	case KG_COLUMN_PROC:
		return "proc";
	case KG_COLUMN_LATENCY:
		return "latency";
	case KG_COLUMN_DURATION:
		return "duration";
	}
	return "unknown";
}

const char *kg_vendor_name(enum kg_vendor vendor)
{
	switch (vendor) {
	case KG_VENDOR_VMX:
		return "vmx";
	case KG_VENDOR_SVM:
		return "svm";
	case KG_VENDOR_UNKNOWN:
		break;
	}
	return NULL;
}

uint32_t kg_info_coverage(const struct kg_info *info)
{
	if (info->calls.total == 0)
		return 1000000;
	return (uint32_t)((unsigned __int128)info->calls.complete * 1000000 / info->calls.total);
}
