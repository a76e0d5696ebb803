// y = shortcut + sum over p of gate_p * batch_norm(x_p W_p), held between two bounds, and its gradient: the last 1×1
// convolutions of a block's sub-blocks with everything that follows them. x_p [B, ..., K_p] is narrow, y [B, ..., C] is
// wide, and no x_p W_p is ever in memory:
//
// - With m the mean of a row of x and V its covariance, those of x W are m W and diag(W' V W), so that batch norm is
//   known beforehand, and becomes a factor of the columns of W and a constant.
// - With e what reaches the sum from above, its sums, and the products X' e with gated rows, give all gradients but
//   that of x, which is gate * e (W a)' + (x - m) (W diag(b) W') + q, with b and q from the sums.
//
// The covariance is taken about the mean and added in float64; sums of tiles are added in a fixed order, so that results
// do not depend on the number of threads. The shortcut may have a batch norm of its own (a projection).
#ifndef DMNN_POINTWISE_SUM_H_
#define DMNN_POINTWISE_SUM_H_

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernel_call.h"
#include "parallel.h"

namespace dmnn::pointwise_sum {

struct PointwiseSum {
  int64_t paths, gate_tensors, pooled;
  // batch norms: one for each path, and perhaps one for the shortcut, the last
  int64_t norms;
  float epsilon;
  // the sum is held between them; infinite where it is not
  float low, high;
  // [p]: the column of gates, or -1
  std::vector<int64_t> gate_columns;
  // only of the gradient
  int64_t upstreams = 0, results = 0;

  bool normalises_shortcut() const { return norms > paths; }
};

// The sizes of a call, and how its rows are cut: chunks of an image that a core's cache holds.
struct Sizes {
  // of y
  std::vector<int64_t> map;
  int64_t images = 0, pixels = 1, channels = 0;
  // [p]
  std::vector<int64_t> hidden;
  int64_t chunks_per_image = 1;

  int64_t rows() const { return images * pixels; }
  int64_t chunks() const { return images * chunks_per_image; }
  int64_t first_of(int64_t chunk) const {
    return chunk / chunks_per_image * pixels + chunk % chunks_per_image * pixels / chunks_per_image;
  }
  int64_t rows_of(int64_t chunk) const {
    const int64_t i = chunk % chunks_per_image;
    return (i + 1) * pixels / chunks_per_image - i * pixels / chunks_per_image;
  }
};

inline double reciprocal_deviation(float variance, float epsilon) { return 1.0 / std::sqrt(double(variance) + epsilon); }

inline float gate_of(const Input& gates, int64_t image, int64_t column) {
  return column < 0 ? 1.0f : gates.data[image * gates.shape[1] + column];
}

// Says what does not fit of the inputs that both directions have; whether all does.
bool fits(KernelCall& call, const PointwiseSum& s, const std::vector<Input>& x, const std::vector<Input>& weight,
          const Input& gates, Sizes* sizes);

// Mean of a row of x [rows][k], and the covariance of its numbers, [k][k].
void moments(const float* x, int64_t rows, int64_t k, float* mean, float* covariance);

void forward(void* kernel, TF_OpKernelContext* context);
void backward(void* kernel, TF_OpKernelContext* context);

}  // namespace dmnn::pointwise_sum

#endif  // DMNN_POINTWISE_SUM_H_
