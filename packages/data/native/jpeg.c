// JPEG photographs through libjpeg-turbo: only the rows and columns that a crop needs are transformed, and nothing is
// read after its last row.
#include "photograph.h"

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

static void begin_source(j_decompress_ptr decoder) {}
static boolean need_more(j_decompress_ptr decoder) { fail(FAILED_TRUNCATED, NULL, NULL); }
static void skip_bytes(j_decompress_ptr decoder, long bytes) {
  if (bytes <= 0) return;
  if ((size_t)bytes > decoder->src->bytes_in_buffer) fail(FAILED_TRUNCATED, NULL, NULL);
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
  jpeg_read_header(&jpeg, TRUE);
  if (jpeg.data_precision != 8) fail(FAILED_PRECISION, NULL, NULL);
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

// As Pillow: no colour profile, and files of Adobe's programs hold what is left of the light, not the ink.
static void cmyk_to_rgb(uint32_t *row, int count, int inverted) {
  for (int at = 0; at < count; at++) {
    uint32_t ink = inverted ? ~row[at] : row[at];
    uint32_t white = 255 - (ink >> 24);
    uint32_t red = white - over255((ink & 255) * white);
    uint32_t green = white - over255((ink >> 8 & 255) * white);
    uint32_t blue = white - over255((ink >> 16 & 255) * white);
    row[at] = red | green << 8 | blue << 16;
  }
}

// The largest reduction by the transform itself that leaves the box no smaller than it shall be.
static int transform_scale(const Plan *plan) {
  int scale = 8;
  while (scale > 1 &&
         (plan->box_width < (double)scale * plan->resized_width || plan->box_height < (double)scale * plan->resized_height))
    scale /= 2;
  return scale;
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
  // chroma is interpolated: what its neighbours outside of the crop add must be there
  int margin = 2;
  JDIMENSION left = across->first > margin ? (JDIMENSION)(across->first - margin) : 0;
  JDIMENSION right = (JDIMENSION)(across->end + margin);
  if (right > jpeg.output_width) right = jpeg.output_width;
  JDIMENSION width = right - left;
  jpeg_crop_scanline(&jpeg, &left, &width);
  uint32_t *row = allocate(4 * ((size_t)width + 16));
  if (!row) fail(FAILED_MEMORY, NULL, NULL);
  JSAMPROW rows[1] = {(JSAMPROW)row};
  if (down->first > 0) jpeg_skip_scanlines(&jpeg, (JDIMENSION)down->first);
  for (int y = down->first; y < down->end; y++) {
    if (jpeg_read_scanlines(&jpeg, rows, 1) != 1) fail(FAILED_TRUNCATED, NULL, NULL);
    if (inks) cmyk_to_rgb(row, (int)width, jpeg.saw_Adobe_marker);
    take_row(&resampling, row, (int)left, y);
  }
}
