#include "pool.h"

namespace dmnn {

std::string MisfitOf(const Job& job, const Plan& plan) {
  const size_t groups = plan.gate_counts.size();
  if (job.image.size() != plan.maps[0].numbers()) return "image: expected the numbers of the plan's image";
  if (job.pattern && job.pattern->size() != groups) return "pattern: expected a mask for each gated block";
  if (job.thresholds && job.thresholds->size() != groups) return "thresholds: expected a number for each gated block";
  if (job.rule && job.rule->temperatures.size() != static_cast<size_t>(plan.exits))
    return "exits: expected a temperature and a threshold for each exit";
  return "";
}

Pool::Pool(std::shared_ptr<Model> model, int workers, std::function<void(std::unique_ptr<Job>)> done)
    : model_(std::move(model)), done_(std::move(done)) {
  images_.reserve(workers);
  for (int i = 0; i < workers; i++) contexts_.push_back(std::make_unique<Context>(model_));
  try {
    for (auto& context : contexts_) threads_.emplace_back([this, &context] { Work(*context); });
  } catch (...) {
    Stop();  // a thread that is not joined ends the process
    throw;
  }
}

Pool::~Pool() { Stop(); }

std::vector<float> Pool::Image() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (images_.empty()) return {};
  std::vector<float> image = std::move(images_.back());
  images_.pop_back();
  return image;
}

void Pool::Push(std::unique_ptr<Job> job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void Pool::Drop() {
  std::deque<std::unique_ptr<Job>> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    dropped.swap(waiting_);
  }
  for (auto& job : dropped) {
    job->error = "dropped";
    done_(std::move(job));
  }
}

void Pool::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Pool::Work(Context& context) {
  const Plan& plan = model_->plan();
  for (;;) {
    std::unique_ptr<Job> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (stopped_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    try {
      job->logits.resize(plan.vectors[plan.logits]);
      job->masks.resize(plan.gate_counts.size());
      context.Run(job->image.data(), job->channels_first, job->pattern ? job->pattern->data() : nullptr,
                  job->thresholds ? job->thresholds->data() : nullptr, job->rule ? &*job->rule : nullptr,
                  job->logits.data(), job->masks.data());
      job->log_odds = context.log_odds();
      job->exit_logits = context.exit_logits();
      job->stopped_at = context.stopped_at();
    } catch (const std::exception& error) {
      job->error = error.what();
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (images_.size() < contexts_.size()) images_.push_back(std::move(job->image));
    }
    done_(std::move(job));
  }
}

}  // namespace dmnn
