/* Faults on command: what happens to a call, to a frame, and when. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "registers.h"

void faults_clear(struct camera *camera) {
    memset(&camera->faults, 0, sizeof camera->faults);
    camera->faults.payload_claim = -1;
    camera->faults.temperature = registers[REGISTER_DeviceTemperature].initial;
    camera->faults.light = 1.0;
}

/* Looks anew every time: "hang off" lets the callers go. */
static bool fault_of_call(struct camera *camera, const char *function, struct call_fault *fault) {
    bool found = false;
    mutex_lock(&camera->lock);
    for (int i = 0; i < camera->faults.call_count && !found; i++) {
        found = strcmp(camera->faults.calls[i].function, function) == 0;
        *fault = camera->faults.calls[i];
    }
    mutex_unlock(&camera->lock);
    return found;
}

GC_ERROR faults_gate(struct camera *camera, const char *function) {
    struct call_fault fault;
    bool told = false;
    while (fault_of_call(camera, function, &fault)) {
        if (fault.effect == CALL_FAIL) {
            return fail((GC_ERROR)fault.number, "the call was told to fail");
        }
        if (fault.effect == CALL_CRASH) {
            log_event(camera, "crash function=%s", function);
            abort();
        }
        if (fault.effect == CALL_SLOW) {
            sleep_ns(fault.number * NS_PER_MS);
            break;
        }
        if (!told) {
            log_event(camera, "hang function=%s", function);
            told = true;
        }
        sleep_ns(10 * NS_PER_MS);
        control_poll(NULL);
    }
    return GC_ERR_SUCCESS;
}

void faults_gate_all(const char *function) {
    for (int i = 0; i < camera_count; i++) {
        faults_gate(&cameras[i], function);
    }
}

static void apply(struct frame_effects *effects, const struct frame_fault *fault) {
    switch (fault->effect) {
    case FRAME_DROP:
        effects->drop = true;
        break;
    case FRAME_REPEAT:
        effects->repeats++;
        break;
    case FRAME_INCOMPLETE:
        effects->incomplete = true;
        break;
    case FRAME_LATE:
        effects->delay_ns += fault->delay_ms * NS_PER_MS;
        break;
    default:
        effects->garbage = true;
        break;
    }
}

struct frame_effects faults_for_frame(struct camera *camera, int64_t frame, uint64_t block) {
    static const char *const names[FRAME_EFFECTS] = {"drop", "repeat", "incomplete", "late", "garbage"};
    struct faults *faults = &camera->faults;
    struct frame_effects effects = {0};
    int kept = 0;
    for (int i = 0; i < faults->frame_count; i++) {
        struct frame_fault fault = faults->frames[i];
        if (fault.at >= 0 && (uint64_t)fault.at == block) {
            fault.at = -1;
        }
        if (fault.at < 0) {
            apply(&effects, &fault);
            fault.count--;
            log_event(camera, "fault kind=%s n=%lld block=%llu", names[fault.effect], (long long)frame,
                      (unsigned long long)block);
        }
        if (fault.count > 0) {
            faults->frames[kept++] = fault;
        }
    }
    faults->frame_count = kept;
    return effects;
}

/* A state that was ordered for a block becomes an order like any other just before that block's exposure:
 * written into the commands file, so that every process hears of it. */
void faults_plan(struct camera *camera, uint64_t next_block) {
    struct faults *faults = &camera->faults;
    for (int i = 0; i < faults->planned_count; i++) {
        if (faults->planned[i].at >= 0 && (uint64_t)faults->planned[i].at == next_block) {
            char text[TEXT_BYTES];
            memcpy(text, faults->planned[i].text, sizeof text);
            faults->planned[i] = faults->planned[--faults->planned_count];
            control_append(camera, text);
            i = -1; /* the list may have changed */
        }
    }
}
