/* The stream: announced buffers, their queues, starting and stopping. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "modules.h"

static GC_ERROR no_buffer(void) { return fail(GC_ERR_INVALID_BUFFER, "no such buffer"); }

static struct buffer *oldest(const struct stream *stream, enum place place) {
    struct buffer *found = NULL;
    for (int i = 0; i < stream->buffer_count; i++) {
        struct buffer *buffer = stream->buffers[i];
        if (buffer->place == place && (found == NULL || buffer->order < found->order)) {
            found = buffer;
        }
    }
    return found;
}

static void move(struct stream *stream, struct buffer *buffer, enum place place) {
    buffer->place = place;
    buffer->order = stream->next_order++;
}

struct buffer *stream_take_input(struct stream *stream) {
    struct buffer *buffer = oldest(stream, PLACE_INPUT);
    if (buffer != NULL) {
        buffer->place = PLACE_FILLING;
        buffer->new_data = false;
    }
    return buffer;
}

void stream_give_output(struct camera *camera, struct buffer *buffer) {
    struct stream *stream = &camera->stream;
    buffer->new_data = true;
    stream->delivered++;
    move(stream, buffer, PLACE_OUTPUT);
    if (stream->to_deliver != GENTL_INFINITE && --stream->to_deliver == 0) {
        stream->grabbing = false;
    }
    condition_tell_all(&camera->changed);
}

struct buffer *stream_take_output(struct stream *stream) {
    struct buffer *buffer = oldest(stream, PLACE_OUTPUT);
    if (buffer != NULL) {
        buffer->place = PLACE_USER;
    }
    return buffer;
}

bool stream_holds(const struct stream *stream, const void *handle) {
    for (int i = 0; i < stream->buffer_count; i++) {
        if (stream->buffers[i] == handle) {
            return true;
        }
    }
    return false;
}

uint64_t stream_count(const struct stream *stream, enum place place) {
    uint64_t count = 0;
    for (int i = 0; i < stream->buffer_count; i++) {
        count += stream->buffers[i]->place == place;
    }
    return count;
}

static void move_all(struct stream *stream, enum place from, enum place to) {
    struct buffer *buffer;
    while ((buffer = oldest(stream, from)) != NULL) {
        move(stream, buffer, to);
    }
}

void stream_discard_output(struct stream *stream) { move_all(stream, PLACE_OUTPUT, PLACE_IDLE); }

/* The picture that is just being rendered goes into its buffer in any case. */
static void wait_until_filled(struct camera *camera) {
    while (stream_count(&camera->stream, PLACE_FILLING) > 0) {
        condition_wait(&camera->changed, &camera->lock, FOREVER_NS);
    }
}

static void drop_buffer(struct stream *stream, int place) {
    struct buffer *buffer = stream->buffers[place];
    stream->buffers[place] = stream->buffers[--stream->buffer_count];
    if (buffer->owned) {
        free(buffer->base);
    }
    free(buffer);
}

void stream_close(struct camera *camera) {
    struct stream *stream = &camera->stream;
    stream->grabbing = false;
    wait_until_filled(camera);
    while (stream->buffer_count > 0) {
        drop_buffer(stream, 0);
    }
    stream->module.open = stream->event.open = stream->event_registered = false;
    condition_tell_all(&camera->changed);
}

static GC_ERROR announce(DS_HANDLE handle, void *base, size_t size, void *user, bool owned, BUFFER_HANDLE *buffer) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    struct buffer *made = camera == NULL ? NULL : calloc(1, sizeof *made);
    if (camera == NULL) {
        return code;
    }
    struct stream *stream = &camera->stream;
    if (made == NULL || base == NULL || stream->buffer_count == MAX_BUFFERS) {
        free(made);
        code = fail(GC_ERR_OUT_OF_MEMORY, "no room for the buffer");
    } else {
        *made = (struct buffer){.base = base, .size = size, .user = user, .owned = owned};
        stream->buffers[stream->buffer_count++] = made;
        *buffer = made;
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSAnnounceBuffer(DS_HANDLE handle, void *base, size_t size, void *user, BUFFER_HANDLE *buffer);
GC_API DSAnnounceBuffer(DS_HANDLE handle, void *base, size_t size, void *user, BUFFER_HANDLE *buffer) {
    return announce(handle, base, size, user, false, buffer);
}

GC_API DSAllocAndAnnounceBuffer(DS_HANDLE handle, size_t size, void *user, BUFFER_HANDLE *buffer);
GC_API DSAllocAndAnnounceBuffer(DS_HANDLE handle, size_t size, void *user, BUFFER_HANDLE *buffer) {
    void *base = malloc(size);
    const GC_ERROR code = announce(handle, base, size, user, true, buffer);
    if (code != GC_ERR_SUCCESS) {
        free(base);
    }
    return code;
}

GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE buffer, void **base, void **user);
GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE buffer, void **base, void **user) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    struct stream *stream = &camera->stream;
    wait_until_filled(camera);
    code = no_buffer();
    for (int i = 0; i < stream->buffer_count; i++) {
        const struct buffer *found = stream->buffers[i];
        if (found == buffer) {
            if (base != NULL) {
                *base = found->owned ? NULL : found->base;
            }
            if (user != NULL) {
                *user = found->user;
            }
            drop_buffer(stream, i);
            code = GC_ERR_SUCCESS;
            break;
        }
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSQueueBuffer(DS_HANDLE handle, BUFFER_HANDLE buffer);
GC_API DSQueueBuffer(DS_HANDLE handle, BUFFER_HANDLE buffer) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    struct buffer *given = buffer;
    if (!stream_holds(&camera->stream, buffer)) {
        code = no_buffer();
    } else if (given->place != PLACE_IDLE && given->place != PLACE_USER) {
        code = fail(GC_ERR_RESOURCE_IN_USE, "the buffer is queued");
    } else {
        move(&camera->stream, given, PLACE_INPUT);
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSFlushQueue(DS_HANDLE handle, int32_t what);
GC_API DSFlushQueue(DS_HANDLE handle, int32_t what) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    struct stream *stream = &camera->stream;
    wait_until_filled(camera);
    switch (what) {
    case ACQ_QUEUE_INPUT_TO_OUTPUT:
        move_all(stream, PLACE_INPUT, PLACE_OUTPUT);
        break;
    case ACQ_QUEUE_OUTPUT_DISCARD:
        stream_discard_output(stream);
        break;
    case ACQ_QUEUE_ALL_TO_INPUT:
        move_all(stream, PLACE_OUTPUT, PLACE_INPUT);
        move_all(stream, PLACE_USER, PLACE_INPUT);
        move_all(stream, PLACE_IDLE, PLACE_INPUT);
        break;
    case ACQ_QUEUE_UNQUEUED_TO_INPUT:
        move_all(stream, PLACE_IDLE, PLACE_INPUT);
        break;
    case ACQ_QUEUE_ALL_DISCARD:
        move_all(stream, PLACE_INPUT, PLACE_IDLE);
        stream_discard_output(stream);
        break;
    default:
        code = fail(GC_ERR_INVALID_PARAMETER, "no such queue");
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSStartAcquisition(DS_HANDLE handle, int32_t flags, uint64_t frames);
GC_API DSStartAcquisition(DS_HANDLE handle, int32_t flags, uint64_t frames) {
    (void)flags;
    struct module *module = module_of(handle, MODULE_STREAM);
    GC_ERROR code = module == NULL ? GC_ERR_SUCCESS : faults_gate(module->camera, "DSStartAcquisition");
    if (code != GC_ERR_SUCCESS) {
        return code;
    }
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    if (camera_is_gone(camera)) {
        code = fail(GC_ERR_IO, "the camera is gone");
    } else if (camera->stream.grabbing) {
        code = fail(GC_ERR_RESOURCE_IN_USE, "the stream is running");
    } else {
        camera->stream.grabbing = true;
        camera->stream.to_deliver = frames;
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSStopAcquisition(DS_HANDLE handle, int32_t flags);
GC_API DSStopAcquisition(DS_HANDLE handle, int32_t flags) {
    (void)flags;
    struct module *module = module_of(handle, MODULE_STREAM);
    GC_ERROR code = module == NULL ? GC_ERR_SUCCESS : faults_gate(module->camera, "DSStopAcquisition");
    if (code != GC_ERR_SUCCESS) {
        return code;
    }
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera != NULL) {
        camera->stream.grabbing = false;
        wait_until_filled(camera);
        mutex_unlock(&camera->lock);
    }
    return code;
}

GC_API DSGetBufferID(DS_HANDLE handle, uint32_t index, BUFFER_HANDLE *buffer);
GC_API DSGetBufferID(DS_HANDLE handle, uint32_t index, BUFFER_HANDLE *buffer) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    if (index < (uint32_t)camera->stream.buffer_count) {
        *buffer = camera->stream.buffers[index];
    } else {
        code = fail(GC_ERR_INVALID_INDEX, "there are not so many buffers");
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *parent);
GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *parent) {
    struct module *module = module_of(handle, MODULE_STREAM);
    if (module == NULL) {
        return fail(GC_ERR_INVALID_HANDLE, "no such stream, or it is closed");
    }
    *parent = &module->camera->device;
    return GC_ERR_SUCCESS;
}

GC_API DSClose(DS_HANDLE handle);
GC_API DSClose(DS_HANDLE handle) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_STREAM, &code);
    if (camera != NULL) {
        stream_close(camera);
        mutex_unlock(&camera->lock);
    }
    return code;
}
