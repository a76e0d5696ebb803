// What is done to all variables at once: a step of stochastic gradient descent, a step of moving averages, and sums of
// squares. A network has hundreds of variables, most of them tiny, so that an operation for each costs more than its
// numbers.
#include <algorithm>
#include <memory>

#include "kernel_call.h"
#include "parallel.h"

namespace dmnn {
namespace {

struct Variables {
  int64_t count;
  bool nesterov;
};

const int64_t kChunk = 1 << 15;

// The chunks of many tensors, numbered one after the other.
struct Chunks {
  struct Chunk {
    int64_t tensor, begin, end;
  };
  std::vector<Chunk> list;
  explicit Chunks(const std::vector<Input>& tensors) {
    for (size_t i = 0; i < tensors.size(); i++) {
      for (int64_t begin = 0; begin < tensors[i].size; begin += kChunk)
        list.push_back({int64_t(i), begin, std::min(begin + kChunk, tensors[i].size)});
    }
  }
};

DMNN_VECTORISED
void step(const float* __restrict value, const float* __restrict gradient, const float* __restrict velocity,
          float rate, float momentum, float decay, int64_t count, float* __restrict next_value,
          float* __restrict next_velocity) {
  for (int64_t i = 0; i < count; i++) {
    const float v = momentum * velocity[i] + (gradient[i] + decay * value[i]);
    next_velocity[i] = v;
    next_value[i] = value[i] - rate * v;
  }
}

DMNN_VECTORISED
void nesterov_step(const float* __restrict value, const float* __restrict gradient, const float* __restrict velocity,
                   float rate, float momentum, float decay, int64_t count, float* __restrict next_value,
                   float* __restrict next_velocity) {
  for (int64_t i = 0; i < count; i++) {
    const float d = gradient[i] + decay * value[i];
    const float v = momentum * velocity[i] + d;
    next_velocity[i] = v;
    next_value[i] = value[i] - rate * (d + momentum * v);
  }
}

DMNN_VECTORISED
void move_average(const float* __restrict average, const float* __restrict latest, float keep, float take,
                  int64_t count, float* __restrict next) {
  for (int64_t i = 0; i < count; i++) next[i] = keep * average[i] + take * latest[i];
}

// 16 sums side by side, so that the loop has no chain of additions.
DMNN_VECTORISED
double sum_of_squares(const float* __restrict x, int64_t count) {
  float lanes[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) lanes[lane] += x[i + lane] * x[i + lane];
  double sum = 0.0;
  for (float lane : lanes) sum += lane;
  for (; i < count; i++) sum += double(x[i]) * x[i];
  return sum;
}

void compute_sgd(void* kernel, TF_OpKernelContext* context) {
  const Variables& s = *static_cast<Variables*>(kernel);
  KernelCall call(context);
  const std::vector<Input> value = call.next(s.count), gradient = call.next(s.count),
                           velocity = call.next(s.count);
  const Input decays = call.next(), rates = call.next();
  if (!call.ok() || !call.expect(rates.size == 2, "rates: expected learning rate and momentum") ||
      !call.expect(decays.size == s.count, "decays: expected one for each variable"))
    return;
  std::vector<float*> next_value, next_velocity;
  for (int64_t i = 0; i < s.count; i++) {
    if (!call.expect(value[i].shape == gradient[i].shape && value[i].shape == velocity[i].shape,
                     "values, gradients and velocities: expected equal shapes"))
      return;
    next_value.push_back(call.output(value[i].shape));
  }
  for (int64_t i = 0; i < s.count; i++) next_velocity.push_back(call.output(value[i].shape));
  if (!call.ok()) return;
  const Chunks chunks(value);
  parallel_for(chunks.list.size(), [&](int64_t n) {
    const auto [i, begin, end] = chunks.list[n];
    (s.nesterov ? nesterov_step : step)(value[i].data + begin, gradient[i].data + begin, velocity[i].data + begin,
                                        rates.data[0], rates.data[1], decays.data[i], end - begin,
                                        next_value[i] + begin, next_velocity[i] + begin);
  });
}

void compute_averages(void* kernel, TF_OpKernelContext* context) {
  const Variables& s = *static_cast<Variables*>(kernel);
  KernelCall call(context);
  const std::vector<Input> average = call.next(s.count), latest = call.next(s.count);
  const Input factors = call.next();
  if (!call.ok() || !call.expect(factors.size == 2 * s.count, "factors: expected two for each average")) return;
  for (int64_t i = 0; i < s.count; i++) {
    if (!call.expect(average[i].shape == latest[i].shape, "averages and latest: expected equal shapes")) return;
    float* next = call.output(average[i].shape);
    if (!call.ok()) return;
    move_average(average[i].data, latest[i].data, factors.data[2 * i], factors.data[2 * i + 1], average[i].size, next);
  }
}

void compute_squares(void* kernel, TF_OpKernelContext* context) {
  const Variables& s = *static_cast<Variables*>(kernel);
  KernelCall call(context);
  const std::vector<Input> x = call.next(s.count);
  float* sums = call.ok() ? call.output({s.count}) : nullptr;
  if (!call.ok()) return;
  const Chunks chunks(x);
  std::vector<double> partial(chunks.list.size());
  parallel_for(chunks.list.size(), [&](int64_t n) {
    const auto [i, begin, end] = chunks.list[n];
    partial[n] = sum_of_squares(x[i].data + begin, end - begin);
  });
  std::vector<double> total(s.count, 0.0);
  for (size_t n = 0; n < partial.size(); n++) total[chunks.list[n].tensor] += partial[n];
  for (int64_t i = 0; i < s.count; i++) sums[i] = float(total[i]);
}

template <bool kStep>
void* create(TF_OpKernelConstruction* construction) {
  Settings settings(construction);
  return new Variables{settings.integer("N"), kStep && settings.integer("nesterov") > 0};
}

void destroy(void* kernel) { delete static_cast<Variables*>(kernel); }

}  // namespace

void register_variables() {
  register_operation({"DmnnSgd",
                      {"N: int >= 1", "nesterov: int"},
                      {"value: N * float", "gradient: N * float", "velocity: N * float", "decays: float",
                       "rates: float"},
                      {"next_value: N * float", "next_velocity: N * float"}},
                     create<true>, guarded<compute_sgd>, destroy);
  register_operation({"DmnnMoveAverages",
                      {"N: int >= 1"},
                      {"average: N * float", "latest: N * float", "factors: float"},
                      {"next: N * float"}},
                     create<false>, guarded<compute_averages>, destroy);
  register_operation({"DmnnSumsOfSquares", {"N: int >= 1"}, {"x: N * float"}, {"sums: float"}}, create<false>,
                     guarded<compute_squares>, destroy);
}

}  // namespace dmnn
