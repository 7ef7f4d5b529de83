/* What the stream and its buffers say about themselves. */
#include <string.h>

#include "answer.h"
#include "modules.h"
#include "registers.h"
#include "stream.h"

uint64_t stream_counter(const struct camera *camera, int number) {
    const struct stream *stream = &camera->stream;
    switch (number) {
    case 0:
        return stream->delivered;
    case 1:
        return stream->underrun;
    case 2:
        return stream_count(stream, PLACE_INPUT);
    case 3:
        return stream_count(stream, PLACE_OUTPUT);
    case 4:
        return (uint64_t)stream->buffer_count;
    default:
        return stream->started;
    }
}

static GC_ERROR stream_info(const struct camera *camera, int32_t what, INFO_DATATYPE *type, void *buffer,
                            size_t *size) {
    const struct stream *stream = &camera->stream;
    switch (what) {
    case STREAM_INFO_ID:
        return answer_text(type, buffer, size, STREAM_ID);
    case STREAM_INFO_NUM_DELIVERED:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, stream->delivered);
    case STREAM_INFO_NUM_UNDERRUN:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, stream->underrun);
    case STREAM_INFO_NUM_ANNOUNCED:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, (uint64_t)stream->buffer_count);
    case STREAM_INFO_NUM_QUEUED:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, stream_count(stream, PLACE_INPUT));
    case STREAM_INFO_NUM_AWAIT_DELIVERY:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, stream_count(stream, PLACE_OUTPUT));
    case STREAM_INFO_NUM_STARTED:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, stream->started);
    case STREAM_INFO_PAYLOAD_SIZE:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET,
                             (uint64_t)computed_value(camera, REGISTER_PayloadSize).whole);
    case STREAM_INFO_IS_GRABBING:
        return answer_number(type, buffer, size, INFO_DATATYPE_BOOL8, stream->grabbing);
    case STREAM_INFO_DEFINES_PAYLOADSIZE:
        return answer_number(type, buffer, size, INFO_DATATYPE_BOOL8, 0);
    case STREAM_INFO_TLTYPE:
        return answer_text(type, buffer, size, camera->setup.tl_type);
    case STREAM_INFO_NUM_CHUNKS_MAX:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, CHUNK_KINDS + 1);
    case STREAM_INFO_BUF_ANNOUNCE_MIN:
    case STREAM_INFO_BUF_ALIGNMENT:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, 1);
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}

GC_API DSGetInfo(DS_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API DSGetInfo(DS_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    GC_ERROR code;
    const struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera != NULL) {
        code = stream_info(camera, what, type, buffer, size);
        mutex_unlock((struct mutex *)&camera->lock);
    }
    return code;
}

/* Facts that are there for any buffer; false where `what` is about its picture. */
static bool buffer_state(const struct buffer *buffer, int32_t what, INFO_DATATYPE *kind, uint64_t *value) {
    *kind = INFO_DATATYPE_BOOL8;
    switch (what) {
    case BUFFER_INFO_BASE:
        *kind = INFO_DATATYPE_PTR;
        *value = (uint64_t)(uintptr_t)buffer->base;
        return true;
    case BUFFER_INFO_USER_PTR:
        *kind = INFO_DATATYPE_PTR;
        *value = (uint64_t)(uintptr_t)buffer->user;
        return true;
    case BUFFER_INFO_SIZE:
        *kind = INFO_DATATYPE_SIZET;
        *value = buffer->size;
        return true;
    case BUFFER_INFO_NEW_DATA:
        *value = buffer->new_data;
        return true;
    case BUFFER_INFO_IS_QUEUED:
        *value = buffer->place == PLACE_INPUT || buffer->place == PLACE_OUTPUT;
        return true;
    case BUFFER_INFO_IS_ACQUIRING:
        *value = buffer->place == PLACE_FILLING;
        return true;
    case BUFFER_INFO_IS_INCOMPLETE:
        *value = buffer->incomplete;
        return true;
    case BUFFER_INFO_IMAGEPRESENT:
        *value = buffer->image_bytes > 0;
        return true;
    case BUFFER_INFO_DATA_LARGER_THAN_BUFFER:
        *value = buffer->too_large;
        return true;
    case BUFFER_INFO_CONTAINS_CHUNKDATA:
        *value = buffer->has_chunks;
        return true;
    default:
        return false;
    }
}

static bool picture_fact(const struct buffer *buffer, int32_t what, INFO_DATATYPE *kind, uint64_t *value) {
    *kind = INFO_DATATYPE_SIZET;
    switch (what) {
    case BUFFER_INFO_WIDTH:
        *value = buffer->width;
        return true;
    case BUFFER_INFO_HEIGHT:
    case BUFFER_INFO_DELIVERED_IMAGEHEIGHT:
        *value = buffer->height;
        return true;
    case BUFFER_INFO_XOFFSET:
        *value = (uint64_t)buffer->offset_x;
        return true;
    case BUFFER_INFO_YOFFSET:
        *value = (uint64_t)buffer->offset_y;
        return true;
    case BUFFER_INFO_XPADDING:
        *value = (uint64_t)buffer->padding;
        return true;
    case BUFFER_INFO_YPADDING:
    case BUFFER_INFO_IMAGEOFFSET:
        *value = 0;
        return true;
    case BUFFER_INFO_SIZE_FILLED:
        *value = buffer->filled;
        return true;
    case BUFFER_INFO_DATA_SIZE:
        *value = buffer->payload;
        return true;
    case BUFFER_INFO_PAYLOADTYPE:
        *value = PAYLOAD_TYPE_IMAGE;
        return true;
    default:
        break;
    }
    *kind = INFO_DATATYPE_UINT64;
    switch (what) {
    case BUFFER_INFO_TIMESTAMP:
    case BUFFER_INFO_TIMESTAMP_NS:
        *value = (uint64_t)buffer->timestamp_ns;
        return true;
    case BUFFER_INFO_FRAMEID:
        *value = buffer->block;
        return true;
    case BUFFER_INFO_PIXELFORMAT:
        *value = buffer->pixel_code;
        return true;
    case BUFFER_INFO_PIXELFORMAT_NAMESPACE:
        *value = PIXELFORMAT_NAMESPACE_PFNC_32BIT;
        return true;
    case BUFFER_INFO_PIXEL_ENDIANNESS:
        *kind = INFO_DATATYPE_INT32;
        *value = PIXELENDIANNESS_LITTLE;
        return true;
    default:
        return false;
    }
}

GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE buffer, int32_t what, INFO_DATATYPE *type, void *answer,
                       size_t *size);
GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE buffer, int32_t what, INFO_DATATYPE *type, void *answer,
                       size_t *size) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    INFO_DATATYPE kind;
    uint64_t value;
    if (!stream_holds(&camera->stream, buffer)) {
        code = fail(GC_ERR_INVALID_BUFFER, "no such buffer");
    } else if (what == BUFFER_INFO_TLTYPE) {
        code = answer_text(type, answer, size, camera->setup.tl_type);
    } else if (buffer_state(buffer, what, &kind, &value) || picture_fact(buffer, what, &kind, &value)) {
        code = answer_number(type, answer, size, kind, value);
    } else {
        code = fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE buffer, struct chunk_place *chunks, size_t *count);
GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE buffer, struct chunk_place *chunks, size_t *count) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    const struct buffer *given = buffer;
    if (!stream_holds(&camera->stream, buffer)) {
        code = fail(GC_ERR_INVALID_BUFFER, "no such buffer");
    } else if (!given->has_chunks) {
        code = fail(GC_ERR_NO_DATA, "the buffer has no chunks");
    } else if (chunks != NULL && *count < (size_t)given->chunk_count) {
        code = fail(GC_ERR_BUFFER_TOO_SMALL, "there are more chunks");
    } else {
        if (chunks != NULL) {
            memcpy(chunks, given->chunks, (size_t)given->chunk_count * sizeof *chunks);
        }
        *count = (size_t)given->chunk_count;
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE buffer, uint32_t *count);
GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE buffer, uint32_t *count) {
    (void)buffer;
    *count = 0; /* no multi-part payload */
    return module_of(handle, MODULE_STREAM) == NULL ? fail(GC_ERR_INVALID_HANDLE, "no such stream")
                                                    : GC_ERR_SUCCESS;
}

GC_API DSGetBufferPartInfo(DS_HANDLE handle, BUFFER_HANDLE buffer, uint32_t part, int32_t what, INFO_DATATYPE *type,
                           void *answer, size_t *size);
GC_API DSGetBufferPartInfo(DS_HANDLE handle, BUFFER_HANDLE buffer, uint32_t part, int32_t what, INFO_DATATYPE *type,
                           void *answer, size_t *size) {
    (void)handle, (void)buffer, (void)part, (void)what, (void)type, (void)answer, (void)size;
    return fail(GC_ERR_NOT_IMPLEMENTED, "no multi-part payload");
}
