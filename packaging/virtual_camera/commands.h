/* Carrying out the words of the commands file. Under the camera's lock. */
#ifndef CRANE_COMMANDS_H
#define CRANE_COMMANDS_H

#include "camera.h"

/* Carries the line out where it is of a kind that is wanted now. */
void command_run_if(struct camera *camera, const char *line, bool states, bool shots);
/* Moves the pulses on; returns when to come again. */
int64_t pulses_advance(struct camera *camera);

#endif
