#include "model.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <optional>

// Of the OpenMP that oneDNN is linked with. Not from <omp.h>, so that a compiler that brings another OpenMP will do.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);
}

namespace dmnn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

memory::data_type TypeOf(Number number) {
  switch (number) {
    case Number::kFloat32:
      return memory::data_type::f32;
    case Number::kBfloat16:
      return memory::data_type::bf16;
    case Number::kUnsigned8:
      return memory::data_type::u8;
    case Number::kSigned8:
      return memory::data_type::s8;
  }
  return memory::data_type::undef;
}

// The dimensions of a convolution's filter: [out, in, k, k], or [groups, out, in, k, k].
struct FilterShape {
  Dims dimensions;
  bool grouped;

  FilterShape(const Plan& plan, const Step& step) {
    const Filter& filter = step.filter;
    const memory::dim parts = filter.weights.size(), k = filter.kernel;
    const memory::dim groups = filter.groups * (filter.join == Join::kGroups ? parts : 1);
    const memory::dim in = plan.maps[step.from].channels, out = plan.maps[step.to].channels;
    grouped = groups > 1;
    dimensions = grouped ? Dims{groups, out / groups, in / groups, k, k} : Dims{out, in, k, k};
  }

  memory::format_tag Plain() const { return grouped ? memory::format_tag::goihw : memory::format_tag::oihw; }
};

// The parts of a filter as one, [out, in / groups, kernel, kernel] throughout.
std::vector<float> JoinedFilter(const Filter& filter, const Model& model) {
  const size_t parts = filter.weights.size();
  const size_t area = static_cast<size_t>(filter.kernel) * filter.kernel;
  const size_t row = filter.in / filter.groups * area;
  const size_t length = filter.out * row;
  std::vector<float> joined(parts * length);
  for (size_t part = 0; part < parts; part++) {
    const float* weights = model.tensor(filter.weights[part]);
    if (filter.join != Join::kInputs) {
      std::memcpy(joined.data() + part * length, weights, length * sizeof(float));
      continue;
    }
    for (int o = 0; o < filter.out; o++)
      std::memcpy(joined.data() + (o * parts + part) * row, weights + o * row, row * sizeof(float));
  }
  return joined;
}

std::vector<float> JoinedBias(const Filter& filter, const Model& model) {
  const size_t parts = filter.biases.size();
  const size_t out = filter.out;
  std::vector<float> joined(filter.join == Join::kInputs ? out : parts * out, 0.0f);
  for (size_t part = 0; part < parts; part++) {
    const float* bias = model.tensor(filter.biases[part]);
    float* to = joined.data() + (filter.join == Join::kInputs ? 0 : part * out);
    for (size_t o = 0; o < out; o++) to[o] += bias[o];
  }
  return joined;
}

// Parts of a filter in which those of others are looked for; more than a pattern of gates has.
constexpr size_t kMostParts = 64;

// A filter as whole numbers of 8 bits, each output channel in multiples of a scale of its own.
std::vector<int8_t> Quantised(const std::vector<float>& filter, size_t outputs, std::vector<float>& scales) {
  std::vector<int8_t> whole(filter.size());
  const size_t row = filter.size() / outputs;
  scales.assign(outputs, 1.0f);
  for (size_t o = 0; o < outputs; o++) {
    const float* numbers = filter.data() + o * row;
    float largest = 0;
    for (size_t i = 0; i < row; i++) largest = std::max(largest, std::fabs(numbers[i]));
    const float scale = largest / 127;
    if (!std::isnormal(scale)) continue;  // all 0, or as good as that
    scales[o] = scale;
    for (size_t i = 0; i < row; i++) whole[o * row + i] = static_cast<int8_t>(std::nearbyint(numbers[i] / scale));
  }
  return whole;
}

memory Vector(const dnnl::engine& engine, const std::vector<float>& numbers) {
  memory result(memory::desc(Dims{static_cast<memory::dim>(numbers.size())}, memory::data_type::f32, memory::format_tag::x), engine);
  std::memcpy(result.get_data_handle(), numbers.data(), numbers.size() * sizeof(float));
  return result;
}

void Append(dnnl::post_ops& operations, const Activation& activation) {
  switch (activation.curve) {
    case Curve::kNone:
      return;
    case Curve::kClip:
      if (activation.low == 0 && activation.high == std::numeric_limits<float>::infinity())
        operations.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
      else
        operations.append_eltwise(dnnl::algorithm::eltwise_clip, activation.low, activation.high);
      return;
    case Curve::kHardSwish:
      operations.append_eltwise(dnnl::algorithm::eltwise_hardswish, 1.0f / 6, 0.5f);
      return;
  }
}

memory LaidOut(const dnnl::engine& engine, const memory::desc& from, const memory::desc& to, void* numbers) {
  memory plain(from, engine, numbers);
  memory result(to, engine);
  dnnl::stream stream(engine);
  dnnl::reorder(plain, result).execute(stream, plain, result);
  stream.wait();
  return result;
}

// omp_set_num_threads holds for the calling thread only, so every thread that prepares or runs says it.
class Threads {
 public:
  explicit Threads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~Threads() { omp_set_num_threads(before_); }

 private:
  int before_;
};

}  // namespace

Model::Model(Plan plan, std::vector<std::vector<float>> tensors, Number number, int threads)
    : plan_(std::move(plan)),
      tensors_(std::move(tensors)),
      linear_weights_(tensors_.size(), {nullptr, nullptr}),
      number_(number),
      threads_(threads),
      engine_(dnnl::engine::kind::cpu, 0),
      ready_(plan_.primitives),
      prepared_(plan_.primitives),
      observed_(plan_.sites) {
  for (auto& each : ready_) each.store(nullptr);
  LayOutLinear(plan_.steps);
  wholes_.resize(tensors_.size(), nullptr);
  within_.resize(plan_.primitives);
  FindWholes(plan_.steps);
  FindWithin(plan_.steps);
}

void Model::FindWholes(const Steps& steps) {
  for (const Step& step : steps) {
    if (step.kind == Kind::kConvolution && step.filter.join != Join::kInputs && step.filter.weights.size() > 1 &&
        step.filter.weights.size() <= kMostParts) {
      for (const int weight : step.filter.weights) {
        const Step*& whole = wholes_[weight];
        if (!whole || whole->filter.weights.size() < step.filter.weights.size()) whole = &step;
      }
    }
    for (const Steps& each : step.cases) FindWholes(each);
  }
}

void Model::FindWithin(const Steps& steps) {
  for (const Step& step : steps) {
    for (const Steps& each : step.cases) FindWithin(each);
    if (step.kind != Kind::kConvolution) continue;
    const Filter& filter = step.filter;
    if (filter.join == Join::kInputs && filter.weights.size() > 1) continue;
    const Step* whole = wholes_[filter.weights.front()];
    if (!whole || whole->filter.weights.size() <= filter.weights.size()) continue;
    const std::vector<int>& parts = whole->filter.weights;
    const auto first = std::search(parts.begin(), parts.end(), filter.weights.begin(), filter.weights.end());
    if (first != parts.end()) within_[step.primitive] = {whole, static_cast<size_t>(first - parts.begin())};
  }
}

void Model::LayOutLinear(const Steps& steps) {
  const auto kept = [this](const void* numbers, size_t bytes) {
    void* piece = arena_.Take(bytes);
    std::memcpy(piece, numbers, bytes);
    return piece;
  };
  for (const Step& step : steps) {
    for (const Steps& each : step.cases) LayOutLinear(each);
    if (step.kind != Kind::kLinear || LinearWeights(step)) continue;
    const std::vector<float>& numbers = tensors_[step.weight];
    linear_weights_[step.weight][step.bfloat16] = step.bfloat16
        ? kept(UpperHalves(numbers).data(), numbers.size() * sizeof(uint16_t))
        : kept(numbers.data(), numbers.size() * sizeof(float));
  }
}

Format Model::FormatOf(int map) const {
  const Map& of = plan_.maps[map];
  switch (of.kept) {
    case Kept::kUnsigned8:
      return {Number::kUnsigned8, of.scale};
    case Kept::kSigned8:
      return {Number::kSigned8, of.scale};
    default:
      return {number_, 1};
  }
}

memory::desc Model::MapDescription(int map) const {
  const Map& of = plan_.maps[map];
  return memory::desc(Dims{1, of.channels, of.size, of.size}, TypeOf(FormatOf(map).number), memory::format_tag::nhwc);
}

dnnl::convolution_forward::primitive_desc Model::ConvolutionDescription(const Step& step) const {
  const FilterShape shape(plan_, step);
  const Format from = FormatOf(step.from);
  const bool whole = plan_.maps[step.from].kept != Kept::kFloat;

  dnnl::post_ops operations;
  if (step.added >= 0) {
    const Format added = FormatOf(step.added);
    if (plan_.maps[step.added].kept == Kept::kFloat) operations.append_sum(1);
    else operations.append_sum(added.scale, 0, TypeOf(added.number));
  }
  Append(operations, step.activation);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (whole) attributes.set_scales_mask(DNNL_ARG_WEIGHTS, shape.grouped ? 3 : 1);
  if (plan_.maps[step.to].kept != Kept::kFloat) attributes.set_scales_mask(DNNL_ARG_DST, 0);

  const auto f32 = memory::data_type::f32;
  const memory::desc bias(Dims{plan_.maps[step.to].channels}, f32, memory::format_tag::x);
  const Dims strides{step.stride, step.stride};
  const Dims before{step.padding.top, step.padding.left}, after{step.padding.bottom, step.padding.right};
  return dnnl::convolution_forward::primitive_desc(
      engine_, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, MapDescription(step.from),
      memory::desc(shape.dimensions, whole ? memory::data_type::s8 : TypeOf(from.number), memory::format_tag::any), bias,
      MapDescription(step.to), strides, before, after, attributes);
}

// Weights as they stay: a part of those of the convolution that has these parts and more, or a copy in the arena.
memory Model::Kept(const Step& step, const memory& weights) {
  if (const memory within = WithinWhole(step, weights)) return within;
  const size_t bytes = weights.get_desc().get_size();
  void* piece = arena_.Take(bytes);
  std::memcpy(piece, weights.get_data_handle(), bytes);
  weight_bytes_ += bytes;
  return memory(weights.get_desc(), engine_, piece);
}

// Empty if they do not lie alike there.
memory Model::WithinWhole(const Step& step, const memory& weights) {
  const Within& within = within_[step.primitive];
  if (!within.whole) return {};
  const size_t parts = step.filter.weights.size(), all = within.whole->filter.weights.size();
  const memory::desc own = weights.get_desc();
  const size_t bytes = own.get_size(), offset = bytes / parts * within.first;
  // before it is laid out, which may be for nothing
  if (ConvolutionDescription(*within.whole).weights_desc().get_size() * parts != bytes * all) return {};
  const memory& whole = Prepare(*within.whole).weights;
  char* begin = static_cast<char*>(whole.get_data_handle()) + offset;
  constexpr size_t kLine = 64;
  if (offset % kLine != 0 || std::memcmp(begin, weights.get_data_handle(), bytes) != 0) return {};
  return memory(own, engine_, begin);
}

std::unique_ptr<Prepared> Model::Convolution(const Step& step) {
  const FilterShape shape(plan_, step);
  const auto description = ConvolutionDescription(step);
  auto result = std::make_unique<Prepared>();
  std::vector<float> numbers = JoinedFilter(step.filter, *this);
  if (plan_.maps[step.from].kept == Kept::kFloat) {
    const memory::desc plain(shape.dimensions, memory::data_type::f32, shape.Plain());
    result->weights = LaidOut(engine_, plain, description.weights_desc(), numbers.data());
  } else {
    std::vector<float> scales;
    std::vector<int8_t> whole = Quantised(numbers, plan_.maps[step.to].channels, scales);
    const memory::desc plain(shape.dimensions, memory::data_type::s8, shape.Plain());
    result->weights = LaidOut(engine_, plain, description.weights_desc(), whole.data());
    for (float& scale : scales) scale *= plan_.maps[step.from].scale;
    result->sum_scales = Vector(engine_, scales);
  }
  result->weights = Kept(step, result->weights);
  if (plan_.maps[step.to].kept != Kept::kFloat) result->result_scale = Vector(engine_, {plan_.maps[step.to].scale});
  result->bias = Vector(engine_, JoinedBias(step.filter, *this));
  result->primitive = dnnl::convolution_forward(description);
  result->scratchpad = description.scratchpad_desc();
  result->implementation = description.impl_info_str();
  return result;
}

dnnl::pooling_forward::primitive_desc Model::MaxPoolDescription(const Step& step) const {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const Dims strides{step.stride, step.stride}, kernel{step.kernel, step.kernel}, none{0, 0};
  // what does not fit a last window is cut off, also where that makes the padding at the end negative
  const memory::dim from = plan_.maps[step.from].size, to = plan_.maps[step.to].size;
  const memory::dim reached = (to - 1) * step.stride + step.kernel - from;
  const Dims before{step.padding.top, step.padding.left};
  const Dims end{reached - step.padding.top, reached - step.padding.left};
  return dnnl::pooling_forward::primitive_desc(
      engine_, dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_max, MapDescription(step.from),
      MapDescription(step.to), strides, kernel, none, before, end, attributes);
}

std::unique_ptr<Prepared> Model::MaxPool(const Step& step) const {
  const auto description = MaxPoolDescription(step);
  auto result = std::make_unique<Prepared>();
  result->primitive = dnnl::pooling_forward(description);
  result->scratchpad = description.scratchpad_desc();
  result->implementation = description.impl_info_str();
  return result;
}

const Prepared& Model::PrimitiveOf(const Step& step) {
  if (const Prepared* known = ready_[step.primitive].load(std::memory_order_acquire)) return *known;
  const std::lock_guard<std::mutex> lock(preparing_);
  const Threads threads(threads_);
  return Prepare(step);
}

const Prepared& Model::Prepare(const Step& step) {
  if (!prepared_[step.primitive]) {
    auto prepared = step.kind == Kind::kConvolution ? Convolution(step) : MaxPool(step);
    prepared_[step.primitive] = std::move(prepared);
    ready_[step.primitive].store(prepared_[step.primitive].get(), std::memory_order_release);
  }
  return *prepared_[step.primitive];
}

size_t Model::BytesOfWeights() {
  const std::lock_guard<std::mutex> lock(preparing_);
  return weight_bytes_;
}

void Model::PrepareAll(const Steps& steps) {
  for (const Step& step : steps) {
    if (step.kind == Kind::kConvolution || step.kind == Kind::kMaxPool) PrimitiveOf(step);
    for (const Steps& each : step.cases) PrepareAll(each);
  }
}

std::vector<std::string> Model::Implementations() const {
  const Threads threads(threads_);
  std::vector<std::string> names(plan_.primitives);
  Implementations(plan_.steps, names);
  return names;
}

void Model::Implementations(const Steps& steps, std::vector<std::string>& names) const {
  for (const Step& step : steps) {
    if (step.kind == Kind::kConvolution) names[step.primitive] = ConvolutionDescription(step).impl_info_str();
    if (step.kind == Kind::kMaxPool) names[step.primitive] = MaxPoolDescription(step).impl_info_str();
    for (const Steps& each : step.cases) Implementations(each, names);
  }
}

void Model::AddObserved(int site, const std::vector<uint64_t>& counts) {
  const std::lock_guard<std::mutex> lock(observing_);
  std::vector<uint64_t>& sums = observed_[site];
  sums.resize(counts.size(), 0);
  for (size_t i = 0; i < counts.size(); i++) sums[i] += counts[i];
}

std::vector<std::vector<uint64_t>> Model::Observed() {
  const std::lock_guard<std::mutex> lock(observing_);
  return observed_;
}

namespace {

constexpr size_t kPast = 4096;  // kernels may read a little past the end of a map

}  // namespace

Context::Context(std::shared_ptr<Model> model) : model_(std::move(model)), stream_(model_->engine()) {
  const Plan& plan = model_->plan();
  std::vector<size_t> bytes(plan.slots.size(), 0);
  for (size_t map = 0; map < plan.maps.size(); map++) {
    size_t& of = bytes[plan.maps[map].slot];
    of = std::max(of, model_->BytesOfMap(map));
  }
  for (size_t each : bytes) slots_.push_back(arena_.Take(each + kPast));
  for (size_t map = 0; map < plan.maps.size(); map++)
    maps_.emplace_back(model_->MapDescription(map), model_->engine(), MapMemory(map));
  for (int length : plan.vectors) vectors_.emplace_back(length, 0.0f);
  scratchpads_.resize(plan.primitives);
  masks_.resize(plan.gate_counts.size(), 0);
  size_t gates = 0;
  for (int count : plan.gate_counts) {
    first_gates_.push_back(gates);
    gates += count;
  }
  log_odds_.resize(gates, 0.0f);
}

void Context::Run(const float* image, bool channels_first, const uint32_t* pattern, const float* thresholds,
                  const ExitRule* rule, float* logits, uint32_t* masks) {
  const Threads threads(model_->threads());
  const Plan& plan = model_->plan();
  pattern_ = pattern;
  thresholds_ = thresholds;
  // a branch before its decision takes the pattern, or finds everything closed
  for (size_t l = 0; l < masks_.size(); l++) masks_[l] = pattern ? pattern[l] : 0;
  std::fill(log_odds_.begin(), log_odds_.end(), 0.0f);
  std::optional<ExitDecision> decision;
  if (rule) decision.emplace(*rule);
  exits_ = rule ? &*decision : nullptr;
  exit_logits_.clear();
  stopped_at_ = 0;
  PutImage(model_->FormatOf(0), image, plan.maps[0], channels_first, MapMemory(0));
  const size_t classes = vectors_[plan.logits].size();
  if (RunSteps(plan.steps)) {
    stopped_at_ = plan.exits;
    std::copy(vectors_[plan.logits].begin(), vectors_[plan.logits].end(), logits);
  } else {
    std::copy(exit_logits_.end() - classes, exit_logits_.end(), logits);
  }
  exits_ = nullptr;
  std::copy(masks_.begin(), masks_.end(), masks);
}

bool Context::RunSteps(const Steps& steps) {
  const Plan& plan = model_->plan();
  for (const Step& step : steps) {
    switch (step.kind) {
      case Kind::kConvolution:
      case Kind::kMaxPool:
        RunPrimitive(step);
        break;
      case Kind::kMean: {
        const Map& map = plan.maps[step.from];
        Mean(model_->FormatOf(step.from), MapMemory(step.from), map.size * map.size, map.channels, vectors_[step.to].data());
        break;
      }
      case Kind::kLinear: {
        const auto &x = vectors_[step.from];
        auto& y = vectors_[step.to];
        const float* bias = step.bias < 0 ? nullptr : model_->tensor(step.bias);
        const Number number = step.bfloat16 ? Number::kBfloat16 : Number::kFloat32;
        Linear(x.data(), x.size(), number, model_->LinearWeights(step), bias, y.size(), step.activation, step.adds,
               y.data());
        break;
      }
      case Kind::kCell: {
        auto& hidden = vectors_[step.hidden];
        LstmCell(vectors_[step.from].data(), hidden.size(), step.first_of_all, vectors_[step.cell].data(), hidden.data());
        break;
      }
      case Kind::kDecide: {
        const auto& log_odds = vectors_[step.from];
        std::copy(log_odds.begin(), log_odds.end(), log_odds_.begin() + first_gates_[step.gates]);
        if (pattern_) break;
        const float threshold = thresholds_ ? thresholds_[step.gates] : 0;
        uint32_t mask = 0;
        for (size_t n = 0; n < log_odds.size(); n++) mask |= (log_odds[n] > threshold ? 1u : 0u) << n;
        masks_[step.gates] = mask;
        break;
      }
      case Kind::kBranch:
        RunSteps(step.cases[(masks_[step.gates] >> step.first) & ((1u << step.bits) - 1)]);
        break;
      case Kind::kWiden:
        Widen(model_->FormatOf(step.to).number, plan.maps[step.from], MapMemory(step.from), plan.maps[step.to], step.stride,
              MapMemory(step.to));
        break;
      case Kind::kAdd:
        Add(model_->FormatOf(step.from), MapMemory(step.from), plan.maps[step.to].numbers(), model_->FormatOf(step.to),
            MapMemory(step.to));
        break;
      case Kind::kCopy:
      case Kind::kActivate: {
        const Bias bias{step.bias < 0 ? nullptr : model_->tensor(step.bias), static_cast<size_t>(plan.maps[step.to].channels)};
        Activate(model_->FormatOf(step.from), MapMemory(step.from), bias, step.activation, plan.maps[step.to].numbers(),
                 model_->FormatOf(step.to), MapMemory(step.to));
        break;
      }
      case Kind::kObserve: {
        const Map& map = plan.maps[step.from];
        counts_.assign(kMagnitudes, 0);
        Observe(model_->FormatOf(step.from), MapMemory(step.from), map.size * map.size, map.channels, step.first_channel,
                step.channels, counts_.data());
        model_->AddObserved(step.site, counts_);
        break;
      }
      case Kind::kExit: {
        if (!exits_) break;
        RunSteps(step.cases[0]);
        const auto& logits = vectors_[step.from];
        exit_logits_.insert(exit_logits_.end(), logits.begin(), logits.end());
        if (exits_->Stops(logits)) return false;
        stopped_at_++;
        break;
      }
    }
  }
  return true;
}

void Context::RunPrimitive(const Step& step) {
  const Prepared& prepared = model_->PrimitiveOf(step);
  dnnl_exec_arg_t arguments[7];
  int count = 0;
  arguments[count++] = {DNNL_ARG_SRC, maps_[step.from].get()};
  arguments[count++] = {DNNL_ARG_DST, maps_[step.to].get()};
  if (step.kind == Kind::kConvolution) {
    arguments[count++] = {DNNL_ARG_WEIGHTS, prepared.weights.get()};
    arguments[count++] = {DNNL_ARG_BIAS, prepared.bias.get()};
    if (prepared.sum_scales)
      arguments[count++] = {DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, prepared.sum_scales.get()};
    if (prepared.result_scale)
      arguments[count++] = {DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, prepared.result_scale.get()};
  }
  const size_t bytes = prepared.scratchpad.get_size();
  if (bytes > 0) {
    if (bytes > scratch_bytes_) {
      scratch_arena_ = std::make_unique<Arena>();
      scratch_ = scratch_arena_->Take(bytes + kPast);
      scratch_bytes_ = bytes;
      for (auto& each : scratchpads_) each = memory();
    }
    memory& scratchpad = scratchpads_[step.primitive];
    if (!scratchpad) scratchpad = memory(prepared.scratchpad, model_->engine(), scratch_);
    arguments[count++] = {DNNL_ARG_SCRATCHPAD, scratchpad.get()};
  }
  dnnl::error::wrap_c_api(dnnl_primitive_execute(prepared.primitive.get(), stream_.get(), count, arguments),
                          "a step could not be run");
}

}  // namespace dmnn
