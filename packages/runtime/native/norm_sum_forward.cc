// The result of DmnnNormSum: each path normalised, gated and added, in one pass over memory after its statistics.
#include "norm_sum.h"

namespace dmnn::norm_sum {
namespace {

// Loops over memory; `width` numbers a row, `rows` rows one after the other.

// y = slope * x + shift, clipped; the sums of y by column if `total` is given.
DMNN_VECTORISED
void affine_one(const float* __restrict x, const float* __restrict slope, const float* __restrict shift, float low,
                float high, int64_t rows, int64_t width, float* __restrict y) {
  for (int64_t r = 0; r < rows; r++, x += width, y += width) {
    for (int64_t c = 0; c < width; c++) {
      const float v = slope[c] * x[c] + shift[c];
      // written so that NaN stays NaN
      const float least = v < low ? low : v;
      y[c] = least > high ? high : least;
    }
  }
}

DMNN_VECTORISED
void affine_one_onto(const float* __restrict z, const float* __restrict x, const float* __restrict slope,
                     const float* __restrict shift, float low, float high, int64_t rows, int64_t width,
                     float* __restrict y) {
  for (int64_t r = 0; r < rows; r++, x += width, y += width, z += width) {
    for (int64_t c = 0; c < width; c++) {
      const float v = z[c] + (slope[c] * x[c] + shift[c]);
      const float least = v < low ? low : v;
      y[c] = least > high ? high : least;
    }
  }
}

DMNN_VECTORISED
void affine_two(const float* __restrict x0, const float* __restrict x1, const float* __restrict slope0,
                const float* __restrict slope1, const float* __restrict shift, float low, float high, int64_t rows,
                int64_t width, float* __restrict y) {
  for (int64_t r = 0; r < rows; r++, x0 += width, x1 += width, y += width) {
    for (int64_t c = 0; c < width; c++) {
      const float v = slope0[c] * x0[c] + (slope1[c] * x1[c] + shift[c]);
      const float least = v < low ? low : v;
      y[c] = least > high ? high : least;
    }
  }
}

DMNN_VECTORISED
void affine_two_onto(const float* __restrict z, const float* __restrict x0, const float* __restrict x1,
                     const float* __restrict slope0, const float* __restrict slope1, const float* __restrict shift,
                     float low, float high, int64_t rows, int64_t width, float* __restrict y) {
  for (int64_t r = 0; r < rows; r++, x0 += width, x1 += width, y += width, z += width) {
    for (int64_t c = 0; c < width; c++) {
      const float v = z[c] + (slope0[c] * x0[c] + (slope1[c] * x1[c] + shift[c]));
      const float least = v < low ? low : v;
      y[c] = least > high ? high : least;
    }
  }
}

// One row of many paths at a time, gathered in y.
DMNN_VECTORISED
void begin_row(const float* __restrict z, const float* __restrict shift, int64_t width, float* __restrict y) {
  if (z == nullptr) {
    for (int64_t c = 0; c < width; c++) y[c] = shift[c];
  } else {
    for (int64_t c = 0; c < width; c++) y[c] = z[c] + shift[c];
  }
}

DMNN_VECTORISED
void add_row(const float* __restrict x, const float* __restrict slope, int64_t width, float* __restrict y) {
  for (int64_t c = 0; c < width; c++) y[c] += slope[c] * x[c];
}

DMNN_VECTORISED
void clip_row(float low, float high, int64_t width, float* __restrict y) {
  for (int64_t c = 0; c < width; c++) {
    const float least = y[c] < low ? low : y[c];
    y[c] = least > high ? high : least;
  }
}

DMNN_VECTORISED
void column_sums(const float* __restrict y, int64_t rows, int64_t width, float* __restrict total) {
  for (int64_t r = 0; r < rows; r++, y += width) {
    for (int64_t c = 0; c < width; c++) total[c] += y[c];
  }
}

}  // namespace

void forward(void* kernel, TF_OpKernelContext* context) {
  const NormSum& s = *static_cast<NormSum*>(kernel);
  KernelCall call(context);
  const std::vector<Input> x = call.next(s.paths);
  const int64_t norms = s.normalised ? s.paths : 0;
  const std::vector<Input> scale = call.next(norms), offset = call.next(norms);
  const Input gates = s.gate_tensors > 0 ? call.next() : Input{};
  const std::vector<Input> shortcut = call.next(s.shortcuts);
  if (!call.ok() || !fits(call, s, x, gates)) return;
  const std::vector<int64_t>& shape = x[0].shape;
  const Tiling t(shape);
  for (const Input& z : shortcut)
    if (!call.expect(z.shape == shape, "shortcut: expected the shape of x")) return;
  for (const std::vector<Input>& list : {scale, offset})
    for (const Input& each : list)
      if (!call.expect(each.size == t.channels, "scale and offset: expected [C]")) return;

  const std::vector<Part> parts = parts_of(s, t.channels);
  std::vector<float*> y;
  for (const Part& part : parts) y.push_back(call.output(part_shape(shape, part)));
  std::vector<float*> mean, variance;
  for (int64_t p = 0; p < norms; p++) mean.push_back(call.output({t.channels}));
  for (int64_t p = 0; p < norms; p++) variance.push_back(call.output({t.channels}));
  float* pooled = s.pooled > 0 ? call.output({t.images, t.channels}) : nullptr;
  if (!call.ok()) return;

  const int64_t width = t.width();
  std::vector<std::vector<float>> slope(s.paths), shift(s.paths);
  for (int64_t p = 0; p < s.paths; p++) {
    std::vector<float> a(t.channels, 1.0f), b(t.channels, 0.0f);
    if (s.normalised) {
      statistics(x[p].data, t, mean[p], variance[p]);
      for (int64_t c = 0; c < t.channels; c++) {
        a[c] = float(scale[p].data[c] * reciprocal_deviation(variance[p][c], s.epsilon));
        b[c] = offset[p].data[c] - a[c] * mean[p][c];
      }
    }
    slope[p] = folded(a.data(), t);
    shift[p] = folded(b.data(), t);
  }

  const float* z = s.shortcuts > 0 ? shortcut[0].data : nullptr;
  std::unique_ptr<float[]> sums(s.pooled > 0 ? new float[t.tiles() * width]() : nullptr);
  parallel_for(t.tiles(), [&](int64_t tile) {
    const int64_t image = tile / t.tiles_per_image, rows = t.rows_of(tile), at = t.offset_of(tile);
    // only what is open: a closed path is not read
    std::vector<int64_t> open;
    std::vector<std::vector<float>> gated(s.paths);
    std::vector<float> constant(width, 0.0f);
    for (int64_t p = 0; p < s.paths; p++) {
      const float gate = gate_of(gates, image, s.gate_columns[p]);
      if (gate == 0.0f) continue;
      open.push_back(p);
      gated[p] = slope[p];
      for (int64_t c = 0; c < width; c++) {
        gated[p][c] *= gate;
        constant[c] += gate * shift[p][c];
      }
    }
    std::vector<float> buffer(parts.size() > 1 ? rows * width : 0);
    float* out = parts.size() > 1 ? buffer.data() : y[0] + at;
    if (open.size() == 1 && z == nullptr) {
      affine_one(x[open[0]].data + at, gated[open[0]].data(), constant.data(), s.low, s.high, rows, width, out);
    } else if (open.size() == 1) {
      affine_one_onto(z + at, x[open[0]].data + at, gated[open[0]].data(), constant.data(), s.low, s.high, rows, width,
                      out);
    } else if (open.size() == 2 && z == nullptr) {
      affine_two(x[open[0]].data + at, x[open[1]].data + at, gated[open[0]].data(), gated[open[1]].data(),
                 constant.data(), s.low, s.high, rows, width, out);
    } else if (open.size() == 2) {
      affine_two_onto(z + at, x[open[0]].data + at, x[open[1]].data + at, gated[open[0]].data(),
                      gated[open[1]].data(), constant.data(), s.low, s.high, rows, width, out);
    } else {
      for (int64_t r = 0; r < rows; r++) {
        float* row = out + r * width;
        begin_row(z == nullptr ? nullptr : z + at + r * width, constant.data(), width, row);
        for (int64_t p : open) add_row(x[p].data + at + r * width, gated[p].data(), width, row);
        clip_row(s.low, s.high, width, row);
      }
    }
    if (s.pooled > 0) column_sums(out, rows, width, sums.get() + tile * width);
    if (parts.size() > 1) split_rows(out, t, at / t.channels, rows * t.fold, parts, y);
  });
  if (s.pooled == 0) return;
  parallel_for(t.images, [&](int64_t image) {
    std::vector<double> total(t.channels, 0.0);
    for (int64_t i = 0; i < t.tiles_per_image * t.fold; i++) {
      const float* row = sums.get() + image * t.tiles_per_image * width + i * t.channels;
      for (int64_t c = 0; c < t.channels; c++) total[c] += row[c];
    }
    for (int64_t c = 0; c < t.channels; c++) pooled[image * t.channels + c] = float(total[c] / t.pixels);
  });
}

}  // namespace dmnn::norm_sum
