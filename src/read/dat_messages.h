/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings of the traced kernel by address, as far as it lists them (printk_formats of tracefs). */
#ifndef READ_DAT_MESSAGES_H
#define READ_DAT_MESSAGES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/column.h"

struct dat_message {
	uint64_t address;
	struct span text; /* without its escapes */
};

/* A zeroed struct has none. */
struct dat_messages {
	COLUMN(struct dat_message) rows; /* ascending */
};

/* Takes the rows of a list; their texts go into memory. False when memory is out. */
bool dat_messages_take(struct dat_messages *messages, struct span list, struct arena *memory);
/* The string at an address; NULL in it if the list has none. */
struct span dat_messages_find(const struct dat_messages *messages, uint64_t address);
void dat_messages_release(struct dat_messages *messages);

#endif
