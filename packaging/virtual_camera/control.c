/* Following the commands file of each camera, in a thread, before each frame and before each trigger.
 *
 * Every process reads the whole file: states are replayed, so that a process that is born later knows them.
 * One-time commands belong to the process that has the camera open; how far it has come is kept in the file
 * `consumed`, so that the next one goes on behind it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const int64_t look_every_ns = 5 * NS_PER_MS;
static struct thread thread;
static struct mutex guard;
static struct condition stopping;
static bool running, stop;

/* Runs the whole lines of [from, to); returns where it ended. A line without its end is still being written. */
static int64_t follow(struct camera *camera, int64_t from, int64_t to, bool states, bool shots) {
    char path[PATH_BYTES];
    size_t length = 0;
    char *text = camera_file(camera, "commands", path, sizeof path) ? read_file(path, &length) : NULL;
    if (text == NULL) {
        return from;
    }
    const int64_t end = to < (int64_t)length ? to : (int64_t)length;
    int64_t at = from;
    while (at < end) {
        char *stop_at = memchr(text + at, '\n', (size_t)(end - at));
        if (stop_at == NULL) {
            break;
        }
        *stop_at = '\0';
        const char *line = text + at;
        at = stop_at - text + 1;
        /* First noted, then done: a line that ends the process is not done twice. */
        if (shots) {
            char number[32];
            char consumed[PATH_BYTES];
            snprintf(number, sizeof number, "%lld", (long long)at);
            camera_file(camera, "consumed", consumed, sizeof consumed);
            write_file(consumed, number, strlen(number));
        }
        if (states) {
            camera->read_to = at; /* a command may lead back here */
        }
        command_run_if(camera, line, states, shots);
    }
    free(text);
    return at;
}

static void poll_one(struct camera *camera) {
    char path[PATH_BYTES];
    if (camera_file(camera, "commands", path, sizeof path) && file_size(path) > camera->read_to) {
        follow(camera, camera->read_to, INT64_MAX, true, camera->shots_taken);
    }
    pulses_advance(camera);
}

void control_load(struct camera *camera) {
    camera->read_to = 0;
    camera->shots_taken = false;
    camera->replaying = true;
    poll_one(camera);
    camera->replaying = false;
}

void control_open(struct camera *camera) {
    char path[PATH_BYTES];
    size_t length = 0;
    poll_one(camera);
    char *text = camera_file(camera, "consumed", path, sizeof path) ? read_file(path, &length) : NULL;
    const int64_t from = text == NULL ? 0 : strtoll(text, NULL, 10);
    free(text);
    follow(camera, from, camera->read_to, false, true);
    camera->shots_taken = true;
}

void control_poll(struct camera *camera) {
    if (camera != NULL) {
        poll_one(camera);
        return;
    }
    for (int i = 0; i < camera_count; i++) {
        mutex_lock(&cameras[i].lock);
        poll_one(&cameras[i]);
        mutex_unlock(&cameras[i].lock);
    }
}

void control_append(struct camera *camera, const char *line) {
    char path[PATH_BYTES], text[TEXT_BYTES + 1];
    if (!camera_file(camera, "commands", path, sizeof path)) {
        command_run_if(camera, line, true, true);
        return;
    }
    const int length = snprintf(text, sizeof text, "%s\n", line);
    append_to_file(path, text, (size_t)length);
    poll_one(camera);
}

static void work(void *unused) {
    (void)unused;
    mutex_lock(&guard);
    while (!stop) {
        condition_wait(&stopping, &guard, now_ns() + look_every_ns);
        mutex_unlock(&guard);
        control_poll(NULL);
        mutex_lock(&guard);
    }
    mutex_unlock(&guard);
}

void control_start(void) {
    if (!running) {
        mutex_make(&guard);
        condition_make(&stopping);
        stop = false;
        running = true;
        thread_start(&thread, work, NULL);
    }
}

void control_stop(void) {
    if (running) {
        mutex_lock(&guard);
        stop = true;
        condition_tell_all(&stopping);
        mutex_unlock(&guard);
        thread_join(&thread);
        running = false;
    }
}
