// The settings of DmnnNormSum and DmnnNormSumGrad, what their inputs must be, and how tensors are folded and split.
#include "norm_sum.h"

namespace dmnn {
namespace norm_sum {

std::vector<float> folded(const float* values, const Tiling& t) {
  std::vector<float> wide(t.width());
  for (int64_t f = 0; f < t.fold; f++) std::copy(values, values + t.channels, wide.begin() + f * t.channels);
  return wide;
}

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

namespace {

template <bool kGradient>
void* create(TF_OpKernelConstruction* construction) {
  Settings settings(construction);
  NormSum* s = new NormSum();
  s->paths = settings.integer("P");
  s->gate_tensors = settings.integer("G");
  s->shortcuts = settings.integer("Z");
  s->pooled = settings.integer("Q");
  s->low = settings.number("low");
  s->high = settings.number("high");
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
}  // namespace norm_sum

void register_norm_sum() {
  // Paths, normalised paths (all or none), gate tensors, shortcuts and pooled results (0 or 1 each)
  const std::vector<const char*> common = {"P: int >= 1", "M: int >= 0", "G: int >= 0", "Z: int >= 0", "Q: int >= 0",
                                           "low: float", "high: float", "epsilon: float", "gate_columns: list(int)",
                                           "splits: list(int)"};
  std::vector<const char*> attributes = common;
  attributes.push_back("S: int >= 1");  // parts of the result
  register_operation({"DmnnNormSum",
                      attributes,
                      {"x: P * float", "scale: M * float", "offset: M * float", "gates: G * float",
                       "shortcut: Z * float"},
                      {"y: S * float", "mean: M * float", "variance: M * float", "pooled: Q * float"}},
                     norm_sum::create<false>, guarded<norm_sum::forward>, norm_sum::destroy);
  attributes = common;
  attributes.push_back("D: int >= 0");  // upstream gradients, part by part
  attributes.push_back("Y: int >= 0");  // whether the result comes in
  register_operation({"DmnnNormSumGrad",
                      attributes,
                      {"dy: D * float", "dpooled: Q * float", "y: Y * float", "x: P * float", "scale: M * float",
                       "offset: M * float", "mean: M * float", "variance: M * float", "gates: G * float"},
                      {"dx: P * float", "dscale: M * float", "doffset: M * float", "dgates: G * float",
                       "dshortcut: Z * float"}},
                     norm_sum::create<true>, guarded<norm_sum::backward>, norm_sum::destroy);
}

}  // namespace dmnn
