#include "scene.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "platform.h"

enum { FULL = 65535 };

static uint32_t ramp_value(uint32_t x, uint32_t y, uint32_t n, uint32_t c) {
    return (251u * x + 1021u * y + 4099u * n + 16411u * c) & 0xFFFFu;
}

static uint32_t noise_value(uint32_t x, uint32_t y, uint32_t n, uint32_t c) {
    uint32_t h = x * 0x9E3779B1u + y * 0x85EBCA77u + n * 0xC2B2AE3Du + c * 0x27D4EB2Fu;
    h ^= h >> 15;
    h *= 0x2C1B3C6Du;
    h ^= h >> 12;
    return h >> 16;
}

/* White, yellow, cyan, green, magenta, red, blue, black. */
static uint32_t bars_value(uint32_t x, uint32_t sensor_width, uint32_t c) {
    const uint32_t eighth = 8u * x / sensor_width;
    const uint32_t bar = eighth > 7 ? 7 : eighth;
    const bool bright[3] = {(bar & 2u) == 0, bar < 4, (bar & 1u) == 0};
    return bright[c] ? 0xC000u : 0x1000u;
}

static void picture_line(const struct view *view, const struct picture *picture, int line, uint16_t *colours[3]) {
    const int y = view->offset_y + line;
    for (int c = 0; c < 3; c++) {
        memset(colours[c], 0, (size_t)view->width * sizeof(uint16_t));
    }
    if (picture->bytes == NULL || y >= picture->height) {
        return;
    }
    const uint32_t full = (uint32_t)picture->full_scale;
    for (int i = 0; i < view->width && view->offset_x + i < picture->width; i++) {
        const size_t pixel = (size_t)y * (size_t)picture->width + (size_t)(view->offset_x + i);
        for (int c = 0; c < 3; c++) {
            const size_t sample = pixel * (size_t)picture->channels + (size_t)(picture->channels == 3 ? c : 0);
            const uint8_t *at = picture->pixels + sample * (size_t)picture->sample_bytes;
            const uint32_t value = picture->sample_bytes == 1 ? at[0] : (uint32_t)at[0] << 8 | at[1];
            colours[c][i] = (uint16_t)(value >= full ? FULL : value * FULL / full);
        }
    }
}

void scene_line(const struct view *view, const struct picture *picture, int line, uint16_t *colours[3]) {
    if (view->scene == SCENE_IMAGES) {
        picture_line(view, picture, line, colours);
        return;
    }
    const uint32_t y = (uint32_t)(view->offset_y + line), n = (uint32_t)view->frame;
    const uint32_t first = (uint32_t)view->offset_x, sensor_width = (uint32_t)view->sensor_width;
    for (uint32_t c = 0; c < 3; c++) {
        uint16_t *out = colours[c];
        for (uint32_t i = 0; i < (uint32_t)view->width; i++) {
            const uint32_t x = first + i;
            uint32_t value = 0x4000u; /* SCENE_FLAT */
            if (view->scene == SCENE_RAMP) {
                value = ramp_value(x, y, n, c);
            } else if (view->scene == SCENE_BARS) {
                value = bars_value(x, sensor_width, c);
            } else if (view->scene == SCENE_CHECKER) {
                value = ((x / 16u + y / 16u + n) & 1u) != 0 ? 0xA000u : 0x2000u;
            } else if (view->scene == SCENE_NOISE) {
                value = noise_value(x, y, n, c);
            }
            out[i] = (uint16_t)value;
        }
    }
}

static uint64_t fixed_point(double factor) { return (uint64_t)floor(factor * 65536.0 + 0.5); }

/* One curve at a time is enough: cameras with a gamma are few, and each keeps its own for long. */
static const uint16_t *curve_of(double gamma) {
    static THREAD_LOCAL double gamma_of_curve;
    static THREAD_LOCAL uint16_t curve[FULL + 1];
    if (gamma == 1.0) {
        return NULL;
    }
    if (gamma_of_curve != gamma) {
        for (int i = 0; i <= FULL; i++) {
            curve[i] = (uint16_t)floor(FULL * pow(i / (double)FULL, gamma) + 0.5);
        }
        gamma_of_curve = gamma;
    }
    return curve;
}

struct tone tone_of(const struct view *view) {
    struct tone tone = {.grey = fixed_point(view->brightness), .curve = curve_of(view->gamma)};
    for (int c = 0; c < 3; c++) {
        tone.colour[c] = fixed_point(view->brightness * view->balance[c]);
    }
    tone.black = (uint32_t)floor(view->black_level * 256.0 + 0.5);
    return tone;
}

void tone_line(const struct tone *tone, uint64_t factor, uint16_t *values, int count) {
    if (factor != 65536 || tone->black != 0) {
        for (int i = 0; i < count; i++) {
            const uint64_t lit = ((uint64_t)values[i] * factor + 32768u) >> 16;
            const uint64_t lifted = lit + tone->black;
            values[i] = (uint16_t)(lifted > FULL ? FULL : lifted);
        }
    }
    for (int i = 0; tone->curve != NULL && i < count; i++) {
        values[i] = tone->curve[values[i]];
    }
}

int scene_named(const char *name) {
    static const char *const names[] = {"ramp", "bars", "checker", "flat", "noise"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(names[i], name) == 0) {
            return SCENE_RAMP + i;
        }
    }
    return SCENE_RAMP;
}
