#include "plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dmnn {
namespace {

constexpr int32_t kMagic = 0x6e6d6470;
constexpr int32_t kVersion = 8;
constexpr int kLargestSize = 1 << 14;
constexpr int kLargestChannels = 1 << 16;
constexpr int kLargestVector = 1 << 22;
constexpr size_t kMostNumbers = size_t{1} << 32;  // of all slots together, of all vectors together
constexpr int kDeepestBranch = 4;
constexpr int kMostBits = 6;
constexpr int kMostGates = 32;
constexpr int kMostSites = 1 << 12;
constexpr int kMostExits = 1 << 10;
constexpr int64_t kMostExitLogits = 1 << 26;  // of all exits together

class Reader {
 public:
  Reader(const int32_t* words, size_t count, const std::vector<size_t>& tensors)
      : words_(words), count_(count) {
    plan_.tensors = tensors;
  }

  Plan Read() {
    if (Next("magic number") != kMagic) throw PlanError("plan: expected a plan of dmnn, got other numbers");
    const int32_t version = Next("version");
    if (version != kVersion)
      throw PlanError("plan: expected version " + std::to_string(kVersion) + ", got " + std::to_string(version));
    ReadMaps();
    const int vectors = Number("number of vectors", 1, kLargestVector);
    for (int i = 0; i < vectors; i++) plan_.vectors.push_back(Number("length of a vector", 1, kLargestVector));
    ExpectMemory(plan_.vectors, "vectors");
    const int tensors = Number("number of tensors", 0, INT32_MAX);
    if (static_cast<size_t>(tensors) != plan_.tensors.size()) throw PlanError("plan: expected as many tensors as it names");
    const int groups = Number("number of gated blocks", 0, 1 << 16);
    for (int i = 0; i < groups; i++) plan_.gate_counts.push_back(Number("number of gates", 1, kMostGates));
    plan_.logits = Vector("logits");
    plan_.sites = Number("number of sites", 0, kMostSites);
    plan_.steps = ReadSteps(0);
    if (at_ != count_) throw PlanError("plan: expected its end, got more numbers");
    return std::move(plan_);
  }

 private:
  int32_t Next(const char* what) {
    if (at_ >= count_) throw PlanError(std::string("plan: expected ") + what + ", got its end");
    return words_[at_++];
  }

  int Number(const char* what, int low, int high) {
    const int32_t value = Next(what);
    if (value < low || value > high) {
      throw PlanError(std::string("plan: expected ") + what + " in " + std::to_string(low) + " ... " +
                      std::to_string(high) + ", got " + std::to_string(value));
    }
    return value;
  }

  float Real(const char* what) {
    const int32_t bits = Next(what);
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  int MapIndex(const char* what) { return Number(what, 0, static_cast<int>(plan_.maps.size()) - 1); }
  int Vector(const char* what) { return Number(what, 0, static_cast<int>(plan_.vectors.size()) - 1); }
  int Gates() { return Number("gated block", 0, static_cast<int>(plan_.gate_counts.size()) - 1); }

  int Tensor(const char* what, size_t length) {
    const int index = Number(what, 0, static_cast<int>(plan_.tensors.size()) - 1);
    Expect(plan_.tensors[index] == length, what, "a tensor of the length that the step needs");
    return index;
  }

  static void Expect(bool holds, const char* what, const char* expected) {
    if (!holds) throw PlanError(std::string("plan: ") + what + ": expected " + expected);
  }

  void ReadMaps() {
    const int maps = Number("number of maps", 1, 1 << 20);
    for (int i = 0; i < maps; i++) {
      Map map;
      map.channels = Number("channels of a map", 1, kLargestChannels);
      map.size = Number("size of a map", 1, kLargestSize);
      map.slot = Number("slot of a map", 0, maps - 1);
      map.kept = static_cast<Kept>(Number("how a map is kept", 0, 2));
      map.scale = Real("scale of a map");
      Expect(std::isnormal(map.scale) && map.scale > 0, "scale of a map", "a number above 0");
      plan_.maps.push_back(map);
      if (static_cast<size_t>(map.slot) >= plan_.slots.size()) plan_.slots.resize(map.slot + 1, 0);
      plan_.slots[map.slot] = std::max(plan_.slots[map.slot], map.numbers());
    }
    ExpectMemory(plan_.slots, "maps");
  }

  // Each is small enough for a sum of two not to overflow.
  template <typename T>
  static void ExpectMemory(const std::vector<T>& lengths, const char* what) {
    size_t all = 0;
    for (const T length : lengths) {
      all += static_cast<size_t>(length);
      Expect(all <= kMostNumbers, what, "less memory");
    }
  }

  Activation ReadActivation() {
    Activation activation;
    activation.curve = static_cast<Curve>(Number("activation", 0, 2));
    activation.low = Real("lower bound");
    activation.high = Real("upper bound");
    Expect(activation.curve != Curve::kClip || activation.low <= activation.high, "activation", "ordered bounds");
    return activation;
  }

  Padding ReadPadding(int most) {
    Padding padding;
    padding.top = Number("padding above", 0, most);
    padding.bottom = Number("padding below", 0, most);
    padding.left = Number("padding at the left", 0, most);
    padding.right = Number("padding at the right", 0, most);
    return padding;
  }

  static int Window(int size, int kernel, int stride, int padding) {
    return (size + padding - kernel) < 0 ? 0 : (size + padding - kernel) / stride + 1;
  }

  // Whether a window moves over all of one square map and makes the other.
  static bool Fits(const Map& from, const Map& to, int kernel, int stride, const Padding& padding) {
    return to.size == Window(from.size, kernel, stride, padding.top + padding.bottom) &&
           to.size == Window(from.size, kernel, stride, padding.left + padding.right);
  }

  Steps ReadSteps(int depth) {
    Steps steps;
    const int count = Number("number of steps", 0, 1 << 24);
    for (int i = 0; i < count; i++) steps.push_back(ReadStep(depth));
    return steps;
  }

  Step ReadStep(int depth) {
    Step step;
    step.kind = static_cast<Kind>(Number("kind of step", 0, static_cast<int>(Kind::kCell)));
    switch (step.kind) {
      case Kind::kConvolution:
        ReadConvolution(step);
        break;
      case Kind::kMaxPool: {
        step.from = MapIndex("map");
        step.to = MapIndex("map");
        step.kernel = Number("window", 1, kLargestSize);
        step.stride = Number("stride", 1, kLargestSize);
        step.padding = ReadPadding(step.kernel - 1);
        const Map &from = plan_.maps[step.from], &to = plan_.maps[step.to];
        Expect(from.slot != to.slot, "pool", "two maps");
        Expect(from.channels == to.channels, "pool", "as many channels");
        Expect(AreKeptAlike(from, to), "pool", "maps that are kept alike");
        Expect(Fits(from, to, step.kernel, step.stride, step.padding), "pool", "maps whose sizes fit");
        step.primitive = plan_.primitives++;
        break;
      }
      case Kind::kMean:
        step.from = MapIndex("map");
        step.to = Vector("vector");
        Expect(plan_.vectors[step.to] == plan_.maps[step.from].channels, "mean", "a vector of the map's channels");
        break;
      case Kind::kLinear: {
        step.from = Vector("vector");
        step.to = Vector("vector");
        const size_t in = plan_.vectors[step.from], out = plan_.vectors[step.to];
        Expect(step.from != step.to, "linear layer", "two vectors");
        step.weight = Tensor("weight", in * out);
        const int biased = Number("whether there is a bias", 0, 1);
        step.bias = biased ? Tensor("bias", out) : -1;
        step.activation = ReadActivation();
        step.adds = Number("sum", 0, 1) == 1;
        step.bfloat16 = Number("bfloat16", 0, 1) == 1;
        break;
      }
      case Kind::kCell: {
        step.from = Vector("gates of an LSTM");
        step.cell = Vector("cell state");
        step.hidden = Vector("hidden state");
        step.first_of_all = Number("whether the cell state is 0", 0, 1) == 1;
        const int units = plan_.vectors[step.cell];
        Expect(step.from != step.cell && step.from != step.hidden && step.cell != step.hidden, "LSTM", "three vectors");
        Expect(plan_.vectors[step.hidden] == units, "LSTM", "states of one length");
        Expect(int64_t{plan_.vectors[step.from]} == int64_t{units} * 4, "LSTM", "four gates for each unit");
        break;
      }
      case Kind::kDecide:
        step.from = Vector("vector");
        step.gates = Gates();
        Expect(plan_.vectors[step.from] == plan_.gate_counts[step.gates], "gates", "log-odds of each");
        break;
      case Kind::kBranch:
        Expect(depth < kDeepestBranch, "branch", "fewer branches within branches");
        step.gates = Gates();
        step.first = Number("first gate", 0, kMostGates - 1);
        step.bits = Number("number of gates", 0, kMostBits);
        Expect(step.first + step.bits <= plan_.gate_counts[step.gates], "branch", "gates of the block");
        for (int i = 0; i < 1 << step.bits; i++) step.cases.push_back(ReadSteps(depth + 1));
        break;
      case Kind::kWiden: {
        step.from = MapIndex("map");
        step.to = MapIndex("map");
        step.stride = Number("stride", 1, kLargestSize);
        const Map &from = plan_.maps[step.from], &to = plan_.maps[step.to];
        Expect(from.slot != to.slot, "widening", "two maps");
        Expect(AreKeptAlike(from, to), "widening", "maps that are kept alike");
        Expect(to.channels >= from.channels, "widening", "no fewer channels");
        Expect(to.size == (from.size + step.stride - 1) / step.stride, "widening", "maps whose sizes fit");
        break;
      }
      case Kind::kCopy:
      case Kind::kAdd:
        ReadFromAndTo(step);
        break;
      case Kind::kActivate:
        ReadFromAndTo(step);
        if (Number("whether there is a bias", 0, 1)) {
          const size_t channels = plan_.maps[step.to].channels;
          Expect(static_cast<size_t>(plan_.maps[step.from].channels) == channels, "bias", "maps of as many channels");
          step.bias = Tensor("bias of a map", channels);
        }
        step.activation = ReadActivation();
        break;
      case Kind::kObserve:
        step.from = MapIndex("map");
        step.first_channel = Number("first channel", 0, plan_.maps[step.from].channels - 1);
        step.channels = Number("channels", 1, plan_.maps[step.from].channels - step.first_channel);
        step.site = Number("site", 0, plan_.sites - 1);
        break;
      case Kind::kExit:
        // where it stops, nothing that is left may have begun
        Expect(depth == 0, "exit", "no branch or exit around it");
        step.from = Vector("logits of an exit");
        Expect(plan_.vectors[step.from] == plan_.vectors[plan_.logits], "exit", "as many logits as at the end");
        step.cases.push_back(ReadSteps(depth + 1));
        plan_.exits++;
        Expect(plan_.exits <= kMostExits && plan_.exits * int64_t{plan_.vectors[step.from]} <= kMostExitLogits, "exit",
               "fewer exits");
        break;
    }
    return step;
  }

  static bool AreKeptAlike(const Map& one, const Map& other) {
    return one.kept == other.kept && one.scale == other.scale;
  }

  void ReadFromAndTo(Step& step) {
    step.from = MapIndex("map");
    step.to = MapIndex("map");
    const Map &from = plan_.maps[step.from], &to = plan_.maps[step.to];
    Expect(from.numbers() == to.numbers(), "sum or copy", "maps of one size");
    // numbers that are written must not lie on those that are still to be read
    Expect(from.slot != to.slot || from.kept == to.kept || to.kept != Kept::kFloat, "sum or copy",
           "numbers that grow no wider in the same memory");
  }

  void ReadConvolution(Step& step) {
    step.from = MapIndex("map");
    step.to = MapIndex("map");
    Filter& filter = step.filter;
    const int parts = Number("parts of a filter", 1, kMostGates);
    filter.join = static_cast<Join>(Number("join", 0, 2));
    filter.kernel = Number("kernel", 1, kLargestSize);
    filter.in = Number("input channels", 1, kLargestChannels);
    filter.out = Number("output channels", 1, kLargestChannels);
    filter.groups = Number("groups", 1, kLargestChannels);
    Expect(filter.in % filter.groups == 0 && filter.out % filter.groups == 0, "filter", "groups that divide its channels");
    Expect(parts == 1 || filter.join == Join::kGroups || filter.groups == 1, "filter", "no groups where parts share channels");
    const size_t length = static_cast<size_t>(filter.out) * (filter.in / filter.groups) * filter.kernel * filter.kernel;
    for (int i = 0; i < parts; i++) filter.weights.push_back(Tensor("filter", length));
    for (int i = 0; i < parts; i++) filter.biases.push_back(Tensor("bias of a filter", filter.out));
    step.stride = Number("stride", 1, kLargestSize);
    step.padding = ReadPadding(kLargestSize);
    const int32_t adds = Number("sum", 0, 1);
    if (adds) step.added = MapIndex("map");
    step.activation = ReadActivation();
    const Map &from = plan_.maps[step.from], &to = plan_.maps[step.to];
    Expect(from.slot != to.slot, "convolution", "two maps");
    Expect(from.kept != Kept::kFloat || to.kept == Kept::kFloat, "convolution", "a map of floats where it reads floats");
    if (step.added >= 0) {
      const Map& added = plan_.maps[step.added];
      Expect(added.slot == to.slot && added.channels == to.channels && added.size == to.size, "sum", "a map in the same memory");
      Expect((added.kept == Kept::kFloat) == (to.kept == Kept::kFloat), "sum", "numbers of the same width");
    }
    const int64_t in = int64_t{filter.in} * (filter.join == Join::kOutputs ? 1 : parts);
    const int64_t out = int64_t{filter.out} * (filter.join == Join::kInputs ? 1 : parts);
    Expect(in == from.channels && out == to.channels, "convolution", "the channels of its maps");
    Expect(Fits(from, to, filter.kernel, step.stride, step.padding), "convolution", "maps whose sizes fit");
    step.primitive = plan_.primitives++;
  }

  const int32_t* words_;
  size_t count_;
  size_t at_ = 0;
  Plan plan_;
};

}  // namespace

Plan ReadPlan(const int32_t* words, size_t count, const std::vector<size_t>& tensors) {
  return Reader(words, count, tensors).Read();
}

}  // namespace dmnn
