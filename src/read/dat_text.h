/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel prints of the records of other tracers and of messages, between the calls: their
 * own text, made from the descriptions in the file.
 *
 * trace-cmd's library can do that too, but it does not survive damaged descriptions (3 of 400 with
 * up to three bytes changed), and its text is not always the kernel's. So only what is understood
 * here for sure has a text; the rest has none.
 */
#ifndef READ_DAT_TEXT_H
#define READ_DAT_TEXT_H

#include "read/dat_file.h"

struct dat_texts;

/*
 * Reads the descriptions. What is damaged of them just has no text. The file has to stay. Fails
 * with KG_NOMEM.
 */
KG_MUST_USE enum kg_status dat_texts_new(const struct dat_file *file, struct dat_texts **out);

/*
 * The text of a record, valid until the next call; NULL in *out where it has none. It may have
 * several lines. KG_NOMEM.
 */
KG_MUST_USE enum kg_status dat_texts_make(struct dat_texts *texts, const struct dat_record *record,
					  struct span *out);
void dat_texts_free(struct dat_texts *texts);

#endif
