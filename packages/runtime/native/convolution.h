// What the parts of DmnnConvolution share: the settings of a call, and where what is convolved lies. Images are laid out
// and copied in convolution_images.cc, cut into tasks and run in convolution_run.cc, read and registered in
// convolution.cc.
#ifndef DMNN_CONVOLUTION_H_
#define DMNN_CONVOLUTION_H_

#include <memory>
#include <vector>

#include "convolution_tiles.h"

namespace dmnn::convolution {

// what work is at least cut into, if it can be
const int64_t kTasks = 16;

// what an image is cut into that is only copied
const int64_t kBands = 4;

struct Convolution {
  int64_t kernel[2], stride[2], before[2], out[2], out_channels, paths, shortcuts, taken, placed, pooled, overwrites;
  // the result is held between them; infinite where it is not
  float low, high;
};

// The windows of all paths: of equal sizes, whatever the channels.
struct Windows {
  int64_t height, width, padded_height, padded_width;
  // whether none reaches into padding; and whether each is one pixel of the image
  bool inside, pointwise;

  Windows(const Convolution& s, int64_t height, int64_t width) : height(height), width(width) {
    padded_height = (s.out[0] - 1) * s.stride[0] + s.kernel[0];
    padded_width = (s.out[1] - 1) * s.stride[1] + s.kernel[1];
    inside = s.before[0] == 0 && s.before[1] == 0 && padded_height <= height && padded_width <= width;
    pointwise = s.kernel[0] == 1 && s.kernel[1] == 1 && inside;
  }
};

// One path: its images as tiles read them, where they lie or copied.
struct Path {
  const float* x;
  const float* packed;
  const float* bias;
  int64_t channels;
  // numbers of x
  int64_t size;
  // [images]: rows of x
  std::vector<int64_t> from;
  // whether tiles read a copy: of whole images, or else each task makes one of the pixels that it needs
  bool copied = false;
  std::unique_ptr<float[]> copy;
  // numbers of a pixel, a row and an image
  int64_t pixel, row_length, image_size;
  // of a filter
  int64_t length;

  const float* image(int64_t i) const { return copy ? copy.get() + i * image_size : x + from[i] * image_size; }
};

// The paths that are added up in one row of y, with the sum of their biases; rows with the same paths share it.
struct Sum {
  std::vector<int64_t> paths;
  std::vector<float> bias;
};

// Where each row of y comes from.
struct Rows {
  int64_t count;
  // [path][row]: the image of the path, or -1; empty where all images of all paths stand in order
  std::vector<std::vector<int64_t>> placed;

  int64_t image(int64_t path, int64_t row) const { return placed.empty() ? row : placed[path][row]; }
};

// Whether panels are computed by twos; and the pixels of a row that a tile then takes at most.
bool by_twos(const Convolution& s);
int64_t most_pixels(const Convolution& s);

// Says how the images of a path are laid out as tiles read them.
void lay_out(Path* path, const Convolution& s, const Windows& w);

// Copies the images of a path that stand in y.
void copy_images(Path* path, const Convolution& s, const Windows& w, const Rows& rows, int64_t p);

// The pixels that a 1×1 convolution visits in one image, one after the other and `length` numbers apart: some of them.
void visited(const float* x, int64_t width, int64_t channels, const Convolution& s, int64_t first, int64_t last,
             int64_t length, float* to);

// Writes y and, unless `pooled` is null, its means over pixels. Paths are laid out.
void run(const Convolution& s, const Windows& windows, std::vector<Path>* paths, const Rows& rows,
         const float* shortcut, float* y, float* pooled);

}  // namespace dmnn::convolution

#endif  // DMNN_CONVOLUTION_H_
