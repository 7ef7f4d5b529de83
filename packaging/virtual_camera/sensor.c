/* The sensor's thread: when a frame is taken. What is in it is frame.c's business.
 *
 * Everything here runs under the camera's lock; `condition_wait` lends it out. The state is looked at anew
 * after every wait: settings may have changed meanwhile. */
#include "registers.h"

enum { MODE_SINGLE, MODE_MULTI, MODE_CONTINUOUS };
/* A free-running camera that fell so far behind does not make up for it: the computer was busy elsewhere. */
static const int64_t give_up_ns = 250 * NS_PER_MS;

static int64_t period_ns_of(const struct camera *camera) {
    const int64_t exposure_ns = (int64_t)(real(camera, REGISTER_ExposureTime) * 1000.0);
    const int64_t period_ns = (int64_t)(1e9 / real(camera, REGISTER_AcquisitionResultingFrameRate));
    return period_ns > exposure_ns ? period_ns : exposure_ns;
}

static bool trigger_on(const struct camera *camera, int which) {
    return whole_at(camera, REGISTER_TriggerMode, which) != 0;
}

uint64_t sensor_block(const struct camera *camera, int64_t frame) {
    const uint64_t block = camera->setup.first_block + (uint64_t)frame;
    /* GigE Vision 1.x: 16 bit, 0 is left out. */
    return camera->setup.block_bits == 16 ? (block - 1) % 65535 + 1 : block;
}

bool sensor_waits(const struct camera *camera) {
    const struct sensor *sensor = &camera->sensor;
    return sensor->acquiring && trigger_on(camera, TRIGGER_FRAME) && sensor->ready[TRIGGER_FRAME];
}

static void make_ready(struct camera *camera) {
    struct sensor *sensor = &camera->sensor;
    sensor->ready[TRIGGER_FRAME] = trigger_on(camera, TRIGGER_FRAME) && !sensor->pending[TRIGGER_FRAME];
    sensor->ready[TRIGGER_BURST] =
        trigger_on(camera, TRIGGER_BURST) && !sensor->pending[TRIGGER_BURST] && sensor->burst_left == 0;
    lines_update(camera, "sensor");
}

void sensor_settings_changed(struct camera *camera) {
    struct sensor *sensor = &camera->sensor;
    for (int which = 0; which < TRIGGER_KINDS; which++) {
        sensor->pending[which] = sensor->pending[which] && trigger_on(camera, which);
    }
    if (sensor->acquiring && !sensor->exposing) {
        const int64_t soonest_ns = now_ns() + period_ns_of(camera);
        sensor->next_start_ns = sensor->next_start_ns < soonest_ns ? sensor->next_start_ns : soonest_ns;
        make_ready(camera);
    }
    condition_tell_all(&camera->changed);
}

void sensor_trigger(struct camera *camera, int which, int source, const char *name) {
    struct sensor *sensor = &camera->sensor;
    const char *selector = which == TRIGGER_FRAME ? "FrameStart" : "FrameBurstStart";
    const bool meant =
        trigger_on(camera, which) && whole_at(camera, REGISTER_TriggerSource, which) == source;
    if (!sensor->acquiring || !meant) {
        log_event(camera, "trigger_ignored selector=%s source=%s", selector, name);
    } else if (!sensor->ready[which]) {
        log_event(camera, "trigger_missed selector=%s source=%s", selector, name);
    } else {
        sensor->ready[which] = false;
        sensor->pending[which] = true;
        sensor->pending_at_ns[which] = now_ns();
        log_event(camera, "trigger selector=%s source=%s", selector, name);
        lines_update(camera, "trigger");
        condition_tell_all(&camera->changed);
    }
}

static void end_acquisition(struct camera *camera, const char *event) {
    struct sensor *sensor = &camera->sensor;
    if (sensor->acquiring) {
        sensor->acquiring = false;
        for (int which = 0; which < TRIGGER_KINDS; which++) {
            sensor->ready[which] = sensor->pending[which] = false;
        }
        log_event(camera, "%s frames=%lld", event, (long long)sensor->frame);
        lines_update(camera, event);
        condition_tell_all(&camera->changed);
    }
}

void sensor_start(struct camera *camera) {
    struct sensor *sensor = &camera->sensor;
    sensor_stop(camera);
    const int64_t mode = whole(camera, REGISTER_AcquisitionMode);
    const int64_t count = mode == MODE_SINGLE ? 1 : whole(camera, REGISTER_AcquisitionFrameCount);
    sensor->frame = 0;
    sensor->frames_left = mode == MODE_CONTINUOUS ? -1 : count;
    sensor->burst_left = 0;
    sensor->next_start_ns = now_ns();
    sensor->acquiring = true;
    log_event(camera, "acquisition_start width=%d height=%d format=%s", (int)whole(camera, REGISTER_Width),
              (int)whole(camera, REGISTER_Height),
              choice_name(REGISTER_PixelFormat, whole(camera, REGISTER_PixelFormat)));
    make_ready(camera);
    condition_tell_all(&camera->changed);
}

void sensor_stop(struct camera *camera) {
    end_acquisition(camera, "acquisition_stop");
    while (camera->sensor.exposing && camera->sensor.running) {
        condition_wait(&camera->changed, &camera->lock, FOREVER_NS);
    }
}

/* When a trigger that came takes effect; FOREVER_NS where none came. */
static int64_t trigger_due_ns(const struct camera *camera, int which) {
    const double delay_us = real_at(camera, REGISTER_TriggerDelay, which);
    const struct sensor *sensor = &camera->sensor;
    return sensor->pending[which] ? sensor->pending_at_ns[which] + (int64_t)(delay_us * 1000.0) : FOREVER_NS;
}

/* Waits until the next exposure may begin; false where there is none to begin now. */
static bool wait_for_start(struct camera *camera, int64_t *start_ns) {
    struct sensor *sensor = &camera->sensor;
    int64_t until_ns = FOREVER_NS, wake_ns = FOREVER_NS;
    faults_plan(camera, sensor_block(camera, sensor->frame));
    if (camera_is_gone(camera) || camera->faults.stalled) {
        sensor->next_start_ns = now_ns();
    } else if (trigger_on(camera, TRIGGER_BURST) && sensor->burst_left == 0) {
        if (sensor->pending[TRIGGER_BURST] && now_ns() >= trigger_due_ns(camera, TRIGGER_BURST)) {
            sensor->pending[TRIGGER_BURST] = false;
            sensor->burst_left = whole(camera, camera->setup.sfnc == 1 ? REGISTER_AcquisitionFrameCount
                                                                       : REGISTER_AcquisitionBurstFrameCount);
            sensor->next_start_ns = now_ns();
            return false;
        }
        wake_ns = trigger_due_ns(camera, TRIGGER_BURST);
    } else if (trigger_on(camera, TRIGGER_FRAME)) {
        until_ns = trigger_due_ns(camera, TRIGGER_FRAME);
    } else {
        until_ns = sensor->next_start_ns;
    }
    const int64_t now = now_ns();
    if (now >= until_ns) {
        *start_ns = now - until_ns > give_up_ns ? now : until_ns;
        sensor->pending[TRIGGER_FRAME] = false;
        return true;
    }
    condition_wait(&camera->changed, &camera->lock, until_ns < wake_ns ? until_ns : wake_ns);
    return false;
}

/* Sleeps without the lock's work being held up; false where the acquisition ended meanwhile. */
static bool wait_in_acquisition(struct camera *camera, int64_t until_ns) {
    const struct sensor *sensor = &camera->sensor;
    while (sensor->acquiring && !sensor->closing && now_ns() < until_ns) {
        condition_wait(&camera->changed, &camera->lock, until_ns);
    }
    return sensor->acquiring && !sensor->closing;
}

static void deliver(struct camera *camera, const struct shot *shot, const struct frame_effects *effects) {
    if (effects->delay_ns > 0 && !wait_in_acquisition(camera, now_ns() + effects->delay_ns)) {
        return;
    }
    if (effects->drop || camera_is_gone(camera)) {
        return;
    }
    for (int i = 0; i <= effects->repeats; i++) {
        frame_deliver(camera, shot);
    }
}

static void take_frame(struct camera *camera, int64_t start_ns) {
    struct sensor *sensor = &camera->sensor;
    const int64_t exposure_ns = (int64_t)(real(camera, REGISTER_ExposureTime) * 1000.0);
    sensor->exposing = true;
    sensor->next_start_ns = start_ns + period_ns_of(camera);
    camera->exposure_active = true;
    struct shot shot = {.frame = sensor->frame,
                        .block = sensor_block(camera, sensor->frame),
                        .timestamp_ns = start_ns + camera->setup.clock_offset_ns,
                        .lines = line_status_all(camera)};
    lines_update(camera, "exposure");
    const bool exposed = wait_in_acquisition(camera, start_ns + exposure_ns);
    camera->exposure_active = false;
    if (exposed) {
        sensor->frame++;
        camera->stream.started++;
        sensor->frames_left -= sensor->frames_left > 0;
        sensor->burst_left -= sensor->burst_left > 0;
        const struct frame_effects effects = faults_for_frame(camera, shot.frame, shot.block);
        shot.incomplete = effects.incomplete;
        shot.garbage = effects.garbage;
        /* Ready before the picture is handed over: whoever has it may trigger the next one at once. */
        make_ready(camera);
        deliver(camera, &shot, &effects);
    } else {
        lines_update(camera, "exposure");
    }
    sensor->exposing = false;
    if (sensor->frames_left == 0) {
        end_acquisition(camera, "acquisition_end");
    }
    condition_tell_all(&camera->changed);
}

static void work(void *given) {
    struct camera *camera = given;
    struct sensor *sensor = &camera->sensor;
    mutex_lock(&camera->lock);
    while (!sensor->closing) {
        int64_t start_ns = 0;
        if (!sensor->acquiring) {
            condition_wait(&camera->changed, &camera->lock, FOREVER_NS);
        } else if (wait_for_start(camera, &start_ns)) {
            /* Orders that came before this frame count for it. */
            control_poll(camera);
            take_frame(camera, start_ns);
        }
    }
    mutex_unlock(&camera->lock);
}

void sensor_open(struct camera *camera) {
    camera->sensor = (struct sensor){.running = true};
    thread_start(&camera->sensor.thread, work, camera);
}

void sensor_close(struct camera *camera) {
    end_acquisition(camera, "acquisition_stop");
    camera->sensor.closing = true;
    condition_tell_all(&camera->changed);
    mutex_unlock(&camera->lock);
    thread_join(&camera->sensor.thread);
    mutex_lock(&camera->lock);
    camera->sensor.running = false;
}
