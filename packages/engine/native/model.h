// A plan made ready for this processor, and the memory in which one thread runs it.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "oneapi/dnnl/dnnl.hpp"
#include "arena.h"
#include "exits.h"
#include "operations.h"
#include "plan.h"

namespace dmnn {

// A convolution or a pool of oneDNN, with its weights laid out. Shared by all contexts, never changed once it is ready.
struct Prepared {
  dnnl::primitive primitive;
  dnnl::memory weights;
  dnnl::memory bias;
  // What the whole numbers of the sum and of the result stand for; empty where they are floats.
  dnnl::memory sum_scales;
  dnnl::memory result_scale;
  dnnl::memory::desc scratchpad;
  std::string implementation;
};

// What a plan needs that does not change from image to image.
class Model {
 public:
  // `tensors`: the weights, copied. Throws PlanError, dnnl::error.
  Model(Plan plan, std::vector<std::vector<float>> tensors, Number number, int threads);

  const Plan& plan() const { return plan_; }
  Number number() const { return number_; }
  int threads() const { return threads_; }
  const float* tensor(int index) const { return tensors_[index].data(); }
  // The weights of a linear layer, in float32 or bfloat16.
  const void* LinearWeights(const Step& step) const { return linear_weights_[step.weight][step.bfloat16]; }
  const dnnl::engine& engine() const { return engine_; }
  dnnl::memory::desc MapDescription(int map) const;
  Format FormatOf(int map) const;
  size_t BytesOfMap(int map) const { return plan_.maps[map].numbers() * BytesOf(FormatOf(map).number); }

  // Prepares the step's primitive at its first use: patterns that never occur cost neither time nor memory.
  const Prepared& PrimitiveOf(const Step& step);

  // Prepares all.
  void PrepareAll() { PrepareAll(plan_.steps); }

  // The name of oneDNN's implementation of each convolution and pool; lays no weights out.
  std::vector<std::string> Implementations() const;

  // Bytes of the weights that are laid out, each counted once.
  size_t BytesOfWeights();

  // Adds to the magnitudes that were seen at a site.
  void AddObserved(int site, const std::vector<uint64_t>& counts);

  // The magnitudes that were seen at each site; empty where there were none.
  std::vector<std::vector<uint64_t>> Observed();

 private:
  void PrepareAll(const Steps& steps);
  void LayOutLinear(const Steps& steps);
  void Implementations(const Steps& steps, std::vector<std::string>& names) const;
  const Prepared& Prepare(const Step& step);
  void FindWholes(const Steps& steps);
  void FindWithin(const Steps& steps);
  dnnl::memory Kept(const Step& step, const dnnl::memory& weights);
  dnnl::memory WithinWhole(const Step& step, const dnnl::memory& weights);
  dnnl::convolution_forward::primitive_desc ConvolutionDescription(const Step& step) const;
  dnnl::pooling_forward::primitive_desc MaxPoolDescription(const Step& step) const;
  std::unique_ptr<Prepared> Convolution(const Step& step);
  std::unique_ptr<Prepared> MaxPool(const Step& step) const;

  Plan plan_;
  std::vector<std::vector<float>> tensors_;
  // Of each tensor that linear layers read, in float32 and in bfloat16; null where none reads it so.
  std::vector<std::array<const void*, 2>> linear_weights_;
  Number number_;
  int threads_;
  dnnl::engine engine_;
  Arena arena_;  // of weights
  std::mutex preparing_;
  std::vector<std::atomic<const Prepared*>> ready_;
  std::vector<std::unique_ptr<Prepared>> prepared_;
  // Of each tensor, the convolution with the most parts side by side among which it is; of each primitive, that one and
  // the place in it where its own parts begin, if it holds them all in their order.
  struct Within {
    const Step* whole = nullptr;
    size_t first = 0;
  };
  std::vector<const Step*> wholes_;
  std::vector<Within> within_;
  size_t weight_bytes_ = 0;
  std::mutex observing_;
  std::vector<std::vector<uint64_t>> observed_;
};

// Memory of its own for one image at a time.
class Context {
 public:
  explicit Context(std::shared_ptr<Model> model);

  // Runs the plan. `pattern`: a mask of gates for each gated block, or null for the controllers' own decision.
  // `thresholds`: for each gated block, log-odds above which a gate opens, or null for 0.
  // `rule`: when an image stops at an exit, or null to leave exits out.
  // Writes the logits of the exit at which it stopped, or of the end, and, for each gated block, the mask of the gates that
  // were open; those of blocks that were not reached are of the pattern.
  void Run(const float* image, bool channels_first, const uint32_t* pattern, const float* thresholds, const ExitRule* rule,
           float* logits, uint32_t* masks);

  // Of the image that ran last: the log-odds of every gate, block after block; 0 if they were not decided.
  const std::vector<float>& log_odds() const { return log_odds_; }

  // Of the image that ran last: the logits of each exit that ran, one after the other; empty without a rule.
  const std::vector<float>& exit_logits() const { return exit_logits_; }

  // Of the image that ran last: the exit at which it stopped; the number of exits if it went to the end.
  int stopped_at() const { return stopped_at_; }

 private:
  // Whether the image goes on: false if it has stopped at an exit.
  bool RunSteps(const Steps& steps);
  void RunPrimitive(const Step& step);
  void* MapMemory(int map) const { return slots_[model_->plan().maps[map].slot]; }

  std::shared_ptr<Model> model_;
  dnnl::stream stream_;
  Arena arena_;  // of maps
  std::vector<void*> slots_;
  std::vector<dnnl::memory> maps_;
  std::vector<std::vector<float>> vectors_;
  std::unique_ptr<Arena> scratch_arena_;
  void* scratch_ = nullptr;
  size_t scratch_bytes_ = 0;
  std::vector<dnnl::memory> scratchpads_;
  std::vector<uint64_t> counts_;
  const uint32_t* pattern_ = nullptr;
  const float* thresholds_ = nullptr;
  std::vector<uint32_t> masks_;
  std::vector<size_t> first_gates_;
  std::vector<float> log_odds_;
  ExitDecision* exits_ = nullptr;
  std::vector<float> exit_logits_;
  int stopped_at_ = 0;
};

}  // namespace dmnn
