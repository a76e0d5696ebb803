// A plan: what src/plan/engine-plan.ts describes, as src/plan/encode-plan.ts encodes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace dmnn {

// A plan that cannot be run as it stands.
struct PlanError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How the numbers of a map are kept: floats of the model's precision, or 8 bits that stand for multiples of a scale.
enum class Kept { kFloat, kUnsigned8, kSigned8 };

// A square map [size, size, channels] of one image.
struct Map {
  int channels;
  int size;
  int slot;
  Kept kept = Kept::kFloat;
  float scale = 1;
  size_t numbers() const { return static_cast<size_t>(channels) * size * size; }
};

// Rows and columns around a map, of zeros or of −∞.
struct Padding {
  int top = 0;
  int bottom = 0;
  int left = 0;
  int right = 0;
};

enum class Curve { kNone, kClip, kHardSwish };

struct Activation {
  Curve curve = Curve::kNone;
  float low = 0;
  float high = 0;
};

enum class Join { kOutputs, kGroups, kInputs };

// Parts [out, in / groups, kernel, kernel] that run as one filter.
struct Filter {
  std::vector<int> weights;
  std::vector<int> biases;
  Join join;
  int kernel;
  int in;
  int out;
  int groups;
};

enum class Kind {
  kConvolution,
  kMaxPool,
  kMean,
  kLinear,
  kDecide,
  kBranch,
  kWiden,
  kCopy,
  kAdd,
  kActivate,
  kObserve,
  kExit,
  kCell,
};

struct Step;
using Steps = std::vector<Step>;

// One operation; which fields count depends on the kind.
struct Step {
  Kind kind;
  int from = 0;
  int to = 0;
  Filter filter{};
  int kernel = 0;
  int stride = 1;
  Padding padding{};
  // Map, in the memory of `to`, whose numbers are added; none: -1.
  int added = -1;
  bool adds = false;
  // Whether weights are kept in bfloat16.
  bool bfloat16 = false;
  Activation activation{};
  int weight = 0;
  int bias = -1;
  int gates = 0;
  int first = 0;
  int bits = 0;
  int first_channel = 0;
  int channels = 0;
  int site = 0;
  // Of an LSTM: the vectors of its states, and whether its cell state is 0 before.
  int cell = 0;
  int hidden = 0;
  bool first_of_all = false;
  // Of a branch: one for each pattern; of an exit: those that compute its logits, `from`.
  std::vector<Steps> cases;
  // Number among the convolutions and pools.
  int primitive = 0;
};

struct Plan {
  std::vector<Map> maps;
  std::vector<int> vectors;
  std::vector<size_t> tensors;
  std::vector<int> gate_counts;
  int logits = 0;
  int sites = 0;
  // Exits, among the steps that are not within others.
  int exits = 0;
  Steps steps;
  int primitives = 0;
  // Numbers that each slot of memory holds.
  std::vector<size_t> slots;
};

// Reads a plan and checks everything that running it relies on: every index, every size, every length.
// `tensors`: lengths of the weights. Throws PlanError.
Plan ReadPlan(const int32_t* words, size_t count, const std::vector<size_t>& tensors);

}  // namespace dmnn
