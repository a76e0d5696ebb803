#include "parallel.h"

#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace dmnn {
namespace {

int thread_count() {
  const char* given = getenv("TF_NUM_INTRAOP_THREADS");
  const int asked = given == nullptr ? 0 : atoi(given);
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return asked > 0 ? asked : cores > 0 ? cores : 1;
}

// How long a thread looks for work before it sleeps: the time between two operations of a network that is run. To be
// woken takes as long as a small operation.
const auto kPatience = std::chrono::microseconds(50);

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Waits for a condition, awake and for a short time only.
template <typename Condition>
bool soon(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  do {
    for (int i = 0; i < 32; i++) {
      if (condition()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return condition();
}

// Threads that wait between two calls. Never joined: they belong to the process.
class Pool {
 public:
  Pool() {
    for (int i = 1; i < thread_count(); i++) std::thread([this] { work(); }).detach();
    helpers_ = thread_count() - 1;
  }

  void run(int64_t count, const std::function<void(int64_t)>& task) {
    // one call at a time: TensorFlow may run two operations at once
    std::lock_guard<std::mutex> one(calls_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      task_ = &task;
      count_ = count;
      next_.store(0, std::memory_order_relaxed);
      call_++;
    }
    wake_.notify_all();
    drain(task, count);
    {
      // who comes too late finds nothing to do, and is not waited for
      std::lock_guard<std::mutex> lock(mutex_);
      task_ = nullptr;
    }
    if (!soon([this] { return busy_ == 0; })) {
      std::unique_lock<std::mutex> lock(mutex_);
      done_.wait(lock, [this] { return busy_ == 0; });
    }
    std::lock_guard<std::mutex> lock(mutex_);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  bool alone() const { return helpers_ == 0; }

 private:
  // What a task throws is thrown again on the calling thread, when all threads have stopped.
  void drain(const std::function<void(int64_t)>& task, int64_t count) {
    try {
      for (int64_t i = next_.fetch_add(1); i < count; i = next_.fetch_add(1)) task(i);
    } catch (...) {
      next_.store(count);
      std::lock_guard<std::mutex> lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  void work() {
    uint64_t seen = 0;
    for (;;) {
      soon([&] { return call_ != seen; });
      const std::function<void(int64_t)>* task;
      int64_t count;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return call_ != seen; });
        seen = call_;
        if (task_ == nullptr) continue;
        task = task_;
        count = count_;
        busy_++;
      }
      drain(*task, count);
      std::lock_guard<std::mutex> lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex calls_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t)>* task_ = nullptr;
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};
  std::atomic<int> busy_{0};
  std::atomic<uint64_t> call_{0};
  int helpers_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(int64_t count, const std::function<void(int64_t)>& task) {
  static Pool* pool = new Pool();
  if (count > 1 && !pool->alone()) return pool->run(count, task);
  for (int64_t i = 0; i < count; i++) task(i);
}

}  // namespace dmnn
