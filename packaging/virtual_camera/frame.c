/* The picture of one frame: rendered into a buffer of the host, chunks behind it, handed to the stream. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "registers.h"
#include "stream.h"

static const uint32_t image_chunk_id = 1, first_chunk_id = 0x10;
static struct picture pictures[MAX_CAMERAS]; /* of a folder: the last one that was used */

static struct view view_of(const struct camera *camera, int64_t frame) {
    const struct setup *setup = &camera->setup;
    const int64_t test = whole(camera, REGISTER_TestPattern);
    struct view view = {
        .scene = test != 0 ? (int)test : setup->scene,
        .frame = frame,
        .width = (int)whole(camera, REGISTER_Width),
        .height = (int)whole(camera, REGISTER_Height),
        .offset_x = (int)whole(camera, REGISTER_OffsetX),
        .offset_y = (int)whole(camera, REGISTER_OffsetY),
        .sensor_width = setup->sensor_width,
        .black_level = real(camera, REGISTER_BlackLevel),
        .gamma = real(camera, REGISTER_Gamma),
    };
    view.brightness = real(camera, REGISTER_ExposureTime) / setup->reference_exposure_us *
                      pow(10.0, real(camera, REGISTER_Gain) / 20.0) * camera->faults.light;
    for (int c = 0; c < 3; c++) {
        view.balance[c] = real_at(camera, REGISTER_BalanceRatio, c);
    }
    return view;
}

/* Fills as many whole lines as `limit` bytes take; returns the mean value. */
static double render(const struct view *view, const struct picture *picture, const struct pixel_kind *kind, int padding,
                     uint8_t *bytes, size_t limit) {
    const size_t row = line_bytes(kind, view->width), stride = row + (size_t)padding;
    uint16_t *room = malloc(3 * (size_t)view->width * sizeof *room);
    const struct tone tone = tone_of(view);
    uint64_t sum = 0;
    for (int line = 0; room != NULL && line < view->height && ((size_t)line + 1) * stride <= limit; line++) {
        uint16_t *colours[3] = {room, room + view->width, room + 2 * view->width};
        uint8_t *at = bytes + (size_t)line * stride;
        scene_line(view, picture, line, colours);
        sum += pack_line(kind, &tone, colours, view->width, view->offset_y + line, at);
        memset(at + row, 0xEE, (size_t)padding);
    }
    free(room);
    return (double)sum / (double)(view->width * view->height);
}

/* GigE Vision writes the marks of its chunks in network order, USB3 Vision and the others do not. */
static void put_mark(const struct camera *camera, uint8_t *at, uint32_t id, uint32_t length) {
    const uint32_t words[2] = {id, length};
    const bool network = strcmp(camera->setup.tl_type, "GEV") == 0;
    for (int i = 0; i < 8; i++) {
        const int byte = network ? 3 - i % 4 : i % 4;
        at[i] = (uint8_t)(words[i / 4] >> (8 * byte));
    }
}

static union value chunk_value(const struct camera *camera, const struct shot *shot, int chunk) {
    switch (chunk) {
    case CHUNK_TIMESTAMP:
        return (union value){.whole = shot->timestamp_ns};
    case CHUNK_FRAME_ID:
        return (union value){.whole = (int64_t)shot->block};
    case CHUNK_EXPOSURE:
        return (union value){.real = real(camera, REGISTER_ExposureTime)};
    case CHUNK_GAIN:
        return (union value){.real = real(camera, REGISTER_Gain)};
    default:
        return (union value){.whole = shot->lines};
    }
}

static size_t put_chunks(const struct camera *camera, const struct shot *shot, struct buffer *buffer) {
    uint8_t *base = buffer->base;
    size_t at = buffer->image_bytes;
    buffer->chunk_count = 0;
    buffer->has_chunks = whole(camera, REGISTER_ChunkModeActive) != 0;
    if (!buffer->has_chunks || at + 8 > buffer->size) {
        buffer->has_chunks = false;
        return at;
    }
    put_mark(camera, base + at, image_chunk_id, (uint32_t)at);
    buffer->chunks[buffer->chunk_count++] = (struct chunk_place){image_chunk_id, 0, at};
    at += 8;
    for (int chunk = 0; chunk < CHUNK_KINDS; chunk++) {
        if (whole_at(camera, REGISTER_ChunkEnable, chunk) == 0 || at + 16 > buffer->size) {
            continue;
        }
        const union value value = chunk_value(camera, shot, chunk);
        const uint32_t id = first_chunk_id + (uint32_t)chunk;
        memcpy(base + at, &value, sizeof value);
        put_mark(camera, base + at + 8, id, 8);
        buffer->chunks[buffer->chunk_count++] = (struct chunk_place){id, (ptrdiff_t)at, 8};
        at += 16;
    }
    return at;
}

static void describe(struct buffer *buffer, const struct shot *shot, const struct view *view,
                     const struct pixel_kind *kind, int padding) {
    const size_t stride = line_bytes(kind, view->width) + (size_t)padding;
    buffer->image_bytes = stride * (size_t)view->height;
    buffer->block = shot->block;
    buffer->timestamp_ns = shot->timestamp_ns;
    buffer->width = (uint64_t)view->width;
    buffer->height = (uint64_t)view->height;
    buffer->offset_x = view->offset_x;
    buffer->offset_y = view->offset_y;
    buffer->padding = padding;
    buffer->pixel_code = kind->code;
    buffer->too_large = buffer->image_bytes > buffer->size;
    buffer->incomplete = shot->incomplete || buffer->too_large;
}

static const struct picture *picture_for(const struct camera *camera, const struct view *view) {
    char path[PATH_BYTES + 256];
    struct picture *picture = &pictures[camera - cameras];
    if (view->scene == SCENE_IMAGES) {
        if (scene_image_of(camera->setup.images, view->frame, path, sizeof path) == NULL ||
            !picture_load(picture, path)) {
            picture_drop(picture);
        }
    }
    return picture;
}

void frame_deliver(struct camera *camera, const struct shot *shot) {
    struct stream *stream = &camera->stream;
    const struct pixel_kind *kind = pixel_kind_of((uint32_t)whole(camera, REGISTER_PixelFormat));
    if (!stream->grabbing || kind == NULL) {
        log_event(camera, "unsent n=%lld block=%llu", (long long)shot->frame, (unsigned long long)shot->block);
        return;
    }
    struct buffer *buffer = stream_take_input(stream);
    if (buffer == NULL) {
        stream->underrun++;
        log_event(camera, "underrun n=%lld block=%llu", (long long)shot->frame, (unsigned long long)shot->block);
        return;
    }
    const struct view view = view_of(camera, shot->frame);
    const int padding = (int)whole(camera, REGISTER_VirtualLinePadding);
    describe(buffer, shot, &view, kind, padding);
    size_t limit = buffer->too_large ? buffer->size : buffer->image_bytes;
    limit = shot->incomplete ? limit / 2 : limit;
    /* The buffer is marked as being filled: nobody takes it away meanwhile. */
    mutex_unlock(&camera->lock);
    const double mean = render(&view, picture_for(camera, &view), kind, padding, buffer->base, limit);
    mutex_lock(&camera->lock);
    buffer->has_chunks = false;
    buffer->chunk_count = 0;
    buffer->filled = buffer->incomplete ? limit : put_chunks(camera, shot, buffer);
    buffer->payload = buffer->filled;
    if (shot->garbage) {
        buffer->width = buffer->height = 65535;
        buffer->payload = (uint64_t)65535 * 65535;
    }
    if (camera->setup.log_frames) {
        log_event(camera, "frame n=%lld block=%llu timestamp=%lld", (long long)shot->frame,
                  (unsigned long long)shot->block, (long long)shot->timestamp_ns);
    }
    stream_give_output(camera, buffer);
    automatic_adjust(camera, mean);
}
