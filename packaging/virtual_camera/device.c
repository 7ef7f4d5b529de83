/* Cameras as the host sees them: the list, what each is, opening and closing. */
#include <string.h>

#include "answer.h"
#include "modules.h"
#include "registers.h"

static GC_ERROR no_handle(void) { return fail(GC_ERR_INVALID_HANDLE, "no such handle, or it is closed"); }

struct camera *locked_camera(void *handle, enum module_kind kind, GC_ERROR *code) {
    struct module *module = module_of(handle, kind);
    if (module == NULL) {
        *code = no_handle();
        return NULL;
    }
    mutex_lock(&module->camera->lock);
    *code = GC_ERR_SUCCESS;
    return module->camera;
}

GC_API IFUpdateDeviceList(IF_HANDLE handle, bool8_t *changed, uint64_t timeout_ms);
GC_API IFUpdateDeviceList(IF_HANDLE handle, bool8_t *changed, uint64_t timeout_ms) {
    (void)timeout_ms;
    if (module_of(handle, MODULE_INTERFACE) == NULL) {
        return no_handle();
    }
    faults_gate_all("IFUpdateDeviceList");
    bool differs = false;
    for (int i = 0; i < camera_count; i++) {
        struct camera *camera = &cameras[i];
        mutex_lock(&camera->lock);
        control_poll(camera);
        differs = differs || camera->listed == camera->faults.lost;
        camera->listed = !camera->faults.lost;
        mutex_unlock(&camera->lock);
    }
    if (changed != NULL) {
        *changed = differs;
    }
    return GC_ERR_SUCCESS;
}

GC_API IFGetNumDevices(IF_HANDLE handle, uint32_t *count);
GC_API IFGetNumDevices(IF_HANDLE handle, uint32_t *count) {
    if (module_of(handle, MODULE_INTERFACE) == NULL) {
        return no_handle();
    }
    *count = 0;
    for (int i = 0; i < camera_count; i++) {
        *count += cameras[i].listed;
    }
    return GC_ERR_SUCCESS;
}

GC_API IFGetDeviceID(IF_HANDLE handle, uint32_t index, char *id, size_t *size);
GC_API IFGetDeviceID(IF_HANDLE handle, uint32_t index, char *id, size_t *size) {
    if (module_of(handle, MODULE_INTERFACE) == NULL) {
        return no_handle();
    }
    for (int i = 0; i < camera_count; i++) {
        if (cameras[i].listed && index-- == 0) {
            return answer_text(NULL, id, size, cameras[i].id);
        }
    }
    return fail(GC_ERR_INVALID_INDEX, "there are not so many cameras");
}

static uint64_t access_status(const struct camera *camera) {
    char path[PATH_BYTES];
    if (camera->device.open) {
        return DEVICE_ACCESS_STATUS_OPEN_READWRITE;
    }
    if (camera->faults.denied || camera->faults.lost) {
        return DEVICE_ACCESS_STATUS_NOACCESS;
    }
    const bool elsewhere = camera_file(camera, "lock", path, sizeof path) && file_lock_is_held(path);
    return elsewhere || camera->faults.busy ? DEVICE_ACCESS_STATUS_BUSY : DEVICE_ACCESS_STATUS_READWRITE;
}

static GC_ERROR device_info(const struct camera *camera, int32_t what, INFO_DATATYPE *type, void *buffer,
                            size_t *size) {
    switch (what) {
    case DEVICE_INFO_ID:
        return answer_text(type, buffer, size, camera->id);
    case DEVICE_INFO_VENDOR:
        return answer_text(type, buffer, size, camera->setup.vendor);
    case DEVICE_INFO_MODEL:
    case DEVICE_INFO_DISPLAYNAME:
        return answer_text(type, buffer, size, camera->setup.model);
    case DEVICE_INFO_TLTYPE:
        return answer_text(type, buffer, size, camera->setup.tl_type);
    case DEVICE_INFO_ACCESS_STATUS:
        return answer_number(type, buffer, size, INFO_DATATYPE_INT32, access_status(camera));
    case DEVICE_INFO_USER_DEFINED_NAME:
        return answer_text(type, buffer, size, camera->texts[REGISTER_DeviceUserID]);
    case DEVICE_INFO_SERIAL_NUMBER:
        return answer_text(type, buffer, size, camera->setup.serial);
    case DEVICE_INFO_VERSION:
        return answer_text(type, buffer, size, camera->texts[REGISTER_DeviceVersion]);
    case DEVICE_INFO_TIMESTAMP_FREQUENCY:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, 1000000000);
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}

GC_API IFGetDeviceInfo(IF_HANDLE handle, const char *id, int32_t what, INFO_DATATYPE *type, void *buffer,
                       size_t *size);
GC_API IFGetDeviceInfo(IF_HANDLE handle, const char *id, int32_t what, INFO_DATATYPE *type, void *buffer,
                       size_t *size) {
    if (module_of(handle, MODULE_INTERFACE) == NULL) {
        return no_handle();
    }
    struct camera *camera = camera_with_id(id);
    if (camera == NULL) {
        return fail(GC_ERR_INVALID_ID, "no such camera");
    }
    mutex_lock(&camera->lock);
    const GC_ERROR code = device_info(camera, what, type, buffer, size);
    mutex_unlock(&camera->lock);
    return code;
}

GC_API IFOpenDevice(IF_HANDLE handle, const char *id, int32_t access, DEV_HANDLE *device);
GC_API IFOpenDevice(IF_HANDLE handle, const char *id, int32_t access, DEV_HANDLE *device) {
    (void)access; /* every way to open it is exclusive here */
    if (module_of(handle, MODULE_INTERFACE) == NULL) {
        return no_handle();
    }
    struct camera *camera = camera_with_id(id);
    if (camera == NULL) {
        return fail(GC_ERR_INVALID_ID, "no such camera");
    }
    GC_ERROR code = faults_gate(camera, "IFOpenDevice");
    if (code == GC_ERR_SUCCESS) {
        code = camera_open(camera);
    }
    if (code == GC_ERR_SUCCESS) {
        *device = &camera->device;
    }
    return code;
}

GC_API DevClose(DEV_HANDLE handle);
GC_API DevClose(DEV_HANDLE handle) {
    struct module *module = module_of(handle, MODULE_DEVICE);
    if (module == NULL) {
        return no_handle();
    }
    const GC_ERROR code = faults_gate(module->camera, "DevClose");
    if (code == GC_ERR_SUCCESS) {
        camera_close(module->camera);
    }
    return code;
}

GC_API DevGetInfo(DEV_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API DevGetInfo(DEV_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    GC_ERROR code;
    struct camera *camera = locked_camera(handle, MODULE_DEVICE, &code);
    if (camera != NULL) {
        code = device_info(camera, what, type, buffer, size);
        mutex_unlock(&camera->lock);
    }
    return code;
}

GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *port);
GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *port) {
    struct module *module = module_of(handle, MODULE_DEVICE);
    if (module == NULL) {
        return no_handle();
    }
    *port = &module->camera->remote;
    return GC_ERR_SUCCESS;
}

GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *parent);
GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *parent) {
    *parent = &interface_module;
    return module_of(handle, MODULE_DEVICE) == NULL ? no_handle() : GC_ERR_SUCCESS;
}

GC_API DevGetNumDataStreams(DEV_HANDLE handle, uint32_t *count);
GC_API DevGetNumDataStreams(DEV_HANDLE handle, uint32_t *count) {
    *count = 1;
    return module_of(handle, MODULE_DEVICE) == NULL ? no_handle() : GC_ERR_SUCCESS;
}

GC_API DevGetDataStreamID(DEV_HANDLE handle, uint32_t index, char *id, size_t *size);
GC_API DevGetDataStreamID(DEV_HANDLE handle, uint32_t index, char *id, size_t *size) {
    if (module_of(handle, MODULE_DEVICE) == NULL) {
        return no_handle();
    }
    return index > 0 ? fail(GC_ERR_INVALID_INDEX, "there is one stream") : answer_text(NULL, id, size, STREAM_ID);
}

GC_API DevOpenDataStream(DEV_HANDLE handle, const char *id, DS_HANDLE *stream);
GC_API DevOpenDataStream(DEV_HANDLE handle, const char *id, DS_HANDLE *stream) {
    struct module *module = module_of(handle, MODULE_DEVICE);
    if (module == NULL) {
        return no_handle();
    }
    if (id == NULL || strcmp(id, STREAM_ID) != 0) {
        return fail(GC_ERR_INVALID_ID, "no such stream");
    }
    struct camera *camera = module->camera;
    GC_ERROR code = faults_gate(camera, "DevOpenDataStream");
    mutex_lock(&camera->lock);
    if (code == GC_ERR_SUCCESS && camera_is_gone(camera)) {
        code = fail(GC_ERR_IO, "the camera is gone");
    } else if (code == GC_ERR_SUCCESS && camera->stream.module.open) {
        code = fail(GC_ERR_RESOURCE_IN_USE, "the stream is open");
    } else if (code == GC_ERR_SUCCESS) {
        const struct module kept[2] = {camera->stream.module, camera->stream.event};
        camera->stream = (struct stream){.module = kept[0], .event = kept[1]};
        camera->stream.module.open = true;
        *stream = &camera->stream.module;
    }
    mutex_unlock(&camera->lock);
    return code;
}
