/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An input that is mapped while it is read, and loses bytes meanwhile.
 *
 * The kernel tells that by a signal wherever the bytes are looked at, so there is nothing to go on
 * with: the program says in one line what happened and ends.
 */
#ifndef CLI_SHRUNK_H
#define CLI_SHRUNK_H

/* From here on until the next call, it is this input of a command that may do so. */
void shrunk_expect(const char *command, const char *file);

#endif
