// The inner loops of libjpeg-turbo in WebAssembly's vector instructions. Each gives exactly what the library's portable
// version gives.
#include "photograph.h"

#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include <jdct.h>
#include <jsimd.h>
#include <jsimddct.h>

int jsimd_can_idct_islow(void) { return 1; }
int jsimd_can_ycc_rgb(void) { return 1; }
int jsimd_can_h2v1_fancy_upsample(void) { return 1; }
int jsimd_can_h2v2_fancy_upsample(void) { return 1; }

// --- inverse cosine transform (Loeffler, Ligtenberg and Moschytz 1989), as jidctint.c

// sums of two products, for the low and the high four of eight places
typedef struct {
  v128_t low, high;
} Wide;

static inline Wide pair_products(v128_t first, v128_t second, int by_first, int by_second) {
  v128_t by = wasm_i32x4_splat((by_first & 0xffff) | by_second << 16);
  v128_t low = wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
  v128_t high = wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
  return (Wide){wasm_i32x4_dot_i16x8(low, by), wasm_i32x4_dot_i16x8(high, by)};
}
static inline Wide plus(Wide a, Wide b) {
  return (Wide){wasm_i32x4_add(a.low, b.low), wasm_i32x4_add(a.high, b.high)};
}
static inline Wide minus(Wide a, Wide b) {
  return (Wide){wasm_i32x4_sub(a.low, b.low), wasm_i32x4_sub(a.high, b.high)};
}
static inline Wide shifted13(v128_t a) {
  return (Wide){wasm_i32x4_shl(wasm_i32x4_extend_low_i16x8(a), 13), wasm_i32x4_shl(wasm_i32x4_extend_high_i16x8(a), 13)};
}

#define DESCALED(sum, bits)                                                     \
  wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_add((sum).low, half), bits), \
                          wasm_i32x4_shr(wasm_i32x4_add((sum).high, half), bits))

static inline __attribute__((always_inline)) void transform_columns(v128_t *rows, int bits) {
  const v128_t half = wasm_i32x4_splat(1 << (bits - 1));
  Wide even2 = pair_products(rows[2], rows[6], 4433, 4433 - 15137);
  Wide even3 = pair_products(rows[2], rows[6], 4433 + 6270, 4433);
  Wide even0 = shifted13(wasm_i16x8_add(rows[0], rows[4]));
  Wide even1 = shifted13(wasm_i16x8_sub(rows[0], rows[4]));
  Wide sum0 = plus(even0, even3), sum3 = minus(even0, even3);
  Wide sum1 = plus(even1, even2), sum2 = minus(even1, even2);

  v128_t odd37 = wasm_i16x8_add(rows[3], rows[7]), odd15 = wasm_i16x8_add(rows[1], rows[5]);
  Wide z3 = pair_products(odd37, odd15, 9633 - 16069, 9633);
  Wide z4 = pair_products(odd37, odd15, 9633, 9633 - 3196);
  Wide odd0 = plus(pair_products(rows[7], rows[1], 2446 - 7373, -7373), z3);
  Wide odd3 = plus(pair_products(rows[7], rows[1], -7373, 12299 - 7373), z4);
  Wide odd1 = plus(pair_products(rows[5], rows[3], 16819 - 20995, -20995), z4);
  Wide odd2 = plus(pair_products(rows[5], rows[3], -20995, 25172 - 20995), z3);

  rows[0] = DESCALED(plus(sum0, odd3), bits);
  rows[7] = DESCALED(minus(sum0, odd3), bits);
  rows[1] = DESCALED(plus(sum1, odd2), bits);
  rows[6] = DESCALED(minus(sum1, odd2), bits);
  rows[2] = DESCALED(plus(sum2, odd1), bits);
  rows[5] = DESCALED(minus(sum2, odd1), bits);
  rows[3] = DESCALED(plus(sum3, odd0), bits);
  rows[4] = DESCALED(minus(sum3, odd0), bits);
}

static inline __attribute__((always_inline)) void transpose(v128_t *rows) {
  v128_t a[8], b[8];
  for (int i = 0; i < 4; i++) {
    a[2 * i] = wasm_i16x8_shuffle(rows[i], rows[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    a[2 * i + 1] = wasm_i16x8_shuffle(rows[i], rows[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
  for (int i = 0; i < 4; i++) {
    b[2 * i] = wasm_i16x8_shuffle(a[i], a[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    b[2 * i + 1] = wasm_i16x8_shuffle(a[i], a[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
  for (int i = 0; i < 4; i++) {
    rows[2 * i] = wasm_i16x8_shuffle(b[i], b[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    rows[2 * i + 1] = wasm_i16x8_shuffle(b[i], b[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
}

void jsimd_idct_islow(j_decompress_ptr decoder, jpeg_component_info *component, JCOEFPTR coefficients, JSAMPARRAY output,
                      JDIMENSION column) {
  const ISLOW_MULT_TYPE *table = component->dct_table;
  v128_t rows[8];
  for (int i = 0; i < 8; i++) rows[i] = wasm_v128_load(coefficients + 8 * i);
  v128_t below = rows[1];
  for (int i = 2; i < 8; i++) below = wasm_v128_or(below, rows[i]);
  rows[0] = wasm_i16x8_mul(rows[0], wasm_v128_load(table));
  if (!wasm_v128_any_true(below)) {
    v128_t first = wasm_i16x8_shl(rows[0], 2); // what the transform makes of the mean of a column alone
    if (!wasm_v128_any_true(wasm_i16x8_replace_lane(first, 0, 0))) {
      // (first + 16) >> 5 in the second pass, + 128
      int level = ((wasm_i16x8_extract_lane(first, 0) + 16) >> 5) + 128;
      v128_t all = wasm_i8x16_splat((signed char)(level < 0 ? 0 : level > 255 ? 255 : level));
      for (int i = 0; i < 8; i++) wasm_v128_store64_lane(output[i] + column, all, 0);
      return;
    }
    for (int i = 0; i < 8; i++) rows[i] = first;
  } else {
    for (int i = 1; i < 8; i++) rows[i] = wasm_i16x8_mul(rows[i], wasm_v128_load(table + 8 * i));
    transform_columns(rows, 11);
  }
  transpose(rows);
  transform_columns(rows, 18);
  transpose(rows);
  const v128_t middle = wasm_i8x16_splat(-128);
  for (int i = 0; i < 8; i += 2) {
    v128_t bytes = wasm_v128_xor(wasm_i8x16_narrow_i16x8(rows[i], rows[i + 1]), middle);
    wasm_v128_store64_lane(output[i] + column, bytes, 0);
    wasm_v128_store64_lane(output[i + 1] + column, bytes, 1);
  }
}

// A block of which one side is reduced more than the other, which libjpeg-turbo lacks: for chroma that has fewer samples
// across than down, or down than across. Means of what the whole transform gives.
void idct_of_unequal_sides(j_decompress_ptr decoder, jpeg_component_info *component, JCOEFPTR coefficients,
                           JSAMPARRAY output, JDIMENSION column) {
  JSAMPLE samples[DCTSIZE][DCTSIZE];
  JSAMPROW rows[DCTSIZE];
  for (int i = 0; i < DCTSIZE; i++) rows[i] = samples[i];
  jsimd_idct_islow(decoder, component, coefficients, rows, 0);
  int across = DCTSIZE / component->DCT_scaled_size, down = DCTSIZE / component->DCT_scaled_rows, count = across * down;
  for (int y = 0; y < component->DCT_scaled_rows; y++) {
    for (int x = 0; x < component->DCT_scaled_size; x++) {
      int sum = count / 2;
      for (int i = 0; i < count; i++) sum += samples[y * down + i / across][x * across + i % across];
      output[y][column + x] = (JSAMPLE)(sum / count);
    }
  }
}

// --- colour: YCbCr to RGBX, as jdcolor.c

static inline v128_t scaled16(v128_t value, int factor) { // (value * factor + half) >> 16
  const v128_t by = wasm_i16x8_splat((short)factor), half = wasm_i32x4_splat(32768);
  v128_t low = wasm_i32x4_add(wasm_i32x4_extmul_low_i16x8(value, by), half);
  v128_t high = wasm_i32x4_add(wasm_i32x4_extmul_high_i16x8(value, by), half);
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(low, 16), wasm_i32x4_shr(high, 16));
}

void jsimd_ycc_rgb_convert(j_decompress_ptr decoder, JSAMPIMAGE input, JDIMENSION input_row, JSAMPARRAY output, int count) {
  const v128_t middle = wasm_i16x8_splat(128), half = wasm_i32x4_splat(32768);
  for (; count > 0; count--, input_row++, output++) {
    const JSAMPLE *ys = input[0][input_row], *cbs = input[1][input_row], *crs = input[2][input_row];
    JSAMPLE *to = *output;
    for (JDIMENSION x = 0; x < decoder->output_width; x += 8, to += 32) {
      v128_t y = wasm_u16x8_load8x8(ys + x);
      v128_t cb = wasm_i16x8_sub(wasm_u16x8_load8x8(cbs + x), middle);
      v128_t cr = wasm_i16x8_sub(wasm_u16x8_load8x8(crs + x), middle);
      // 1.402 = 1 + 0.402, 1.772 = 2 − 0.228, −0.714 = −1 + 0.286, in 16 bits
      v128_t red = wasm_i16x8_add(wasm_i16x8_add(y, cr), scaled16(cr, 91881 - 65536));
      v128_t blue = wasm_i16x8_add(wasm_i16x8_add(y, wasm_i16x8_shl(cb, 1)), scaled16(cb, 116130 - 131072));
      Wide mixed = pair_products(cb, cr, -22554, 65536 - 46802);
      v128_t green = wasm_i16x8_add(wasm_i16x8_sub(y, cr), DESCALED(mixed, 16));
      v128_t rb = wasm_u8x16_narrow_i16x8(red, blue), g = wasm_u8x16_narrow_i16x8(green, middle);
      v128_t rg = wasm_i8x16_shuffle(rb, g, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      v128_t bx = wasm_i8x16_shuffle(rb, g, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      wasm_v128_store(to, wasm_i16x8_shuffle(rg, bx, 0, 8, 1, 9, 2, 10, 3, 11));
      wasm_v128_store(to + 16, wasm_i16x8_shuffle(rg, bx, 4, 12, 5, 13, 6, 14, 7, 15));
    }
  }
}

// --- chroma of half the width, or half of both, interpolated with weights 3 and 1, as jdsample.c

// Doubles a row of 16-bit sums, which has one more at either end: ((3 · own + neighbour) + rounding) >> bits.
static inline void double_row(const int16_t *sums, JSAMPLE *to, JDIMENSION count, int left_rounding, int right_rounding,
                              int bits) {
  const v128_t left_half = wasm_i16x8_splat((short)left_rounding), right_half = wasm_i16x8_splat((short)right_rounding);
  for (JDIMENSION x = 0; x < count; x += 8, to += 16) {
    v128_t own = wasm_v128_load(sums + x);
    v128_t thrice = wasm_i16x8_add(wasm_i16x8_shl(own, 1), own);
    v128_t left = wasm_i16x8_add(wasm_i16x8_add(thrice, wasm_v128_load(sums + x - 1)), left_half);
    v128_t right = wasm_i16x8_add(wasm_i16x8_add(thrice, wasm_v128_load(sums + x + 1)), right_half);
    // left ones in the low bytes, right ones in the high bytes
    v128_t both = wasm_v128_or(wasm_u16x8_shr(left, bits), wasm_i16x8_shl(wasm_u16x8_shr(right, bits), 8));
    wasm_v128_store(to, both);
  }
}

static int16_t sums_of_row[65536 + 32];

static int16_t *with_ends(JDIMENSION count) {
  int16_t *sums = sums_of_row + 8;
  sums[-1] = sums[0];
  sums[count] = sums[count - 1];
  return sums;
}

void jsimd_h2v1_fancy_upsample(j_decompress_ptr decoder, jpeg_component_info *component, JSAMPARRAY input,
                               JSAMPARRAY *output) {
  JDIMENSION width = component->downsampled_width;
  for (int row = 0; row < decoder->max_v_samp_factor; row++) {
    for (JDIMENSION x = 0; x < width; x += 8)
      wasm_v128_store(sums_of_row + 8 + x, wasm_u16x8_load8x8(input[row] + x));
    double_row(with_ends(width), (*output)[row], width, 1, 2, 2);
  }
}

void jsimd_h2v2_fancy_upsample(j_decompress_ptr decoder, jpeg_component_info *component, JSAMPARRAY input,
                               JSAMPARRAY *output) {
  JDIMENSION width = component->downsampled_width;
  for (int row = 0; row < decoder->max_v_samp_factor; row++) {
    int own = row / 2;
    const JSAMPLE *near = input[own], *far = input[row % 2 ? own + 1 : own - 1];
    for (JDIMENSION x = 0; x < width; x += 8) {
      v128_t value = wasm_u16x8_load8x8(near + x);
      v128_t thrice = wasm_i16x8_add(wasm_i16x8_shl(value, 1), value);
      wasm_v128_store(sums_of_row + 8 + x, wasm_i16x8_add(thrice, wasm_u16x8_load8x8(far + x)));
    }
    double_row(with_ends(width), (*output)[row], width, 8, 7, 4);
  }
}

// --- asked for, but not written: the portable versions serve

int jsimd_can_idct_2x2(void) { return 0; }
int jsimd_can_idct_4x4(void) { return 0; }
int jsimd_can_idct_ifast(void) { return 0; }
int jsimd_can_idct_float(void) { return 0; }
int jsimd_can_ycc_rgb565(void) { return 0; }
int jsimd_can_h2v1_upsample(void) { return 0; }
int jsimd_can_h2v2_upsample(void) { return 0; }
int jsimd_can_h1v2_fancy_upsample(void) { return 0; }
#define ABSENT_TRANSFORM(name)                                                                                        \
  void name(j_decompress_ptr decoder, jpeg_component_info *component, JCOEFPTR coefficients, JSAMPARRAY output,        \
            JDIMENSION column) {}
ABSENT_TRANSFORM(jsimd_idct_2x2)
ABSENT_TRANSFORM(jsimd_idct_4x4)
ABSENT_TRANSFORM(jsimd_idct_ifast)
ABSENT_TRANSFORM(jsimd_idct_float)
void jsimd_ycc_rgb565_convert(j_decompress_ptr decoder, JSAMPIMAGE input, JDIMENSION row, JSAMPARRAY output, int count) {}
void jsimd_h2v1_upsample(j_decompress_ptr decoder, jpeg_component_info *component, JSAMPARRAY input, JSAMPARRAY *output) {}
void jsimd_h2v2_upsample(j_decompress_ptr decoder, jpeg_component_info *component, JSAMPARRAY input, JSAMPARRAY *output) {}
