#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "platform.h"

static THREAD_LOCAL GC_ERROR last_code;
static THREAD_LOCAL char last_text[160];

GC_ERROR fail(GC_ERROR code, const char *text) {
    last_code = code;
    snprintf(last_text, sizeof last_text, "%s", text);
    return code;
}

GC_ERROR answer_bytes(void *buffer, size_t *size, const void *bytes, size_t length) {
    if (size == NULL) {
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the size");
    }
    if (buffer != NULL) {
        if (*size < length) {
            return fail(GC_ERR_BUFFER_TOO_SMALL, "the buffer is too small");
        }
        memcpy(buffer, bytes, length);
    }
    *size = length;
    return GC_ERR_SUCCESS;
}

GC_ERROR answer_text(INFO_DATATYPE *type, void *buffer, size_t *size, const char *text) {
    if (type != NULL) {
        *type = INFO_DATATYPE_STRING;
    }
    return answer_bytes(buffer, size, text, strlen(text) + 1);
}

GC_ERROR answer_number(INFO_DATATYPE *type, void *buffer, size_t *size, INFO_DATATYPE kind, uint64_t value) {
    if (type != NULL) {
        *type = kind;
    }
    /* Both systems are little-endian: the low bytes come first. */
    size_t length = sizeof value;
    if (kind == INFO_DATATYPE_BOOL8) {
        length = 1;
    } else if (kind == INFO_DATATYPE_INT32 || kind == INFO_DATATYPE_UINT32) {
        length = 4;
    }
    return answer_bytes(buffer, size, &value, length);
}

GC_API GCGetLastError(GC_ERROR *code, char *text, size_t *size);
GC_API GCGetLastError(GC_ERROR *code, char *text, size_t *size) {
    if (code != NULL) {
        *code = last_code;
    }
    return answer_text(NULL, text, size, last_text);
}
