#include "setup.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "scene.h"

static void begin_camera(struct setup *setup, const char *serial) {
    memset(setup, 0, sizeof *setup);
    snprintf(setup->serial, sizeof setup->serial, "%s", serial);
    snprintf(setup->id, sizeof setup->id, "CraneVirtual_%.100s", serial);
    snprintf(setup->vendor, sizeof setup->vendor, "%s", "CraneInspector");
    snprintf(setup->model, sizeof setup->model, "%s", "Virtual Camera");
    snprintf(setup->tl_type, sizeof setup->tl_type, "%s", "Custom");
    setup->sensor_width = 640;
    setup->sensor_height = 480;
    setup->scene = SCENE_RAMP;
    setup->reference_exposure_us = 5000.0;
    setup->max_rate_hz = 1000.0;
    setup->first_block = UINT64_MAX; /* what the transport does */
    setup->log_frames = true;
    setup->sfnc = 2;
}

static bool set_text(struct setup *setup, const char *key, const char *value) {
    static const struct {
        const char *key;
        size_t place;
        size_t size;
    } texts[] = {
        {"id", offsetof(struct setup, id), NAME_BYTES},
        {"vendor", offsetof(struct setup, vendor), NAME_BYTES},
        {"model", offsetof(struct setup, model), NAME_BYTES},
        {"user_id", offsetof(struct setup, user_id), NAME_BYTES},
        {"tl_type", offsetof(struct setup, tl_type), NAME_BYTES},
        {"images", offsetof(struct setup, images), PATH_BYTES},
        {"missing", offsetof(struct setup, missing), PATH_BYTES},
        {"formats", offsetof(struct setup, formats), PATH_BYTES},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i].key, key) == 0) {
            snprintf((char *)setup + texts[i].place, texts[i].size, "%s", value);
            return true;
        }
    }
    return false;
}

static bool set_number(struct setup *setup, const char *key, const char *value) {
    if (strcmp(key, "sensor_width") == 0) {
        setup->sensor_width = atoi(value);
    } else if (strcmp(key, "sensor_height") == 0) {
        setup->sensor_height = atoi(value);
    } else if (strcmp(key, "scene") == 0) {
        setup->scene = scene_named(value);
    } else if (strcmp(key, "reference_exposure_us") == 0) {
        setup->reference_exposure_us = atof(value);
    } else if (strcmp(key, "max_rate_hz") == 0) {
        setup->max_rate_hz = atof(value);
    } else if (strcmp(key, "clock_offset_ns") == 0) {
        setup->clock_offset_ns = strtoll(value, NULL, 10);
    } else if (strcmp(key, "first_block") == 0) {
        setup->first_block = strtoull(value, NULL, 10);
    } else if (strcmp(key, "block_bits") == 0) {
        setup->block_bits = atoi(value);
    } else if (strcmp(key, "sfnc") == 0) {
        setup->sfnc = atoi(value);
    } else if (strcmp(key, "log_frames") == 0) {
        setup->log_frames = atoi(value) != 0;
    } else {
        return false;
    }
    return true;
}

static void set_preset(struct setup *setup, const char *key, const char *value) {
    if (setup->preset_count < MAX_PRESETS) {
        struct preset *preset = &setup->presets[setup->preset_count++];
        snprintf(preset->name, sizeof preset->name, "%s", key);
        snprintf(preset->value, sizeof preset->value, "%s", value);
    }
}

static void finish_camera(struct setup *setup) {
    const bool gigabit = strcmp(setup->tl_type, "GEV") == 0;
    if (setup->images[0] != '\0') {
        setup->scene = SCENE_IMAGES;
    }
    if (setup->block_bits == 0) {
        setup->block_bits = gigabit ? 16 : 64;
    }
    if (setup->first_block == UINT64_MAX) {
        setup->first_block = strcmp(setup->tl_type, "U3V") == 0 ? 0 : 1;
    }
    /* A picture has sides of whole steps (Width 4, Height 2). */
    setup->sensor_width = setup->sensor_width < 8 ? 8 : setup->sensor_width / 4 * 4;
    setup->sensor_height = setup->sensor_height < 2 ? 2 : setup->sensor_height / 2 * 2;
}

static char *trimmed(char *text) {
    while (isspace((unsigned char)*text)) {
        text++;
    }
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1])) {
        *--end = '\0';
    }
    return text;
}

int read_setups(const char *path, struct setup *setups) {
    size_t length = 0;
    char *text = path == NULL ? NULL : read_file(path, &length);
    if (text == NULL) {
        begin_camera(&setups[0], "VC0001");
        finish_camera(&setups[0]);
        return 1;
    }
    int count = 0;
    for (char *next = text; next != NULL && *next != '\0';) {
        char *line = next;
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        line = trimmed(line);
        char *end = line[0] == '[' ? strchr(line, ']') : NULL;
        if (end != NULL && count < MAX_CAMERAS) {
            *end = '\0';
            begin_camera(&setups[count++], line + 1);
            continue;
        }
        char *equals = strchr(line, '=');
        if (count == 0 || equals == NULL || line[0] == '#' || line[0] == ';') {
            continue;
        }
        *equals = '\0';
        struct setup *setup = &setups[count - 1];
        const char *key = trimmed(line), *value = trimmed(equals + 1);
        if (!set_text(setup, key, value) && !set_number(setup, key, value)) {
            set_preset(setup, key, value);
        }
    }
    free(text);
    for (int i = 0; i < count; i++) {
        finish_camera(&setups[i]);
    }
    return count;
}

bool has_word(const char *list, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = list; length > 0 && (at = strstr(at, word)) != NULL; at += length) {
        const bool starts = at == list || isspace((unsigned char)at[-1]) || at[-1] == ',';
        const char after = at[length];
        if (starts && (after == '\0' || isspace((unsigned char)after) || after == ',')) {
            return true;
        }
    }
    return false;
}
