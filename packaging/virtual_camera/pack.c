#include "pack.h"

#include <string.h>

static const struct pixel_kind kinds[] = {
#include "pixel_table.inc"
};

const struct pixel_kind *pixel_kind_of(uint32_t code) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].code == code) {
            return &kinds[i];
        }
    }
    return NULL;
}

size_t line_bytes(const struct pixel_kind *kind, int width) { return ((size_t)width * (size_t)kind->bits + 7) / 8; }

/* PFNC lsb packing: pixel k's bits begin at bit k * depth, lowest first. */
static void pack_lsb(const uint16_t *values, int width, int depth, uint8_t *bytes) {
    uint32_t held = 0;
    int held_bits = 0;
    for (int i = 0; i < width; i++) {
        held |= (uint32_t)values[i] << held_bits;
        for (held_bits += depth; held_bits >= 8; held_bits -= 8) {
            *bytes++ = (uint8_t)held;
            held >>= 8;
        }
    }
    if (held_bits > 0) {
        *bytes = (uint8_t)held;
    }
}

/* GigE Vision's Packed: two pixels in three bytes, the high bits outside, the low bits of both in the middle. */
static void pack_gige(const uint16_t *values, int width, int depth, uint8_t *bytes) {
    const int low_bits = depth - 8;
    const uint16_t mask = (uint16_t)((1u << low_bits) - 1u);
    for (int i = 0; i + 1 < width; i += 2, bytes += 3) {
        bytes[0] = (uint8_t)(values[i] >> low_bits);
        bytes[1] = (uint8_t)((values[i] & mask) | (values[i + 1] & mask) << 4);
        bytes[2] = (uint8_t)(values[i + 1] >> low_bits);
    }
}

static void pack_single(const struct pixel_kind *kind, uint16_t *values, int width, uint8_t *bytes) {
    const int shift = 16 - kind->depth;
    if (kind->depth == 8) {
        for (int i = 0; i < width; i++) {
            bytes[i] = (uint8_t)(values[i] >> 8);
        }
        return;
    }
    for (int i = 0; i < width; i++) {
        values[i] = (uint16_t)(values[i] >> shift);
    }
    if (kind->packing == PACKING_LSB) {
        pack_lsb(values, width, kind->depth, bytes);
    } else if (kind->packing == PACKING_GIGE) {
        pack_gige(values, width, kind->depth, bytes);
    } else {
        memcpy(bytes, values, (size_t)width * 2);
    }
}

static int clamped(int value) { return value < 0 ? 0 : value > 255 ? 255 : value; }

/* BT.601, full range, in whole numbers; the two pixels of a pair share their mean colour. */
static void pack_yuv(uint16_t *colours[3], int width, int uyvy, uint8_t *bytes) {
    for (int i = 0; i + 1 < width; i += 2, bytes += 4) {
        int y[2], u = 0, v = 0;
        for (int k = 0; k < 2; k++) {
            const int r = colours[0][i + k] >> 8, g = colours[1][i + k] >> 8, b = colours[2][i + k] >> 8;
            y[k] = (77 * r + 150 * g + 29 * b + 128) / 256;
            /* 32768 keeps the quotient's numerator above 0: division and shift then agree. */
            u += clamped((32768 - 43 * r - 85 * g + 128 * b + 128) / 256);
            v += clamped((32768 + 128 * r - 107 * g - 21 * b + 128) / 256);
        }
        const uint8_t pair[4] = {(uint8_t)y[0], (uint8_t)((u + 1) / 2), (uint8_t)y[1], (uint8_t)((v + 1) / 2)};
        for (int k = 0; k < 4; k++) {
            bytes[uyvy ? k ^ 1 : k] = pair[k];
        }
    }
}

static void pack_channels(uint16_t *colours[3], int width, enum colours order, uint8_t *bytes) {
    const int step = order == COLOURS_RGB || order == COLOURS_BGR ? 3 : 4;
    const int red = order == COLOURS_RGB || order == COLOURS_RGBA ? 0 : 2;
    for (int i = 0; i < width; i++, bytes += step) {
        bytes[red] = (uint8_t)(colours[0][i] >> 8);
        bytes[1] = (uint8_t)(colours[1][i] >> 8);
        bytes[2 - red] = (uint8_t)(colours[2][i] >> 8);
        if (step == 4) {
            bytes[3] = 255;
        }
    }
}

/* Which colour lies at the first two pixels of an even and an odd line. */
static const uint8_t bayer[][2][2] = {
    [COLOURS_GR] = {{1, 0}, {2, 1}},
    [COLOURS_RG] = {{0, 1}, {1, 2}},
    [COLOURS_GB] = {{1, 2}, {0, 1}},
    [COLOURS_BG] = {{2, 1}, {1, 0}},
};

static uint64_t sum_of(const uint16_t *values, int width) {
    uint64_t sum = 0;
    for (int i = 0; i < width; i++) {
        sum += values[i];
    }
    return sum;
}

uint64_t pack_line(const struct pixel_kind *kind, const struct tone *tone, uint16_t *colours[3], int width, int line,
                   uint8_t *bytes) {
    uint16_t *green = colours[1];
    if (kind->colours == COLOURS_MONO) {
        for (int i = 0; i < width; i++) {
            green[i] = (uint16_t)(((uint32_t)colours[0][i] + 2u * green[i] + colours[2][i]) / 4u);
        }
        tone_line(tone, tone->grey, green, width);
        const uint64_t sum = sum_of(green, width);
        pack_single(kind, green, width, bytes);
        return sum;
    }
    for (int c = 0; c < 3; c++) {
        tone_line(tone, tone->colour[c], colours[c], width);
    }
    const uint64_t sum = sum_of(green, width);
    if (kind->colours <= COLOURS_BG) {
        const uint8_t *order = bayer[kind->colours][line & 1];
        for (int i = 0; i < width; i++) {
            green[i] = colours[order[i & 1]][i];
        }
        pack_single(kind, green, width, bytes);
    } else if (kind->colours == COLOURS_YUYV || kind->colours == COLOURS_UYVY) {
        pack_yuv(colours, width, kind->colours == COLOURS_UYVY, bytes);
    } else {
        pack_channels(colours, width, kind->colours, bytes);
    }
    return sum;
}
