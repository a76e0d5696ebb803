// The settings of DmnnPointwiseSum and DmnnPointwiseSumGrad, what their inputs must be, and moments of narrow maps.
#include "pointwise_sum.h"

#include "panels.h"

namespace dmnn {
namespace pointwise_sum {
namespace {

// rows whose sums are float32; more are added in float64
const int64_t kRows = 256;

// what the rows of a map are at most cut into for sums over all of them
const int64_t kParts = 64;

DMNN_VECTORISED
void add_rows(const float* __restrict x, int64_t rows, int64_t width, float* __restrict total) {
  for (int64_t r = 0; r < rows; r++, x += width)
    for (int64_t c = 0; c < width; c++) total[c] += x[c];
}

DMNN_VECTORISED
void centre(const float* __restrict x, const float* __restrict mean, int64_t rows, int64_t width, float* __restrict to) {
  for (int64_t r = 0; r < rows; r++, x += width, to += width)
    for (int64_t c = 0; c < width; c++) to[c] = x[c] - mean[c];
}

DMNN_VECTORISED
void add_to_doubles(const float* __restrict x, int64_t count, double* __restrict total) {
  for (int64_t i = 0; i < count; i++) total[i] += x[i];
}

}  // namespace

void moments(const float* x, int64_t rows, int64_t k, float* mean, float* covariance) {
  const int64_t parts = std::min(kParts, (rows + kRows - 1) / kRows), w = panels::width();
  const auto for_rows = [&](int64_t part, const auto& some) {
    const int64_t end = (part + 1) * rows / parts;
    for (int64_t r = part * rows / parts; r < end; r += kRows) some(r, std::min(kRows, end - r));
  };
  std::vector<double> sums(parts * k, 0.0);
  parallel_for(parts, [&](int64_t part) {
    std::vector<float> some(k);
    for_rows(part, [&](int64_t first, int64_t count) {
      std::fill(some.begin(), some.end(), 0.0f);
      add_rows(x + first * k, count, k, some.data());
      add_to_doubles(some.data(), k, sums.data() + part * k);
    });
  });
  for (int64_t i = 0; i < k; i++) {
    double sum = 0.0;
    for (int64_t part = 0; part < parts; part++) sum += sums[part * k + i];
    mean[i] = float(sum / rows);
  }

  // products of columns j >= i only: the others are the same
  const int64_t wide = panels::count_of(k) * w;
  std::unique_ptr<double[]> products(new double[parts * k * wide]());
  parallel_for(parts, [&](int64_t part) {
    std::unique_ptr<float[]> centred(new float[kRows * k]), packed(new float[kRows * wide]);
    std::vector<float> tile(panels::tile_rows() * w);
    for_rows(part, [&](int64_t first, int64_t count) {
      centre(x + first * k, mean, count, k, centred.get());
      panels::pack(centred.get(), count, k, k, 0, panels::count_of(k), packed.get());
      panels::for_tiles(k, [&](int64_t i, int64_t some) {
        for (int64_t panel = i / w; panel * w < k; panel++) {
          panels::multiply({{centred.get() + i, 1, k, count, packed.get() + panel * count * w}}, some, tile.data());
          for (int64_t r = 0; r < some; r++)
            add_to_doubles(tile.data() + r * w, w, products.get() + (part * k + i + r) * wide + panel * w);
        }
      });
    });
  });
  parallel_for(k, [&](int64_t i) {
    for (int64_t j = i; j < k; j++) {
      double sum = 0.0;
      for (int64_t part = 0; part < parts; part++) sum += products[(part * k + i) * wide + j];
      covariance[i * k + j] = covariance[j * k + i] = float(sum / rows);
    }
  });
}

bool fits(KernelCall& call, const PointwiseSum& s, const std::vector<Input>& x, const std::vector<Input>& weight,
          const Input& gates, Sizes* sizes) {
  if (!call.expect(x[0].shape.size() >= 2 && x[0].size > 0, "x: expected [B, ..., K] with at least one number") ||
      !call.expect(weight[0].shape.size() == 4 && weight[0].size > 0, "weight: expected [1, 1, K, C]"))
    return false;
  sizes->map = x[0].shape;
  sizes->map.back() = sizes->channels = weight[0].shape.back();
  sizes->images = sizes->map[0];
  for (size_t i = 1; i + 1 < sizes->map.size(); i++) sizes->pixels *= sizes->map[i];
  for (size_t p = 0; p < x.size(); p++) {
    std::vector<int64_t> shape = sizes->map;
    const int64_t hidden = shape.back() = x[p].shape.empty() ? 0 : x[p].shape.back();
    if (!call.expect(x[p].shape == shape && x[p].size > 0, "x: expected equal shapes [B, ..., K] but for K") ||
        !call.expect(weight[p].shape == std::vector<int64_t>({1, 1, hidden, sizes->channels}),
                     "weight: expected [1, 1, K, C]"))
      return false;
    sizes->hidden.push_back(hidden);
  }
  for (int64_t column : s.gate_columns) {
    if (column >= 0 && !call.expect(gates.shape.size() == 2 && gates.shape[0] == sizes->images &&
                                        column < gates.shape[1],
                                    "gates: expected [B, G] with every column that is named"))
      return false;
  }
  const int64_t wanted = std::max<int64_t>(48, 65536 / sizes->channels);
  sizes->chunks_per_image = std::max<int64_t>(1, (sizes->pixels + wanted / 2) / wanted);
  return call.expect(s.gate_columns.size() == x.size(), "gate_columns: expected one for each path") &&
         call.expect(s.norms == s.paths || s.norms == s.paths + 1, "M: expected P, or P + 1");
}

namespace {

template <bool kGradient>
void* create(TF_OpKernelConstruction* construction) {
  Settings settings(construction);
  PointwiseSum* s = new PointwiseSum();
  s->paths = settings.integer("P");
  s->norms = settings.integer("M");
  s->gate_tensors = settings.integer("G");
  s->pooled = settings.integer("Q");
  s->low = settings.number("low");
  s->high = settings.number("high");
  s->epsilon = settings.number("epsilon");
  s->gate_columns = settings.integers("gate_columns");
  if (kGradient) {
    s->upstreams = settings.integer("D");
    s->results = settings.integer("Y");
  }
  return s;
}

void destroy(void* kernel) { delete static_cast<PointwiseSum*>(kernel); }

}  // namespace
}  // namespace pointwise_sum

void register_pointwise_sum() {
  // paths, batch norms (one more where the shortcut has one), gate tensors and pooled results (0 or 1 each)
  const std::vector<const char*> common = {"P: int >= 1", "M: int >= 1", "G: int >= 0",    "Q: int >= 0",
                                           "low: float",  "high: float", "epsilon: float", "gate_columns: list(int)"};
  register_operation({"DmnnPointwiseSum",
                      common,
                      {"x: P * float", "weight: P * float", "scale: M * float", "offset: M * float",
                       "gates: G * float", "shortcut: float"},
                      {"y: float", "mean: M * float", "variance: M * float", "hidden_mean: P * float",
                       "spread: P * float", "pooled: Q * float"}},
                     pointwise_sum::create<false>, guarded<pointwise_sum::forward>, pointwise_sum::destroy);
  std::vector<const char*> attributes = common;
  attributes.push_back("D: int >= 0");  // upstream gradients
  attributes.push_back("Y: int >= 0");  // whether the result comes in
  attributes.push_back("Z: int >= 0");  // whether the shortcut comes in: where it has a batch norm
  register_operation({"DmnnPointwiseSumGrad",
                      attributes,
                      {"dy: D * float", "dpooled: Q * float", "y: Y * float", "x: P * float", "weight: P * float",
                       "scale: M * float", "offset: M * float", "mean: M * float", "variance: M * float",
                       "hidden_mean: P * float", "spread: P * float", "gates: G * float", "shortcut: Z * float"},
                      {"dx: P * float", "dweight: P * float", "dscale: M * float", "doffset: M * float",
                       "dgates: G * float", "dshortcut: float"}},
                     pointwise_sum::create<true>, guarded<pointwise_sum::backward>, pointwise_sum::destroy);
}

}  // namespace dmnn
