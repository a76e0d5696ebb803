// Threads that run images side by side, each in a context of its own over the same weights.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "model.h"

namespace dmnn {

// One image, and what the network gives for it.
struct Job {
  virtual ~Job() = default;
  std::vector<float> image;
  bool channels_first = false;
  std::optional<std::vector<uint32_t>> pattern;   // none: the controllers' own
  std::optional<std::vector<float>> thresholds;   // none: 0
  std::optional<ExitRule> rule;                   // none: exits are left out
  std::vector<float> logits;
  std::vector<uint32_t> masks;
  std::vector<float> log_odds;                    // of every gate, block after block
  std::vector<float> exit_logits;                 // of each exit that ran, one after the other
  int stopped_at = 0;                             // an exit, or the number of exits
  std::string error;                              // empty: none
};

// Why a job's lengths do not fit a plan: `image: expected …`; empty if they do.
std::string MisfitOf(const Job& job, const Plan& plan);

// First in, first out.
class Pool {
 public:
  // `done` is called on a worker's thread. Throws std::bad_alloc, dnnl::error.
  Pool(std::shared_ptr<Model> model, int workers, std::function<void(std::unique_ptr<Job>)> done);
  // Ends as Stop does.
  ~Pool();

  // Memory for the numbers of an image, of one that is done where there is such: fresh memory costs as much as the copy.
  std::vector<float> Image();

  // Takes a job that has no misfit.
  void Push(std::unique_ptr<Job> job);

  // Hands back the images that wait, with an error.
  void Drop();

  // Waits for the images that run, and drops those that wait.
  void Stop();

 private:
  void Work(Context& context);

  std::shared_ptr<Model> model_;
  std::function<void(std::unique_ptr<Job>)> done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::vector<std::vector<float>> images_;  // of jobs that are done, one for each context at most
  bool stopped_ = false;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<std::thread> threads_;
};

}  // namespace dmnn
