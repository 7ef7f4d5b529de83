/* What the registers mean: values worked out on reading, and what follows a write. */
#include <math.h>
#include <string.h>

#include "pack.h"
#include "registers.h"

static int64_t payload_bytes(const struct camera *camera) {
    if (camera->faults.payload_claim >= 0) {
        return camera->faults.payload_claim;
    }
    const struct pixel_kind *kind = pixel_kind_of((uint32_t)whole(camera, REGISTER_PixelFormat));
    const size_t line = kind == NULL ? 0 : line_bytes(kind, (int)whole(camera, REGISTER_Width));
    const int64_t padded = (int64_t)line + whole(camera, REGISTER_VirtualLinePadding);
    int64_t bytes = padded * whole(camera, REGISTER_Height);
    if (whole(camera, REGISTER_ChunkModeActive) != 0) {
        bytes += 8; /* the image is a chunk too */
        for (int i = 0; i < CHUNK_KINDS; i++) {
            bytes += whole_at(camera, REGISTER_ChunkEnable, i) != 0 ? 16 : 0;
        }
    }
    return bytes;
}

static const double raw_gain_steps = 10.0; /* of 1 dB */

double sensor_rate_limit(const struct camera *camera) {
    const double by_exposure = 1e6 / real(camera, REGISTER_ExposureTime);
    return by_exposure < camera->setup.max_rate_hz ? by_exposure : camera->setup.max_rate_hz;
}

static double resulting_rate(const struct camera *camera) {
    const double limit = sensor_rate_limit(camera), wanted = real(camera, REGISTER_AcquisitionFrameRate);
    return whole(camera, REGISTER_AcquisitionFrameRateEnable) != 0 && wanted < limit ? wanted : limit;
}

static int64_t transport(const struct camera *camera) {
    const char *type = camera->setup.tl_type;
    return strcmp(type, "GEV") == 0 ? 0 : strcmp(type, "U3V") == 0 ? 1 : 2;
}

static int64_t computed_whole(const struct camera *camera, int number) {
    const struct setup *setup = &camera->setup;
    switch (number) {
    case REGISTER_DeviceTLType:
        return transport(camera);
    case REGISTER_SensorWidth:
    case REGISTER_WidthMax:
        return setup->sensor_width;
    case REGISTER_SensorHeight:
    case REGISTER_HeightMax:
        return setup->sensor_height;
    case REGISTER_WidthLimit:
        return setup->sensor_width - whole(camera, REGISTER_OffsetX);
    case REGISTER_HeightLimit:
        return setup->sensor_height - whole(camera, REGISTER_OffsetY);
    case REGISTER_OffsetXLimit:
        return setup->sensor_width - whole(camera, REGISTER_Width);
    case REGISTER_OffsetYLimit:
        return setup->sensor_height - whole(camera, REGISTER_Height);
    case REGISTER_PayloadSize:
        return payload_bytes(camera);
    case REGISTER_LineStatus:
        return line_status(camera, (int)whole(camera, REGISTER_LineSelector));
    case REGISTER_LineStatusAll:
        return line_status_all(camera);
    case REGISTER_GainRaw:
        return llround(real(camera, REGISTER_Gain) * raw_gain_steps);
    case REGISTER_UserOutputValueAll:
        return whole_at(camera, REGISTER_UserOutputValue, 0) + 2 * whole_at(camera, REGISTER_UserOutputValue, 1);
    case REGISTER_StreamingLock:
        return whole(camera, REGISTER_TLParamsLocked);
    case REGISTER_FrameRateLock:
        return whole(camera, REGISTER_AcquisitionFrameRateEnable) == 0;
    case REGISTER_ExposureLock:
        return whole(camera, REGISTER_ExposureAuto) != 0;
    case REGISTER_GainLock:
        return whole(camera, REGISTER_GainAuto) != 0;
    case REGISTER_LineModeLock:
        return whole(camera, REGISTER_LineSelector) != 2;
    default:
        return 0;
    }
}

union value computed_value(const struct camera *camera, int number) {
    switch (number) {
    case REGISTER_DeviceTemperature:
        return (union value){.real = camera->faults.temperature};
    case REGISTER_AcquisitionResultingFrameRate:
        return (union value){.real = resulting_rate(camera)};
    case REGISTER_FrameRateLimit:
        return (union value){.real = sensor_rate_limit(camera)};
    default:
        return (union value){.whole = computed_whole(camera, number)};
    }
}

static void software_trigger(struct camera *camera) {
    /* A fault that was ordered before this trigger meets its frame. */
    control_poll(camera);
    sensor_trigger(camera, (int)whole(camera, REGISTER_TriggerSelector), SOURCE_SOFTWARE, "Software");
}

void after_write(struct camera *camera, int number) {
    switch (number) {
    case REGISTER_AcquisitionStart:
        sensor_start(camera);
        break;
    case REGISTER_AcquisitionStop:
    case REGISTER_AcquisitionAbort:
        sensor_stop(camera);
        break;
    case REGISTER_TriggerSoftware:
        software_trigger(camera);
        break;
    case REGISTER_TriggerMode:
    case REGISTER_TriggerSource:
    case REGISTER_AcquisitionFrameRate:
    case REGISTER_AcquisitionFrameRateEnable:
    case REGISTER_ExposureTime:
        sensor_settings_changed(camera);
        break;
    case REGISTER_GainRaw:
        set_real(camera, REGISTER_Gain, (double)whole_at(camera, number, 0) / raw_gain_steps);
        break;
    case REGISTER_UserOutputValueAll:
        for (int output = 0; output < 2; output++) {
            camera->values[REGISTER_UserOutputValue][output].whole = whole_at(camera, number, 0) >> output & 1;
        }
        lines_update(camera, "set");
        break;
    case REGISTER_UserOutputValue:
    case REGISTER_LineInverter:
    case REGISTER_LineSource:
    case REGISTER_LineMode:
        lines_update(camera, "set");
        break;
    case REGISTER_UserSetLoad:
        user_set_load(camera, whole(camera, REGISTER_UserSetSelector));
        break;
    case REGISTER_UserSetSave:
        user_set_save(camera, whole(camera, REGISTER_UserSetSelector));
        break;
    case REGISTER_UserSetDefault:
        user_set_default_save(camera);
        break;
    case REGISTER_TimestampLatch:
        set_whole(camera, REGISTER_TimestampLatchValue, now_ns() + camera->setup.clock_offset_ns);
        break;
    case REGISTER_VirtualCommand:
        control_append(camera, camera->texts[REGISTER_VirtualCommand]);
        break;
    default:
        break;
    }
}
