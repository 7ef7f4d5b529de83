/* What the virtual sensor sees, and how bright it comes out: every pixel follows from a formula (README). */
#ifndef CRANE_SCENE_H
#define CRANE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

enum scene { SCENE_RAMP = 1, SCENE_BARS, SCENE_CHECKER, SCENE_FLAT, SCENE_NOISE, SCENE_IMAGES };

/* A picture file (PGM or PPM), as it was read. */
struct picture {
    char path[1024];
    char *bytes;
    const uint8_t *pixels;
    int width, height, channels, sample_bytes, full_scale;
};

/* Everything that decides about the pixels of one frame. */
struct view {
    int scene;
    int64_t frame; /* counts from 0 in each acquisition */
    int width, height, offset_x, offset_y, sensor_width;
    double brightness; /* exposure, gain and light; 1 gives the scene as it is */
    double balance[3];
    double black_level;
    double gamma;
};

/* A line in linear light, 16 bit, and how it is turned into what is put out. */
struct tone {
    uint64_t grey, colour[3]; /* 16.16 fixed point */
    uint32_t black;
    const uint16_t *curve; /* NULL where gamma is 1 */
};

int scene_named(const char *name);
const char *scene_image_of(const char *folder, int64_t frame, char *path, int size);
bool picture_load(struct picture *picture, const char *path);
void picture_drop(struct picture *picture);

struct tone tone_of(const struct view *view);
/* Writes one line of red, green and blue; `picture` is used by SCENE_IMAGES. */
void scene_line(const struct view *view, const struct picture *picture, int line, uint16_t *colours[3]);
/* Applies exposure, black level and gamma in place. */
void tone_line(const struct tone *tone, uint64_t factor, uint16_t *values, int count);

#endif
