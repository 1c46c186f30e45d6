/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A document with all that it extends, as one.
 *
 * What a document leaves out is taken from the one that it extends: objects ("params", "alias",
 * "steps" ...) member by member, rules by their id, everything else as a whole. Each value keeps
 * the place at which it was written, so that a mistake is told where it can be mended.
 */
#ifndef ANALYSE_SPEC_DOCUMENT_H
#define ANALYSE_SPEC_DOCUMENT_H

#include <kvmgraph/verify.h>

#include "analyse/spec_position.h"
#include "base/arena.h"

struct spec_document {
	json_t *root;
	struct positions positions;
	struct arena memory;
	bool depends_on_vendor; /* another vendor would make it another document */
};

/* A text that is at hand; *document is released by the caller, also after a failure. */
KG_MUST_USE enum kg_status document_parse(struct spec_document *document, const char *json,
					  size_t len, const char *source, enum kg_vendor vendor,
					  struct kg_error *err);
/* "{vendor}" in a name stands for the vendor. *source: "built-in" or the path, in document's
 * memory. */
KG_MUST_USE enum kg_status document_load(struct spec_document *document, const char *name,
					 enum kg_vendor vendor, const char **source,
					 struct kg_error *err);
void document_release(struct spec_document *document);

#endif
