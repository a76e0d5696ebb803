// Products of small matrices, for each instruction set.
#include "panels.h"

#include <algorithm>

#include "parallel.h"

namespace dmnn::panels {
namespace {

// rows ahead of the one that is read
const int64_t kAhead = 8;

typedef void (*TileFunction)(const Factor*, int64_t, float*);

// V holds a part of a panel's row, kParts of them make one. Rows are reached from every third one, which an address
// can say; `kUnit` says that rows are next to each other.
template <typename V, int kParts, int kRows, bool kUnit>
inline __attribute__((always_inline)) void tile_body(const Factor* factors, int64_t count, float* out) {
  const int kLanes = sizeof(V) / sizeof(float), kThirds = (kRows + 2) / 3;
  V sum[kRows][kParts] = {};
  for (int64_t n = 0; n < count; n++) {
    const Factor& f = factors[n];
    const int64_t next_row = kUnit ? 1 : f.next_row, next_step = kUnit ? f.next_step : 1;
    const float* panel = f.panel;
    const float* x[kThirds];
    for (int t = 0; t < kThirds; t++) x[t] = f.x + 3 * t * next_row;
    for (int64_t step = 0; step < f.steps; step++, panel += kParts * kLanes) {
      V b[kParts];
      for (int p = 0; p < kParts; p++) __builtin_memcpy(&b[p], panel + p * kLanes, sizeof(V));
#pragma GCC unroll 16
      for (int r = 0; r < kRows; r++) {
        const float a = x[r / 3][r % 3 * next_row];
#pragma GCC unroll 4
        for (int p = 0; p < kParts; p++) sum[r][p] += a * b[p];
      }
#pragma GCC unroll 4
      for (int t = 0; t < kThirds; t++) x[t] += next_step;
    }
  }
  for (int r = 0; r < kRows; r++)
    for (int p = 0; p < kParts; p++)
      __builtin_memcpy(out + (r * kParts + p) * kLanes, &sum[r][p], sizeof(V));
}

typedef float v4 __attribute__((vector_size(16)));

template <int kRows, bool kUnit>
void tile_plain(const Factor* factors, int64_t count, float* out) {
  tile_body<v4, 4, kRows, kUnit>(factors, count, out);
}

#if defined(__x86_64__)
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));

template <int kRows, bool kUnit>
__attribute__((target("avx2,fma"))) void tile_avx2(const Factor* factors, int64_t count, float* out) {
  tile_body<v8, 2, kRows, kUnit>(factors, count, out);
}

template <int kRows, bool kUnit>
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"))) void tile_avx512(const Factor* factors,
                                                                                     int64_t count, float* out) {
  tile_body<v16, 2, kRows, kUnit>(factors, count, out);
}
#endif

// [rows - 1], for rows that are apart and for rows that are next to each other
struct TileSet {
  int64_t width;
  std::vector<TileFunction> apart, adjacent;
};

#define DMNN_TILES_6(f, a, unit) f<a, unit>, f<a + 1, unit>, f<a + 2, unit>, f<a + 3, unit>, f<a + 4, unit>, f<a + 5, unit>

const TileSet& tile_set() {
  static const TileSet* set = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
      return new TileSet{32,
                         {DMNN_TILES_6(tile_avx512, 1, false), DMNN_TILES_6(tile_avx512, 7, false)},
                         {DMNN_TILES_6(tile_avx512, 1, true), DMNN_TILES_6(tile_avx512, 7, true)}};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      return new TileSet{16, {DMNN_TILES_6(tile_avx2, 1, false)}, {DMNN_TILES_6(tile_avx2, 1, true)}};
#endif
    return new TileSet{16, {DMNN_TILES_6(tile_plain, 1, false)}, {DMNN_TILES_6(tile_plain, 1, true)}};
  }();
  return *set;
}

}  // namespace

int64_t width() { return tile_set().width; }

int64_t tile_rows() { return int64_t(tile_set().apart.size()); }

void multiply(const std::vector<Factor>& factors, int64_t rows, float* out) {
  const TileSet& set = tile_set();
  // where both are 1, there is one row or one step, and either will do
  const bool adjacent = !factors.empty() && factors[0].next_step != 1;
  (adjacent ? set.adjacent : set.apart)[rows - 1](factors.data(), int64_t(factors.size()), out);
}

void for_tiles(int64_t rows, const std::function<void(int64_t, int64_t)>& tile) {
  const int64_t tiles = (rows + tile_rows() - 1) / tile_rows();
  for (int64_t i = 0; i < tiles; i++) tile(i * rows / tiles, (i + 1) * rows / tiles - i * rows / tiles);
}

void pack(const float* from, int64_t rows, int64_t columns, int64_t stride, int64_t first, int64_t last, float* to) {
  const int64_t w = width();
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t panel = first; panel < last; panel++) {
      const int64_t some = std::min(w, columns - panel * w);
      const float* row = from + r * stride + panel * w;
      // rows that are far apart are not foreseen by the processor
      for (int64_t line = 0; line < some && r + kAhead < rows; line += 16) __builtin_prefetch(row + kAhead * stride + line);
      float* place = to + (panel * rows + r) * w;
      std::copy_n(row, some, place);
      std::fill(place + some, place + w, 0.0f);
    }
  }
}

}  // namespace dmnn::panels
