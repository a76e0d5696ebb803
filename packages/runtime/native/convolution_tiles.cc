#include "convolution_tiles.h"

#include "kernel_call.h"

namespace dmnn {
namespace convolution {
namespace {

// numbers of a line of the cache
const int64_t kCacheLine = 16;

template <typename V>
inline __attribute__((always_inline)) V load(const float* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof(V));
  return v;
}

// Adds the shortcut, keeps sums between the bounds, and stores them: panels all of whose channels are written, as
// nearly all are.
template <typename V, int kParts, int kPanels, int RX, int RY>
inline __attribute__((always_inline)) void store_whole(const Tile& t, V (&sum)[RY][RX][kPanels][kParts]) {
  const int kLanes = sizeof(V) / sizeof(float);
  const V low = V{} + t.low, high = V{} + t.high;
  for (int q = 0; q < kPanels; q++) {
    for (int p = 0; p < kParts; p++) {
      const int channel = q * kPanel + p * kLanes;
      V total{};
#pragma GCC unroll 32
      for (int i = 0; i < RY; i++) {
#pragma GCC unroll 32
        for (int j = 0; j < RX; j++) {
          const int64_t at = i * t.out_row + j * t.out_pixel + channel;
          V v = sum[i][j][q][p];
          if (t.shortcut != nullptr) v += load<V>(t.shortcut + at);
          v = v < low ? low : v;  // NaN stays
          v = v > high ? high : v;
          __builtin_memcpy(t.y + at, &v, sizeof(V));
          total += v;
        }
      }
      if (t.sums == nullptr) continue;
      total += load<V>(t.sums + channel);
      __builtin_memcpy(t.sums + channel, &total, sizeof(V));
    }
  }
}

// The same where the last panel ends before its lanes do.
template <typename V, int kParts, int kPanels, int RX, int RY>
inline __attribute__((always_inline)) void store_some(const Tile& t, V (&sum)[RY][RX][kPanels][kParts]) {
  for (int i = 0; i < RY; i++) {
    for (int j = 0; j < RX; j++) {
      const int64_t at = i * t.out_row + j * t.out_pixel;
      float lane[kPanels * kPanel];
      __builtin_memcpy(lane, &sum[i][j][0][0], sizeof(lane));
      for (int64_t c = 0; c < t.channels; c++) {
        const float v = t.shortcut == nullptr ? lane[c] : lane[c] + t.shortcut[at + c];
        const float least = v < t.low ? t.low : v;
        const float kept = least > t.high ? t.high : least;
        t.y[at + c] = kept;
        if (t.sums != nullptr) t.sums[c] += kept;
      }
    }
  }
}

// V holds a part of a panel, kParts of them make one; kPanels panels are computed together.
template <typename V, int kParts, int kPanels, int RX, int RY>
inline __attribute__((always_inline)) void tile_body(const Tile& t) {
  const int kLanes = sizeof(V) / sizeof(float);
  // what the sums are added to and where they are stored is on its way while they are computed
  for (int i = 0; i < RY; i++)
    for (int j = 0; j < RX; j++)
      for (int q = 0; q < kPanels; q++) {
        const int64_t at = i * t.out_row + j * t.out_pixel + q * kPanel;
        if (t.shortcut != nullptr) __builtin_prefetch(t.shortcut + at);
        if (t.shortcut != t.y) __builtin_prefetch(t.y + at, 1);
      }
  const float* ahead = t.ahead;
  V sum[RY][RX][kPanels][kParts];
  for (int i = 0; i < RY; i++)
    for (int j = 0; j < RX; j++)
      for (int q = 0; q < kPanels; q++)
        for (int p = 0; p < kParts; p++)
          __builtin_memcpy(&sum[i][j][q][p], t.bias + q * kPanel + p * kLanes, sizeof(V));
  for (int64_t s = 0; s < t.segment_count; s++) {
    const Segment& g = t.segments[s];
    const float* filter = g.filter;
    const int64_t next_panel = t.runs * g.run * kPanel;
    for (int64_t k = 0; k < t.runs; k++) {
      const float* x = g.x + k * g.next_run;
      for (int64_t c = 0; c < g.run; c++, filter += kPanel) {
        if (ahead < t.ahead_end) {
          __builtin_prefetch(ahead);
          ahead += kCacheLine;
        }
        V b[kPanels][kParts];
        for (int q = 0; q < kPanels; q++)
          for (int p = 0; p < kParts; p++)
            __builtin_memcpy(&b[q][p], filter + q * next_panel + p * kLanes, sizeof(V));
#pragma GCC unroll 32
        for (int i = 0; i < RY; i++) {
#pragma GCC unroll 32
          for (int j = 0; j < RX; j++) {
            const float a = x[i * g.next_row + j * g.next_pixel + c];
#pragma GCC unroll 4
            for (int q = 0; q < kPanels; q++)
#pragma GCC unroll 4
              for (int p = 0; p < kParts; p++) sum[i][j][q][p] += a * b[q][p];
          }
        }
      }
    }
  }
  if (t.channels == kPanels * kPanel)
    store_whole<V, kParts, kPanels, RX, RY>(t, sum);
  else
    store_some<V, kParts, kPanels, RX, RY>(t, sum);
}

typedef float v4 __attribute__((vector_size(16)));

template <int RX, int RY>
void tile_plain(const Tile& t) {
  tile_body<v4, 4, 1, RX, RY>(t);
}

#if defined(__x86_64__)
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));

template <int RX, int RY>
__attribute__((target("avx2,fma"))) void tile_avx2(const Tile& t) {
  tile_body<v8, 2, 1, RX, RY>(t);
}

template <int RX, int RY>
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"))) void tile_avx512(const Tile& t) {
  tile_body<v16, 1, 1, RX, RY>(t);
}

// Two panels of half as many pixels: each number of the image is fetched for 32 channels.
template <int RX, int RY>
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"))) void pair_avx512(const Tile& t) {
  tile_body<v16, 1, 2, RX, RY>(t);
}
#endif

bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

#define DMNN_TILES_4(f, a, r) f<a, r>, f<a + 1, r>, f<a + 2, r>, f<a + 3, r>
#define DMNN_TILES_12(f, a, r) DMNN_TILES_4(f, a, r), DMNN_TILES_4(f, a + 4, r), DMNN_TILES_4(f, a + 8, r)

}  // namespace

const TileSet& tile_set() {
  static const TileSet* set = [] {
#if defined(__x86_64__)
    if (has_avx512())
      return new TileSet{{DMNN_TILES_12(tile_avx512, 1, 1), DMNN_TILES_12(tile_avx512, 13, 1)},
                         {DMNN_TILES_12(tile_avx512, 1, 2)},
                         {DMNN_TILES_12(pair_avx512, 1, 1)},
                         {DMNN_TILES_4(pair_avx512, 1, 2), pair_avx512<5, 2>, pair_avx512<6, 2>}};
    if (has_avx2())
      return new TileSet{{DMNN_TILES_4(tile_avx2, 1, 1), tile_avx2<5, 1>, tile_avx2<6, 1>},
                         {tile_avx2<1, 2>, tile_avx2<2, 2>, tile_avx2<3, 2>},
                         {},
                         {}};
    return new TileSet{{tile_plain<1, 1>, tile_plain<2, 1>}, {tile_plain<1, 2>}, {}, {}};
#else
    return new TileSet{{DMNN_TILES_4(tile_plain, 1, 1), tile_plain<5, 1>, tile_plain<6, 1>},
                       {tile_plain<1, 2>, tile_plain<2, 2>, tile_plain<3, 2>},
                       {},
                       {}};
#endif
  }();
  return *set;
}

}  // namespace convolution

bool has_fast_convolution() { return convolution::has_avx512() || convolution::has_avx2(); }

}  // namespace dmnn
