/* Digital lines: Line1 is an input, Line2 an output, Line3 either. A level is what lies on the wire;
 * LineInverter turns it around for the program. Whoever lets go of the camera, in whatever way, lets the
 * outputs fall: no current flows through them. */
#include "camera.h"
#include "registers.h"

enum { MODE_OUTPUT = 1 };
enum { SHOWS_OFF, SHOWS_USER1, SHOWS_USER2, SHOWS_EXPOSURE, SHOWS_WAIT };

static bool is_output(const struct camera *camera, int line) {
    return whole_at(camera, REGISTER_LineMode, line) == MODE_OUTPUT;
}

static bool inverted(const struct camera *camera, int line) {
    return whole_at(camera, REGISTER_LineInverter, line) != 0;
}

bool line_status(const struct camera *camera, int line) {
    const bool level = is_output(camera, line) ? camera->level[line] : camera->input[line];
    return level != inverted(camera, line);
}

int64_t line_status_all(const struct camera *camera) {
    int64_t all = 0;
    for (int line = 0; line < LINE_COUNT; line++) {
        all |= (int64_t)line_status(camera, line) << line;
    }
    return all;
}

static void set_level(struct camera *camera, int line, bool high, const char *cause) {
    if (camera->level[line] != high) {
        camera->level[line] = high;
        log_event(camera, "line name=Line%d level=%d cause=%s", line + 1, high, cause);
    }
}

static bool shown(const struct camera *camera, int line) {
    switch (whole_at(camera, REGISTER_LineSource, line)) {
    case SHOWS_USER1:
        return whole_at(camera, REGISTER_UserOutputValue, 0) != 0;
    case SHOWS_USER2:
        return whole_at(camera, REGISTER_UserOutputValue, 1) != 0;
    case SHOWS_EXPOSURE:
        return camera->exposure_active;
    case SHOWS_WAIT:
        return sensor_waits(camera);
    default:
        return false;
    }
}

void lines_update(struct camera *camera, const char *cause) {
    const bool powered = camera->device.open && !camera_is_gone(camera);
    for (int line = 0; line < LINE_COUNT; line++) {
        const bool driven = powered && is_output(camera, line);
        set_level(camera, line, driven && shown(camera, line) != inverted(camera, line), cause);
    }
}

void lines_drop(struct camera *camera, const char *cause) {
    for (int line = 0; line < LINE_COUNT; line++) {
        set_level(camera, line, false, cause);
    }
}

static bool edge_counts(const struct camera *camera, int which, bool rises) {
    const int64_t activation = whole_at(camera, REGISTER_TriggerActivation, which);
    return activation == 2 || (activation == 0) == rises;
}

void lines_input(struct camera *camera, int line, bool high) {
    if (camera->input[line] == high) {
        return;
    }
    camera->input[line] = high;
    log_event(camera, "input name=Line%d level=%d", line + 1, high);
    if (is_output(camera, line)) {
        return;
    }
    const bool rises = high != inverted(camera, line);
    const int source = line == 0 ? SOURCE_LINE1 : SOURCE_LINE3;
    for (int which = 0; which < TRIGGER_KINDS; which++) {
        if (edge_counts(camera, which, rises) && whole_at(camera, REGISTER_TriggerMode, which) != 0 &&
            whole_at(camera, REGISTER_TriggerSource, which) == source) {
            sensor_trigger(camera, which, source, line == 0 ? "Line1" : "Line3");
        }
    }
}
