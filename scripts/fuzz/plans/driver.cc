// Opens plans in the engine's core and runs them, one after another: driver.mjs writes them to the standard input and
// reads a line for each. Compiled with sanitizers; it links the core without Node.
//
// A case is what plan-case.mjs writes, after the number of its words.
#include <unistd.h>

#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#ifdef __linux__
#include <sys/prctl.h>
#include <csignal>
#endif

#include "pool.h"

namespace {

using dmnn::Job;
using dmnn::Plan;
using dmnn::PlanError;

constexpr int kBfloat16 = 1, kChannelsFirst = 2, kPattern = 4, kThresholds = 8, kPrepareAll = 16, kReadOnly = 32;
constexpr int kExits = 64, kMeasureAt = 7, kMeanAt = 9, kBeforeAt = 10;
// Of a list.
constexpr size_t kMostNumbers = size_t{1} << 22;
constexpr unsigned kPatienceSeconds = 20;

bool Fill(void* to, size_t bytes) {
  auto* at = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = read(STDIN_FILENO, at, bytes);
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

class Case {
 public:
  explicit Case(std::vector<int32_t> words) : words_(std::move(words)) {}

  int32_t Next() {
    if (at_ >= words_.size()) throw PlanError("case: expected more numbers, got its end");
    return words_[at_++];
  }

  size_t Length(size_t most) {
    const int32_t length = Next();
    if (length < 0 || static_cast<size_t>(length) > most) throw PlanError("case: expected a length, got another number");
    return static_cast<size_t>(length);
  }

  std::vector<int32_t> Words(size_t count) {
    if (words_.size() - at_ < count) throw PlanError("case: expected more numbers, got its end");
    std::vector<int32_t> result(words_.begin() + at_, words_.begin() + at_ + count);
    at_ += count;
    return result;
  }

  // The rest, in turn.
  template <typename T>
  std::vector<T> Numbers(size_t count) {
    if (first_ == 0) first_ = at_;
    std::vector<T> result(count);
    if (first_ == words_.size()) return result;
    for (T& number : result) {
      if (at_ == words_.size()) at_ = first_;
      std::memcpy(&number, &words_[at_++], sizeof number);
    }
    return result;
  }

 private:
  std::vector<int32_t> words_;
  size_t at_ = 0;
  size_t first_ = 0;
};

// As exitRuleOf of plan-case.mjs.
dmnn::ExitRule RuleOf(Case& given, int flags, size_t exits, size_t classes) {
  const int before = (flags >> kBeforeAt) & 1;
  std::vector<double> numbers = {static_cast<double>((flags >> kMeasureAt) & 3), static_cast<double>((flags >> kMeanAt) & 1),
                                 static_cast<double>(before)};
  const std::vector<float> own = given.Numbers<float>(2 * exits);
  for (size_t i = 0; i < own.size(); i++) numbers.push_back(i % 2 == 0 ? std::fabs(own[i]) : own[i]);
  for (const float each : given.Numbers<float>(before ? classes : 0)) numbers.push_back(each);
  dmnn::ExitRule rule;
  if (!dmnn::ReadExitRule(numbers, exits, classes, &rule)) throw PlanError("exits: expected other numbers");
  return rule;
}

std::string Ran(Case given) {
  const int flags = given.Next();
  const int threads = 1 + static_cast<int>(given.Next() & 1), workers = 1 + static_cast<int>(given.Next() & 1);
  const size_t words = given.Length(1 << 24), pixels = given.Length(kMostNumbers);
  const size_t masks = given.Length(1 << 16), thresholds = given.Length(1 << 16);
  std::vector<size_t> lengths(given.Length(1 << 16));
  size_t all = 0;
  for (size_t& length : lengths) all += length = given.Length(kMostNumbers);
  if (all > kMostNumbers) throw PlanError("case: expected fewer numbers in tensors");
  // on the heap, at its length: the sanitizer sees what lies beyond
  const std::vector<int32_t> encoded = given.Words(words);
  std::vector<std::vector<float>> tensors;
  for (size_t length : lengths) tensors.push_back(given.Numbers<float>(length));

  Plan plan = dmnn::ReadPlan(encoded.data(), encoded.size(), lengths);
  if (flags & kReadOnly) return "{\"classes\":0,\"finite\":true}";
  const size_t classes = static_cast<size_t>(plan.vectors[plan.logits]);

  const auto model = std::make_shared<dmnn::Model>(std::move(plan), std::move(tensors),
                                                   flags & kBfloat16 ? dmnn::Number::kBfloat16 : dmnn::Number::kFloat32,
                                                   threads);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::unique_ptr<Job>> done;
  dmnn::Pool pool(model, workers, [&](std::unique_ptr<Job> job) {
    const std::lock_guard<std::mutex> lock(mutex);
    done.push_back(std::move(job));
    changed.notify_one();
  });
  const auto push = [&](std::unique_ptr<Job> job) {
    const std::string misfit = dmnn::MisfitOf(*job, model->plan());
    if (!misfit.empty()) throw PlanError(misfit);
    pool.Push(std::move(job));
  };
  // twice: the second finds what the first has left in memory
  for (int i = 0; i < 2; i++) {
    auto job = std::make_unique<Job>();
    job->image = given.Numbers<float>(pixels);
    job->channels_first = (flags & kChannelsFirst) != 0;
    if (flags & kPattern) job->pattern = given.Numbers<uint32_t>(masks);
    if (flags & kThresholds) job->thresholds = given.Numbers<float>(thresholds);
    if (flags & kExits) job->rule = RuleOf(given, flags, model->plan().exits, classes);
    push(std::move(job));
  }
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return done.size() == 2; });
  }
  pool.Stop();
  if (flags & kPrepareAll) model->PrepareAll();
  for (const auto& job : done) {
    if (!job->error.empty()) throw PlanError("run: " + job->error);
    if (job->logits.size() != classes || job->masks.size() != model->plan().gate_counts.size())
      return "{\"failed\":\"expected logits and masks of the plan's lengths\"}";
    const size_t ran = static_cast<size_t>(job->stopped_at) + (job->stopped_at < model->plan().exits ? 1 : 0);
    if (job->exit_logits.size() != (job->rule ? ran * classes : 0))
      return "{\"failed\":\"expected the logits of the exits that ran\"}";
  }
  bool finite = true;
  for (float logit : done[1]->logits) finite = finite && std::isfinite(logit);
  return std::string("{\"classes\":") + std::to_string(classes) + ",\"finite\":" + (finite ? "true}" : "false}");
}

std::string Quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result + "\"";
}

}  // namespace

int main() {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  for (;;) {
    uint32_t count;
    if (!Fill(&count, sizeof count)) return 0;
    std::vector<int32_t> words(count);
    if (!Fill(words.data(), words.size() * sizeof(int32_t))) return 0;
    alarm(kPatienceSeconds);
    std::string answer;
    try {
      answer = Ran(Case(std::move(words)));
    } catch (const PlanError& error) {
      answer = "{\"refused\":" + Quoted(error.what()) + "}";
    } catch (const dnnl::error& error) {
      answer = "{\"refused\":" + Quoted(std::string("oneDNN: ") + error.what()) + "}";
    } catch (const std::bad_alloc&) {
      answer = "{\"refused\":\"expected more memory\"}";
    }
    alarm(0);
    std::printf("%s\n", answer.c_str());
    std::fflush(stdout);
  }
}
