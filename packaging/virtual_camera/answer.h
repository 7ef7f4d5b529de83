/* How every function of the interface answers: a code, a text for GCGetLastError, a typed value. */
#ifndef CRANE_ANSWER_H
#define CRANE_ANSWER_H

#include "gentl.h"

/* Remembers the text for this thread and returns the code. */
GC_ERROR fail(GC_ERROR code, const char *text);

/* A NULL buffer asks for the size only. */
GC_ERROR answer_text(INFO_DATATYPE *type, void *buffer, size_t *size, const char *text);
GC_ERROR answer_number(INFO_DATATYPE *type, void *buffer, size_t *size, INFO_DATATYPE kind, uint64_t value);
GC_ERROR answer_bytes(void *buffer, size_t *size, const void *bytes, size_t length);

#endif
