// The gradient of DmnnPointwiseSum: one pass over the wide maps for what reaches the sum and its products with the
// weights, one for its products with the narrow maps; the rest is narrow.
#include "panels.h"
#include "pointwise_sum.h"

namespace dmnn::pointwise_sum {
namespace {

// Rows of a wide map are further apart in memory of our own: a multiple of 2 KB would crowd the nearest cache.
const int64_t kApart = 16;

// Columns at a time: what belongs to them must stay in the nearest cache.
const int64_t kColumns = 512;

// rows that are added in registers before their sums are
const int64_t kRows = 256;

// What reaches the sum: dy0 + dy1 + constant, and nothing where the result was at one of its bounds. Written to `to`
// and to `kept`; its sums by column are added to `total`. dy0, dy1 and y may be null.
template <bool kTwo, bool kBounded>
inline __attribute__((always_inline)) void upstream_loop(const float* __restrict dy0, const float* __restrict dy1,
                                                         const float* __restrict constant, const float* __restrict y,
                                                         float low, float high, int64_t rows, int64_t width,
                                                         int64_t row, int64_t stride, float* __restrict to,
                                                         float* __restrict kept, float* __restrict total) {
  for (int64_t r = 0; r < rows; r++, to += stride) {
    for (int64_t c = 0; c < width; c++) {
      const int64_t at = r * row + c;
      float e = dy0[at] + constant[c];
      if (kTwo) e += dy1[at];
      if (kBounded) e = y[at] > low && y[at] < high ? e : 0.0f;
      to[c] = e;
      kept[at] = e;
      total[c] += e;
    }
  }
}

#define DMNN_UPSTREAM(name, two, bounded)                                                                            \
  DMNN_VECTORISED                                                                                                    \
  void name(const float* __restrict dy0, const float* __restrict dy1, const float* __restrict constant,              \
            const float* __restrict y, float low, float high, int64_t rows, int64_t width, int64_t row,              \
            int64_t stride, float* __restrict to, float* __restrict kept, float* __restrict total) {                 \
    upstream_loop<two, bounded>(dy0, dy1, constant, y, low, high, rows, width, row, stride, to, kept, total);        \
  }
DMNN_UPSTREAM(upstream_one, false, false)
DMNN_UPSTREAM(upstream_two, true, false)
DMNN_UPSTREAM(upstream_one_bounded, false, true)
DMNN_UPSTREAM(upstream_two_bounded, true, true)
#undef DMNN_UPSTREAM

// Sums of e * (x - mean) by column.
DMNN_VECTORISED
void products_of(const float* __restrict e, int64_t stride, const float* __restrict x, const float* __restrict mean,
                 int64_t rows, int64_t width, float* __restrict products) {
  for (int64_t r = 0; r < rows; r++, e += stride, x += width)
    for (int64_t c = 0; c < width; c++) products[c] += e[c] * (x[c] - mean[c]);
}

// e := a * e + b * (x - mean) + k
DMNN_VECTORISED
void through_norm(float* __restrict e, const float* __restrict x, const float* __restrict mean,
                  const float* __restrict a, const float* __restrict b, const float* __restrict k, int64_t rows,
                  int64_t width) {
  for (int64_t r = 0; r < rows; r++, e += width, x += width)
    for (int64_t c = 0; c < width; c++) e[c] = a[c] * e[c] + (b[c] * (x[c] - mean[c]) + k[c]);
}

DMNN_VECTORISED
void centre(const float* __restrict x, const float* __restrict mean, int64_t rows, int64_t width,
            float* __restrict to) {
  for (int64_t r = 0; r < rows; r++, x += width, to += width)
    for (int64_t c = 0; c < width; c++) to[c] = x[c] - mean[c];
}

// dx := gate * dx + tile + constant
DMNN_VECTORISED
void join(const float* __restrict tile, int64_t tile_stride, const float* __restrict constant, float gate,
          int64_t rows, int64_t width, int64_t stride, float* __restrict dx) {
  for (int64_t r = 0; r < rows; r++, tile += tile_stride, dx += stride)
    for (int64_t c = 0; c < width; c++) dx[c] = gate * dx[c] + (tile[c] + constant[c]);
}

DMNN_VECTORISED
void add_rows(const float* __restrict tile, int64_t tile_stride, int64_t rows, int64_t width, int64_t stride,
              float* __restrict to) {
  for (int64_t r = 0; r < rows; r++, tile += tile_stride, to += stride)
    for (int64_t c = 0; c < width; c++) to[c] += tile[c];
}

// A row of a weight [K][C], which becomes a column of a panel, its numbers multiplied by `factor`.
struct Column {
  const float *row, *factor;
};

// Packs one panel: [C][width] of these columns, with zeros in the place of those that are missing.
DMNN_VECTORISED
void pack_columns(const Column* columns, int64_t count, int64_t channels, int64_t w, float* __restrict to) {
  // a few rows at a time: what is written stays in the nearest cache
  for (int64_t begin = 0; begin < channels; begin += 64) {
    const int64_t end = std::min(channels, begin + 64);
    for (int64_t lane = 0; lane < count; lane++) {
      const float *row = columns[lane].row, *factor = columns[lane].factor;
      for (int64_t c = begin; c < end; c++) to[c * w + lane] = factor[c] * row[c];
    }
    for (int64_t c = begin; c < end && count < w; c++)
      for (int64_t lane = count; lane < w; lane++) to[c * w + lane] = 0.0f;
  }
}

// Packs all panels of a list of columns.
std::unique_ptr<float[]> packed_columns(const std::vector<Column>& columns, int64_t channels) {
  const int64_t w = panels::width(), all = columns.size(), count = panels::count_of(all);
  std::unique_ptr<float[]> packed(new float[count * channels * w]);
  parallel_for(count, [&](int64_t panel) {
    pack_columns(columns.data() + panel * w, std::min(w, all - panel * w), channels, w,
                 packed.get() + panel * channels * w);
  });
  return packed;
}

// Some columns of a row of the gradient of a weight, about the mean of x: sums of the parts, into dw, and times the
// weight added to `product`. At most kColumnsOfSums.
const int64_t kColumnsOfSums = 64;

DMNN_VECTORISED
void sum_parts(const float* __restrict parts, int64_t count, int64_t next, double mean, const double* __restrict total,
               const float* __restrict weight, int64_t width, float* __restrict dw, double* __restrict product) {
  double sums[kColumnsOfSums];
  for (int64_t c = 0; c < width; c++) sums[c] = -mean * total[c];
  for (int64_t i = 0; i < count; i++, parts += next)
    for (int64_t c = 0; c < width; c++) sums[c] += parts[c];
  for (int64_t c = 0; c < width; c++) {
    dw[c] = float(sums[c]);
    product[c] += sums[c] * weight[c];
  }
}

// dw := slope * dw + along * spread
DMNN_VECTORISED
void weight_through_norm(const float* __restrict slope, const float* __restrict along, const float* __restrict spread,
                         int64_t width, float* __restrict dw) {
  for (int64_t c = 0; c < width; c++) dw[c] = slope[c] * dw[c] + along[c] * spread[c];
}

DMNN_VECTORISED
double inner_product(const float* __restrict x, const float* __restrict y, int64_t count) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int64_t j = 0; j < 8; j++) sums[j] += double(x[i + j]) * y[i + j];
  double sum = 0.0;
  for (; i < count; i++) sum += double(x[i]) * y[i];
  for (double each : sums) sum += each;
  return sum;
}

}  // namespace

void backward(void* kernel, TF_OpKernelContext* context) {
  const PointwiseSum& s = *static_cast<PointwiseSum*>(kernel);
  KernelCall call(context);
  const int64_t paths = s.paths, norms = s.norms;
  const std::vector<Input> dy = call.next(s.upstreams), dpooled = call.next(s.pooled), result = call.next(s.results);
  const std::vector<Input> x = call.next(paths), weight = call.next(paths), scale = call.next(norms),
                           offset = call.next(norms), mean = call.next(norms), variance = call.next(norms);
  const std::vector<Input> hidden_mean = call.next(paths), spread = call.next(paths);
  const Input gates = s.gate_tensors > 0 ? call.next() : Input{};
  const Input shortcut = s.normalises_shortcut() ? call.next() : Input{};
  Sizes sizes;
  if (!call.ok() || !fits(call, s, x, weight, gates, &sizes)) return;
  const int64_t channels = sizes.channels, images = sizes.images;
  const bool bounded = s.low > -INFINITY || s.high < INFINITY;
  if (!call.expect(s.upstreams <= 2, "dy: expected two at most") ||
      !call.expect(bounded == (s.results == 1), "y: expected with bounds, and only then"))
    return;
  for (const std::vector<Input>& list : {dy, result})
    for (const Input& each : list)
      if (!call.expect(each.shape == sizes.map, "dy and y: expected [B, ..., C]")) return;
  if (!call.expect(!s.normalises_shortcut() || shortcut.shape == sizes.map, "shortcut: expected [B, ..., C]")) return;
  for (const Input& each : dpooled)
    if (!call.expect(each.shape == std::vector<int64_t>({images, channels}), "dpooled: expected [B, C]")) return;
  for (const std::vector<Input>& list : {scale, offset, mean, variance})
    for (const Input& each : list)
      if (!call.expect(each.size == channels, "scale, offset, mean, variance: expected [C]")) return;
  for (int64_t p = 0; p < paths; p++)
    if (!call.expect(hidden_mean[p].size == sizes.hidden[p], "hidden_mean: expected [K]") ||
        !call.expect(spread[p].size == weight[p].size, "spread: expected [K, C]"))
      return;

  std::vector<float*> dx, dweight, dscale, doffset;
  for (int64_t p = 0; p < paths; p++) dx.push_back(call.output(x[p].shape));
  for (int64_t p = 0; p < paths; p++) dweight.push_back(call.output(weight[p].shape));
  for (int64_t m = 0; m < norms; m++) dscale.push_back(call.output({channels}));
  for (int64_t m = 0; m < norms; m++) doffset.push_back(call.output({channels}));
  float* dgates = s.gate_tensors > 0 ? call.output(gates.shape) : nullptr;
  float* e = call.output(sizes.map);  // of the shortcut
  if (!call.ok()) return;
  if (dgates != nullptr) std::fill(dgates, dgates + gates.size, 0.0f);

  const int64_t w = panels::width();
  std::vector<std::vector<float>> slope(norms, std::vector<float>(channels));
  for (int64_t m = 0; m < norms; m++)
    for (int64_t c = 0; c < channels; c++)
      slope[m][c] = float(scale[m].data[c] * reciprocal_deviation(variance[m].data[c], s.epsilon));

  // first pass: e, its sums, and its products with the weights, which dx begins as
  std::vector<Column> all_columns;
  // [column]: the path, and its channel
  std::vector<std::pair<int64_t, int64_t>> owners;
  for (int64_t p = 0; p < paths; p++) {
    for (int64_t i = 0; i < sizes.hidden[p]; i++) {
      all_columns.push_back({weight[p].data + i * channels, slope[p].data()});
      owners.push_back({p, i});
    }
  }
  const int64_t all_hidden = all_columns.size();
  const std::unique_ptr<float[]> transposed = packed_columns(all_columns, channels);
  // [chunk]: sums of e, and of e times the shortcut about its mean
  const int64_t kinds = s.normalises_shortcut() ? 2 : 1, chunks = sizes.chunks();
  std::unique_ptr<float[]> sums(new float[chunks * kinds * channels]());
  // [chunk][path]: sums of (x - mean) * dx
  std::vector<double> along(chunks * paths, 0.0);
  parallel_for(chunks, [&](int64_t chunk) {
    const int64_t image = chunk / sizes.chunks_per_image, first = sizes.first_of(chunk), rows = sizes.rows_of(chunk);
    const int64_t at = first * channels, stride = channels + kApart;
    std::vector<float> constant(channels, 0.0f), none;
    if (!dpooled.empty())
      for (int64_t c = 0; c < channels; c++) constant[c] = dpooled[0].data[image * channels + c] / float(sizes.pixels);
    if (s.upstreams == 0) none.assign(rows * channels, 0.0f);
    const float* dy0 = s.upstreams == 0 ? none.data() : dy[0].data + at;
    const float* dy1 = s.upstreams == 2 ? dy[1].data + at : nullptr;
    const auto upstream = dy1 == nullptr ? (bounded ? upstream_one_bounded : upstream_one)
                                         : (bounded ? upstream_two_bounded : upstream_two);
    std::unique_ptr<float[]> apart(new float[rows * stride]);
    float* own = sums.get() + chunk * kinds * channels;
    for (int64_t c = 0; c < channels; c += kColumns)
      upstream(dy0 + c, dy1 == nullptr ? nullptr : dy1 + c, constant.data() + c,
               bounded ? result[0].data + at + c : nullptr, s.low, s.high, rows, std::min(kColumns, channels - c),
               channels, stride, apart.get() + c, e + at + c, own + c);
    if (kinds == 2)
      products_of(apart.get(), stride, shortcut.data + at, mean[paths].data, rows, channels, own + channels);
    std::vector<float> tile(panels::tile_rows() * w);
    for (int64_t begin = 0; begin < all_hidden; begin += w) {
      const float* panel = transposed.get() + begin * channels;
      const int64_t end = std::min(all_hidden, begin + w);
      panels::for_tiles(rows, [&](int64_t r, int64_t height) {
        panels::multiply({{apart.get() + r * stride, stride, 1, channels, panel}}, height, tile.data());
        for (int64_t column = begin; column < end;) {
          const auto [p, i] = owners[column];
          const int64_t k = sizes.hidden[p], some = std::min(k - i, end - column);
          for (int64_t row = 0; row < height; row++)
            std::copy_n(tile.data() + row * w + column - begin, some, dx[p] + (first + r + row) * k + i);
          column += some;
        }
      });
    }
    for (int64_t p = 0; p < paths; p++) {
      const int64_t k = sizes.hidden[p];
      if (s.gate_columns[p] < 0) continue;
      std::vector<float> products(k, 0.0f);
      products_of(dx[p] + first * k, k, x[p].data + first * k, hidden_mean[p].data, rows, k, products.data());
      for (float each : products) along[chunk * paths + p] += each;
    }
  });

  // sums of each image, and of all images, by gate
  std::vector<double> by_image(images * kinds * channels, 0.0);
  parallel_for(images, [&](int64_t image) {
    double* total = by_image.data() + image * kinds * channels;
    for (int64_t i = 0; i < sizes.chunks_per_image; i++) {
      const float* row = sums.get() + (image * sizes.chunks_per_image + i) * kinds * channels;
      for (int64_t c = 0; c < kinds * channels; c++) total[c] += row[c];
    }
  });
  std::vector<std::vector<double>> total(norms, std::vector<double>(channels, 0.0));
  for (int64_t m = 0; m < norms; m++) {
    const int64_t column = m < paths ? s.gate_columns[m] : -1;
    for (int64_t image = 0; image < images; image++) {
      const double* own = by_image.data() + image * kinds * channels;
      const double gate = gate_of(gates, image, column);
      double inner = 0.0;
      for (int64_t c = 0; c < channels; c++) {
        total[m][c] += gate * own[c];
        inner += offset[m].data[c] * own[c];
      }
      if (column < 0) continue;
      for (int64_t i = 0; i < sizes.chunks_per_image; i++)
        inner += along[(image * sizes.chunks_per_image + i) * paths + m];
      dgates[image * gates.shape[1] + column] += float(inner);
    }
  }

  // second pass: the narrow maps times e, gated, into dweight; a task has some columns of some images
  const int64_t panel_count = panels::count_of(channels), block = std::min<int64_t>(panel_count, std::max<int64_t>(1, 128 / w));
  const int64_t blocks = (panel_count + block - 1) / block;
  const int64_t groups = std::min(images, std::max<int64_t>(1, 16 / blocks));
  const int64_t wide = panel_count * w;
  std::unique_ptr<float[]> products(new float[groups * all_hidden * wide]());
  parallel_for(blocks * groups, [&](int64_t task) {
    const int64_t group = task / blocks, begin = task % blocks * block, end = std::min(panel_count, begin + block);
    std::unique_ptr<float[]> packed(new float[kRows * (end - begin) * w]);
    std::vector<float> tile(panels::tile_rows() * w), gated;
    for (int64_t image = group * images / groups; image < (group + 1) * images / groups; image++) {
      for (int64_t r = 0; r < sizes.pixels; r += kRows) {
        const int64_t rows = std::min(kRows, sizes.pixels - r), first = image * sizes.pixels + r;
        const float* from = e + first * channels + begin * w;
        panels::pack(from, rows, std::min(channels - begin * w, (end - begin) * w), channels, 0, end - begin, packed.get());
        int64_t before = 0;
        for (int64_t p = 0; p < paths; before += sizes.hidden[p], p++) {
          const float gate = gate_of(gates, image, s.gate_columns[p]);
          if (gate == 0.0f) continue;
          const int64_t k = sizes.hidden[p];
          const float* narrow = x[p].data + first * k;
          if (gate != 1.0f) {
            gated.assign(narrow, narrow + rows * k);
            for (float& each : gated) each *= gate;
            narrow = gated.data();
          }
          for (int64_t panel = begin; panel < end; panel++) {
            panels::for_tiles(k, [&](int64_t i, int64_t height) {
              panels::multiply({{narrow + i, 1, k, rows, packed.get() + (panel - begin) * rows * w}}, height,
                               tile.data());
              add_rows(tile.data(), w, height, w, wide,
                       products.get() + (group * all_hidden + before + i) * wide + panel * w);
            });
          }
        }
      }
    }
  });

  // what of it passes through the batch norms
  const double count = double(sizes.rows());
  std::vector<std::vector<float>> b(norms, std::vector<float>(channels)), k_of(norms, std::vector<float>(channels));
  int64_t before = 0;
  for (int64_t p = 0; p < norms; p++) {
    const int64_t k = p < paths ? sizes.hidden[p] : 0;
    std::vector<double> product(channels, 0.0);
    parallel_for((channels + kColumnsOfSums - 1) / kColumnsOfSums, [&](int64_t block_of_sums) {
      const int64_t begin = block_of_sums * kColumnsOfSums, width = std::min(kColumnsOfSums, channels - begin);
      double* own = product.data() + begin;
      for (int64_t i = 0; i < k; i++)
        sum_parts(products.get() + (before + i) * wide + begin, groups, all_hidden * wide, hidden_mean[p].data[i],
                  total[p].data() + begin, weight[p].data + i * channels + begin, width,
                  dweight[p] + i * channels + begin, own);
      for (int64_t image = 0; image < images && p == paths; image++)
        for (int64_t c = 0; c < width; c++) own[c] += by_image[(image * 2 + 1) * channels + begin + c];
      std::vector<float> along_spread(width);
      for (int64_t c = begin; c < begin + width; c++) {
        const double inverse = reciprocal_deviation(variance[p].data[c], s.epsilon);
        const double a = scale[p].data[c] * inverse;
        dscale[p][c] = float(product[c] * inverse);
        doffset[p][c] = float(total[p][c]);
        b[p][c] = float(-a * inverse * inverse * product[c] / count);
        k_of[p][c] = float(-a * total[p][c] / count);
        along_spread[c - begin] = float(count * b[p][c]);
      }
      for (int64_t i = 0; i < k; i++)
        weight_through_norm(slope[p].data() + begin, along_spread.data(), spread[p].data + i * channels + begin, width,
                            dweight[p] + i * channels + begin);
    });
    before += k;
  }

  // third pass: what is narrow, and a shortcut with a batch norm
  for (int64_t p = 0; p < paths; p++) {
    const int64_t k = sizes.hidden[p], stride = channels + kApart, narrow_panels = panels::count_of(k);
    std::vector<float> constant(k), square(narrow_panels * k * w);
    std::unique_ptr<float[]> apart(new float[k * stride]);
    parallel_for(k, [&](int64_t i) {
      std::copy_n(weight[p].data + i * channels, channels, apart.get() + i * stride);
      constant[i] = float(inner_product(weight[p].data + i * channels, k_of[p].data(), channels));
    });
    std::vector<Column> columns;
    for (int64_t i = 0; i < k; i++) columns.push_back({weight[p].data + i * channels, b[p].data()});
    const std::unique_ptr<float[]> scaled = packed_columns(columns, channels);
    parallel_for(narrow_panels, [&](int64_t panel) {
      panels::for_tiles(k, [&](int64_t i, int64_t height) {
        panels::multiply(
            {{apart.get() + i * stride, stride, 1, channels, scaled.get() + panel * channels * w}}, height,
            square.data() + (panel * k + i) * w);
      });
    });
    parallel_for(chunks, [&](int64_t chunk) {
      const int64_t first = sizes.first_of(chunk), rows = sizes.rows_of(chunk);
      const float gate = gate_of(gates, chunk / sizes.chunks_per_image, s.gate_columns[p]);
      std::unique_ptr<float[]> centred(new float[rows * k]);
      std::vector<float> tile(panels::tile_rows() * w);
      centre(x[p].data + first * k, hidden_mean[p].data, rows, k, centred.get());
      for (int64_t panel = 0; panel < narrow_panels; panel++) {
        const int64_t some = std::min(w, k - panel * w);
        panels::for_tiles(rows, [&](int64_t r, int64_t height) {
          panels::multiply({{centred.get() + r * k, k, 1, k, square.data() + panel * k * w}}, height, tile.data());
          join(tile.data(), w, constant.data() + panel * w, gate, height, some, k,
               dx[p] + (first + r) * k + panel * w);
        });
      }
    });
  }
  if (!s.normalises_shortcut()) return;
  parallel_for(chunks, [&](int64_t chunk) {
    const int64_t at = sizes.first_of(chunk) * channels;
    through_norm(e + at, shortcut.data + at, mean[paths].data, slope[paths].data(), b[paths].data(),
                 k_of[paths].data(), sizes.rows_of(chunk), channels);
  });
}

}  // namespace dmnn::pointwise_sum
