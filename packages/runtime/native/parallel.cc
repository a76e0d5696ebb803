#include "parallel.h"

#include <stdlib.h>

#include <atomic>
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

// Threads that sleep between two calls. Never joined: they belong to the process.
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
      busy_ = helpers_;
      generation_++;
    }
    wake_.notify_all();
    drain(task, count);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
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
      const std::function<void(int64_t)>* task;
      int64_t count;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_ != seen; });
        seen = generation_;
        task = task_;
        count = count_;
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
  int busy_ = 0, helpers_ = 0;
  uint64_t generation_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(int64_t count, const std::function<void(int64_t)>& task) {
  static Pool* pool = new Pool();
  if (count > 1 && !pool->alone()) return pool->run(count, task);
  for (int64_t i = 0; i < count; i++) task(i);
}

}  // namespace dmnn
