/* The words of the commands file. States hold for every process and outlast it; one-time commands are
 * carried out once, by the process that has the camera open. README.md lists them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "commands.h"

enum { MAX_WORDS = 8, WORD_BYTES = 64 };
struct command {
    char words[MAX_WORDS][WORD_BYTES];
    int count;
    char tag[WORD_BYTES];
    int64_t at; /* block id, or -1 */
    const char *text;
};

static struct command read_command(const char *line) {
    struct command command = {.at = -1, .text = line};
    char word[WORD_BYTES];
    int used = 0;
    for (const char *at = line; sscanf(at, "%63s%n", word, &used) == 1; at += used) {
        if (word[0] == '@') {
            memcpy(command.tag, word + 1, sizeof word - 1);
        } else if (strcmp(word, "at") == 0) {
            int64_t block = 0;
            at += used;
            used = 0;
            if (sscanf(at, "%63s%n", word, &used) == 1) {
                block = strtoll(word, NULL, 10);
            }
            command.at = block;
        } else if (command.count < MAX_WORDS) {
            memcpy(command.words[command.count++], word, sizeof word);
        }
    }
    return command;
}

static const char *word(const struct command *command, int place, const char *otherwise) {
    return place < command->count ? command->words[place] : otherwise;
}

static double number(const struct command *command, int place, double otherwise) {
    return place < command->count ? atof(command->words[place]) : otherwise;
}

static bool is_on(const struct command *command) { return strcmp(word(command, 1, "on"), "off") != 0; }

/* -- states ---------------------------------------------------------------------------------------------- */

static bool set_call(struct camera *camera, const struct command *command, enum call_effect effect) {
    struct faults *faults = &camera->faults;
    const char *function = word(command, 1, "off");
    const int64_t value = (int64_t)number(command, 2, 0);
    const bool all = strcmp(function, "off") == 0;
    const bool ends = (effect == CALL_SLOW || effect == CALL_FAIL) ? value == 0
                                                                   : strcmp(word(command, 2, ""), "off") == 0;
    int kept = 0;
    for (int i = 0; i < faults->call_count; i++) {
        const bool same = all ? faults->calls[i].effect == effect : strcmp(faults->calls[i].function, function) == 0;
        if (!same) {
            faults->calls[kept++] = faults->calls[i];
        }
    }
    faults->call_count = kept;
    if (!all && !ends && kept < MAX_CALLS) {
        struct call_fault *fault = &faults->calls[faults->call_count++];
        snprintf(fault->function, sizeof fault->function, "%.39s", function);
        fault->effect = effect;
        fault->number = value;
    }
    return true;
}

static bool slow(struct camera *camera, const struct command *command) {
    return set_call(camera, command, CALL_SLOW);
}
static bool hang(struct camera *camera, const struct command *command) {
    return set_call(camera, command, CALL_HANG);
}
static bool fail_call(struct camera *camera, const struct command *command) {
    return set_call(camera, command, CALL_FAIL);
}
static bool crash(struct camera *camera, const struct command *command) {
    return set_call(camera, command, CALL_CRASH);
}

static bool stall(struct camera *camera, const struct command *command) {
    (void)command;
    camera->faults.stalled = true;
    return true;
}

static bool resume(struct camera *camera, const struct command *command) {
    (void)command;
    camera->faults.stalled = false;
    return true;
}

static bool lose(struct camera *camera, const struct command *command) {
    (void)command;
    camera->faults.losses += !camera->faults.lost;
    camera->faults.lost = true;
    if (camera->device.open) {
        log_event(camera, "lost frames=%lld", (long long)camera->sensor.frame);
        lines_drop(camera, "lost");
    }
    return true;
}

static bool come_back(struct camera *camera, const struct command *command) {
    camera->faults.lost = false;
    for (int i = 1; i < command->count; i++) {
        if (strncmp(command->words[i], "id=", 3) == 0) {
            snprintf(camera->id, sizeof camera->id, "%s", command->words[i] + 3);
        }
    }
    return true;
}

static bool deny(struct camera *camera, const struct command *command) {
    camera->faults.denied = is_on(command);
    return true;
}

static bool busy(struct camera *camera, const struct command *command) {
    camera->faults.busy = is_on(command);
    return true;
}

static bool payload_size(struct camera *camera, const struct command *command) {
    camera->faults.payload_claim = is_on(command) ? strtoll(word(command, 1, "-1"), NULL, 10) : -1;
    return true;
}

static bool temperature(struct camera *camera, const struct command *command) {
    camera->faults.temperature = number(command, 1, camera->faults.temperature);
    return true;
}

static bool light(struct camera *camera, const struct command *command) {
    camera->faults.light = number(command, 1, 1.0);
    return true;
}

static int line_named(const struct command *command) {
    const char *name = word(command, 1, "");
    const bool known = strncmp(name, "Line", 4) == 0 && name[4] >= '1' && name[4] < '1' + LINE_COUNT && name[5] == '\0';
    return known ? name[4] - '1' : -1;
}

static bool level(struct camera *camera, const struct command *command) {
    const int line = line_named(command);
    if (line >= 0) {
        lines_input(camera, line, number(command, 2, 0) != 0);
    }
    return line >= 0;
}

/* -- one-time commands ------------------------------------------------------------------------------------ */

static bool add_frames(struct camera *camera, const struct command *command, enum frame_effect effect,
                       int count_place) {
    struct faults *faults = &camera->faults;
    if (faults->frame_count == MAX_FRAMES) {
        return false;
    }
    faults->frames[faults->frame_count++] = (struct frame_fault){
        .effect = effect,
        .at = command->at,
        .count = (int64_t)number(command, count_place, 1),
        .delay_ms = effect == FRAME_LATE ? (int64_t)number(command, 1, 100) : 0,
    };
    return true;
}

static bool drop(struct camera *camera, const struct command *command) {
    return add_frames(camera, command, FRAME_DROP, 1);
}
static bool repeat(struct camera *camera, const struct command *command) {
    return add_frames(camera, command, FRAME_REPEAT, 1);
}
static bool incomplete(struct camera *camera, const struct command *command) {
    return add_frames(camera, command, FRAME_INCOMPLETE, 1);
}
static bool late(struct camera *camera, const struct command *command) {
    return add_frames(camera, command, FRAME_LATE, 2);
}
static bool garbage(struct camera *camera, const struct command *command) {
    return add_frames(camera, command, FRAME_GARBAGE, 1);
}

static bool pulse(struct camera *camera, const struct command *command) {
    const int line = line_named(command);
    for (int i = 0; line >= 0 && i < MAX_PULSES; i++) {
        if (camera->pulses[i].left == 0) {
            camera->pulses[i] = (struct pulse){
                .line = line,
                .next_ns = now_ns(),
                .width_ns = (int64_t)(number(command, 2, 1.0) * 1e6),
                .left = (int64_t)number(command, 3, 1),
                .period_ns = (int64_t)(number(command, 4, 20.0) * 1e6),
            };
            pulses_advance(camera);
            return true;
        }
    }
    return false;
}

int64_t pulses_advance(struct camera *camera) {
    int64_t next_ns = FOREVER_NS;
    for (int i = 0; i < MAX_PULSES; i++) {
        struct pulse *pulse = &camera->pulses[i];
        while (pulse->left > 0 && now_ns() >= pulse->next_ns) {
            pulse->high = !pulse->high;
            lines_input(camera, pulse->line, pulse->high);
            /* From now on, not by the plan: a thread that was held up makes no shorter pulses. */
            pulse->next_ns = now_ns() + (pulse->high ? pulse->width_ns : pulse->period_ns - pulse->width_ns);
            pulse->left -= !pulse->high;
        }
        if (pulse->left > 0 && pulse->next_ns < next_ns) {
            next_ns = pulse->next_ns;
        }
    }
    return next_ns;
}

static const struct {
    const char *name;
    bool (*run)(struct camera *camera, const struct command *command);
    bool once;
} table[] = {
    {"slow", slow, false},
    {"hang", hang, false},
    {"fail", fail_call, false},
    {"crash", crash, false},
    {"stall", stall, false},
    {"resume", resume, false},
    {"lose", lose, false},
    {"return", come_back, false},
    {"deny", deny, false},
    {"busy", busy, false},
    {"payload_size", payload_size, false},
    {"temperature", temperature, false},
    {"light", light, false},
    {"level", level, false},
    {"drop", drop, true},
    {"repeat", repeat, true},
    {"incomplete", incomplete, true},
    {"late", late, true},
    {"garbage", garbage, true},
    {"pulse", pulse, true},
};

static bool plan(struct camera *camera, const struct command *command) {
    struct faults *faults = &camera->faults;
    if (faults->planned_count == MAX_PLANNED) {
        return false;
    }
    struct planned *planned = &faults->planned[faults->planned_count++];
    planned->at = command->at;
    planned->text[0] = '\0';
    for (int i = 0; i < command->count; i++) {
        const size_t used = strlen(planned->text);
        snprintf(planned->text + used, sizeof planned->text - used, "%s%s", i > 0 ? " " : "", command->words[i]);
    }
    return true;
}

/* A frame fault for a block is one-time anyway; a state for a block waits as a plan. */
static bool is_plan(const struct command *command, bool once) { return !once && command->at >= 0; }

void command_run_if(struct camera *camera, const char *line, bool states, bool shots) {
    const struct command command = read_command(line);
    if (command.count == 0 || command.words[0][0] == '#') {
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, command.words[0]) != 0) {
            continue;
        }
        const bool planned = is_plan(&command, table[i].once);
        if (!(table[i].once || planned ? shots : states)) {
            return;
        }
        const bool done = planned ? plan(camera, &command) : table[i].run(camera, &command);
        if (!camera->replaying) {
            log_event(camera, "%s tag=%s text=%s", done ? "command" : "command_error", command.tag, line);
        }
        condition_tell_all(&camera->changed);
        return;
    }
    if (!camera->replaying) {
        log_event(camera, "command_error tag=%s text=%s", command.tag, line);
    }
}
