/* Handles and what the modules share. */
#ifndef CRANE_MODULES_H
#define CRANE_MODULES_H

#include "camera.h"

extern struct module system_module, interface_module;
#define INTERFACE_ID "CraneVirtual_IF0"
#define STREAM_ID "Stream0"
#define VERSION_TEXT "1.0"

/* The module behind a handle if it is open and of this kind, else NULL. Handles are never freed memory. */
struct module *module_of(void *handle, enum module_kind kind);
/* Any open module with a port. */
struct module *port_of(void *handle);

/* An open camera's handle, its lock taken; NULL and `*code` where it is none. */
struct camera *locked_camera(void *handle, enum module_kind kind, GC_ERROR *code);

/* describe_xml.c */
const char *module_xml(const struct module *module, size_t *length);
char *camera_xml(const struct setup *setup, size_t *length);

/* stream_info.c: the counters that the stream's XML shows. */
uint64_t stream_counter(const struct camera *camera, int number);

#endif
