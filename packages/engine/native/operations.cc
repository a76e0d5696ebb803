#include "operations.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// Loops below are plain: the compiler vectorises them for each of these instruction sets, and the loader picks one.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define DMNN_VECTORISED __attribute__((target_clones("avx512f", "avx2,fma", "default")))
#else
#define DMNN_VECTORISED
#endif
#define DMNN_INLINE inline __attribute__((always_inline))

namespace dmnn {
namespace {

struct Bfloat16 {
  uint16_t bits;
};

DMNN_INLINE float Load(float value) { return value; }

DMNN_INLINE float Load(Bfloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

DMNN_INLINE void Store(float value, float* out) { *out = value; }

// To the nearest, ties to even; NaN stays NaN.
DMNN_INLINE void Store(float value, Bfloat16* out) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  out->bits = static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
}

// To the nearest, ties to even; what is too large or too small becomes the nearest that there is, NaN the smallest.
template <typename T>
DMNN_INLINE void StoreWhole(float value, float low, float high, T* out) {
  const float raised = value > low ? value : low;
  *out = static_cast<T>(std::nearbyint(raised < high ? raised : high));
}

constexpr int kBlock = 64;  // channels whose sums stay in registers

template <typename T>
DMNN_INLINE void MeanOf(const T* x, int pixels, int channels, float* out) {
  const float scale = 1.0f / pixels;
  int c = 0;
  for (; c + kBlock <= channels; c += kBlock) {
    float sums[kBlock] = {};
    for (int p = 0; p < pixels; p++) {
      const T* pixel = x + static_cast<size_t>(p) * channels + c;
      for (int i = 0; i < kBlock; i++) sums[i] += Load(pixel[i]);
    }
    for (int i = 0; i < kBlock; i++) out[c + i] = sums[i] * scale;
  }
  if (c == channels) return;
  const int rest = channels - c;
  float sums[kBlock] = {};
  for (int p = 0; p < pixels; p++) {
    const T* pixel = x + static_cast<size_t>(p) * channels + c;
    for (int i = 0; i < rest; i++) sums[i] += Load(pixel[i]);
  }
  for (int i = 0; i < rest; i++) out[c + i] = sums[i] * scale;
}

DMNN_VECTORISED void MeanF32(const float* x, int pixels, int channels, float* out) { MeanOf(x, pixels, channels, out); }
DMNN_VECTORISED void MeanBf16(const Bfloat16* x, int pixels, int channels, float* out) { MeanOf(x, pixels, channels, out); }

constexpr int kRow = 1024;  // outputs whose sums stay in the first cache

// sums[j] += x[i] * row i [j] of some rows, each `stride` numbers after the one before. Weights are read once, as they lie.
template <typename T>
DMNN_INLINE void AddRows(const float* x, int in, const T* rows, size_t stride, int width, float* sums) {
  int i = 0;
  for (; i + 4 <= in; i += 4) {
    const T *r0 = rows + i * stride, *r1 = r0 + stride, *r2 = r1 + stride, *r3 = r2 + stride;
    for (int j = 0; j < width; j++) {
      float sum = sums[j];
      sum += x[i] * Load(r0[j]);
      sum += x[i + 1] * Load(r1[j]);
      sum += x[i + 2] * Load(r2[j]);
      sum += x[i + 3] * Load(r3[j]);
      sums[j] = sum;
    }
  }
  for (; i < in; i++) {
    const T* row = rows + i * stride;
    for (int j = 0; j < width; j++) sums[j] += x[i] * Load(row[j]);
  }
}

// A comparison with NaN is false: NaN stays NaN.
template <typename T>
DMNN_INLINE void ClipOf(float low, float high, size_t count, T* x) {
  for (size_t i = 0; i < count; i++) {
    const float value = Load(x[i]);
    const float raised = value < low ? low : value;
    Store(raised > high ? high : raised, x + i);
  }
}

DMNN_VECTORISED void ClipF32(float low, float high, size_t count, float* x) { ClipOf(low, high, count, x); }
DMNN_VECTORISED void ClipBf16(float low, float high, size_t count, Bfloat16* x) { ClipOf(low, high, count, x); }

template <typename T>
DMNN_INLINE void HardSwishOf(size_t count, T* x) {
  for (size_t i = 0; i < count; i++) {
    const float value = Load(x[i]);
    const float raised = value + 3 < 0 ? 0 : value + 3;
    Store(value * (raised > 6 ? 6 : raised) / 6, x + i);
  }
}

DMNN_VECTORISED void HardSwishF32(size_t count, float* x) { HardSwishOf(count, x); }
DMNN_VECTORISED void HardSwishBf16(size_t count, Bfloat16* x) { HardSwishOf(count, x); }

// x = activation(x), of floats.
void ActivateFloats(Number number, const Activation& activation, size_t count, void* x) {
  const bool wide = number == Number::kFloat32;
  switch (activation.curve) {
    case Curve::kNone:
      return;
    case Curve::kClip:
      if (wide) ClipF32(activation.low, activation.high, count, static_cast<float*>(x));
      else ClipBf16(activation.low, activation.high, count, static_cast<Bfloat16*>(x));
      return;
    case Curve::kHardSwish:
      if (wide) HardSwishF32(count, static_cast<float*>(x));
      else HardSwishBf16(count, static_cast<Bfloat16*>(x));
      return;
  }
}

template <typename T>
DMNN_INLINE void LinearOf(const float* x, int in, const T* weight, const float* bias, int out,
                          const Activation& activation, bool adds, float* y) {
  for (int o = 0; o < out; o += kRow) {
    const int width = std::min(kRow, out - o);
    float sums[kRow];
    if (bias) std::memcpy(sums, bias + o, width * sizeof(float));
    else std::memset(sums, 0, width * sizeof(float));
    if (width == 32) AddRows(x, in, weight + o, out, 32, sums);  // the paper's hidden units stay in registers
    else AddRows(x, in, weight + o, out, width, sums);
    ActivateFloats(Number::kFloat32, activation, width, sums);
    for (int j = 0; j < width; j++) y[o + j] = adds ? y[o + j] + sums[j] : sums[j];
  }
}

DMNN_VECTORISED void LinearF32(const float* x, int in, const float* weight, const float* bias, int out,
                               const Activation& activation, bool adds, float* y) {
  LinearOf(x, in, weight, bias, out, activation, adds, y);
}
DMNN_VECTORISED void LinearBf16(const float* x, int in, const Bfloat16* weight, const float* bias, int out,
                                const Activation& activation, bool adds, float* y) {
  LinearOf(x, in, weight, bias, out, activation, adds, y);
}

// Sums of whole numbers stay exact for this many pixels.
constexpr int kMostSummed = 1 << 20;

template <typename T>
DMNN_INLINE void MeanOfWhole(const T* x, float scale, int pixels, int channels, float* out) {
  for (int c = 0; c < channels; c += kBlock) {
    const int width = std::min(kBlock, channels - c);
    float totals[kBlock] = {};
    for (int begin = 0; begin < pixels; begin += kMostSummed) {
      const int end = std::min(pixels, begin + kMostSummed);
      int32_t sums[kBlock] = {};
      for (int p = begin; p < end; p++) {
        const T* pixel = x + static_cast<size_t>(p) * channels + c;
        if (width == kBlock)
          for (int i = 0; i < kBlock; i++) sums[i] += pixel[i];
        else
          for (int i = 0; i < width; i++) sums[i] += pixel[i];
      }
      for (int i = 0; i < width; i++) totals[i] += static_cast<float>(sums[i]);
    }
    for (int i = 0; i < width; i++) out[c + i] = totals[i] * (scale / pixels);
  }
}

DMNN_VECTORISED void MeanU8(const uint8_t* x, float scale, int pixels, int channels, float* out) {
  MeanOfWhole(x, scale, pixels, channels, out);
}
DMNN_VECTORISED void MeanS8(const int8_t* x, float scale, int pixels, int channels, float* out) {
  MeanOfWhole(x, scale, pixels, channels, out);
}

DMNN_VECTORISED void ReadBf16(const Bfloat16* x, size_t count, float* out) {
  for (size_t i = 0; i < count; i++) out[i] = Load(x[i]);
}
DMNN_VECTORISED void ReadU8(const uint8_t* x, float scale, size_t count, float* out) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale;
}
DMNN_VECTORISED void ReadS8(const int8_t* x, float scale, size_t count, float* out) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale;
}
DMNN_VECTORISED void WriteBf16(const float* x, size_t count, Bfloat16* out) {
  for (size_t i = 0; i < count; i++) Store(x[i], out + i);
}
DMNN_VECTORISED void WriteU8(const float* x, float scale, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i++) StoreWhole(x[i] / scale, 0, 255, out + i);
}
DMNN_VECTORISED void WriteS8(const float* x, float scale, size_t count, int8_t* out) {
  for (size_t i = 0; i < count; i++) StoreWhole(x[i] / scale, -128, 127, out + i);
}

// Numbers of a map from `start` on, as floats.
void Read(Format format, const void* x, size_t start, size_t count, float* out) {
  switch (format.number) {
    case Number::kFloat32:
      std::memcpy(out, static_cast<const float*>(x) + start, count * sizeof(float));
      return;
    case Number::kBfloat16:
      ReadBf16(static_cast<const Bfloat16*>(x) + start, count, out);
      return;
    case Number::kUnsigned8:
      ReadU8(static_cast<const uint8_t*>(x) + start, format.scale, count, out);
      return;
    case Number::kSigned8:
      ReadS8(static_cast<const int8_t*>(x) + start, format.scale, count, out);
      return;
  }
}

void Write(Format format, const float* x, size_t start, size_t count, void* out) {
  switch (format.number) {
    case Number::kFloat32:
      std::memcpy(static_cast<float*>(out) + start, x, count * sizeof(float));
      return;
    case Number::kBfloat16:
      WriteBf16(x, count, static_cast<Bfloat16*>(out) + start);
      return;
    case Number::kUnsigned8:
      WriteU8(x, format.scale, count, static_cast<uint8_t*>(out) + start);
      return;
    case Number::kSigned8:
      WriteS8(x, format.scale, count, static_cast<int8_t*>(out) + start);
      return;
  }
}

bool IsFloat(Format format) { return format.number == Number::kFloat32 || format.number == Number::kBfloat16; }

constexpr size_t kChunk = 2048;  // numbers that are converted at a time

template <typename T>
void WidenOf(const Map& from, const T* x, const Map& to, int stride, T* y) {
  const int before = (to.channels - from.channels) / 2;
  std::memset(y, 0, to.numbers() * sizeof(T));
  for (int r = 0; r < to.size; r++) {
    for (int s = 0; s < to.size; s++) {
      const size_t source = (static_cast<size_t>(r) * stride * from.size + static_cast<size_t>(s) * stride) * from.channels;
      const size_t target = (static_cast<size_t>(r) * to.size + s) * to.channels + before;
      std::memcpy(y + target, x + source, from.channels * sizeof(T));
    }
  }
}

template <typename T>
DMNN_INLINE void AddOf(const T* x, size_t count, T* y) {
  for (size_t i = 0; i < count; i++) Store(Load(y[i]) + Load(x[i]), y + i);
}

DMNN_VECTORISED void AddF32(const float* x, size_t count, float* y) { AddOf(x, count, y); }
DMNN_VECTORISED void AddBf16(const Bfloat16* x, size_t count, Bfloat16* y) { AddOf(x, count, y); }

template <typename T>
void PutImageOf(const float* planes, const Map& map, T* out) {
  const size_t pixels = static_cast<size_t>(map.size) * map.size;
  for (int c = 0; c < map.channels; c++) {
    for (size_t p = 0; p < pixels; p++) Store(planes[c * pixels + p], out + p * map.channels + c);
  }
}

}  // namespace

void Mean(Format format, const void* x, int pixels, int channels, float* out) {
  switch (format.number) {
    case Number::kFloat32:
      MeanF32(static_cast<const float*>(x), pixels, channels, out);
      return;
    case Number::kBfloat16:
      MeanBf16(static_cast<const Bfloat16*>(x), pixels, channels, out);
      return;
    case Number::kUnsigned8:
      MeanU8(static_cast<const uint8_t*>(x), format.scale, pixels, channels, out);
      return;
    case Number::kSigned8:
      MeanS8(static_cast<const int8_t*>(x), format.scale, pixels, channels, out);
      return;
  }
}

void Linear(const float* x, int in, Number number, const void* weight, const float* bias, int out,
            const Activation& activation, bool adds, float* y) {
  if (number == Number::kBfloat16) LinearBf16(x, in, static_cast<const Bfloat16*>(weight), bias, out, activation, adds, y);
  else LinearF32(x, in, static_cast<const float*>(weight), bias, out, activation, adds, y);
}

void LstmCell(const float* gates, size_t units, bool first, float* cell, float* hidden) {
  const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
  for (size_t u = 0; u < units; u++) {
    const float in = gates[u], forget = gates[units + u], candidate = gates[2 * units + u], out = gates[3 * units + u];
    const float kept = first ? 0 : sigmoid(forget) * cell[u];
    cell[u] = kept + sigmoid(in) * std::tanh(candidate);
    hidden[u] = sigmoid(out) * std::tanh(cell[u]);
  }
}

std::vector<uint16_t> UpperHalves(const std::vector<float>& numbers) {
  std::vector<uint16_t> halves(numbers.size());
  WriteBf16(numbers.data(), numbers.size(), reinterpret_cast<Bfloat16*>(halves.data()));
  return halves;
}

void Widen(Number number, const Map& from, const void* x, const Map& to, int stride, void* y) {
  switch (BytesOf(number)) {
    case sizeof(float):
      WidenOf(from, static_cast<const float*>(x), to, stride, static_cast<float*>(y));
      return;
    case sizeof(Bfloat16):
      WidenOf(from, static_cast<const Bfloat16*>(x), to, stride, static_cast<Bfloat16*>(y));
      return;
    default:
      WidenOf(from, static_cast<const uint8_t*>(x), to, stride, static_cast<uint8_t*>(y));
  }
}

void Add(Format from, const void* x, size_t count, Format to, void* y) {
  if (from.number == to.number && IsFloat(to)) {
    if (to.number == Number::kFloat32) AddF32(static_cast<const float*>(x), count, static_cast<float*>(y));
    else AddBf16(static_cast<const Bfloat16*>(x), count, static_cast<Bfloat16*>(y));
    return;
  }
  float added[kChunk], sum[kChunk];
  for (size_t start = 0; start < count; start += kChunk) {
    const size_t width = std::min(kChunk, count - start);
    Read(from, x, start, width, added);
    Read(to, y, start, width, sum);
    AddF32(added, width, sum);
    Write(to, sum, start, width, y);
  }
}

namespace {

// x += bias, of the numbers of a map from `start` on.
void AddBias(const Bias& bias, size_t start, size_t count, float* x) {
  size_t channel = start % bias.channels;
  for (size_t i = 0; i < count;) {
    const size_t width = std::min(bias.channels - channel, count - i);
    AddF32(bias.numbers + channel, width, x + i);
    i += width;
    channel = 0;
  }
}

}  // namespace

void Activate(Format from, const void* x, Bias bias, const Activation& activation, size_t count, Format to, void* y) {
  if (!bias.numbers && from.number == to.number && (IsFloat(to) || (from.scale == to.scale && activation.curve == Curve::kNone))) {
    if (x != y) std::memmove(y, x, count * BytesOf(to.number));
    if (IsFloat(to)) ActivateFloats(to.number, activation, count, y);
    return;
  }
  float numbers[kChunk];
  for (size_t start = 0; start < count; start += kChunk) {
    const size_t width = std::min(kChunk, count - start);
    Read(from, x, start, width, numbers);
    if (bias.numbers) AddBias(bias, start, width, numbers);
    ActivateFloats(Number::kFloat32, activation, width, numbers);
    Write(to, numbers, start, width, y);
  }
}

void PutImage(Format format, const float* image, const Map& map, bool channels_first, void* out) {
  if (!channels_first) {
    Write(format, image, 0, map.numbers(), out);
    return;
  }
  if (format.number == Number::kFloat32) {
    PutImageOf(image, map, static_cast<float*>(out));
  } else if (format.number == Number::kBfloat16) {
    PutImageOf(image, map, static_cast<Bfloat16*>(out));
  } else {
    const size_t pixels = static_cast<size_t>(map.size) * map.size;
    float numbers[kChunk];
    for (size_t start = 0; start < map.numbers(); start += kChunk) {
      const size_t width = std::min(kChunk, map.numbers() - start);
      for (size_t i = 0; i < width; i++) {
        const size_t at = start + i;
        numbers[i] = image[(at % map.channels) * pixels + at / map.channels];
      }
      Write(format, numbers, start, width, out);
    }
  }
}

void Observe(Format format, const void* x, int pixels, int map_channels, int first_channel, int channels, uint64_t* counts) {
  float numbers[kChunk];
  for (int p = 0; p < pixels; p++) {
    const size_t begin = static_cast<size_t>(p) * map_channels + first_channel;
    for (size_t c = 0; c < static_cast<size_t>(channels); c += kChunk) {
      const size_t width = std::min(kChunk, channels - c);
      Read(format, x, begin + c, width, numbers);
      for (size_t i = 0; i < width; i++) {
        uint32_t bits;
        std::memcpy(&bits, numbers + i, sizeof bits);
        counts[(bits & 0x7fffffff) >> 16]++;
      }
    }
  }
}

}  // namespace dmnn
