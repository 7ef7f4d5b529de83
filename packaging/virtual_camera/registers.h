/* The camera's registers as a table; what each means to the camera is in behaviour.c. */
#ifndef CRANE_REGISTERS_H
#define CRANE_REGISTERS_H

#include "camera.h"

struct choice {
    const char *name;
    int64_t value;
};
struct reg {
    const char *name;
    enum kind kind;
    bool readable, writable;
    int selector, slots;
    double low, high;
    int64_t step;
    double initial;
    int lock, high_from;
    bool computed, saved;
    const struct choice *choices;
};
extern const struct reg registers[REGISTER_COUNT];

enum { REGISTER_BASE = 0x10000, REGISTER_STEP = 0x100 };

/* The value that the selector means now. */
int64_t whole(const struct camera *camera, int number);
double real(const struct camera *camera, int number);
int64_t whole_at(const struct camera *camera, int number, int slot);
double real_at(const struct camera *camera, int number, int slot);
void set_real(struct camera *camera, int number, double value);
void set_whole(struct camera *camera, int number, int64_t value);

int register_named(const char *name);
const char *choice_name(int number, int64_t value);
void registers_reset(struct camera *camera);
/* Sets by name, `Feature` or `Feature[Choice of its selector]`, without regard to locks. */
bool registers_set(struct camera *camera, const char *name, const char *value);
GC_ERROR registers_read(struct camera *camera, uint64_t address, void *buffer, size_t *size);
GC_ERROR registers_write(struct camera *camera, uint64_t address, const void *data, size_t *size);

/* user_sets.c */
void user_set_load(struct camera *camera, int64_t number);
void user_set_save(struct camera *camera, int64_t number);
void user_set_default_load(struct camera *camera);
void user_set_default_save(struct camera *camera);

/* behaviour.c: what is worked out on reading, and what follows a write. */
union value computed_value(const struct camera *camera, int number);
void after_write(struct camera *camera, int number);

#endif
