/* All cameras of the set-up: making them, opening and closing one, and their files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "modules.h"
#include "registers.h"
#include "stream.h"

struct camera cameras[MAX_CAMERAS];
int camera_count;
static char control_folder[PATH_BYTES];

bool camera_file(const struct camera *camera, const char *name, char *path, size_t size) {
    if (control_folder[0] == '\0') {
        return false;
    }
    const int length = snprintf(path, size, "%s/%s/%s", control_folder, camera->setup.serial, name);
    return length > 0 && (size_t)length < size;
}

static void make_camera(struct camera *camera) {
    char folder[PATH_BYTES];
    mutex_make(&camera->lock);
    condition_make(&camera->changed);
    camera->device = (struct module){MODULE_DEVICE, false, camera};
    camera->remote = (struct module){MODULE_REMOTE, false, camera};
    camera->stream.module = (struct module){MODULE_STREAM, false, camera};
    camera->stream.event = (struct module){MODULE_EVENT, false, camera};
    memcpy(camera->id, camera->setup.id, sizeof camera->id);
    memcpy(camera->texts[REGISTER_DeviceUserID], camera->setup.user_id, sizeof camera->setup.user_id);
    if (camera_file(camera, "", folder, sizeof folder)) {
        make_folder(folder);
    }
    camera->xml = camera_xml(&camera->setup, &camera->xml_bytes);
    faults_clear(camera);
    mutex_lock(&camera->lock);
    registers_reset(camera);
    control_load(camera);
    mutex_unlock(&camera->lock);
}

void cameras_load(void) {
    static struct setup setups[MAX_CAMERAS];
    char path[PATH_BYTES + 16];
    environment("CRANE_VIRTUAL_CAMERA", control_folder, sizeof control_folder);
    snprintf(path, sizeof path, "%s/camera.ini", control_folder);
    const int count = read_setups(control_folder[0] == '\0' ? NULL : path, setups);
    for (int i = 0; i < count; i++) {
        memset(&cameras[i], 0, sizeof cameras[i]);
        cameras[i].setup = setups[i];
        make_camera(&cameras[i]);
    }
    camera_count = count;
    /* Without a folder there is nothing to follow, but pulses may come through VirtualCommand. */
    control_start();
}

void cameras_unload(void) {
    control_stop();
    for (int i = 0; i < camera_count; i++) {
        free(cameras[i].xml);
        cameras[i].xml = NULL;
    }
    camera_count = 0;
}

struct camera *camera_with_id(const char *id) {
    for (int i = 0; id != NULL && i < camera_count; i++) {
        if (strcmp(cameras[i].id, id) == 0) {
            return &cameras[i];
        }
    }
    return NULL;
}

bool camera_is_gone(const struct camera *camera) {
    return camera->device.open && camera->losses_at_open != camera->faults.losses;
}

static GC_ERROR refusal(struct camera *camera) {
    char path[PATH_BYTES];
    if (camera->faults.lost) {
        return fail(GC_ERR_IO, "the camera does not answer");
    }
    if (camera->faults.denied) {
        return fail(GC_ERR_ACCESS_DENIED, "the camera refuses access");
    }
    const bool ours = camera->device.open;
    if (ours || camera->faults.busy ||
        (camera_file(camera, "lock", path, sizeof path) && !file_lock_take(&camera->held, path))) {
        return fail(GC_ERR_RESOURCE_IN_USE, "the camera is in use");
    }
    return GC_ERR_SUCCESS;
}

GC_ERROR camera_open(struct camera *camera) {
    mutex_lock(&camera->lock);
    control_poll(camera);
    const GC_ERROR code = refusal(camera);
    if (code != GC_ERR_SUCCESS) {
        log_event(camera, "refused code=%d", code);
        mutex_unlock(&camera->lock);
        return code;
    }
    camera->device.open = camera->remote.open = true;
    camera->losses_at_open = camera->faults.losses;
    memset(camera->level, 0, sizeof camera->level);
    log_event(camera, "opened id=%s", camera->id);
    /* As after power-up: the set that UserSetDefault names. */
    registers_reset(camera);
    user_set_default_load(camera);
    lines_update(camera, "open");
    sensor_open(camera);
    control_open(camera);
    mutex_unlock(&camera->lock);
    return GC_ERR_SUCCESS;
}

void camera_close(struct camera *camera) {
    char path[PATH_BYTES];
    mutex_lock(&camera->lock);
    if (camera->device.open) {
        sensor_close(camera);
        if (camera->stream.module.open) {
            stream_close(camera);
        }
        lines_drop(camera, "close");
        camera->device.open = camera->remote.open = false;
        camera->shots_taken = false;
        camera->faults.frame_count = camera->faults.planned_count = 0;
        log_event(camera, "closed cause=close");
        if (camera_file(camera, "lock", path, sizeof path)) {
            file_lock_release(&camera->held);
        }
    }
    mutex_unlock(&camera->lock);
}
