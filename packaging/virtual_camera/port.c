/* Ports: registers and the XML of every module. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "modules.h"
#include "registers.h"

static const uint64_t xml_address = 0x40000000, id_address = 0x100, counter_address = 0x1000;

struct module *port_of(void *handle) {
    struct module *module = handle;
    const bool has_port = module != NULL && module->kind >= MODULE_SYSTEM && module->kind <= MODULE_STREAM;
    return has_port && module->open ? module : NULL;
}

static GC_ERROR no_port(void) { return fail(GC_ERR_INVALID_HANDLE, "no such port, or it is closed"); }

static const char *module_name(const struct module *module) {
    static const char *const names[] = {"", "TLSystem", "TLInterface", "TLDevice", "Device", "TLDataStream"};
    return names[module->kind];
}

static const char *module_id(const struct module *module) {
    switch (module->kind) {
    case MODULE_SYSTEM:
        return "CraneVirtual";
    case MODULE_INTERFACE:
        return INTERFACE_ID;
    case MODULE_STREAM:
        return STREAM_ID;
    default:
        return module->camera->id;
    }
}

static GC_ERROR read_xml(const struct module *module, uint64_t address, void *buffer, size_t *size) {
    size_t length;
    const char *xml = module_xml(module, &length);
    const uint64_t from = address - xml_address;
    if (from >= length) {
        return fail(GC_ERR_INVALID_ADDRESS, "behind the end of the file");
    }
    const size_t left = length - (size_t)from;
    return answer_bytes(buffer, size, xml + from, *size < left ? *size : left);
}

static GC_ERROR read_local(const struct module *module, uint64_t address, void *buffer, size_t *size) {
    if (address == id_address) {
        char text[TEXT_BYTES] = "";
        snprintf(text, sizeof text, "%s", module_id(module));
        return answer_bytes(buffer, size, text, *size < sizeof text ? *size : sizeof text);
    }
    if (module->kind == MODULE_STREAM && address >= counter_address) {
        const uint64_t value = stream_counter(module->camera, (int)((address - counter_address) / 8));
        return answer_bytes(buffer, size, &value, *size < sizeof value ? *size : sizeof value);
    }
    return fail(GC_ERR_INVALID_ADDRESS, "no such register");
}

GC_API GCReadPort(PORT_HANDLE port, uint64_t address, void *buffer, size_t *size);
GC_API GCReadPort(PORT_HANDLE port, uint64_t address, void *buffer, size_t *size) {
    const struct module *module = port_of(port);
    if (module == NULL) {
        return no_port();
    }
    if (buffer == NULL || size == NULL) {
        return fail(GC_ERR_INVALID_PARAMETER, "no buffer");
    }
    if (module->kind != MODULE_REMOTE) {
        return address >= xml_address ? read_xml(module, address, buffer, size)
                                      : read_local(module, address, buffer, size);
    }
    struct camera *camera = module->camera;
    GC_ERROR code = faults_gate(camera, "GCReadPort");
    mutex_lock(&camera->lock);
    if (code == GC_ERR_SUCCESS && camera_is_gone(camera)) {
        code = fail(GC_ERR_IO, "the camera is gone");
    } else if (code == GC_ERR_SUCCESS) {
        code = address >= xml_address ? read_xml(module, address, buffer, size)
                                      : registers_read(camera, address, buffer, size);
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API GCWritePort(PORT_HANDLE port, uint64_t address, const void *data, size_t *size);
GC_API GCWritePort(PORT_HANDLE port, uint64_t address, const void *data, size_t *size) {
    const struct module *module = port_of(port);
    if (module == NULL) {
        return no_port();
    }
    if (module->kind != MODULE_REMOTE || data == NULL || size == NULL) {
        return fail(GC_ERR_ACCESS_DENIED, "nothing to write here");
    }
    struct camera *camera = module->camera;
    GC_ERROR code = faults_gate(camera, "GCWritePort");
    mutex_lock(&camera->lock);
    if (code == GC_ERR_SUCCESS && camera_is_gone(camera)) {
        code = fail(GC_ERR_IO, "the camera is gone");
    } else if (code == GC_ERR_SUCCESS) {
        code = registers_write(camera, address, data, size);
    }
    mutex_unlock(&camera->lock);
    return code;
}

GC_API GCReadPortStacked(PORT_HANDLE port, struct register_access *entries, size_t *count);
GC_API GCReadPortStacked(PORT_HANDLE port, struct register_access *entries, size_t *count) {
    for (size_t i = 0; i < *count; i++) {
        const GC_ERROR code = GCReadPort(port, entries[i].address, entries[i].data, &entries[i].size);
        if (code != GC_ERR_SUCCESS) {
            *count = i;
            return code;
        }
    }
    return GC_ERR_SUCCESS;
}

GC_API GCWritePortStacked(PORT_HANDLE port, struct register_access *entries, size_t *count);
GC_API GCWritePortStacked(PORT_HANDLE port, struct register_access *entries, size_t *count) {
    for (size_t i = 0; i < *count; i++) {
        const GC_ERROR code = GCWritePort(port, entries[i].address, entries[i].data, &entries[i].size);
        if (code != GC_ERR_SUCCESS) {
            *count = i;
            return code;
        }
    }
    return GC_ERR_SUCCESS;
}

GC_API GCGetPortInfo(PORT_HANDLE port, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_API GCGetPortInfo(PORT_HANDLE port, int32_t what, INFO_DATATYPE *type, void *buffer, size_t *size) {
    const struct module *module = port_of(port);
    if (module == NULL) {
        return no_port();
    }
    const struct setup *setup = module->camera == NULL ? NULL : &module->camera->setup;
    switch (what) {
    case PORT_INFO_ID:
        return answer_text(type, buffer, size, module_id(module));
    case PORT_INFO_VENDOR:
        return answer_text(type, buffer, size, setup == NULL ? "CraneInspector" : setup->vendor);
    case PORT_INFO_MODEL:
        return answer_text(type, buffer, size, setup == NULL ? "Virtual Camera" : setup->model);
    case PORT_INFO_TLTYPE:
        return answer_text(type, buffer, size, setup == NULL ? "Mixed" : setup->tl_type);
    case PORT_INFO_MODULE:
        return answer_text(type, buffer, size, module_name(module));
    case PORT_INFO_LITTLE_ENDIAN:
    case PORT_INFO_ACCESS_READ:
        return answer_number(type, buffer, size, INFO_DATATYPE_BOOL8, 1);
    case PORT_INFO_ACCESS_WRITE:
        return answer_number(type, buffer, size, INFO_DATATYPE_BOOL8, module->kind == MODULE_REMOTE);
    case PORT_INFO_BIG_ENDIAN:
    case PORT_INFO_ACCESS_NA:
    case PORT_INFO_ACCESS_NI:
        return answer_number(type, buffer, size, INFO_DATATYPE_BOOL8, 0);
    case PORT_INFO_VERSION:
        return answer_text(type, buffer, size, VERSION_TEXT);
    case PORT_INFO_PORTNAME:
        return answer_text(type, buffer, size, module->kind == MODULE_REMOTE ? "Device" : module_name(module));
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}

static void url_of(const struct module *module, char *url, size_t size) {
    size_t length;
    module_xml(module, &length);
    snprintf(url, size, "Local:CraneVirtual_%s.xml;%llX;%zX", module_name(module), (unsigned long long)xml_address,
             length);
}

GC_API GCGetPortURL(PORT_HANDLE port, char *url, size_t *size);
GC_API GCGetPortURL(PORT_HANDLE port, char *url, size_t *size) {
    char text[NAME_BYTES];
    const struct module *module = port_of(port);
    if (module == NULL) {
        return no_port();
    }
    url_of(module, text, sizeof text);
    return answer_text(NULL, url, size, text);
}

GC_API GCGetNumPortURLs(PORT_HANDLE port, uint32_t *count);
GC_API GCGetNumPortURLs(PORT_HANDLE port, uint32_t *count) {
    *count = 1;
    return port_of(port) == NULL ? no_port() : GC_ERR_SUCCESS;
}

GC_API GCGetPortURLInfo(PORT_HANDLE port, uint32_t index, int32_t what, INFO_DATATYPE *type, void *buffer,
                        size_t *size);
GC_API GCGetPortURLInfo(PORT_HANDLE port, uint32_t index, int32_t what, INFO_DATATYPE *type, void *buffer,
                        size_t *size) {
    char text[NAME_BYTES];
    size_t length;
    const struct module *module = port_of(port);
    if (module == NULL) {
        return no_port();
    }
    if (index > 0) {
        return fail(GC_ERR_INVALID_INDEX, "there is one URL");
    }
    module_xml(module, &length);
    switch (what) {
    case URL_INFO_URL:
        url_of(module, text, sizeof text);
        return answer_text(type, buffer, size, text);
    case URL_INFO_SCHEMA_VER_MAJOR:
    case URL_INFO_SCHEMA_VER_MINOR:
    case URL_INFO_FILE_VER_MAJOR:
        return answer_number(type, buffer, size, INFO_DATATYPE_INT32, 1);
    case URL_INFO_FILE_VER_MINOR:
    case URL_INFO_FILE_VER_SUBMINOR:
    case URL_INFO_SCHEME:
        return answer_number(type, buffer, size, INFO_DATATYPE_INT32, 0);
    case URL_INFO_FILE_REGISTER_ADDRESS:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, xml_address);
    case URL_INFO_FILE_SIZE:
        return answer_number(type, buffer, size, INFO_DATATYPE_UINT64, length);
    case URL_INFO_FILENAME:
        snprintf(text, sizeof text, "CraneVirtual_%s.xml", module_name(module));
        return answer_text(type, buffer, size, text);
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "unknown information");
    }
}
