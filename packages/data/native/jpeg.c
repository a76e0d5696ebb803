// JPEG photographs through libjpeg-turbo: only the rows and columns that a crop needs are transformed. Whether a file is
// accepted does not depend on the crop: it is what Pillow, which decodes every row, accepts.
#include "photograph.h"

#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include <jerror.h>

static struct jpeg_decompress_struct jpeg;
static struct jpeg_error_mgr errors;
static struct jpeg_source_mgr source;

// libjpeg's messages by number
#include <jversion.h>
#define JMESSAGE(code, string) string,
static const char *const messages[] = {
#include <jerror.h>
    NULL};

static void leave(j_common_ptr decoder) {
  fail(FAILED_JPEG, messages[decoder->err->msg_code], &decoder->err->msg_parm);
}
// warnings are passed over, as Pillow does; the end of the file is no warning here
static void pass_over(j_common_ptr decoder, int level) {}
static void print_nothing(j_common_ptr decoder) {}
static void format_nothing(j_common_ptr decoder, char *buffer) {}
static void reset_errors(j_common_ptr decoder) {}

// All rows are there: where a file ends now, nothing is missing.
static boolean complete;

static void begin_source(j_decompress_ptr decoder) {}
static boolean need_more(j_decompress_ptr decoder) {
  if (!complete) fail(FAILED_TRUNCATED, NULL, NULL);
  return FALSE;
}
static void skip_bytes(j_decompress_ptr decoder, long bytes) {
  if (bytes <= 0) return;
  if ((size_t)bytes > decoder->src->bytes_in_buffer) {
    need_more(decoder);
    bytes = (long)decoder->src->bytes_in_buffer;
  }
  decoder->src->next_input_byte += bytes;
  decoder->src->bytes_in_buffer -= bytes;
}
static void end_source(j_decompress_ptr decoder) {}

static uint32_t header[4];

// Reads up to the first scan. Returns width, height, components and bits of a component.
EXPORT("openJpeg") const uint32_t *open_jpeg(const uint8_t *bytes, size_t count) {
  errors = (struct jpeg_error_mgr){.error_exit = leave,
                                   .emit_message = pass_over,
                                   .output_message = print_nothing,
                                   .format_message = format_nothing,
                                   .reset_error_mgr = reset_errors};
  complete = FALSE;
  jpeg.err = &errors;
  jpeg_create_decompress(&jpeg);
  source = (struct jpeg_source_mgr){.next_input_byte = bytes,
                                    .bytes_in_buffer = count,
                                    .init_source = begin_source,
                                    .fill_input_buffer = need_more,
                                    .skip_input_data = skip_bytes,
                                    .resync_to_restart = jpeg_resync_to_restart,
                                    .term_source = end_source};
  jpeg.src = &source;
  // tables alone may stand before the image, as a stream of their own
  while (jpeg_read_header(&jpeg, FALSE) == JPEG_HEADER_TABLES_ONLY) {}
  if (jpeg.data_precision != 8) fail(FAILED_KIND, NULL, NULL);
  header[0] = jpeg.image_width;
  header[1] = jpeg.image_height;
  header[2] = (uint32_t)jpeg.num_components;
  header[3] = (uint32_t)jpeg.progressive_mode;
  return header;
}

static inline uint32_t over255(uint32_t product) {
  uint32_t t = product + 128;
  return ((t >> 8) + t) >> 8;
}

// As Pillow: no colour profile, and every file holds what is left of the light, not the ink, as Adobe's programs write.
static void cmyk_to_rgb(uint32_t *row, int count) {
  for (int at = 0; at < count; at++) {
    uint32_t ink = ~row[at];
    uint32_t white = 255 - (ink >> 24);
    uint32_t red = white - over255((ink & 255) * white);
    uint32_t green = white - over255((ink >> 8 & 255) * white);
    uint32_t blue = white - over255((ink >> 16 & 255) * white);
    row[at] = red | green << 8 | blue << 16;
  }
}

// Whether a component of fewer samples than another would lose more of them than the reduction asks for. The transform
// gives 1, 2, 4 or 8 samples a side, which the build computes for each side alone.
static int loses_samples(int factor, int most, int side) {
  int samples = side;
  while (samples < DCTSIZE && most * side % (factor * samples * 2) == 0) samples *= 2;
  return samples < DCTSIZE && factor * samples < most * side;
}

static int components_allow(int scale) {
  for (int i = 0; i < jpeg.num_components; i++) {
    const jpeg_component_info *component = jpeg.comp_info + i;
    if (loses_samples(component->h_samp_factor, jpeg.max_h_samp_factor, DCTSIZE / scale) ||
        loses_samples(component->v_samp_factor, jpeg.max_v_samp_factor, DCTSIZE / scale))
      return 0;
  }
  return 1;
}

// The largest reduction by the transform itself that leaves the box no smaller than it shall be.
static int transform_scale(const Plan *plan) {
  int scale = 8;
  while (scale > 1 && (plan->box_width < (double)scale * plan->resized_width ||
                       plan->box_height < (double)scale * plan->resized_height || !components_allow(scale)))
    scale /= 2;
  return scale;
}

// A progressive file without all its scans: libjpeg smooths its blocks, each by those around it.
static int smoothed(void) {
  if (!jpeg.progressive_mode || !jpeg.coef_bits) return 0;
  for (int component = 0; component < jpeg.num_components; component++)
    for (int k = 1; k < 10; k++) // those that jdcoefct.c asks about
      if (jpeg.coef_bits[component][k] != 0) return 1;
  return 0;
}

// --- whether the rows after the crop can be decoded

// The number of the next marker at or after *at; -1 if there is none.
static int next_marker_of(const JOCTET **at, const JOCTET *end) {
  const JOCTET *next = *at;
  for (;;) {
    const v128_t all = wasm_i8x16_splat(-1);
    while (end - next >= 16 && !wasm_v128_any_true(wasm_i8x16_eq(wasm_v128_load(next), all))) next += 16;
    while (next < end && *next != 0xFF) next++;
    while (next < end && *next == 0xFF) next++; // any number of them may stand before a marker
    if (next == end) return -1;
    if (*next++ == 0) continue; // a byte 0xFF of the data
    *at = next;
    return next[-1];
  }
}

// Whether the markers to come are those of an intact file: the restarts, in order, and the end of the image. The data
// before each may be anything: a decoder never reads past a marker, and takes what is missing for zeros.
static boolean ends_well(void) {
  const JOCTET *at = source.next_input_byte, *end = at + source.bytes_in_buffer;
  int marker = jpeg.unread_marker ? jpeg.unread_marker : next_marker_of(&at, end);
  if (jpeg.restart_interval) {
    JDIMENSION all = jpeg.MCUs_per_row * jpeg.MCU_rows_in_scan;
    JDIMENSION rows = jpeg.input_iMCU_row * (JDIMENSION)(jpeg.comps_in_scan > 1 ? 1 : jpeg.cur_comp_info[0]->v_samp_factor);
    JDIMENSION decoded = rows < jpeg.MCU_rows_in_scan ? rows * jpeg.MCUs_per_row : all;
    JDIMENSION restart = decoded ? (decoded - 1) / jpeg.restart_interval : 0;
    for (; restart < (all - 1) / jpeg.restart_interval; restart++) {
      if (marker != JPEG_RST0 + (int)(restart & 7)) return FALSE;
      marker = next_marker_of(&at, end);
    }
  }
  return marker == JPEG_EOI;
}

// Reads to the end of the file as Pillow does, which may fail.
static void read_to_end(JSAMPARRAY rows) {
  while (jpeg.output_scanline < jpeg.output_height) jpeg_read_scanlines(&jpeg, rows, 1);
  complete = TRUE;
  jpeg_finish_decompress(&jpeg);
}

// Decodes the opened file into the plan's target.
EXPORT("sampleJpeg") void sample_jpeg(const Plan *plan, int may_scale) {
  int scale = may_scale ? transform_scale(plan) : 1;
  int inks = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
  jpeg.out_color_space = inks ? JCS_CMYK : JCS_EXT_RGBX;
  jpeg.scale_num = 1;
  jpeg.scale_denom = (unsigned)scale;
  jpeg_start_decompress(&jpeg);
  Resampling resampling;
  begin_resampling(&resampling, plan, (int)jpeg.output_width, (int)jpeg.output_height, scale);
  const Axis *across = &resampling.across, *down = &resampling.down;
  JDIMENSION left = 0, width = jpeg.output_width;
  int first_row = 0; // that is decoded
  if (!smoothed()) {
    // chroma is interpolated: what its neighbours outside of the crop add must be there
    int margin = 2;
    left = across->first > margin ? (JDIMENSION)(across->first - margin) : 0;
    JDIMENSION right = (JDIMENSION)(across->end + margin);
    if (right > jpeg.output_width) right = jpeg.output_width;
    width = right - left;
    jpeg_crop_scanline(&jpeg, &left, &width);
    first_row = down->first;
  }
  uint32_t *row = allocate(4 * ((size_t)width + 16));
  if (!row) fail(FAILED_MEMORY, NULL, NULL);
  JSAMPROW rows[1] = {(JSAMPROW)row};
  if (first_row > 0) jpeg_skip_scanlines(&jpeg, (JDIMENSION)first_row);
  for (int y = first_row; y < down->end; y++) {
    if (jpeg_read_scanlines(&jpeg, rows, 1) != 1) fail(FAILED_TRUNCATED, NULL, NULL);
    if (y < down->first) continue;
    if (inks) cmyk_to_rgb(row, (int)width);
    take_row(&resampling, row, (int)left, y);
  }
  // a file of several scans has been read to its end already
  if (!jpeg.inputctl->has_multiple_scans && !ends_well()) read_to_end(rows);
}
