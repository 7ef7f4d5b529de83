/* One virtual camera: its registers, sensor, lines, stream and faults, all under one lock. */
#ifndef CRANE_CAMERA_H
#define CRANE_CAMERA_H

#include <stdbool.h>
#include <stdint.h>

#include "gentl.h"
#include "platform.h"
#include "setup.h"

enum kind { KIND_INTEGER, KIND_FLOAT, KIND_BOOLEAN, KIND_ENUMERATION, KIND_COMMAND, KIND_STRING };

#define NO_REGISTER (-1)
#define X(name, ...) REGISTER_##name,
enum {
#include "register_table.inc"
    REGISTER_COUNT
};
#undef X

enum { MAX_SLOTS = 5, TEXT_BYTES = 256, LINE_COUNT = 3, MAX_BUFFERS = 256 };
enum { TRIGGER_FRAME, TRIGGER_BURST, TRIGGER_KINDS };
enum { SOURCE_SOFTWARE, SOURCE_LINE1, SOURCE_LINE3 };
enum { CHUNK_TIMESTAMP, CHUNK_FRAME_ID, CHUNK_EXPOSURE, CHUNK_GAIN, CHUNK_LINES, CHUNK_KINDS };

union value {
    int64_t whole;
    double real;
};

/* What a GenTL handle points at. */
enum module_kind { MODULE_SYSTEM = 1, MODULE_INTERFACE, MODULE_DEVICE, MODULE_REMOTE, MODULE_STREAM, MODULE_EVENT };
struct camera;
struct module {
    enum module_kind kind;
    bool open;
    struct camera *camera; /* NULL for system and interface */
};

enum place { PLACE_IDLE, PLACE_INPUT, PLACE_FILLING, PLACE_OUTPUT, PLACE_USER };
struct buffer {
    void *base, *user;
    size_t size;
    bool owned;
    enum place place;
    uint64_t order; /* in its queue */
    /* What the frame in it is. */
    bool incomplete, has_chunks, new_data, too_large;
    uint64_t block, width, height, filled, payload;
    int64_t timestamp_ns;
    int offset_x, offset_y, padding;
    uint32_t pixel_code;
    size_t image_bytes;
    int chunk_count;
    struct chunk_place chunks[CHUNK_KINDS + 1];
};

struct stream {
    struct module module, event;
    bool grabbing, event_registered, event_killed;
    struct buffer *buffers[MAX_BUFFERS];
    int buffer_count;
    uint64_t next_order, delivered, underrun, started, fired, to_deliver;
};

struct sensor {
    struct thread thread;
    bool running, closing; /* the thread */
    bool acquiring, exposing;
    int64_t frame; /* of this acquisition, from 0 */
    int64_t next_start_ns, frames_left, burst_left;
    bool ready[TRIGGER_KINDS], pending[TRIGGER_KINDS];
    int64_t pending_at_ns[TRIGGER_KINDS];
};

enum call_effect { CALL_SLOW, CALL_HANG, CALL_FAIL, CALL_CRASH };
struct call_fault {
    char function[40];
    enum call_effect effect;
    int64_t number; /* milliseconds or an error code */
};
enum frame_effect { FRAME_DROP, FRAME_REPEAT, FRAME_INCOMPLETE, FRAME_LATE, FRAME_GARBAGE, FRAME_EFFECTS };
struct frame_fault {
    enum frame_effect effect;
    int64_t at, count, delay_ms; /* at -1: from the next frame on */
};
struct planned {
    char text[TEXT_BYTES];
    int64_t at;
};
enum { MAX_CALLS = 16, MAX_FRAMES = 32, MAX_PLANNED = 16, MAX_PULSES = 8 };
struct faults {
    struct call_fault calls[MAX_CALLS];
    struct frame_fault frames[MAX_FRAMES];
    struct planned planned[MAX_PLANNED];
    int call_count, frame_count, planned_count;
    bool stalled, denied, busy, lost;
    unsigned losses; /* how often it was lost: an open handle dies with the first */
    int64_t payload_claim; /* -1: the truth */
    double temperature, light;
};

struct pulse {
    int line;
    bool high;
    int64_t next_ns, width_ns, period_ns, left;
};

struct camera {
    struct module device, remote;
    struct setup setup;
    struct mutex lock;
    struct condition changed;
    char id[NAME_BYTES]; /* now: it may come back under another */
    bool listed;         /* at the last look of the host */
    unsigned losses_at_open;
    struct file_lock held;
    union value values[REGISTER_COUNT][MAX_SLOTS];
    char texts[REGISTER_COUNT][TEXT_BYTES];
    char *xml;
    size_t xml_bytes;
    struct stream stream;
    struct sensor sensor;
    bool input[LINE_COUNT], level[LINE_COUNT], exposure_active;
    struct pulse pulses[MAX_PULSES];
    struct faults faults;
    bool shots_taken, replaying; /* control.c: whose turn the one-time commands are */
    int64_t read_to;             /* in the commands file */
};

/* cameras.c: all of them, and which are open. */
extern struct camera cameras[MAX_CAMERAS];
extern int camera_count;
void cameras_load(void);
void cameras_unload(void);
struct camera *camera_with_id(const char *id);
GC_ERROR camera_open(struct camera *camera);
void camera_close(struct camera *camera);
/* Whether the handle's camera went away since it was opened. */
bool camera_is_gone(const struct camera *camera);
/* A file of this camera in the control folder; false where there is none. */
bool camera_file(const struct camera *camera, const char *name, char *path, size_t size);

/* log.c */
__attribute__((format(printf, 2, 3))) void log_event(const struct camera *camera, const char *format, ...);

/* lines.c: `lines_update` works out the outputs anew; call it whenever something they show may have changed. */
void lines_input(struct camera *camera, int line, bool high);
void lines_update(struct camera *camera, const char *cause);
void lines_drop(struct camera *camera, const char *cause);
bool line_status(const struct camera *camera, int line);
int64_t line_status_all(const struct camera *camera);

/* sensor.c */
void sensor_open(struct camera *camera);
void sensor_close(struct camera *camera);
void sensor_start(struct camera *camera);
void sensor_stop(struct camera *camera);
void sensor_trigger(struct camera *camera, int which, int source, const char *name);
void sensor_settings_changed(struct camera *camera);
bool sensor_waits(const struct camera *camera);
uint64_t sensor_block(const struct camera *camera, int64_t frame);
double sensor_rate_limit(const struct camera *camera);

/* frame.c: renders the picture of one frame and hands it to the stream. Gives the lock away while it renders. */
struct shot {
    int64_t frame, timestamp_ns;
    uint64_t block;
    int64_t lines;
    bool incomplete, garbage;
};
void frame_deliver(struct camera *camera, const struct shot *shot);

/* automatic.c */
void automatic_adjust(struct camera *camera, double mean);

/* faults.c */
struct frame_effects {
    bool drop, incomplete, garbage;
    int repeats;
    int64_t delay_ns;
};
void faults_clear(struct camera *camera);
GC_ERROR faults_gate(struct camera *camera, const char *function);
void faults_gate_all(const char *function);
struct frame_effects faults_for_frame(struct camera *camera, int64_t frame, uint64_t block);
void faults_plan(struct camera *camera, uint64_t next_block);

/* control.c: what a test says through the commands file. */
void control_load(struct camera *camera);
void control_open(struct camera *camera);
void control_poll(struct camera *camera);
void control_append(struct camera *camera, const char *line);
void control_start(void);
void control_stop(void);

#endif
