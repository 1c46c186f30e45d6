/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what is said about an input that became shorter under the program's eyes. */
#include "cli/shrunk.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"
#include "base/banned.h"

/* A handler of signals has nothing but what is static. */
static struct report_line message;

static void tell(int signal_number, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code == BUS_ADRERR) {
		ssize_t written = write(STDERR_FILENO, message.text, strlen(message.text));
		(void)written; /* nobody is left to be told */
		_exit(EXIT_WRONG);
	}
	/* a fault of the program: it comes again, and then for good */
	signal(signal_number, SIG_DFL);
}

void shrunk_expect(const char *command, const char *file)
{
	struct sigaction action = { .sa_sigaction = tell, .sa_flags = SA_SIGINFO };
	const char *name = strcmp(file, "-") == 0 ? "<stdin>" : file;
	const size_t len = strlen(name);
	report_prepare(&message, command,
		       "%s%s: became shorter while it was read, or cannot be read any more (read a "
		       "copy, or when nobody writes)",
		       len > NAME_MAX ? "..." : "", len > NAME_MAX ? name + len - NAME_MAX : name);
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}
