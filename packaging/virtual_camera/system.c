/* The system and its one interface: what is there, and opening a camera. */
#include <string.h>

#include "answer.h"
#include "modules.h"

struct module system_module = {MODULE_SYSTEM, false, NULL};
struct module interface_module = {MODULE_INTERFACE, false, NULL};
static int initialised;

struct module *module_of(void *handle, enum module_kind kind) {
    struct module *module = handle;
    return module != NULL && module->kind == kind && module->open ? module : NULL;
}

static GC_ERROR no_handle(void) { return fail(GC_ERR_INVALID_HANDLE, "no such handle, or it is closed"); }

GC_API GCInitLib(void);
GC_API GCInitLib(void) {
    if (initialised > 0) {
        return fail(GC_ERR_RESOURCE_IN_USE, "already initialised");
    }
    initialised = 1;
    cameras_load();
    return GC_ERR_SUCCESS;
}

GC_API GCCloseLib(void);
GC_API GCCloseLib(void) {
    if (initialised == 0) {
        return fail(GC_ERR_NOT_INITIALIZED, "not initialised");
    }
    for (int i = 0; i < camera_count; i++) {
        camera_close(&cameras[i]);
    }
    system_module.open = interface_module.open = false;
    cameras_unload();
    initialised = 0;
    return GC_ERR_SUCCESS;
}

static GC_ERROR system_info(int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    char path[PATH_BYTES];
    switch (what) {
    case TL_INFO_ID:
        return answer_text(type, buffer, size, "CraneVirtual");
    case TL_INFO_VENDOR:
        return answer_text(type, buffer, size, "CraneInspector");
    case TL_INFO_MODEL:
    case TL_INFO_DISPLAYNAME:
        return answer_text(type, buffer, size, "Crane virtual cameras");
    case TL_INFO_VERSION:
        return answer_text(type, buffer, size, VERSION_TEXT);
    case TL_INFO_TLTYPE:
        return answer_text(type, buffer, size, "Mixed");
    case TL_INFO_NAME:
        return answer_text(type, buffer, size, "CraneVirtual.cti");
    case TL_INFO_PATHNAME:
        own_path(path, sizeof path);
        return answer_text(type, buffer, size, path);
    case TL_INFO_CHAR_ENCODING:
        return answer_number(type, buffer, size, INFO_DATATYPE_INT32, TL_CHAR_ENCODING_UTF8);
    case TL_INFO_GENTL_VER_MAJOR:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT32, 1);
    case TL_INFO_GENTL_VER_MINOR:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT32, 5);
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}

GC_API GCGetInfo(int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API GCGetInfo(int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    return system_info(what, type, buffer, size);
}

GC_API TLOpen(TL_HANDLE *handle);
GC_API TLOpen(TL_HANDLE *handle) {
    if (initialised == 0) {
        return fail(GC_ERR_NOT_INITIALIZED, "not initialised");
    }
    if (system_module.open) {
        return fail(GC_ERR_RESOURCE_IN_USE, "the system is open");
    }
    system_module.open = true;
    *handle = &system_module;
    return GC_ERR_SUCCESS;
}

GC_API TLClose(TL_HANDLE handle);
GC_API TLClose(TL_HANDLE handle) {
    if (module_of(handle, MODULE_SYSTEM) == NULL) {
        return no_handle();
    }
    for (int i = 0; i < camera_count; i++) {
        camera_close(&cameras[i]);
    }
    system_module.open = interface_module.open = false;
    return GC_ERR_SUCCESS;
}

GC_API TLGetInfo(TL_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API TLGetInfo(TL_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    return module_of(handle, MODULE_SYSTEM) == NULL ? no_handle() : system_info(what, type, buffer, size);
}

GC_API TLGetNumInterfaces(TL_HANDLE handle, uint32_t *count);
GC_API TLGetNumInterfaces(TL_HANDLE handle, uint32_t *count) {
    *count = 1;
    return module_of(handle, MODULE_SYSTEM) == NULL ? no_handle() : GC_ERR_SUCCESS;
}

GC_API TLGetInterfaceID(TL_HANDLE handle, uint32_t index, char *id, size_t *size);
GC_API TLGetInterfaceID(TL_HANDLE handle, uint32_t index, char *id, size_t *size) {
    if (module_of(handle, MODULE_SYSTEM) == NULL) {
        return no_handle();
    }
    return index > 0 ? fail(GC_ERR_INVALID_INDEX, "there is one interface")
                     : answer_text(NULL, id, size, INTERFACE_ID);
}

static GC_ERROR interface_info(int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    switch (what) {
    case INTERFACE_INFO_ID:
        return answer_text(type, buffer, size, INTERFACE_ID);
    case INTERFACE_INFO_DISPLAYNAME:
        return answer_text(type, buffer, size, "Virtual cameras");
    case INTERFACE_INFO_TLTYPE:
        return answer_text(type, buffer, size, "Mixed");
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}

GC_API TLGetInterfaceInfo(TL_HANDLE handle, const char *id, int32_t what, INFO_DATATYPE *type, void *buffer,
                          size_t *size);
GC_API TLGetInterfaceInfo(TL_HANDLE handle, const char *id, int32_t what, INFO_DATATYPE *type, void *buffer,
                          size_t *size) {
    if (module_of(handle, MODULE_SYSTEM) == NULL) {
        return no_handle();
    }
    return id == NULL || strcmp(id, INTERFACE_ID) != 0 ? fail(GC_ERR_INVALID_ID, "no such interface")
                                                       : interface_info(what, type, buffer, size);
}

GC_API TLOpenInterface(TL_HANDLE handle, const char *id, IF_HANDLE *interface_handle);
GC_API TLOpenInterface(TL_HANDLE handle, const char *id, IF_HANDLE *interface_handle) {
    if (module_of(handle, MODULE_SYSTEM) == NULL) {
        return no_handle();
    }
    if (id == NULL || strcmp(id, INTERFACE_ID) != 0) {
        return fail(GC_ERR_INVALID_ID, "no such interface");
    }
    if (interface_module.open) {
        return fail(GC_ERR_RESOURCE_IN_USE, "the interface is open");
    }
    interface_module.open = true;
    *interface_handle = &interface_module;
    return GC_ERR_SUCCESS;
}

GC_API TLUpdateInterfaceList(TL_HANDLE handle, bool8_t *changed, uint64_t timeout_ms);
GC_API TLUpdateInterfaceList(TL_HANDLE handle, bool8_t *changed, uint64_t timeout_ms) {
    (void)timeout_ms;
    if (module_of(handle, MODULE_SYSTEM) == NULL) {
        return no_handle();
    }
    faults_gate_all("TLUpdateInterfaceList");
    if (changed != NULL) {
        *changed = 0;
    }
    return GC_ERR_SUCCESS;
}

GC_API IFClose(IF_HANDLE handle);
GC_API IFClose(IF_HANDLE handle) {
    struct module *module = module_of(handle, MODULE_INTERFACE);
    if (module == NULL) {
        return no_handle();
    }
    for (int i = 0; i < camera_count; i++) {
        camera_close(&cameras[i]);
    }
    module->open = false;
    return GC_ERR_SUCCESS;
}

GC_API IFGetInfo(IF_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API IFGetInfo(IF_HANDLE handle, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    return module_of(handle, MODULE_INTERFACE) == NULL ? no_handle() : interface_info(what, type, buffer, size);
}

GC_API IFGetParentTL(IF_HANDLE handle, TL_HANDLE *parent);
GC_API IFGetParentTL(IF_HANDLE handle, TL_HANDLE *parent) {
    *parent = &system_module;
    return module_of(handle, MODULE_INTERFACE) == NULL ? no_handle() : GC_ERR_SUCCESS;
}
