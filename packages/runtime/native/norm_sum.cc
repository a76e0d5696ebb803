// y = activation(shortcut + sum over p of gate_p * batch_norm(x_p)), and its gradient: what follows the convolutions of
// a unit or of a block, in two passes over memory forwards and two backwards.
//
// A tensor [B, ..., C] is B images of `pixels` rows of C numbers. Images are cut into tiles that fit a core's cache;
// sums of a tile are float32, sums of tiles are float64 and in a fixed order, so that results do not depend on the
// number of threads. Narrow rows are taken several at a time (`fold` of them), since a loop over 16 channels costs more
// than its additions.
#include <algorithm>
#include <cmath>
#include <memory>

#include "kernel_call.h"
#include "parallel.h"

namespace dmnn {
namespace {

enum Activation { kNone = 0, kRelu = 1, kRelu6 = 2 };

struct NormSum {
  int64_t paths, gate_tensors, shortcuts, pooled, activation;
  float epsilon;
  // false: the x_p are summed as they are
  bool normalised;
  // [p]: the column of gates, or -1
  std::vector<int64_t> gate_columns;
  // channels of each y, where the result is wanted in several tensors; empty for one
  std::vector<int64_t> splits;
  // only of the gradient
  int64_t upstreams = 0, results = 0;
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

// ---- loops over memory; `width` numbers a row, `rows` rows one after the other ----

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

// ---- backwards ----

// What reaches the sum from above: dy0 + dy1 + constant, and nothing where the activation was at one of its bounds.
struct Upstream {
  // rows of the tile; dy1 may be null
  const float *dy0, *dy1;
  // by column
  const float* constant;
  // the result, if it was kept; otherwise it is slope * x + shift again, as `affine_one` computed it
  const float *y, *slope, *shift;
  float low, high;

  // the same from a later column on
  Upstream from(int64_t c) const {
    Upstream u = *this;
    u.dy0 += c;
    u.constant += c;
    u.slope += c;
    u.shift += c;
    if (dy1 != nullptr) u.dy1 += c;
    if (y != nullptr) u.y += c;
    return u;
  }
};

// Columns at a time: what belongs to them must stay in the nearest cache.
const int64_t kColumns = 256;

enum Mask { kAll, kByResult, kByInput };

template <Mask kMask, bool kTwo>
inline __attribute__((always_inline)) float upstream_at(const Upstream& u, const float* __restrict x, int64_t i,
                                                        int64_t c) {
  float d = u.dy0[i] + u.constant[c];
  if (kTwo) d += u.dy1[i];
  if (kMask == kAll) return d;
  const float y = kMask == kByResult ? u.y[i] : u.slope[c] * x[i] + u.shift[c];
  return y > u.low && y < u.high ? d : 0.0f;
}

// Sums of e and of e * (x - mean) by column; e itself is written if it is wanted.
template <Mask kMask, bool kTwo, bool kKeep>
inline __attribute__((always_inline)) void sums_loop(const Upstream& u, const float* __restrict x,
                                                     const float* __restrict mean, int64_t rows, int64_t width, int64_t stride,
                                                     float* __restrict sums, float* __restrict products,
                                                     float* __restrict kept) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * stride;
    for (int64_t c = 0; c < width; c++) {
      const float e = upstream_at<kMask, kTwo>(u, x, at + c, c);
      sums[c] += e;
      products[c] += e * (x[at + c] - mean[c]);
      if (kKeep) kept[at + c] = e;
    }
  }
}

// dx = a * e + b * (x - mean) + k, with e computed again.
template <Mask kMask, bool kTwo>
inline __attribute__((always_inline)) void gradient_loop(const Upstream& u, const float* __restrict x,
                                                         const float* __restrict mean, const float* __restrict a,
                                                         const float* __restrict b, const float* __restrict k,
                                                         int64_t rows, int64_t width, int64_t stride, float* __restrict dx) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * stride;
    for (int64_t c = 0; c < width; c++) {
      const float e = upstream_at<kMask, kTwo>(u, x, at + c, c);
      dx[at + c] = a[c] * e + (b[c] * (x[at + c] - mean[c]) + k[c]);
    }
  }
}

// One function for each mask, so that the choice is made once a tile and not once a number.
#define DMNN_FOR_MASK(name, mask)                                                                                    \
  DMNN_VECTORISED                                                                                                    \
  void sums_##name(const Upstream& u, const float* __restrict x, const float* __restrict mean, int64_t rows,         \
                   int64_t width, int64_t stride, float* __restrict sums, float* __restrict products, float* __restrict kept) {      \
    if (kept == nullptr) {                                                                                           \
      if (u.dy1 == nullptr)                                                                                          \
        sums_loop<mask, false, false>(u, x, mean, rows, width, stride, sums, products, kept);                                \
      else                                                                                                           \
        sums_loop<mask, true, false>(u, x, mean, rows, width, stride, sums, products, kept);                                 \
    } else {                                                                                                         \
      if (u.dy1 == nullptr)                                                                                          \
        sums_loop<mask, false, true>(u, x, mean, rows, width, stride, sums, products, kept);                                 \
      else                                                                                                           \
        sums_loop<mask, true, true>(u, x, mean, rows, width, stride, sums, products, kept);                                  \
    }                                                                                                                \
  }                                                                                                                  \
  DMNN_VECTORISED                                                                                                    \
  void gradient_##name(const Upstream& u, const float* __restrict x, const float* __restrict mean,                   \
                       const float* __restrict a, const float* __restrict b, const float* __restrict k,              \
                       int64_t rows, int64_t width, int64_t stride, float* __restrict dx) {                                          \
    if (u.dy1 == nullptr)                                                                                            \
      gradient_loop<mask, false>(u, x, mean, a, b, k, rows, width, stride, dx);                                              \
    else                                                                                                             \
      gradient_loop<mask, true>(u, x, mean, a, b, k, rows, width, stride, dx);                                               \
  }
DMNN_FOR_MASK(of_all, kAll)
DMNN_FOR_MASK(by_result, kByResult)
DMNN_FOR_MASK(by_input, kByInput)
#undef DMNN_FOR_MASK

// The same from an e that was kept.
DMNN_VECTORISED
void products_of(const float* __restrict e, const float* __restrict x, const float* __restrict mean, int64_t rows,
                 int64_t width, int64_t stride, float* __restrict products) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * stride;
    for (int64_t c = 0; c < width; c++) products[c] += e[at + c] * (x[at + c] - mean[c]);
  }
}

DMNN_VECTORISED
void gradient_of(const float* __restrict e, const float* __restrict x, const float* __restrict mean,
                 const float* __restrict a, const float* __restrict b, const float* __restrict k, int64_t rows,
                 int64_t width, int64_t stride, float* __restrict dx) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * stride;
    for (int64_t c = 0; c < width; c++) dx[at + c] = a[c] * e[at + c] + (b[c] * (x[at + c] - mean[c]) + k[c]);
  }
}

// Without batch norm there are no statistics to pass through.
DMNN_VECTORISED
void scaled(const float* __restrict e, float factor, int64_t count, float* __restrict dx) {
  for (int64_t i = 0; i < count; i++) dx[i] = factor * e[i];
}

// ---- small things ----

void bounds_of(int64_t activation, float* low, float* high) {
  *low = activation == kNone ? -INFINITY : 0.0f;
  *high = activation == kRelu6 ? 6.0f : INFINITY;
}

// [C] -> [fold * C]
std::vector<float> folded(const float* values, const Tiling& t) {
  std::vector<float> wide(t.width());
  for (int64_t f = 0; f < t.fold; f++) std::copy(values, values + t.channels, wide.begin() + f * t.channels);
  return wide;
}

// Where the channels of one part of a split tensor lie.
struct Part {
  int64_t begin, channels;
};

std::vector<Part> parts_of(const NormSum& settings, int64_t channels) {
  if (settings.splits.empty()) return {{0, channels}};
  std::vector<Part> parts;
  int64_t begin = 0;
  for (int64_t width : settings.splits) {
    parts.push_back({begin, width});
    begin += width;
  }
  return parts;
}

std::vector<int64_t> part_shape(std::vector<int64_t> shape, const Part& part) {
  shape.back() = part.channels;
  return shape;
}

// Copies folded rows of one tensor to its parts, or back.
void split_rows(const float* whole, const Tiling& t, int64_t first_row, int64_t rows, const std::vector<Part>& parts,
                const std::vector<float*>& out) {
  for (size_t s = 0; s < parts.size(); s++) {
    const auto [begin, width] = parts[s];
    float* to = out[s] + first_row * width;
    for (int64_t r = 0; r < rows; r++, to += width) {
      std::copy_n(whole + r * t.channels + begin, width, to);
    }
  }
}

void join_rows(const std::vector<const float*>& in, const std::vector<Part>& parts, const Tiling& t,
               int64_t first_row, int64_t rows, float* whole) {
  for (size_t s = 0; s < parts.size(); s++) {
    const auto [begin, width] = parts[s];
    const float* from = in[s] + first_row * width;
    for (int64_t r = 0; r < rows; r++, from += width) {
      std::copy_n(from, width, whole + r * t.channels + begin);
    }
  }
}

double reciprocal_deviation(float variance, float epsilon) { return 1.0 / std::sqrt(double(variance) + epsilon); }

// Mean and biased variance of each channel.
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

bool fits(KernelCall& call, const NormSum& s, const std::vector<Input>& x, const Input& gates) {
  for (const Input& each : x) {
    if (!call.expect(each.shape.size() >= 2 && each.shape == x[0].shape, "x: expected equal shapes [B, ..., C]"))
      return false;
  }
  if (!call.expect(x[0].size > 0, "x: expected at least one number")) return false;
  int64_t split = 0;
  for (int64_t width : s.splits) {
    if (!call.expect(width > 0, "splits: expected channels of each part")) return false;
    split += width;
  }
  if (!call.expect(s.splits.empty() || split == x[0].shape.back(), "splits: expected to add up to the channels"))
    return false;
  for (int64_t column : s.gate_columns) {
    if (column >= 0 && !call.expect(gates.shape.size() == 2 && gates.shape[0] == x[0].shape[0] &&
                                        column < gates.shape[1],
                                    "gates: expected [B, G] with every column that is named"))
      return false;
  }
  return call.expect(s.gate_columns.size() == x.size(), "gate_columns: expected one for each path");
}

float gate_of(const Input& gates, int64_t image, int64_t column) {
  return column < 0 ? 1.0f : gates.data[image * gates.shape[1] + column];
}

// ---- the operations ----

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

  float low, high;
  bounds_of(s.activation, &low, &high);
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
      affine_one(x[open[0]].data + at, gated[open[0]].data(), constant.data(), low, high, rows, width, out);
    } else if (open.size() == 1) {
      affine_one_onto(z + at, x[open[0]].data + at, gated[open[0]].data(), constant.data(), low, high, rows, width,
                      out);
    } else if (open.size() == 2 && z == nullptr) {
      affine_two(x[open[0]].data + at, x[open[1]].data + at, gated[open[0]].data(), gated[open[1]].data(),
                 constant.data(), low, high, rows, width, out);
    } else if (open.size() == 2) {
      affine_two_onto(z + at, x[open[0]].data + at, x[open[1]].data + at, gated[open[0]].data(),
                      gated[open[1]].data(), constant.data(), low, high, rows, width, out);
    } else {
      for (int64_t r = 0; r < rows; r++) {
        float* row = out + r * width;
        begin_row(z == nullptr ? nullptr : z + at + r * width, constant.data(), width, row);
        for (int64_t p : open) add_row(x[p].data + at + r * width, gated[p].data(), width, row);
        clip_row(low, high, width, row);
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

void backward(void* kernel, TF_OpKernelContext* context) {
  const NormSum& s = *static_cast<NormSum*>(kernel);
  KernelCall call(context);
  const int64_t norms = s.normalised ? s.paths : 0;
  const int64_t part_count = s.splits.empty() ? 1 : int64_t(s.splits.size());
  const std::vector<Input> dy = call.next(s.upstreams * part_count), dpooled = call.next(s.pooled),
                           result = call.next(s.results), x = call.next(s.paths);
  const std::vector<Input> scale = call.next(norms), offset = call.next(norms), mean = call.next(norms),
                           variance = call.next(norms);
  const Input gates = s.gate_tensors > 0 ? call.next() : Input{};
  if (!call.ok() || !fits(call, s, x, gates)) return;
  const std::vector<int64_t>& shape = x[0].shape;
  const Tiling t(shape);
  const std::vector<Part> parts = parts_of(s, t.channels);
  if (!call.expect(s.upstreams <= 2, "dy: expected two of each part at most")) return;
  for (size_t i = 0; i < dy.size(); i++)
    if (!call.expect(dy[i].shape == part_shape(shape, parts[i % part_count]), "dy: expected the shape of y")) return;
  for (const Input& each : result)
    if (!call.expect(each.shape == shape, "y: expected the shape of x")) return;
  for (const Input& each : dpooled)
    if (!call.expect(each.shape == std::vector<int64_t>({t.images, t.channels}), "dpooled: expected [B, C]")) return;
  for (const std::vector<Input>& list : {scale, offset, mean, variance})
    for (const Input& each : list)
      if (!call.expect(each.size == t.channels, "scale, offset, mean, variance: expected [C]")) return;
  const bool from_input = s.results == 0 && s.activation != kNone;
  if (!call.expect(!from_input || (s.paths == 1 && s.shortcuts == 0 && s.gate_columns[0] < 0 && s.normalised),
                   "y: expected beside an activation of more than one normalised path"))
    return;

  std::vector<float*> dx, dscale, doffset;
  for (int64_t p = 0; p < s.paths; p++) dx.push_back(call.output(shape));
  for (int64_t p = 0; p < norms; p++) dscale.push_back(call.output({t.channels}));
  for (int64_t p = 0; p < norms; p++) doffset.push_back(call.output({t.channels}));
  float* dgates = s.gate_tensors > 0 ? call.output(gates.shape) : nullptr;
  float* dz = s.shortcuts > 0 ? call.output(shape) : nullptr;
  if (!call.ok()) return;
  if (dgates != nullptr) std::fill(dgates, dgates + gates.size, 0.0f);

  const int64_t width = t.width(), images = t.images, channels = t.channels;
  float low, high;
  bounds_of(s.activation, &low, &high);

  std::vector<std::vector<float>> means(s.paths), slope(s.paths), shift(s.paths);
  for (int64_t p = 0; p < s.paths; p++) {
    std::vector<float> a(channels, 1.0f), b(channels, 0.0f), m(channels, 0.0f);
    for (int64_t c = 0; c < channels && s.normalised; c++) {
      m[c] = mean[p].data[c];
      a[c] = float(scale[p].data[c] * reciprocal_deviation(variance[p].data[c], s.epsilon));
      b[c] = offset[p].data[c] - a[c] * m[c];
    }
    means[p] = folded(m.data(), t);
    slope[p] = folded(a.data(), t);
    shift[p] = folded(b.data(), t);
  }

  const Mask mask = s.activation == kNone ? kAll : from_input ? kByInput : kByResult;
  const auto sums_with = mask == kAll ? sums_of_all : mask == kByInput ? sums_by_input : sums_by_result;
  const auto gradient_with =
      mask == kAll ? gradient_of_all : mask == kByInput ? gradient_by_input : gradient_by_result;

  // what reaches a tile from above; `constant` and `joined` hold what it points to
  const auto upstream_of = [&](int64_t tile, std::vector<float>& constant, std::vector<float>& joined) {
    const int64_t image = tile / t.tiles_per_image, rows = t.rows_of(tile), at = t.offset_of(tile);
    constant.assign(width, 0.0f);
    for (int64_t c = 0; c < width && !dpooled.empty(); c++)
      constant[c] = dpooled[0].data[image * channels + c % channels] / float(t.pixels);
    const float* sources[2] = {nullptr, nullptr};
    if (part_count > 1 || s.upstreams == 0) joined.assign(std::max<int64_t>(1, s.upstreams) * rows * width, 0.0f);
    if (s.upstreams == 0) sources[0] = joined.data();
    for (int64_t d = 0; d < s.upstreams; d++) {
      sources[d] = part_count == 1 ? dy[d].data + at : joined.data() + d * rows * width;
      if (part_count == 1) continue;
      std::vector<const float*> in;
      for (int64_t i = 0; i < part_count; i++) in.push_back(dy[d * part_count + i].data);
      join_rows(in, parts, t, at / channels, rows * t.fold, joined.data() + d * rows * width);
    }
    return Upstream{sources[0],
                    sources[1],
                    constant.data(),
                    s.results > 0 ? result[0].data + at : nullptr,
                    slope[0].data(),
                    shift[0].data(),
                    low,
                    high};
  };

  // first pass: for each tile the sums of e, and of e times each path
  const int64_t row_length = (1 + s.paths) * width;
  std::unique_ptr<float[]> sums(new float[t.tiles() * row_length]());
  parallel_for(t.tiles(), [&](int64_t tile) {
    const int64_t rows = t.rows_of(tile), at = t.offset_of(tile);
    std::vector<float> constant, joined, scratch;
    const Upstream u = upstream_of(tile, constant, joined);
    // several paths read e again
    if (dz == nullptr && s.paths > 1) scratch.resize(rows * width);
    float* e = dz != nullptr ? dz + at : s.paths > 1 ? scratch.data() : nullptr;
    float* own = sums.get() + tile * row_length;
    for (int64_t c = 0; c < width; c += kColumns) {
      const int64_t some = std::min(kColumns, width - c);
      sums_with(u.from(c), x[0].data + at + c, means[0].data() + c, rows, some, width, own + c, own + width + c,
                e == nullptr ? nullptr : e + c);
      for (int64_t p = 1; p < s.paths; p++)
        products_of(e + c, x[p].data + at + c, means[p].data() + c, rows, some, width, own + (1 + p) * width + c);
    }
  });

  // sums of each image and channel, then of all: everything else follows from them
  std::vector<double> by_image(images * (1 + s.paths) * channels, 0.0);
  parallel_for(images, [&](int64_t image) {
    for (int64_t q = 0; q <= s.paths; q++) {
      double* total = by_image.data() + (image * (1 + s.paths) + q) * channels;
      for (int64_t i = 0; i < t.tiles_per_image; i++) {
        const float* row = sums.get() + (image * t.tiles_per_image + i) * row_length + q * width;
        for (int64_t f = 0; f < t.fold; f++)
          for (int64_t c = 0; c < channels; c++) total[c] += row[f * channels + c];
      }
    }
  });
  std::vector<std::vector<float>> b(s.paths), k(s.paths);
  for (int64_t p = 0; p < s.paths; p++) {
    const int64_t column = s.gate_columns[p];
    std::vector<double> total(channels, 0.0), product(channels, 0.0), inverse(channels, 1.0);
    for (int64_t c = 0; c < channels && s.normalised; c++)
      inverse[c] = reciprocal_deviation(variance[p].data[c], s.epsilon);
    for (int64_t image = 0; image < images; image++) {
      const double* e = by_image.data() + image * (1 + s.paths) * channels;
      const double* ex = e + (1 + p) * channels;
      const double gate = gate_of(gates, image, column);
      double inner = 0.0;
      for (int64_t c = 0; c < channels; c++) {
        total[c] += gate * e[c];
        product[c] += gate * ex[c] * inverse[c];
        inner += s.normalised ? scale[p].data[c] * inverse[c] * ex[c] + offset[p].data[c] * e[c] : ex[c];
      }
      if (column >= 0) dgates[image * gates.shape[1] + column] += float(inner);
    }
    if (!s.normalised) continue;
    const double count = double(images) * t.pixels;
    std::vector<float> along(channels), constant(channels);
    for (int64_t c = 0; c < channels; c++) {
      doffset[p][c] = float(total[c]);
      dscale[p][c] = float(product[c]);
      const double a = scale[p].data[c] * inverse[c];
      along[c] = float(-a * inverse[c] * product[c] / count);
      constant[c] = float(-a * total[c] / count);
    }
    b[p] = folded(along.data(), t);
    k[p] = folded(constant.data(), t);
  }

  // second pass
  parallel_for(t.tiles(), [&](int64_t tile) {
    const int64_t image = tile / t.tiles_per_image, rows = t.rows_of(tile), at = t.offset_of(tile);
    std::vector<float> constant, joined, scratch;
    const float* e = dz == nullptr ? nullptr : dz + at;
    for (int64_t p = 0; p < s.paths; p++) {
      const float gate = gate_of(gates, image, s.gate_columns[p]);
      std::vector<float> a = slope[p];
      for (float& each : a) each *= gate;
      if (e == nullptr) {
        const Upstream u = upstream_of(tile, constant, joined);
        if (s.paths == 1 && s.normalised) {
          for (int64_t c = 0; c < width; c += kColumns)
            gradient_with(u.from(c), x[0].data + at + c, means[0].data() + c, a.data() + c, b[0].data() + c,
                          k[0].data() + c, rows, std::min(kColumns, width - c), width, dx[0] + at + c);
          return;
        }
        // its sums are known already: only e is wanted
        scratch.resize(rows * width + 2 * width);
        float* ignored = scratch.data() + rows * width;
        sums_with(u, x[0].data + at, means[0].data(), rows, width, width, ignored, ignored + width, scratch.data());
        e = scratch.data();
      }
      if (s.normalised) {
        for (int64_t c = 0; c < width; c += kColumns)
          gradient_of(e + c, x[p].data + at + c, means[p].data() + c, a.data() + c, b[p].data() + c, k[p].data() + c,
                      rows, std::min(kColumns, width - c), width, dx[p] + at + c);
      } else {
        scaled(e, gate, rows * width, dx[p] + at);
      }
    }
  });
}

template <bool kGradient>
void* create(TF_OpKernelConstruction* construction) {
  Settings settings(construction);
  NormSum* s = new NormSum();
  s->paths = settings.integer("P");
  s->gate_tensors = settings.integer("G");
  s->shortcuts = settings.integer("Z");
  s->pooled = settings.integer("Q");
  s->activation = settings.integer("activation");
  s->epsilon = settings.number("epsilon");
  s->normalised = settings.integer("M") > 0;
  s->gate_columns = settings.integers("gate_columns");
  s->splits = settings.integers("splits");
  if (kGradient) {
    s->upstreams = settings.integer("D") / std::max<int64_t>(1, s->splits.size());
    s->results = settings.integer("Y");
  }
  return s;
}

void destroy(void* kernel) { delete static_cast<NormSum*>(kernel); }

}  // namespace

void register_norm_sum() {
  // Paths, normalised paths (all or none), gate tensors, shortcuts and pooled results (0 or 1 each)
  const std::vector<const char*> common = {"P: int >= 1", "M: int >= 0", "G: int >= 0", "Z: int >= 0", "Q: int >= 0",
                                           "activation: int", "epsilon: float", "gate_columns: list(int)",
                                           "splits: list(int)"};
  std::vector<const char*> attributes = common;
  attributes.push_back("S: int >= 1");  // parts of the result
  register_operation({"DmnnNormSum",
                      attributes,
                      {"x: P * float", "scale: M * float", "offset: M * float", "gates: G * float",
                       "shortcut: Z * float"},
                      {"y: S * float", "mean: M * float", "variance: M * float", "pooled: Q * float"}},
                     create<false>, guarded<forward>, destroy);
  attributes = common;
  attributes.push_back("D: int >= 0");  // upstream gradients, part by part
  attributes.push_back("Y: int >= 0");  // whether the result comes in
  register_operation({"DmnnNormSumGrad",
                      attributes,
                      {"dy: D * float", "dpooled: Q * float", "y: Y * float", "x: P * float", "scale: M * float",
                       "offset: M * float", "mean: M * float", "variance: M * float", "gates: G * float"},
                      {"dx: P * float", "dscale: M * float", "doffset: M * float", "dgates: G * float",
                       "dshortcut: Z * float"}},
                     create<true>, guarded<backward>, destroy);
}

}  // namespace dmnn
