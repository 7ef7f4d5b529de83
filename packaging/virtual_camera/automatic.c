/* ExposureAuto and GainAuto: after each frame towards a mean of 7/16 of full scale, exposure first. */
#include <math.h>

#include "registers.h"

enum { AUTO_OFF, AUTO_ONCE };
static const double target = 0x7000, near_enough = 0.03, longest_us = 100000.0;

/* Moves a value by `factor` within limits; returns what is left of the factor. */
static double moved(double *value, double factor, double low, double high) {
    const double wanted = *value * factor;
    const double got = wanted < low ? low : wanted > high ? high : wanted;
    const double left = wanted / got;
    *value = got;
    return left;
}

void automatic_adjust(struct camera *camera, double mean) {
    const int64_t exposure_auto = whole(camera, REGISTER_ExposureAuto), gain_auto = whole(camera, REGISTER_GainAuto);
    if (exposure_auto == AUTO_OFF && gain_auto == AUTO_OFF) {
        return;
    }
    double factor = target / (mean < 64.0 ? 64.0 : mean);
    const bool settled = fabs(factor - 1.0) < near_enough;
    const double asked = factor;
    if (!settled && exposure_auto != AUTO_OFF) {
        double exposure_us = real(camera, REGISTER_ExposureTime);
        factor = moved(&exposure_us, factor, registers[REGISTER_ExposureTime].low, longest_us);
        set_real(camera, REGISTER_ExposureTime, exposure_us);
    }
    if (!settled && gain_auto != AUTO_OFF) {
        double gain = pow(10.0, real(camera, REGISTER_Gain) / 20.0);
        factor = moved(&gain, factor, 1.0, pow(10.0, registers[REGISTER_Gain].high / 20.0));
        set_real(camera, REGISTER_Gain, 20.0 * log10(gain));
    }
    const bool at_its_limits = factor == asked; /* nothing moved */
    if (settled || at_its_limits) {
        if (exposure_auto == AUTO_ONCE) {
            set_whole(camera, REGISTER_ExposureAuto, AUTO_OFF);
        }
        if (gain_auto == AUTO_ONCE) {
            set_whole(camera, REGISTER_GainAuto, AUTO_OFF);
        }
    }
}
