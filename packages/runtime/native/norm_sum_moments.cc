// Mean and variance of a tensor's channels, in one pass over it.
#include "norm_sum.h"

namespace dmnn::norm_sum {
namespace {

DMNN_VECTORISED
void moments(const float* __restrict x, const float* __restrict about, int64_t rows, int64_t width,
             float* __restrict sum, float* __restrict squares) {
  for (int64_t r = 0; r < rows; r++, x += width) {
    for (int64_t c = 0; c < width; c++) {
      const float d = x[c] - about[c];
      sum[c] += d;
      squares[c] += d * d;
    }
  }
}

}  // namespace

void statistics(const float* x, const Tiling& t, float* mean, float* variance) {
  const int64_t width = t.width(), tiles = t.tiles();
  // about the first pixel: a mean that is many deviations from zero would cost digits
  const std::vector<float> about = folded(x, t);
  std::unique_ptr<float[]> sums(new float[tiles * 2 * width]());
  parallel_for(tiles, [&](int64_t tile) {
    float* sum = sums.get() + tile * 2 * width;
    moments(x + t.offset_of(tile), about.data(), t.rows_of(tile), width, sum, sum + width);
  });
  const double count = double(t.images) * t.pixels;
  const int64_t chunk = 64;
  parallel_for((t.channels + chunk - 1) / chunk, [&](int64_t part) {
    const int64_t end = std::min(t.channels, (part + 1) * chunk);
    double sum[chunk] = {}, squares[chunk] = {};
    for (int64_t tile = 0; tile < tiles; tile++) {
      for (int64_t f = 0; f < t.fold; f++) {
        const float* row = sums.get() + tile * 2 * width + f * t.channels;
        for (int64_t c = part * chunk, i = 0; c < end; c++, i++) {
          sum[i] += row[c];
          squares[i] += row[width + c];
        }
      }
    }
    for (int64_t c = part * chunk, i = 0; c < end; c++, i++) {
      const double shift = sum[i] / count;
      mean[c] = float(x[c] + shift);
      const double v = squares[i] / count - shift * shift;
      variance[c] = v < 0 ? 0.0f : float(v);  // NaN stays
    }
  });
}

}  // namespace dmnn::norm_sum
