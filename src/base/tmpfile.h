/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file without a name: gone when it is closed, however the program ends. */
#ifndef BASE_TMPFILE_H
#define BASE_TMPFILE_H

/* Opened for reading and writing, in folder (NULL: /tmp); -1 with errno set where that fails. */
int tmpfile_open(const char *folder);

#endif
