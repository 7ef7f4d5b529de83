/* Pixel formats (PFNC 2.x): how values become the bytes of a line. */
#ifndef CRANE_PACK_H
#define CRANE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "scene.h"

enum packing { PACKING_PLAIN, PACKING_LSB, PACKING_GIGE };
enum colours {
    COLOURS_MONO,
    COLOURS_GR,
    COLOURS_RG,
    COLOURS_GB,
    COLOURS_BG,
    COLOURS_RGB,
    COLOURS_BGR,
    COLOURS_RGBA,
    COLOURS_BGRA,
    COLOURS_YUYV,
    COLOURS_UYVY,
};

struct pixel_kind {
    const char *name;
    uint32_t code;
    int bits; /* a pixel takes */
    int depth; /* that carry the picture */
    enum packing packing;
    enum colours colours;
};

/* NULL where there is no such format. */
const struct pixel_kind *pixel_kind_of(uint32_t code);
size_t line_bytes(const struct pixel_kind *kind, int width);

/* Turns a line of light into the bytes of the format; `line` is the line's number on the sensor. Changes
 * `colours`. Returns the sum of the values, for the camera's own exposure control. */
uint64_t pack_line(const struct pixel_kind *kind, const struct tone *tone, uint16_t *colours[3], int width, int line,
                   uint8_t *bytes);

#endif
