/* The XML that a module shows. A set-up may take features and choices away from a camera. */
#include <stdlib.h>
#include <string.h>

#include "modules.h"

struct xml_piece {
    const char *text;
    const char *owner, *other; /* left out where one of them is missing */
};
#include "xml_table.inc"

static bool is_missing(const struct setup *setup, const char *name) {
    static const char pixel_format[] = "PixelFormat.";
    if (name[0] == '\0') {
        return false;
    }
    char feature[NAME_BYTES] = "";
    const size_t length = strcspn(name, ".");
    memcpy(feature, name, length < sizeof feature - 1 ? length : sizeof feature - 1);
    const char *other_version = setup->sfnc == 1 ? only_today : only_older;
    if (has_word(other_version, name) || has_word(other_version, feature) || has_word(setup->missing, name) ||
        has_word(setup->missing, feature)) {
        return true;
    }
    const bool is_format = strncmp(name, pixel_format, sizeof pixel_format - 1) == 0;
    return is_format && setup->formats[0] != '\0' && !has_word(setup->formats, name + sizeof pixel_format - 1);
}

char *camera_xml(const struct setup *setup, size_t *length) {
    const size_t pieces = sizeof camera_pieces / sizeof *camera_pieces;
    size_t room = 1, used = 0;
    for (size_t i = 0; i < pieces; i++) {
        room += strlen(camera_pieces[i].text) + 1;
    }
    char *xml = malloc(room);
    if (xml == NULL) {
        abort();
    }
    for (size_t i = 0; i < pieces; i++) {
        const struct xml_piece *piece = &camera_pieces[i];
        if (!is_missing(setup, piece->owner) && !is_missing(setup, piece->other)) {
            const size_t size = strlen(piece->text);
            memcpy(xml + used, piece->text, size);
            xml[used + size] = '\n';
            used += size + 1;
        }
    }
    *length = used;
    return xml;
}

const char *module_xml(const struct module *module, size_t *length) {
    const char *xml = xml_TLSystem;
    if (module->kind == MODULE_REMOTE) {
        *length = module->camera->xml_bytes;
        return module->camera->xml;
    }
    if (module->kind == MODULE_INTERFACE) {
        xml = xml_TLInterface;
    } else if (module->kind == MODULE_DEVICE) {
        xml = xml_TLDevice;
    } else if (module->kind == MODULE_STREAM) {
        xml = xml_TLDataStream;
    }
    *length = strlen(xml);
    return xml;
}
