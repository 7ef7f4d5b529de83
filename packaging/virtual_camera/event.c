/* Events: only "a new buffer is there". */
#include "answer.h"
#include "modules.h"
#include "stream.h"

static GC_ERROR no_handle(void) { return fail(GC_ERR_INVALID_HANDLE, "no such handle, or it is closed"); }

GC_API GCRegisterEvent(EVENTSRC_HANDLE source, int32_t what, EVENT_HANDLE *event);
GC_API GCRegisterEvent(EVENTSRC_HANDLE source, int32_t what, EVENT_HANDLE *event) {
    if (port_of(source) == NULL) {
        return no_handle();
    }
    if (what != EVENT_NEW_BUFFER) {
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such events");
    }
    GC_ERROR code;
    struct camera *camera = locked_camera(source, MODULE_STREAM, &code);
    if (camera == NULL) {
        return fail(GC_ERR_NOT_IMPLEMENTED, "only a stream has new buffers");
    }
    if (camera->stream.event_registered) {
        code = fail(GC_ERR_RESOURCE_IN_USE, "already registered");
    } else {
        camera->stream.event_registered = camera->stream.event.open = true;
        camera->stream.event_killed = false;
        *event = &camera->stream.event;
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE source, int32_t what);
GC_API GCUnregisterEvent(EVENTSRC_HANDLE source, int32_t what) {
    GC_ERROR code;
    struct camera *camera = locked_camera(source, MODULE_STREAM, &code);
    if (camera == NULL) {
        return code;
    }
    if (what != EVENT_NEW_BUFFER || !camera->stream.event_registered) {
        code = fail(GC_ERR_INVALID_PARAMETER, "not registered");
    } else {
        camera->stream.event_registered = camera->stream.event.open = false;
        condition_tell_all(&camera->changed);
    }
    mutex_unlock(&camera->lock);
    return code;
}

static GC_ERROR wait_for_buffer(struct camera *camera, int64_t until_ns, struct new_buffer_event *data) {
    struct stream *stream = &camera->stream;
    for (;;) {
        if (camera_is_gone(camera)) {
            return fail(GC_ERR_IO, "the camera is gone");
        }
        if (!stream->event_registered) {
            return fail(GC_ERR_INVALID_HANDLE, "the event is no longer registered");
        }
        if (stream->event_killed) {
            stream->event_killed = false;
            return fail(GC_ERR_ABORT, "the wait was ended");
        }
        struct buffer *buffer = stream_take_output(stream);
        if (buffer != NULL) {
            stream->fired++;
            *data = (struct new_buffer_event){buffer, buffer->user};
            return GC_ERR_SUCCESS;
        }
        if (now_ns() >= until_ns) {
            return fail(GC_ERR_TIMEOUT, "no new buffer");
        }
        condition_wait(&camera->changed, &camera->lock, until_ns);
    }
}

GC_API EventGetData(EVENT_HANDLE handle, void *buffer, size_t *size, uint64_t timeout_ms);
GC_API EventGetData(EVENT_HANDLE handle, void *buffer, size_t *size, uint64_t timeout_ms) {
    struct module *module = module_of(handle, MODULE_EVENT);
    if (module == NULL) {
        return no_handle();
    }
    if (buffer == NULL || size == NULL || *size < sizeof(struct new_buffer_event)) {
        return fail(GC_ERR_BUFFER_TOO_SMALL, "the buffer is too small");
    }
    struct camera *camera = module->camera;
    GC_ERROR code = faults_gate(camera, "EventGetData");
    if (code != GC_ERR_SUCCESS) {
        return code;
    }
    struct new_buffer_event data;
    const bool forever = timeout_ms >= (uint64_t)INT32_MAX;
    const int64_t until_ns = forever ? FOREVER_NS : now_ns() + (int64_t)timeout_ms * NS_PER_MS;
    mutex_lock(&camera->lock);
    code = wait_for_buffer(camera, until_ns, &data);
    mutex_unlock(&camera->lock);
    return code == GC_ERR_SUCCESS ? answer_bytes(buffer, size, &data, sizeof data) : code;
}

GC_API EventGetDataInfo(EVENT_HANDLE handle, const void *data, size_t data_size, int32_t what, INFO_DATATYPE *type,
                        void *answer, size_t *size);
GC_API EventGetDataInfo(EVENT_HANDLE handle, const void *data, size_t data_size, int32_t what, INFO_DATATYPE *type,
                        void *answer, size_t *size) {
    if (module_of(handle, MODULE_EVENT) == NULL) {
        return no_handle();
    }
    if (data == NULL || data_size < sizeof(struct new_buffer_event)) {
        return fail(GC_ERR_INVALID_PARAMETER, "no data of such an event");
    }
    const struct new_buffer_event *event = data;
    if (what == EVENT_DATA_ID) {
        return answer_number(type, answer, size, INFO_DATATYPE_PTR, (uint64_t)(uintptr_t)event->buffer);
    }
    if (what == EVENT_DATA_VALUE) {
        return answer_number(type, answer, size, INFO_DATATYPE_PTR, (uint64_t)(uintptr_t)event->user);
    }
    return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
}

GC_API EventGetInfo(EVENT_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API EventGetInfo(EVENT_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct module *module = module_of(handle, MODULE_EVENT);
    if (module == NULL) {
        return no_handle();
    }
    switch (what) {
    case EVENT_EVENT_TYPE:
        return answer_number(type, buffer, size, INFO_DATATYPE_INT32, EVENT_NEW_BUFFER);
    case EVENT_NUM_IN_QUEUE:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, stream_count(&module->camera->stream, PLACE_OUTPUT));
    case EVENT_NUM_FIRED:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, module->camera->stream.fired);
    case EVENT_SIZE_MAX:
    case EVENT_INFO_DATA_SIZE_MAX:
        return answer_number(type, buffer, size, INFO_DATATYPE_SIZET, sizeof(struct new_buffer_event));
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}

GC_API EventFlush(EVENT_HANDLE handle);
GC_API EventFlush(EVENT_HANDLE handle) {
    struct module *module = module_of(handle, MODULE_EVENT);
    if (module == NULL) {
        return no_handle();
    }
    mutex_lock(&module->camera->lock);
    stream_discard_output(&module->camera->stream);
    mutex_unlock(&module->camera->lock);
    return GC_ERR_SUCCESS;
}

GC_API EventKill(EVENT_HANDLE handle);
GC_API EventKill(EVENT_HANDLE handle) {
    struct module *module = module_of(handle, MODULE_EVENT);
    if (module == NULL) {
        return no_handle();
    }
    mutex_lock(&module->camera->lock);
    module->camera->stream.event_killed = true;
    condition_tell_all(&module->camera->changed);
    mutex_unlock(&module->camera->lock);
    return GC_ERR_SUCCESS;
}
