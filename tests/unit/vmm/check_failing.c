/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every call of every scenario, made to fail in turn with every errno that KVM's documentation (or
 * the call's manual page) names for it: the run says which step it was, and gives everything back.
 */
#include <check.h>
#include <dirent.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/failing_calls.h"
#include "vmm/vmm.h"

#define ERRNOS_MOST 6

static struct failing *failing;
static struct kvm_calls calls;

/* Whether there is nothing to try it on, and that is all right. */
static bool may_lack_kvm(void)
{
	return access("/dev/kvm", F_OK) != 0 && getenv("KG_ALLOW_NO_KVM") != NULL;
}

static void setup(void)
{
	failing = mmap(NULL, sizeof(*failing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	ck_assert(failing != MAP_FAILED);
	calls = failing_calls(failing);
}

static void teardown(void)
{
	munmap(failing, sizeof(*failing));
}

/* ---- what a call may fail with --------------------------------------------------------------- */

static const int *errnos_of(const struct made_call *call)
{
	static const int open_errnos[ERRNOS_MOST] = {
		ENOENT, EACCES, EPERM, ENODEV, EMFILE, ENOMEM
	};
	static const int map_errnos[ERRNOS_MOST] = { ENOMEM, EINVAL, EAGAIN };
	static const int unmap_errnos[ERRNOS_MOST] = { EINVAL, ENOMEM };
	static const int close_errnos[ERRNOS_MOST] = { EIO, EINTR };
	static const int spawn_errnos[ERRNOS_MOST] = { EAGAIN, EPERM };
	static const int run_errnos[ERRNOS_MOST] = { ENOEXEC, ENOSYS, EPERM, EFAULT, EINVAL };
	static const int slot_errnos[ERRNOS_MOST] = { EINVAL, EEXIST, ENOMEM, EFAULT };
	static const int table_errnos[ERRNOS_MOST] = { E2BIG, ENOMEM, EINVAL, EFAULT };
	static const int other_errnos[ERRNOS_MOST] = { EINVAL, ENOMEM, EFAULT, EIO, ENOTTY, EBUSY };
	switch (call->kind) {
	case CALL_OPEN:
		return open_errnos;
	case CALL_MAP:
		return map_errnos;
	case CALL_UNMAP:
		return unmap_errnos;
	case CALL_CLOSE:
		return close_errnos;
	case CALL_SPAWN:
		return spawn_errnos;
	case CALL_IOCTL:
		break;
	}
	switch (call->request) {
	case KVM_RUN:
		return run_errnos;
	case KVM_SET_USER_MEMORY_REGION:
		return slot_errnos;
	case KVM_GET_SUPPORTED_CPUID:
	case KVM_SET_CPUID2:
	case KVM_GET_CPUID2:
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
		return table_errnos;
	default:
		return other_errnos;
	}
}

/* ---- running --------------------------------------------------------------------------------- */

static enum outcome run(const struct scenario *scenario, struct report **report, char *why,
			size_t why_len)
{
	const struct vmm_opts opts = { .calls = &calls };
	failing->count = 0;
	failing->open_fds = 0;
	failing->mappings = 0;
	return vmm_run(scenario, &opts, report, why, why_len);
}

static void fail_one(const struct scenario *scenario, unsigned int number, int os_errno)
{
	char why[384] = "";
	struct report *report;
	const struct made_call call = failing->made[number];
	failing->fail_at = number;
	failing->fail_errno = os_errno;
	const enum outcome outcome = run(scenario, &report, why, sizeof(why));
	/* a process that exits with all open was not there to give it back */
	const bool is_clean =
		outcome == OUTCOME_PASS || (failing->open_fds == 0 && failing->mappings == 0);
	ck_assert_msg(is_clean, "%s, call %u, errno %d: %d files, %d mappings left", scenario->name,
		      number, os_errno, failing->open_fds, failing->mappings);
	/* what is given back once more after a failure has no step to fail */
	if (call.kind == CALL_UNMAP && outcome == OUTCOME_PASS) {
		report_free(report);
		return;
	}
	ck_assert_msg(outcome == OUTCOME_DIFFERS || outcome == OUTCOME_LACKING ||
			      outcome == OUTCOME_INTERNAL,
		      "%s, call %u (request 0x%lx), errno %d: outcome %d", scenario->name, number,
		      call.request, os_errno, (int)outcome);
	ck_assert_msg(strchr(why, '\n') == NULL && strlen(why) > 10, "%s", why);
	if (outcome == OUTCOME_DIFFERS && call.kind == CALL_IOCTL)
		ck_assert_msg(strstr(why, "expected") != NULL && strstr(why, "found") != NULL &&
				      strstr(why, strerror(os_errno)) != NULL,
			      "%s, call %u, errno %d: %s", scenario->name, number, os_errno, why);
	report_free(report);
}

static bool is_worth_failing(const struct scenario *scenario)
{
	/* one never ends; many VMs are many times the same calls */
	return strcmp(scenario->name, "spin") != 0 && strcmp(scenario->name, "churn") != 0;
}

START_TEST(every_call_of_a_scenario_can_fail)
{
	const struct scenario *scenario = scenarios[_i];
	char why[384];
	struct report *report;
	if (!is_worth_failing(scenario) || may_lack_kvm())
		return;
	failing->fail_at = UINT32_MAX;
	const enum outcome outcome = run(scenario, &report, why, sizeof(why));
	report_free(report);
	if (outcome == OUTCOME_LACKING)
		return; /* there is nothing of it here */
	ck_assert_msg(outcome == OUTCOME_PASS, "%s: %s", scenario->name, why);
	const unsigned int count = failing->count;
	ck_assert_uint_gt(count, 10);
	ck_assert_uint_lt(count, CALLS_MOST);
	struct made_call *made = malloc(count * sizeof(*made));
	ck_assert_ptr_nonnull(made);
	memcpy(made, failing->made, count * sizeof(*made));
	for (unsigned int number = 0; number < count; number++) {
		const int *errnos = errnos_of(&made[number]);
		failing->made[number] = made[number];
		for (size_t i = 0; i < ERRNOS_MOST && errnos[i] != 0; i++)
			fail_one(scenario, number, errnos[i]);
	}
	free(made);
}
END_TEST

/* ---- what is left behind --------------------------------------------------------------------- */

static unsigned int count_entries(const char *folder)
{
	unsigned int count = 0;
	DIR *entries = opendir(folder);
	ck_assert_ptr_nonnull(entries);
	while (readdir(entries) != NULL)
		count++;
	closedir(entries);
	return count;
}

static unsigned int count_mappings(void)
{
	unsigned int count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	ck_assert_ptr_nonnull(maps);
	for (int c; (c = fgetc(maps)) != EOF;)
		count += c == '\n';
	fclose(maps);
	return count;
}

START_TEST(a_thousand_vms_leave_nothing_behind)
{
	char why[384] = "";
	struct report *report;
	struct vmm_opts opts = { 0 };
	if (may_lack_kvm())
		return;
	opts.params.value[PARAM_VMS] = 1;
	const struct scenario *churn = scenario_find("churn");
	/* what is made once and kept is there after the first; the libraries' own heaps, too */
	ck_assert_int_eq(vmm_run(churn, &opts, &report, why, sizeof(why)), OUTCOME_PASS);
	report_free(report);
	const unsigned int fds = count_entries("/proc/self/fd");
	const unsigned int threads = count_entries("/proc/self/task");
	const unsigned int mappings = count_mappings();
	opts.params.value[PARAM_VMS] = 1000;
	opts.params.value[PARAM_PARALLEL] = (uint64_t)_i;
	opts.timeout_ns = UINT64_C(120000000000);
	ck_assert_msg(vmm_run(churn, &opts, &report, why, sizeof(why)) == OUTCOME_PASS, "%s", why);
	ck_assert_uint_eq(report_exits(report, REASON_HLT), 1000);
	report_free(report);
	ck_assert_uint_eq(count_entries("/proc/self/fd"), fds);
	ck_assert_uint_eq(count_entries("/proc/self/task"), threads);
	/* a thread's heap may stay: one or two mappings a thread, not a thousand */
	ck_assert_uint_le(count_mappings(), mappings + 4 * (unsigned int)_i);
}
END_TEST

Suite *failing_suite(void);

Suite *failing_suite(void)
{
	Suite *suite = suite_create("failing");
	TCase *each = tcase_create("each_call");
	tcase_add_checked_fixture(each, setup, teardown);
	tcase_add_loop_test(each, every_call_of_a_scenario_can_fail, 0, (int)scenario_count);
	suite_add_tcase(suite, each);
	TCase *left = tcase_create("left_behind");
	tcase_add_loop_test(left, a_thousand_vms_leave_nothing_behind, 1, 3);
	suite_add_tcase(suite, left);
	return suite;
}
