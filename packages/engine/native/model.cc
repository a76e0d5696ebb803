#include "model.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

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
  return number == Number::kFloat32 ? memory::data_type::f32 : memory::data_type::bf16;
}

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

memory LaidOut(const dnnl::engine& engine, const memory::desc& from, const memory::desc& to, std::vector<float>& numbers) {
  memory plain(from, engine, numbers.data());
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
      number_(number),
      threads_(threads),
      engine_(dnnl::engine::kind::cpu, 0),
      ready_(plan_.primitives),
      prepared_(plan_.primitives) {
  for (auto& each : ready_) each.store(nullptr);
}

memory::desc Model::MapDescription(int map) const {
  const Map& of = plan_.maps[map];
  return memory::desc(Dims{1, of.channels, of.size, of.size}, TypeOf(number_), memory::format_tag::nhwc);
}

std::unique_ptr<Prepared> Model::Convolution(const Step& step) const {
  const Filter& filter = step.filter;
  const memory::dim parts = filter.weights.size(), k = filter.kernel;
  const memory::dim groups = filter.groups * (filter.join == Join::kGroups ? parts : 1);
  const memory::dim in = plan_.maps[step.from].channels, out = plan_.maps[step.to].channels;
  const bool grouped = groups > 1;
  const Dims shape = grouped ? Dims{groups, out / groups, in / groups, k, k} : Dims{out, in, k, k};
  const auto f32 = memory::data_type::f32;
  const auto plain = grouped ? memory::format_tag::goihw : memory::format_tag::oihw;

  dnnl::post_ops operations;
  if (step.adds) operations.append_sum(1);
  Append(operations, step.activation);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);

  const memory::desc bias(Dims{out}, f32, memory::format_tag::x);
  const Dims strides{step.stride, step.stride}, padding{step.padding, step.padding};
  const dnnl::convolution_forward::primitive_desc description(
      engine_, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, MapDescription(step.from),
      memory::desc(shape, TypeOf(number_), memory::format_tag::any), bias, MapDescription(step.to), strides, padding,
      padding, attributes);

  auto result = std::make_unique<Prepared>();
  std::vector<float> numbers = JoinedFilter(filter, *this);
  result->weights = LaidOut(engine_, memory::desc(shape, f32, plain), description.weights_desc(), numbers);
  std::vector<float> biases = JoinedBias(filter, *this);
  result->bias = memory(bias, engine_);
  std::memcpy(result->bias.get_data_handle(), biases.data(), biases.size() * sizeof(float));
  result->primitive = dnnl::convolution_forward(description);
  result->scratchpad = description.scratchpad_desc();
  result->implementation = description.impl_info_str();
  return result;
}

std::unique_ptr<Prepared> Model::MaxPool(const Step& step) const {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const Dims strides{step.stride, step.stride}, kernel{step.kernel, step.kernel}, none{0, 0};
  // what does not fit a last window is cut off, also where that makes the padding at the end negative
  const memory::dim from = plan_.maps[step.from].size, to = plan_.maps[step.to].size;
  const memory::dim after = (to - 1) * step.stride + step.kernel - from - step.padding;
  const Dims before{step.padding, step.padding}, end{after, after};
  const dnnl::pooling_forward::primitive_desc description(
      engine_, dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_max, MapDescription(step.from),
      MapDescription(step.to), strides, kernel, none, before, end, attributes);
  auto result = std::make_unique<Prepared>();
  result->primitive = dnnl::pooling_forward(description);
  result->scratchpad = description.scratchpad_desc();
  result->implementation = description.impl_info_str();
  return result;
}

const Prepared& Model::PrimitiveOf(const Step& step) {
  if (const Prepared* known = ready_[step.primitive].load(std::memory_order_acquire)) return *known;
  const std::lock_guard<std::mutex> lock(preparing_);
  if (!prepared_[step.primitive]) {
    const Threads threads(threads_);
    prepared_[step.primitive] = step.kind == Kind::kConvolution ? Convolution(step) : MaxPool(step);
    ready_[step.primitive].store(prepared_[step.primitive].get(), std::memory_order_release);
  }
  return *prepared_[step.primitive];
}

std::vector<std::string> Model::PrepareAll() {
  std::vector<std::string> names(plan_.primitives);
  PrepareAll(plan_.steps, names);
  return names;
}

void Model::PrepareAll(const Steps& steps, std::vector<std::string>& names) {
  for (const Step& step : steps) {
    if (step.kind == Kind::kConvolution || step.kind == Kind::kMaxPool)
      names[step.primitive] = PrimitiveOf(step).implementation;
    for (const Steps& each : step.cases) PrepareAll(each, names);
  }
}

Context::Memory Context::Allocate(size_t bytes) {
  void* memory = nullptr;
  // kernels may read a little past the end of a map
  if (posix_memalign(&memory, 4096, bytes + 4096) != 0) throw std::bad_alloc();
  std::memset(memory, 0, bytes + 4096);
  return Memory(memory);
}

Context::Context(std::shared_ptr<Model> model) : model_(std::move(model)), stream_(model_->engine()) {
  const Plan& plan = model_->plan();
  for (size_t numbers : plan.slots) slots_.push_back(Allocate(numbers * BytesOf(model_->number())));
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
                  float* logits, uint32_t* masks) {
  const Threads threads(model_->threads());
  const Plan& plan = model_->plan();
  pattern_ = pattern;
  thresholds_ = thresholds;
  // a branch before its decision takes the pattern, or finds everything closed
  for (size_t l = 0; l < masks_.size(); l++) masks_[l] = pattern ? pattern[l] : 0;
  std::fill(log_odds_.begin(), log_odds_.end(), 0.0f);
  PutImage(model_->number(), image, plan.maps[0], channels_first, MapMemory(0));
  RunSteps(plan.steps);
  std::copy(vectors_[plan.logits].begin(), vectors_[plan.logits].end(), logits);
  std::copy(masks_.begin(), masks_.end(), masks);
}

void Context::RunSteps(const Steps& steps) {
  const Plan& plan = model_->plan();
  const Number number = model_->number();
  for (const Step& step : steps) {
    switch (step.kind) {
      case Kind::kConvolution:
      case Kind::kMaxPool:
        RunPrimitive(step);
        break;
      case Kind::kMean: {
        const Map& map = plan.maps[step.from];
        Mean(number, MapMemory(step.from), map.size * map.size, map.channels, vectors_[step.to].data());
        break;
      }
      case Kind::kLinear: {
        const auto &x = vectors_[step.from];
        auto& y = vectors_[step.to];
        const float* bias = step.bias < 0 ? nullptr : model_->tensor(step.bias);
        Linear(x.data(), x.size(), model_->tensor(step.weight), bias, y.size(), step.relu, step.adds, y.data());
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
        Widen(number, plan.maps[step.from], MapMemory(step.from), plan.maps[step.to], step.stride, MapMemory(step.to));
        break;
      case Kind::kCopy:
        std::memmove(MapMemory(step.to), MapMemory(step.from), plan.maps[step.to].numbers() * BytesOf(number));
        break;
      case Kind::kAdd:
        Add(number, MapMemory(step.from), plan.maps[step.to].numbers(), MapMemory(step.to));
        break;
      case Kind::kActivate:
        Activate(number, step.activation, plan.maps[step.to].numbers(), MapMemory(step.to));
        break;
    }
  }
}

void Context::RunPrimitive(const Step& step) {
  const Prepared& prepared = model_->PrimitiveOf(step);
  dnnl_exec_arg_t arguments[5];
  int count = 0;
  arguments[count++] = {DNNL_ARG_SRC, maps_[step.from].get()};
  arguments[count++] = {DNNL_ARG_DST, maps_[step.to].get()};
  if (step.kind == Kind::kConvolution) {
    arguments[count++] = {DNNL_ARG_WEIGHTS, prepared.weights.get()};
    arguments[count++] = {DNNL_ARG_BIAS, prepared.bias.get()};
  }
  const size_t bytes = prepared.scratchpad.get_size();
  if (bytes > 0) {
    if (bytes > scratch_bytes_) {
      scratch_ = Allocate(bytes);
      scratch_bytes_ = bytes;
      for (auto& each : scratchpads_) each = memory();
    }
    memory& scratchpad = scratchpads_[step.primitive];
    if (!scratchpad) scratchpad = memory(prepared.scratchpad, model_->engine(), scratch_.get());
    arguments[count++] = {DNNL_ARG_SCRATCHPAD, scratchpad.get()};
  }
  dnnl::error::wrap_c_api(dnnl_primitive_execute(prepared.primitive.get(), stream_.get(), count, arguments),
                          "a step could not be run");
}

}  // namespace dmnn
