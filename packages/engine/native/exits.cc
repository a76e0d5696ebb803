#include "exits.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dmnn {
namespace {

constexpr double kMostStages = 1 << 16;

bool IsWhole(double number, double most) { return number >= 0 && number <= most && number == std::floor(number); }

}  // namespace

bool ReadExitRule(const std::vector<double>& numbers, size_t exits, size_t classes, ExitRule* rule) {
  constexpr size_t kHead = 3;
  if (numbers.size() < kHead) return false;
  if (!IsWhole(numbers[0], 2) || !IsWhole(numbers[1], 1) || !IsWhole(numbers[2], kMostStages)) return false;
  rule->by = static_cast<Measure>(static_cast<int>(numbers[0]));
  rule->mean = numbers[1] == 1;
  rule->before = static_cast<size_t>(numbers[2]);
  if (numbers.size() != kHead + 2 * exits + (rule->before > 0 ? classes : 0)) return false;
  for (size_t e = 0; e < exits; e++) {
    const double temperature = numbers[kHead + 2 * e], threshold = numbers[kHead + 2 * e + 1];
    if (!(temperature > 0) || !std::isfinite(temperature) || std::isnan(threshold)) return false;
    rule->temperatures.push_back(temperature);
    rule->thresholds.push_back(threshold);
  }
  rule->previous.assign(numbers.begin() + kHead + 2 * exits, numbers.end());
  return true;
}

bool ExitDecision::Stops(const std::vector<float>& logits) {
  const double temperature = rule_.temperatures[exit_], threshold = rule_.thresholds[exit_];
  exit_++;
  stages_++;
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (const float logit : logits) largest = std::max(largest, static_cast<double>(logit));
  std::vector<double> own(logits.size());
  for (size_t c = 0; c < own.size(); c++) sum += own[c] = std::exp((logits[c] - largest) / temperature);
  for (double& each : own) each /= sum;
  if (rule_.mean && stages_ > 1) {
    for (size_t c = 0; c < own.size(); c++)
      own[c] = probabilities_[c] + (own[c] - probabilities_[c]) / static_cast<double>(stages_);
  }
  probabilities_ = std::move(own);
  return Confidence() >= threshold;
}

double ExitDecision::Confidence() const {
  double first = 0, second = 0, entropy = 0;
  for (const double p : probabilities_) {
    if (p > first) {
      second = first;
      first = p;
    } else if (p > second) {
      second = p;
    }
    if (p > 0) entropy -= p * std::log(p);
  }
  double confidence = first;
  if (rule_.by == Measure::kMargin) confidence = first - second;
  if (rule_.by == Measure::kEntropy) confidence = 1 - entropy / std::log(static_cast<double>(probabilities_.size()));
  return std::min(1.0, std::max(0.0, confidence));
}

}  // namespace dmnn
