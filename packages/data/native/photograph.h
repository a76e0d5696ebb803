// Photographs to training crops: what the parts of this module share.
#ifndef DMNN_PHOTOGRAPH_H
#define DMNN_PHOTOGRAPH_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))

// Throws in JavaScript, which unwinds this module. `format` and `parameters` are libjpeg's, for FAILED_JPEG.
enum { FAILED_JPEG = 0, FAILED_MEMORY = 1, FAILED_TRUNCATED = 2, FAILED_KIND = 3 };
_Noreturn IMPORT("fail") void fail(int reason, const char *format, const void *parameters);

void *allocate(size_t bytes); // NULL where memory ends

// What to make of an image: the box, resized to `resized_*`, seen through a window.
typedef struct {
  double box_left, box_top, box_width, box_height;
  int32_t resized_width, resized_height;
  int32_t window_left, window_top, window_width, window_height;
  // pixel (row, column) of the window goes to target + 3 * (origin + row * row_step + column * column_step)
  int32_t origin, row_step, column_step;
  int32_t as_floats; // bytes otherwise
  float scale[4];    // of red, green, blue: written is byte * scale + offset
  float offset[4];
  void *target;
} Plan;

// Weights of one axis of a resampling: for each place of the window, where its source starts and its weights.
typedef struct {
  int32_t first, end; // source places that are needed at all
  int32_t taps;       // room for weights of one place
  int32_t *starts;
  int32_t *counts;
  int32_t *weights;
} Axis;

typedef struct {
  const Plan *plan;
  Axis across, down;
  uint32_t *ring; // resized rows of RGBX, the last `ring_rows` of them
  int32_t ring_rows;
  const uint32_t **rows; // those of one resized row
  int32_t next_row; // row of the window that is written next
} Resampling;

// `scale`: the image is this many times smaller than the plan's box believes.
void begin_resampling(Resampling *resampling, const Plan *plan, int width, int height, int scale);
// Takes source row `row`, whose pixel RGBX number `first_column` is at `pixels`. Rows come in order, from down.first
// to down.end - 1. Eight bytes after the last pixel must be readable.
void take_row(Resampling *resampling, const uint32_t *pixels, int first_column, int row);
#endif
