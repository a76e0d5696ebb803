// The parts of libjpeg-turbo that reading photographs does not need, so that they need not be linked: palettes,
// merged (coarse) upsampling, lossless files, and more than 8 bits, which openJpeg refuses.
#include "photograph.h"

#define ABSENT_PART(name) \
  void name(void *decoder, int option) { fail(FAILED_KIND, NULL, NULL); }
#define ABSENT(name) \
  void name(void *decoder) { fail(FAILED_KIND, NULL, NULL); }

ABSENT(jinit_1pass_quantizer)
ABSENT(j12init_1pass_quantizer)
ABSENT(jinit_2pass_quantizer)
ABSENT(j12init_2pass_quantizer)
ABSENT(jinit_merged_upsampler)
ABSENT(j12init_merged_upsampler)
ABSENT(j12init_color_deconverter)
ABSENT(j16init_color_deconverter)
ABSENT(j12init_upsampler)
ABSENT(j16init_upsampler)
ABSENT(jinit_lossless_decompressor)
ABSENT(j12init_lossless_decompressor)
ABSENT(j16init_lossless_decompressor)
ABSENT(jinit_lhuff_decoder)
ABSENT(j12init_inverse_dct)
ABSENT_PART(j12init_d_post_controller)
ABSENT_PART(j16init_d_post_controller)
ABSENT_PART(jinit_d_diff_controller)
ABSENT_PART(j12init_d_diff_controller)
ABSENT_PART(j16init_d_diff_controller)
ABSENT_PART(j12init_d_coef_controller)
ABSENT_PART(j12init_d_main_controller)
ABSENT_PART(j16init_d_main_controller)
