/* User sets, kept as text in the control folder; without one they last as long as the process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registers.h"

enum { SET_COUNT = 3, SET_BYTES = 16384 };
static char in_memory[MAX_CAMERAS][SET_COUNT][SET_BYTES];

static void set_name(int64_t number, char *name, size_t size) { snprintf(name, size, "userset%d", (int)number); }

static void write_set(struct camera *camera, int64_t number, const char *text) {
    char name[32], path[PATH_BYTES];
    set_name(number, name, sizeof name);
    snprintf(in_memory[camera - cameras][number], SET_BYTES, "%s", text);
    if (camera_file(camera, name, path, sizeof path)) {
        write_file(path, text, strlen(text));
    }
}

static void read_set(struct camera *camera, int64_t number, char *text) {
    char name[32], path[PATH_BYTES];
    set_name(number, name, sizeof name);
    snprintf(text, SET_BYTES, "%s", in_memory[camera - cameras][number]);
    size_t length = 0;
    char *kept = camera_file(camera, name, path, sizeof path) ? read_file(path, &length) : NULL;
    if (kept != NULL) {
        snprintf(text, SET_BYTES, "%s", kept);
        free(kept);
    }
}

void user_set_save(struct camera *camera, int64_t number) {
    char text[SET_BYTES];
    size_t used = 0;
    if (number <= 0 || number >= SET_COUNT) {
        log_event(camera, "user_set_refused set=%d", (int)number);
        return; /* Default is the maker's */
    }
    text[0] = '\0';
    for (int i = 0; i < REGISTER_COUNT; i++) {
        for (int slot = 0; registers[i].saved && slot < registers[i].slots; slot++) {
            const union value value = camera->values[i][slot];
            char number_text[40];
            if (registers[i].kind == KIND_FLOAT) {
                snprintf(number_text, sizeof number_text, "%.17g", value.real);
            } else {
                snprintf(number_text, sizeof number_text, "%lld", (long long)value.whole);
            }
            used += (size_t)snprintf(text + used, sizeof text - used, "%s %d %s\n", registers[i].name, slot,
                                     number_text);
        }
    }
    write_set(camera, number, text);
}

static void put_value(struct camera *camera, int number, int slot, const char *text) {
    if (number == NO_REGISTER || slot < 0 || slot >= registers[number].slots) {
        return; /* kept by another version */
    }
    if (registers[number].kind == KIND_FLOAT) {
        camera->values[number][slot].real = strtod(text, NULL);
    } else {
        camera->values[number][slot].whole = strtoll(text, NULL, 10);
    }
}

void user_set_load(struct camera *camera, int64_t number) {
    char text[SET_BYTES];
    const char *at = text;
    if (number <= 0 || number >= SET_COUNT) {
        const union value selected = camera->values[REGISTER_UserSetSelector][0];
        const union value begun_with = camera->values[REGISTER_UserSetDefault][0];
        registers_reset(camera);
        camera->values[REGISTER_UserSetSelector][0] = selected;
        camera->values[REGISTER_UserSetDefault][0] = begun_with;
        text[0] = '\0';
    } else {
        read_set(camera, number, text);
    }
    for (; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        char name[64], value[64];
        int slot = 0;
        if (sscanf(at, "%63s %d %63s", name, &slot, value) == 3) {
            put_value(camera, register_named(name), slot, value);
        }
    }
    sensor_settings_changed(camera);
    lines_update(camera, "user_set");
}

void user_set_default_save(struct camera *camera) {
    char path[PATH_BYTES], text[16];
    snprintf(text, sizeof text, "%d", (int)whole(camera, REGISTER_UserSetDefault));
    if (camera_file(camera, "userset_default", path, sizeof path)) {
        write_file(path, text, strlen(text));
    }
}

void user_set_default_load(struct camera *camera) {
    char path[PATH_BYTES];
    size_t length = 0;
    char *kept = camera_file(camera, "userset_default", path, sizeof path) ? read_file(path, &length) : NULL;
    const int number = kept == NULL ? (int)whole(camera, REGISTER_UserSetDefault) : atoi(kept);
    free(kept);
    if (number > 0 && number < SET_COUNT) {
        set_whole(camera, REGISTER_UserSetDefault, number);
        user_set_load(camera, number);
    }
}
