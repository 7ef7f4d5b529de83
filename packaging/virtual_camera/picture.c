/* Pictures from a folder: PGM (P5) and PPM (P6), 8 and 16 bit, in the order of their names. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "scene.h"

enum { MAX_PICTURES = 4096, FILE_NAME_BYTES = 256 };

struct names {
    char (*all)[FILE_NAME_BYTES];
    int count;
};

static bool is_picture(const char *name) {
    const size_t length = strlen(name);
    const char *ending = length > 4 ? name + length - 4 : "";
    return length < FILE_NAME_BYTES && (strcmp(ending, ".pgm") == 0 || strcmp(ending, ".ppm") == 0);
}

static void add_name(const char *name, void *context) {
    struct names *names = context;
    if (is_picture(name) && names->count < MAX_PICTURES) {
        memcpy(names->all[names->count++], name, strlen(name) + 1);
    }
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

const char *scene_image_of(const char *folder, int64_t frame, char *path, int size) {
    struct names names = {malloc(MAX_PICTURES * sizeof *names.all), 0};
    if (names.all == NULL) {
        return NULL;
    }
    list_folder(folder, add_name, &names);
    if (names.count > 0) {
        qsort(names.all, (size_t)names.count, sizeof *names.all, by_name);
        snprintf(path, (size_t)size, "%s/%s", folder, names.all[frame % names.count]);
    }
    free(names.all);
    return names.count > 0 ? path : NULL;
}

/* The next number of the head; comments run to the end of their line. */
static int head_number(const char **at) {
    while (isspace((unsigned char)**at) || **at == '#') {
        if (**at == '#') {
            *at += strcspn(*at, "\n");
        } else {
            (*at)++;
        }
    }
    char *end;
    const long number = strtol(*at, &end, 10);
    *at = end;
    return number > 0 && number <= 65535 ? (int)number : 0;
}

void picture_drop(struct picture *picture) {
    free(picture->bytes);
    memset(picture, 0, sizeof *picture);
}

bool picture_load(struct picture *picture, const char *path) {
    if (picture->bytes != NULL && strcmp(picture->path, path) == 0) {
        return true;
    }
    picture_drop(picture);
    size_t length = 0;
    char *bytes = read_file(path, &length);
    if (bytes == NULL) {
        return false;
    }
    if (length < 8 || bytes[0] != 'P' || (bytes[1] != '5' && bytes[1] != '6')) {
        free(bytes);
        return false;
    }
    const char *at = bytes + 2;
    picture->width = head_number(&at);
    picture->height = head_number(&at);
    picture->full_scale = head_number(&at);
    picture->channels = bytes[1] == '6' ? 3 : 1;
    picture->sample_bytes = picture->full_scale > 255 ? 2 : 1;
    picture->pixels = (const uint8_t *)at + 1; /* a single blank ends the head */
    const size_t samples = (size_t)picture->width * (size_t)picture->height * (size_t)picture->channels;
    const size_t head = (size_t)(at + 1 - bytes);
    if (samples == 0 || picture->full_scale == 0 || head > length ||
        length - head < samples * (size_t)picture->sample_bytes) {
        free(bytes);
        memset(picture, 0, sizeof *picture);
        return false;
    }
    picture->bytes = bytes;
    snprintf(picture->path, sizeof picture->path, "%s", path);
    return true;
}
