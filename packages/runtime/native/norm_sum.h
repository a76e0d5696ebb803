// y = shortcut + sum over p of gate_p * batch_norm(x_p), held between two bounds, and its gradient: what follows the
// convolutions of a unit or of a block, in two passes over memory forwards and two backwards.
//
// A tensor [B, ..., C] is B images of `pixels` rows of C numbers. Images are cut into tiles that fit a core's cache;
// sums of a tile are float32, sums of tiles are float64 and in a fixed order, so that results do not depend on the
// number of threads. Narrow rows are taken several at a time (`fold` of them), since a loop over 16 channels costs more
// than its additions.
//
// This is what the three parts share: the settings of a call and how tensors are cut. Sums over images are in
// norm_sum_moments.cc, the result in norm_sum_forward.cc, and its gradient in norm_sum_backward.cc.
#ifndef DMNN_NORM_SUM_H_
#define DMNN_NORM_SUM_H_

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernel_call.h"
#include "parallel.h"

namespace dmnn::norm_sum {

struct NormSum {
  int64_t paths, gate_tensors, shortcuts, pooled;
  float epsilon;
  // the sum is held between them, which is what an activation does to it; infinite where it is not
  float low, high;
  // false: the x_p are summed as they are
  bool normalised;
  // [p]: the column of gates, or -1
  std::vector<int64_t> gate_columns;
  // channels of each y, where the result is wanted in several tensors; empty for one
  std::vector<int64_t> splits;
  // only of the gradient
  int64_t upstreams = 0, results = 0;

  bool bounded() const { return low > -INFINITY || high < INFINITY; }
};

// How a tensor is cut.
struct Tiling {
  int64_t images, pixels, channels;
  int64_t fold, tile_rows, tiles_per_image;

  Tiling(const std::vector<int64_t>& shape) {
    images = shape[0];
    channels = shape.back();
    pixels = 1;
    for (size_t i = 1; i + 1 < shape.size(); i++) pixels *= shape[i];
    fold = 1;
    while (fold * channels < 128 && pixels % (2 * fold) == 0) fold *= 2;
    const int64_t folded_rows = pixels / fold;
    const int64_t wanted = std::max<int64_t>(32, 32768 / (fold * channels));
    tile_rows = std::min(folded_rows, wanted);
    tiles_per_image = (folded_rows + tile_rows - 1) / tile_rows;
  }

  int64_t tiles() const { return images * tiles_per_image; }
  int64_t width() const { return fold * channels; }
  int64_t rows_of(int64_t tile) const {
    const int64_t first = (tile % tiles_per_image) * tile_rows;
    return std::min(tile_rows, pixels / fold - first);
  }
  int64_t offset_of(int64_t tile) const {
    return (tile / tiles_per_image) * pixels * channels + (tile % tiles_per_image) * tile_rows * width();
  }
};

// [C] -> [fold * C]
std::vector<float> folded(const float* values, const Tiling& t);

// Where the channels of one part of a split tensor lie.
struct Part {
  int64_t begin, channels;
};

std::vector<Part> parts_of(const NormSum& settings, int64_t channels);

std::vector<int64_t> part_shape(std::vector<int64_t> shape, const Part& part);

// Copies folded rows of one tensor to its parts, or back.
void split_rows(const float* whole, const Tiling& t, int64_t first_row, int64_t rows, const std::vector<Part>& parts,
                const std::vector<float*>& out);
void join_rows(const std::vector<const float*>& in, const std::vector<Part>& parts, const Tiling& t,
               int64_t first_row, int64_t rows, float* whole);

inline double reciprocal_deviation(float variance, float epsilon) { return 1.0 / std::sqrt(double(variance) + epsilon); }

inline float gate_of(const Input& gates, int64_t image, int64_t column) {
  return column < 0 ? 1.0f : gates.data[image * gates.shape[1] + column];
}

// Says what does not fit of the inputs that both directions have; whether all does.
bool fits(KernelCall& call, const NormSum& s, const std::vector<Input>& x, const Input& gates);

// Mean and biased variance of each channel.
void statistics(const float* x, const Tiling& t, float* mean, float* variance);

void forward(void* kernel, TF_OpKernelContext* context);
void backward(void* kernel, TF_OpKernelContext* context);

}  // namespace dmnn::norm_sum

#endif  // DMNN_NORM_SUM_H_
