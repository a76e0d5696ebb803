// What runs between the convolutions: one thread, one image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plan.h"

namespace dmnn {

// Numbers of a map: float, the upper half of one, or whole numbers of 8 bits.
enum class Number { kFloat32, kBfloat16, kUnsigned8, kSigned8 };

inline size_t BytesOf(Number number) {
  return number == Number::kFloat32 ? 4 : number == Number::kBfloat16 ? 2 : 1;
}

// How a map is kept; its whole numbers stand for multiples of the scale.
struct Format {
  Number number;
  float scale;
};

// out[c] = mean of x[., c]; x: [pixels, channels].
void Mean(Format format, const void* x, int pixels, int channels, float* out);

// y = activation(x · weight + bias), or y += that; weight: [in, out] of float32 or bfloat16, bias may be null.
void Linear(const float* x, int in, Number number, const void* weight, const float* bias, int out,
            const Activation& activation, bool adds, float* y);

// The states of an LSTM after its gates i, f, g and o, `units` of each; the first takes the cell state for 0.
void LstmCell(const float* gates, size_t units, bool first, float* cell, float* hidden);

// Floats in bfloat16: to the nearest, ties to even.
std::vector<uint16_t> UpperHalves(const std::vector<float>& numbers);

// Every stride-th pixel, in the middle of the channels of `to`, with zeros around.
void Widen(Number number, const Map& from, const void* x, const Map& to, int stride, void* y);

// y += x.
void Add(Format from, const void* x, size_t count, Format to, void* y);

// One number per channel of a map; none: null.
struct Bias {
  const float* numbers;
  size_t channels;
};

// y = activation(x + bias). Both may lie in the same memory if numbers of `to` are no wider.
void Activate(Format from, const void* x, Bias bias, const Activation& activation, size_t count, Format to, void* y);

// An image [H, W, C], or [C, H, W], as a map.
void PutImage(Format format, const float* image, const Map& map, bool channels_first, void* out);

// Magnitudes that Observe tells apart: the upper half of a float without its sign.
constexpr size_t kMagnitudes = 1 << 15;

// Counts the magnitudes of some channels of x, [pixels, map_channels].
void Observe(Format format, const void* x, int pixels, int map_channels, int first_channel, int channels, uint64_t* counts);

}  // namespace dmnn
