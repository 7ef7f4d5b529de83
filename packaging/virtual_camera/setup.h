/* What camera.ini says about the cameras. */
#ifndef CRANE_SETUP_H
#define CRANE_SETUP_H

#include <stdbool.h>
#include <stdint.h>

enum { NAME_BYTES = 128, PATH_BYTES = 1024, MAX_PRESETS = 64, MAX_CAMERAS = 16 };

struct preset {
    char name[NAME_BYTES]; /* a feature, maybe with its choice: TriggerMode[FrameStart] */
    char value[NAME_BYTES];
};

struct setup {
    char serial[NAME_BYTES];
    char id[NAME_BYTES];
    char vendor[NAME_BYTES];
    char model[NAME_BYTES];
    char user_id[NAME_BYTES];
    char tl_type[NAME_BYTES]; /* GEV, U3V or Custom */
    char images[PATH_BYTES];
    char missing[PATH_BYTES]; /* features and choices that this camera lacks */
    char formats[PATH_BYTES]; /* the only pixel formats it has; "" for all */
    int sensor_width;
    int sensor_height;
    int scene; /* enum scene */
    double reference_exposure_us;
    double max_rate_hz;
    int64_t clock_offset_ns;
    uint64_t first_block;
    int block_bits; /* 16 or 64 */
    int sfnc;       /* main version of the naming convention: 1 or 2 */
    bool log_frames;
    struct preset presets[MAX_PRESETS];
    int preset_count;
};

/* Reads `path` (NULL: none) into `setups` and returns how many cameras there are; without a file there is one. */
int read_setups(const char *path, struct setup *setups);

/* Whether a list of words holds the word. */
bool has_word(const char *list, const char *word);

#endif
