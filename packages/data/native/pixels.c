// Images that another decoder has decoded: rows of red, green, blue bytes.
#include "photograph.h"

EXPORT("samplePixels") void sample_pixels(const Plan *plan, const uint8_t *pixels, int width, int height) {
  Resampling resampling;
  begin_resampling(&resampling, plan, width, height, 1);
  int first = resampling.across.first, end = resampling.across.end;
  uint32_t *row = allocate(4 * ((size_t)(end - first) + 4));
  if (!row) fail(FAILED_MEMORY, NULL, NULL);
  for (int y = resampling.down.first; y < resampling.down.end; y++) {
    const uint8_t *from = pixels + 3 * ((size_t)y * (size_t)width + (size_t)first);
    for (int x = 0; x < end - first; x++, from += 3)
      row[x] = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16;
    take_row(&resampling, row, first, y);
  }
}
