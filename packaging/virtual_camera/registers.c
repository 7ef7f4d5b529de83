#include "registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#include "choice_tables.inc"
#define no_choices NULL
#define X(name, kind, readable, writable, selector, slots, low, high, step, initial, lock, high_from, computed, saved, \
          choices) \
    {#name, kind, readable, writable, selector, slots, low, high, step, initial, lock, high_from, computed, saved, \
     choices},
const struct reg registers[REGISTER_COUNT] = {
#include "register_table.inc"
};
#undef X

static int slot_of(const struct camera *camera, int number) {
    const int selector = registers[number].selector;
    const int64_t slot = selector == NO_REGISTER ? 0 : camera->values[selector][0].whole;
    return slot >= 0 && slot < registers[number].slots ? (int)slot : 0;
}

int64_t whole_at(const struct camera *camera, int number, int slot) { return camera->values[number][slot].whole; }
double real_at(const struct camera *camera, int number, int slot) { return camera->values[number][slot].real; }

int64_t whole(const struct camera *camera, int number) {
    if (registers[number].computed) {
        return computed_value(camera, number).whole;
    }
    return whole_at(camera, number, slot_of(camera, number));
}

double real(const struct camera *camera, int number) {
    if (registers[number].computed) {
        return computed_value(camera, number).real;
    }
    return real_at(camera, number, slot_of(camera, number));
}

void set_real(struct camera *camera, int number, double value) {
    camera->values[number][slot_of(camera, number)].real = value;
}

void set_whole(struct camera *camera, int number, int64_t value) {
    camera->values[number][slot_of(camera, number)].whole = value;
}

int register_named(const char *name) {
    for (int i = 0; i < REGISTER_COUNT; i++) {
        if (strcmp(registers[i].name, name) == 0) {
            return i;
        }
    }
    return NO_REGISTER;
}

static const struct choice *choice_with(int number, const char *name) {
    for (const struct choice *c = registers[number].choices; c != NULL && c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

const char *choice_name(int number, int64_t value) {
    for (const struct choice *c = registers[number].choices; c != NULL && c->name != NULL; c++) {
        if (c->value == value) {
            return c->name;
        }
    }
    return NULL;
}

void registers_reset(struct camera *camera) {
    for (int i = 0; i < REGISTER_COUNT; i++) {
        for (int slot = 0; slot < registers[i].slots; slot++) {
            if (registers[i].kind == KIND_FLOAT) {
                camera->values[i][slot].real = registers[i].initial;
            } else {
                camera->values[i][slot].whole = (int64_t)registers[i].initial;
            }
        }
    }
    const struct setup *setup = &camera->setup;
    const struct {
        int number;
        const char *text;
    } texts[] = {
        {REGISTER_DeviceVendorName, setup->vendor},    {REGISTER_DeviceModelName, setup->model},
        {REGISTER_DeviceManufacturerInfo, "virtual"},  {REGISTER_DeviceVersion, "1.0"},
        {REGISTER_DeviceFirmwareVersion, "1.0.0"},     {REGISTER_DeviceSerialNumber, setup->serial},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(camera->texts[texts[i].number], TEXT_BYTES, "%s", texts[i].text);
    }
    /* Line2 is an output by its wiring, Line3 an input until told otherwise. */
    camera->values[REGISTER_LineMode][1].whole = 1;
    set_whole(camera, REGISTER_Width, setup->sensor_width);
    set_whole(camera, REGISTER_Height, setup->sensor_height);
    for (int i = 0; i < setup->preset_count; i++) {
        if (!registers_set(camera, setup->presets[i].name, setup->presets[i].value)) {
            log_event(camera, "setup_error name=%s", setup->presets[i].name);
        }
    }
}

bool registers_set(struct camera *camera, const char *name, const char *value) {
    char plain[NAME_BYTES];
    snprintf(plain, sizeof plain, "%s", name);
    char *bracket = strchr(plain, '[');
    char *selected = NULL;
    if (bracket != NULL) {
        *bracket = '\0';
        selected = bracket + 1;
        selected[strcspn(selected, "]")] = '\0';
    }
    const int number = register_named(plain);
    if (number == NO_REGISTER || registers[number].kind == KIND_COMMAND || registers[number].computed) {
        return false;
    }
    int slot = slot_of(camera, number);
    if (selected != NULL && registers[number].selector != NO_REGISTER) {
        const struct choice *chosen = choice_with(registers[number].selector, selected);
        if (chosen == NULL) {
            return false;
        }
        slot = (int)chosen->value;
    }
    if (registers[number].kind == KIND_STRING) {
        snprintf(camera->texts[number], TEXT_BYTES, "%s", value);
    } else if (registers[number].kind == KIND_FLOAT) {
        camera->values[number][slot].real = atof(value);
    } else {
        const struct choice *chosen = choice_with(number, value);
        camera->values[number][slot].whole = chosen != NULL ? chosen->value : strtoll(value, NULL, 10);
    }
    return true;
}

static int number_at(uint64_t address) {
    if (address < REGISTER_BASE || (address - REGISTER_BASE) % REGISTER_STEP != 0) {
        return NO_REGISTER;
    }
    const uint64_t number = (address - REGISTER_BASE) / REGISTER_STEP;
    return number < REGISTER_COUNT ? (int)number : NO_REGISTER;
}

GC_ERROR registers_read(struct camera *camera, uint64_t address, void *buffer, size_t *size) {
    const int number = number_at(address);
    if (number == NO_REGISTER) {
        return fail(GC_ERR_INVALID_ADDRESS, "no such register");
    }
    const size_t wanted = *size;
    if (registers[number].kind == KIND_STRING) {
        const size_t length = wanted < TEXT_BYTES ? wanted : TEXT_BYTES;
        return answer_bytes(buffer, size, camera->texts[number], length);
    }
    union value value = {.whole = 0};
    if (registers[number].kind == KIND_FLOAT) {
        value.real = real(camera, number);
    } else if (registers[number].kind != KIND_COMMAND) {
        value.whole = whole(camera, number);
    }
    return answer_bytes(buffer, size, &value, wanted < sizeof value ? wanted : sizeof value);
}

/* What GenApi checks too; a program that writes registers past it gets the same answer. */
static GC_ERROR refused(const struct camera *camera, int number, union value value) {
    const struct reg *reg = &registers[number];
    if (!reg->writable) {
        return fail(GC_ERR_ACCESS_DENIED, "the register is read-only");
    }
    if (reg->lock != NO_REGISTER && whole(camera, reg->lock) != 0) {
        return fail(GC_ERR_ACCESS_DENIED, "the register is locked");
    }
    if (reg->kind == KIND_ENUMERATION && choice_name(number, value.whole) == NULL) {
        return fail(GC_ERR_INVALID_VALUE, "no such choice");
    }
    if (reg->kind != KIND_INTEGER && reg->kind != KIND_FLOAT) {
        return GC_ERR_SUCCESS;
    }
    double high = reg->high;
    if (reg->high_from != NO_REGISTER) {
        high = reg->kind == KIND_FLOAT ? real(camera, reg->high_from) : (double)whole(camera, reg->high_from);
    }
    const double given = reg->kind == KIND_FLOAT ? value.real : (double)value.whole;
    const bool on_step = reg->kind == KIND_FLOAT || (value.whole - (int64_t)reg->low) % reg->step == 0;
    if (!(given >= reg->low && given <= high) || !on_step) {
        return fail(GC_ERR_INVALID_VALUE, "the value is out of range");
    }
    return GC_ERR_SUCCESS;
}

static void log_write(const struct camera *camera, int number, union value value) {
    const char *name = registers[number].name;
    const char *choice = choice_name(number, value.whole);
    if (registers[number].kind == KIND_COMMAND) {
        log_event(camera, "execute name=%s", name);
    } else if (registers[number].kind == KIND_FLOAT) {
        log_event(camera, "set name=%s value=%.10g", name, value.real);
    } else if (choice != NULL) {
        log_event(camera, "set name=%s value=%s", name, choice);
    } else {
        log_event(camera, "set name=%s value=%lld", name, (long long)value.whole);
    }
}

GC_ERROR registers_write(struct camera *camera, uint64_t address, const void *data, size_t *size) {
    const int number = number_at(address);
    if (number == NO_REGISTER) {
        return fail(GC_ERR_INVALID_ADDRESS, "no such register");
    }
    union value value = {.whole = 0};
    if (registers[number].kind == KIND_STRING) {
        if (!registers[number].writable) {
            return fail(GC_ERR_ACCESS_DENIED, "the register is read-only");
        }
        const size_t length = *size < TEXT_BYTES - 1 ? *size : TEXT_BYTES - 1;
        memcpy(camera->texts[number], data, length);
        camera->texts[number][length] = '\0';
        after_write(camera, number);
        return GC_ERR_SUCCESS;
    }
    memcpy(&value, data, *size < sizeof value ? *size : sizeof value);
    const GC_ERROR code = refused(camera, number, value);
    if (code != GC_ERR_SUCCESS) {
        return code;
    }
    log_write(camera, number, value);
    camera->values[number][slot_of(camera, number)] = value;
    after_write(camera, number);
    return GC_ERR_SUCCESS;
}
