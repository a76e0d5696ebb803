// After which of its exits a network stops: as nextAnswer and confident of @dmnn/confidence decide, in the same numbers.
#pragma once

#include <cstddef>
#include <vector>

namespace dmnn {

// What confidence is: the largest probability, its distance to the second largest, 1 - entropy / ln(classes).
enum class Measure { kProbability, kMargin, kEntropy };

// How the exits of a plan answer, and when they are sure enough.
struct ExitRule {
  Measure by = Measure::kProbability;
  // Whether the mean of all stages so far answers, or the last one alone.
  bool mean = false;
  // Stages of other networks that ran before, and the mean of their probabilities; empty if there were none.
  size_t before = 0;
  std::vector<double> previous;
  // Of each exit. No image stops at a threshold above 1.
  std::vector<double> temperatures;
  std::vector<double> thresholds;
};

// Reads a rule: `by`, `mean`, `before`, a temperature and a threshold for each exit, then `previous` if there is any before.
// False if there are other numbers, or more or fewer of them.
bool ReadExitRule(const std::vector<double>& numbers, size_t exits, size_t classes, ExitRule* rule);

// Follows one image through the exits, in their order.
class ExitDecision {
 public:
  explicit ExitDecision(const ExitRule& rule) : rule_(rule), probabilities_(rule.previous), stages_(rule.before) {}

  // Whether the image stops at the next exit.
  bool Stops(const std::vector<float>& logits);

 private:
  double Confidence() const;

  const ExitRule& rule_;
  std::vector<double> probabilities_;
  size_t stages_;
  size_t exit_ = 0;
};

}  // namespace dmnn
