/* The stream's queues, for the frame that is being made. Under the camera's lock. */
#ifndef CRANE_STREAM_H
#define CRANE_STREAM_H

#include "camera.h"

/* The oldest empty buffer, now being filled; NULL where the host gave none back. */
struct buffer *stream_take_input(struct stream *stream);
void stream_give_output(struct camera *camera, struct buffer *buffer);
/* The oldest filled buffer, now the host's; NULL where there is none. */
struct buffer *stream_take_output(struct stream *stream);
bool stream_holds(const struct stream *stream, const void *handle);
uint64_t stream_count(const struct stream *stream, enum place place);
void stream_discard_output(struct stream *stream);
/* Stops, takes back all buffers and closes. */
void stream_close(struct camera *camera);

#endif
