// The result of DmnnPointwiseSum: moments of the narrow maps, then one pass over the wide ones.
#include "norm_sum.h"
#include "panels.h"
#include "pointwise_sum.h"

namespace dmnn::pointwise_sum {
namespace {

// Panels whose weights stay in a core's cache while the rows are gone through.
const int64_t kPanels = 8;

// A tile of the result: sum + (slope * z + shift), clipped; its sums by column are added to `total` if that is given.
DMNN_VECTORISED
void finish(const float* __restrict sum, int64_t sum_stride, const float* __restrict z, const float* __restrict slope,
            const float* __restrict shift, float low, float high, int64_t rows, int64_t width, int64_t stride,
            float* __restrict y) {
  for (int64_t r = 0; r < rows; r++, sum += sum_stride, z += stride, y += stride) {
    for (int64_t c = 0; c < width; c++) {
      const float v = sum[c] + (slope[c] * z[c] + shift[c]);
      // written so that NaN stays NaN
      const float least = v < low ? low : v;
      y[c] = least > high ? high : least;
    }
  }
}

DMNN_VECTORISED
void column_sums(const float* __restrict y, int64_t rows, int64_t width, float* __restrict total) {
  for (int64_t r = 0; r < rows; r++, y += width)
    for (int64_t c = 0; c < width; c++) total[c] += y[c];
}

DMNN_VECTORISED
void scale_rows(const float* __restrict factor, int64_t rows, int64_t width, float* __restrict panel) {
  for (int64_t r = 0; r < rows; r++, panel += width)
    for (int64_t c = 0; c < width; c++) panel[c] *= factor[c];
}

}  // namespace

void forward(void* kernel, TF_OpKernelContext* context) {
  const PointwiseSum& s = *static_cast<PointwiseSum*>(kernel);
  KernelCall call(context);
  const std::vector<Input> x = call.next(s.paths), weight = call.next(s.paths), scale = call.next(s.norms),
                           offset = call.next(s.norms);
  const Input gates = s.gate_tensors > 0 ? call.next() : Input{};
  const Input shortcut = call.next();
  Sizes sizes;
  if (!call.ok() || !fits(call, s, x, weight, gates, &sizes)) return;
  const int64_t channels = sizes.channels, rows = sizes.rows();
  if (!call.expect(shortcut.shape == sizes.map, "shortcut: expected [B, ..., C]")) return;
  for (const std::vector<Input>& list : {scale, offset})
    for (const Input& each : list)
      if (!call.expect(each.size == channels, "scale and offset: expected [C]")) return;

  float* y = call.output(sizes.map);
  std::vector<float*> mean, variance, hidden_mean, spread;
  for (int64_t m = 0; m < s.norms; m++) mean.push_back(call.output({channels}));
  for (int64_t m = 0; m < s.norms; m++) variance.push_back(call.output({channels}));
  for (int64_t p = 0; p < s.paths; p++) hidden_mean.push_back(call.output({sizes.hidden[p]}));
  for (int64_t p = 0; p < s.paths; p++) spread.push_back(call.output({sizes.hidden[p], channels}));
  float* pooled = s.pooled > 0 ? call.output({sizes.images, channels}) : nullptr;
  if (!call.ok()) return;

  // what each path is multiplied by, in panels, and what is added to it
  const int64_t w = panels::width(), panel_count = panels::count_of(channels), wide = panel_count * w;
  std::vector<std::unique_ptr<float[]>> packed(s.paths);
  std::vector<std::vector<double>> shift(s.norms, std::vector<double>(channels));
  std::vector<float> shortcut_slope(wide, 1.0f);
  for (int64_t p = 0; p < s.paths; p++) {
    const int64_t k = sizes.hidden[p];
    std::vector<float> covariance(k * k);
    moments(x[p].data, rows, k, hidden_mean[p], covariance.data());
    packed[p].reset(new float[wide * k]);
    parallel_for(panel_count, [&](int64_t panel) {
      float* own = packed[p].get() + panel * k * w;
      panels::pack(weight[p].data, k, channels, channels, panel, panel + 1, packed[p].get());
      std::vector<float> tile(panels::tile_rows() * w), slope(w, 0.0f);
      std::vector<double> about(w, 0.0), squares(w, 0.0);
      const int64_t first = panel * w, some = std::min(w, channels - first);
      panels::for_tiles(k, [&](int64_t i, int64_t count) {
        panels::multiply({{covariance.data() + i * k, k, 1, k, own}}, count, tile.data());
        for (int64_t r = 0; r < count; r++) {
          std::copy_n(tile.data() + r * w, some, spread[p] + (i + r) * channels + first);
          for (int64_t c = 0; c < some; c++) {
            about[c] += double(hidden_mean[p][i + r]) * own[(i + r) * w + c];
            squares[c] += double(own[(i + r) * w + c]) * tile[r * w + c];
          }
        }
      });
      for (int64_t c = 0; c < some; c++) {
        mean[p][first + c] = float(about[c]);
        variance[p][first + c] = squares[c] < 0 ? 0.0f : float(squares[c]);  // NaN stays
        const double a = scale[p].data[first + c] * reciprocal_deviation(variance[p][first + c], s.epsilon);
        slope[c] = float(a);
        shift[p][first + c] = offset[p].data[first + c] - a * about[c];
      }
      scale_rows(slope.data(), k, w, own);
    });
  }
  if (s.normalises_shortcut()) {
    const int64_t m = s.paths;
    norm_sum::statistics(shortcut.data, norm_sum::Tiling(sizes.map), mean[m], variance[m]);
    for (int64_t c = 0; c < channels; c++) {
      shortcut_slope[c] = float(scale[m].data[c] * reciprocal_deviation(variance[m][c], s.epsilon));
      shift[m][c] = offset[m].data[c] - shortcut_slope[c] * mean[m][c];
    }
  }

  std::unique_ptr<float[]> sums(s.pooled > 0 ? new float[sizes.chunks() * channels]() : nullptr);
  parallel_for(sizes.chunks(), [&](int64_t chunk) {
    const int64_t image = chunk / sizes.chunks_per_image, first = sizes.first_of(chunk), count = sizes.rows_of(chunk);
    // only what is open: a closed path is not read
    std::vector<int64_t> open;
    std::vector<const float*> narrow(s.paths);
    std::vector<std::vector<float>> gated(s.paths);
    std::vector<float> constant(wide, 0.0f);
    for (int64_t c = 0; c < channels; c++) {
      double sum = s.normalises_shortcut() ? shift[s.paths][c] : 0.0;
      for (int64_t p = 0; p < s.paths; p++) {
        const float gate = gate_of(gates, image, s.gate_columns[p]);
        if (gate != 0.0f) sum += gate * shift[p][c];
      }
      constant[c] = float(sum);
    }
    for (int64_t p = 0; p < s.paths; p++) {
      const float gate = gate_of(gates, image, s.gate_columns[p]);
      if (gate == 0.0f) continue;
      open.push_back(p);
      narrow[p] = x[p].data + first * sizes.hidden[p];
      if (gate == 1.0f) continue;
      gated[p].assign(narrow[p], narrow[p] + count * sizes.hidden[p]);
      for (float& each : gated[p]) each *= gate;
      narrow[p] = gated[p].data();
    }
    std::vector<float> tile(panels::tile_rows() * w, 0.0f);
    std::vector<panels::Factor> factors(open.size());
    for (int64_t begin = 0; begin < panel_count; begin += kPanels) {
      panels::for_tiles(count, [&](int64_t r, int64_t height) {
        for (int64_t panel = begin; panel < std::min(panel_count, begin + kPanels); panel++) {
          const int64_t c = panel * w, some = std::min(w, channels - c), at = (first + r) * channels + c;
          // they arrive while the tile is computed
          for (int64_t i = 0; i < height; i++) {
            for (int64_t line = 0; line < some; line += 16) {
              __builtin_prefetch(shortcut.data + at + i * channels + line);
              __builtin_prefetch(y + at + i * channels + line, 1);
            }
          }
          for (size_t i = 0; i < open.size(); i++) {
            const int64_t p = open[i], k = sizes.hidden[p];
            factors[i] = {narrow[p] + r * k, k, 1, k, packed[p].get() + panel * k * w};
          }
          panels::multiply(factors, height, tile.data());
          finish(tile.data(), w, shortcut.data + at, shortcut_slope.data() + c, constant.data() + c, s.low, s.high,
                 height, some, channels, y + at);
        }
      });
    }
    if (s.pooled > 0) column_sums(y + first * channels, count, channels, sums.get() + chunk * channels);
  });
  if (s.pooled == 0) return;
  parallel_for(sizes.images, [&](int64_t image) {
    for (int64_t c = 0; c < channels; c++) {
      double total = 0.0;
      for (int64_t i = 0; i < sizes.chunks_per_image; i++)
        total += sums[(image * sizes.chunks_per_image + i) * channels + c];
      pooled[image * channels + c] = float(total / sizes.pixels);
    }
  });
}

}  // namespace dmnn::pointwise_sum
