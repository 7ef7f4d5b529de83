/* The events file: one line an event, "<monotonic ns> <process id> <event> key=value ...". */
#include <stdarg.h>
#include <stdio.h>

#include "camera.h"

void log_event(const struct camera *camera, const char *format, ...) {
    char path[PATH_BYTES], line[1024];
    if (!camera_file(camera, "events", path, sizeof path)) {
        return;
    }
    int used = snprintf(line, sizeof line, "%lld %d ", (long long)now_ns(), process_id());
    va_list values;
    va_start(values, format);
    used += vsnprintf(line + used, sizeof line - (size_t)used - 1, format, values);
    va_end(values);
    if (used > (int)sizeof line - 2) {
        used = (int)sizeof line - 2;
    }
    line[used++] = '\n';
    append_to_file(path, line, (size_t)used);
}
