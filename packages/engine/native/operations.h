// What runs between the convolutions: one thread, one image.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plan.h"

namespace dmnn {

// Numbers of a map: float, or the upper half of one.
enum class Number { kFloat32, kBfloat16 };

inline size_t BytesOf(Number number) { return number == Number::kFloat32 ? 4 : 2; }

// out[c] = mean of x[., c]; x: [pixels, channels].
void Mean(Number number, const void* x, int pixels, int channels, float* out);

// out = relu?(x · weight + bias), or out += that; weight: [in, out], bias may be null.
void Linear(const float* x, int in, const float* weight, const float* bias, int out, bool relu, bool adds, float* y);

// Every stride-th pixel, in the middle of the channels of `to`, with zeros around.
void Widen(Number number, const Map& from, const void* x, const Map& to, int stride, void* y);

// y += x.
void Add(Number number, const void* x, size_t count, void* y);

// x = activation(x).
void Activate(Number number, const Activation& activation, size_t count, void* x);

// An image [H, W, C], or [C, H, W], as a map.
void PutImage(Number number, const float* image, const Map& map, bool channels_first, void* out);

}  // namespace dmnn
