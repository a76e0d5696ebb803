// Antialiased bilinear resampling in 8 bits, as Pillow does it: a triangle as wide as the reduction, across first
// and then down, rounded to bytes in between.
#include "photograph.h"

#define WEIGHT_BITS 22 // 32 - 8 bits of pixel - 2 bits of room

static double triangle(double x) {
  if (x < 0) x = -x;
  return x < 1 ? 1 - x : 0;
}

static Axis make_axis(double box_start, double box_size, int size, int resized, int window_start, int window_size) {
  // what lies outside of the box is not looked at, as if the image had been cropped first
  int low = (int)__builtin_floor(box_start);
  int high = (int)__builtin_ceil(box_start + box_size);
  if (low < 0) low = 0;
  if (high > size) high = size;
  double start = box_start - low;
  double scale = box_size / resized;
  double reach = scale < 1 ? 1 : scale, narrowing = 1 / reach;
  Axis axis;
  axis.taps = (int)__builtin_ceil(reach) * 2 + 1;
  axis.first = high;
  axis.end = low;
  axis.starts = allocate(4 * (size_t)window_size);
  axis.counts = allocate(4 * (size_t)window_size);
  axis.weights = allocate(4 * (size_t)window_size * axis.taps);
  double *exact = allocate(8 * (size_t)axis.taps);
  if (!axis.starts || !axis.counts || !axis.weights || !exact) fail(FAILED_MEMORY, NULL, NULL);
  for (int place = 0; place < window_size; place++) {
    double centre = start + (window_start + place + 0.5) * scale;
    int from = (int)(centre - reach + 0.5);
    if (from < 0) from = 0;
    int to = (int)(centre + reach + 0.5);
    if (to > high - low) to = high - low;
    double sum = 0;
    for (int tap = 0; tap < to - from; tap++) {
      exact[tap] = triangle((tap + from - centre + 0.5) * narrowing);
      sum += exact[tap];
    }
    for (int tap = 0; tap < to - from; tap++) {
      double weight = sum != 0 ? exact[tap] / sum : 0;
      axis.weights[place * axis.taps + tap] = (int)(0.5 + weight * (1 << WEIGHT_BITS));
    }
    axis.starts[place] = low + from;
    axis.counts[place] = to - from;
    if (low + from < axis.first) axis.first = low + from;
    if (low + to > axis.end) axis.end = low + to;
  }
  return axis;
}

void begin_resampling(Resampling *resampling, const Plan *plan, int width, int height, int scale) {
  resampling->plan = plan;
  resampling->across = make_axis(plan->box_left / scale, plan->box_width / scale, width, plan->resized_width,
                                 plan->window_left, plan->window_width);
  resampling->down = make_axis(plan->box_top / scale, plan->box_height / scale, height, plan->resized_height,
                               plan->window_top, plan->window_height);
  resampling->ring_rows = resampling->down.taps + 1;
  resampling->ring = allocate(4 * ((size_t)plan->window_width + 4) * resampling->ring_rows);
  resampling->rows = allocate(sizeof(uint32_t *) * (size_t)resampling->down.taps);
  if (!resampling->ring || !resampling->rows) fail(FAILED_MEMORY, NULL, NULL);
  resampling->next_row = 0;
}

static inline uint32_t *ring_row(const Resampling *resampling, int row) {
  return resampling->ring + (size_t)(row % resampling->ring_rows) * (resampling->plan->window_width + 4);
}

static void resize_across(const Axis *axis, const uint32_t *pixels, int first_column, uint32_t *to, int count) {
  const v128_t half = wasm_i32x4_splat(1 << (WEIGHT_BITS - 1));
  const int32_t *weights = axis->weights;
  for (int place = 0; place < count; place++, weights += axis->taps) {
    const uint32_t *from = pixels + axis->starts[place] - first_column;
    v128_t sum = half;
    for (int tap = 0; tap < axis->counts[place]; tap++) {
      v128_t pixel = wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(from + tap)));
      sum = wasm_i32x4_add(sum, wasm_i32x4_mul(pixel, wasm_v128_load32_splat(weights + tap)));
    }
    sum = wasm_i32x4_shr(sum, WEIGHT_BITS);
    v128_t narrow = wasm_i16x8_narrow_i32x4(sum, sum);
    wasm_v128_store32_lane(to + place, wasm_u8x16_narrow_i16x8(narrow, narrow), 0);
  }
}

static inline void write_pixel(const Plan *plan, uint32_t pixel, ptrdiff_t at) {
  uint8_t *bytes = (uint8_t *)plan->target + 3 * at;
  bytes[0] = (uint8_t)pixel;
  bytes[1] = (uint8_t)(pixel >> 8);
  bytes[2] = (uint8_t)(pixel >> 16);
}

static inline void write_floats(const Plan *plan, v128_t pixel, ptrdiff_t at) {
  v128_t value = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(pixel), wasm_v128_load(plan->scale)),
                                wasm_v128_load(plan->offset));
  float *floats = (float *)plan->target + 3 * at;
  wasm_v128_store64_lane(floats, value, 0);
  wasm_v128_store32_lane(floats + 2, value, 2);
}

static void resize_down(const Resampling *resampling, int row) {
  const Plan *plan = resampling->plan;
  const Axis *axis = &resampling->down;
  const int32_t *weights = axis->weights + (size_t)row * axis->taps;
  const int count = axis->counts[row];
  const v128_t half = wasm_i32x4_splat(1 << (WEIGHT_BITS - 1));
  const uint32_t **rows = resampling->rows;
  for (int tap = 0; tap < count; tap++) rows[tap] = ring_row(resampling, axis->starts[row] + tap);
  ptrdiff_t at = plan->origin + (ptrdiff_t)row * plan->row_step;
  for (int column = 0; column < plan->window_width; column += 4) {
    v128_t sums[4] = {half, half, half, half};
    for (int tap = 0; tap < count; tap++) {
      v128_t pixels = wasm_v128_load(rows[tap] + column); // rows have room for a last incomplete four
      v128_t weight = wasm_v128_load32_splat(weights + tap);
      v128_t low = wasm_u16x8_extend_low_u8x16(pixels), high = wasm_u16x8_extend_high_u8x16(pixels);
      sums[0] = wasm_i32x4_add(sums[0], wasm_i32x4_mul(wasm_u32x4_extend_low_u16x8(low), weight));
      sums[1] = wasm_i32x4_add(sums[1], wasm_i32x4_mul(wasm_u32x4_extend_high_u16x8(low), weight));
      sums[2] = wasm_i32x4_add(sums[2], wasm_i32x4_mul(wasm_u32x4_extend_low_u16x8(high), weight));
      sums[3] = wasm_i32x4_add(sums[3], wasm_i32x4_mul(wasm_u32x4_extend_high_u16x8(high), weight));
    }
    int left = plan->window_width - column < 4 ? plan->window_width - column : 4;
    for (int lane = 0; lane < left; lane++, at += plan->column_step) {
      v128_t pixel = wasm_i32x4_shr(sums[lane], WEIGHT_BITS); // weights are ≥ 0 and sum to 1: within 0 and 255
      if (plan->as_floats) {
        write_floats(plan, pixel, at);
      } else {
        v128_t narrow = wasm_i16x8_narrow_i32x4(pixel, pixel);
        write_pixel(plan, wasm_i32x4_extract_lane(wasm_u8x16_narrow_i16x8(narrow, narrow), 0), at);
      }
    }
  }
}

void take_row(Resampling *resampling, const uint32_t *pixels, int first_column, int row) {
  const Axis *down = &resampling->down;
  const int height = resampling->plan->window_height;
  resize_across(&resampling->across, pixels, first_column, ring_row(resampling, row), resampling->plan->window_width);
  while (resampling->next_row < height) {
    int next = resampling->next_row;
    if (down->starts[next] + down->counts[next] - 1 > row) break;
    resize_down(resampling, next);
    resampling->next_row++;
  }
}
