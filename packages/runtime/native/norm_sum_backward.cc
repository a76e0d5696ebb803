// The gradient of DmnnNormSum, in two passes over memory: sums of what reaches each path, then what reaches its input.
#include "norm_sum.h"

namespace dmnn::norm_sum {
namespace {

// What reaches the sum from above: dy0 + dy1 + constant, and nothing where the result was at one of its bounds.
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

}  // namespace

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
  const bool from_input = s.results == 0 && s.bounded();
  if (!call.expect(!from_input || (s.paths == 1 && s.shortcuts == 0 && s.gate_columns[0] < 0 && s.normalised),
                   "y: expected with bounds on more than one normalised path"))
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

  const Mask mask = !s.bounded() ? kAll : from_input ? kByInput : kByResult;
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
                    s.low,
                    s.high};
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

}  // namespace dmnn::norm_sum
