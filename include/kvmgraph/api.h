/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every public declaration is marked with. */
#ifndef KVMGRAPH_API_H
#define KVMGRAPH_API_H

/* The library is built with hidden visibility: only what carries KG_API can be linked against. */
#define KG_API __attribute__((visibility("default")))

/* Around the declarations of every header, for programs in C++. */
#ifdef __cplusplus
#define KG_BEGIN_C extern "C" {
#define KG_END_C }
#else
#define KG_BEGIN_C
#define KG_END_C
#endif

/* A result that must be looked at: it says whether the outputs were written. */
#define KG_MUST_USE __attribute__((warn_unused_result))

#endif
