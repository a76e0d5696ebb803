// convolution(x) + bias + shortcut, held between two bounds, for networks that are run and not trained: filters are laid
// out once, in panels of 16 output channels that a register holds, instead of at every call.
//
// The image is copied into a border of zeros, after which a row of a window is one run of kernel width * channels
// numbers. A tile of up to 24 output pixels by 16 channels is kept in registers while the runs are gone through.
//
// A sub-block that only some images of a batch have opened takes just those from x, and places its results among the
// images of y, whose other rows are never written.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>

#include "kernel_call.h"
#include "parallel.h"

namespace dmnn {
namespace {

// output channels of a panel
const int64_t kPanel = 16;

// what work is at least cut into, if it can be
const int64_t kTasks = 16;

struct Convolution {
  int64_t kernel[2], stride[2], before[2], out[2], out_channels, shortcuts, taken, placed;
  // the result is held between them; infinite where it is not
  float low, high;
};

// What a tile of output pixels needs: pixels stand in `RY` rows of `RX`.
struct Tile {
  // the first window, and how far the next pixel, the next row of pixels and the next row of a window are
  const float* x;
  int64_t next_pixel, next_row, next_run;
  // runs of a window, and numbers of a run
  int64_t runs, run;
  // [runs * run][16]
  const float* filter;
  const float* bias;
  // null if there is none
  const float* shortcut;
  float* y;
  // channels that are written, and how far the next pixel and the next row are in y and shortcut
  int64_t channels, out_pixel, out_row;
  float low, high;
};

typedef void (*TileFunction)(const Tile&);

// V holds a part of a panel, kParts of them make one; kPanels panels are computed together.
template <typename V, int kParts, int kPanels, int RX, int RY>
inline __attribute__((always_inline)) void tile_body(const Tile& t) {
  const int kLanes = sizeof(V) / sizeof(float);
  V sum[RY][RX][kPanels][kParts];
  for (int i = 0; i < RY; i++)
    for (int j = 0; j < RX; j++)
      for (int q = 0; q < kPanels; q++)
        for (int p = 0; p < kParts; p++)
          __builtin_memcpy(&sum[i][j][q][p], t.bias + q * kPanel + p * kLanes, sizeof(V));
  const float* filter = t.filter;
  const int64_t next_panel = t.runs * t.run * kPanel;
  for (int64_t k = 0; k < t.runs; k++) {
    const float* x = t.x + k * t.next_run;
    for (int64_t c = 0; c < t.run; c++, filter += kPanel) {
      V b[kPanels][kParts];
      for (int q = 0; q < kPanels; q++)
        for (int p = 0; p < kParts; p++)
          __builtin_memcpy(&b[q][p], filter + q * next_panel + p * kLanes, sizeof(V));
#pragma GCC unroll 32
      for (int i = 0; i < RY; i++) {
#pragma GCC unroll 32
        for (int j = 0; j < RX; j++) {
          const float a = x[i * t.next_row + j * t.next_pixel + c];
#pragma GCC unroll 4
          for (int q = 0; q < kPanels; q++)
#pragma GCC unroll 4
            for (int p = 0; p < kParts; p++) sum[i][j][q][p] += a * b[q][p];
        }
      }
    }
  }
  for (int i = 0; i < RY; i++) {
    for (int j = 0; j < RX; j++) {
      const int64_t at = i * t.out_row + j * t.out_pixel;
      float lane[kPanels * kPanel];
      __builtin_memcpy(lane, &sum[i][j][0][0], sizeof(lane));
      for (int64_t c = 0; c < t.channels; c++) {
        const float v = t.shortcut == nullptr ? lane[c] : lane[c] + t.shortcut[at + c];
        const float least = v < t.low ? t.low : v;  // NaN stays
        t.y[at + c] = least > t.high ? t.high : least;
      }
    }
  }
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

// The tile functions of one instruction set: [pixels of a row - 1] for tiles of one and of two rows, of one panel and,
// where there are any, of two.
struct TileSet {
  std::vector<TileFunction> one_row, two_rows, one_row_pairs, two_rows_pairs;
};

#define DMNN_TILES_4(f, a, r) f<a, r>, f<a + 1, r>, f<a + 2, r>, f<a + 3, r>
#define DMNN_TILES_12(f, a, r) DMNN_TILES_4(f, a, r), DMNN_TILES_4(f, a + 4, r), DMNN_TILES_4(f, a + 8, r)

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

int64_t panels_of(int64_t channels) { return (channels + kPanel - 1) / kPanel; }

void compute_pack(void*, TF_OpKernelContext* context) {
  KernelCall call(context);
  const Input filter = call.next();
  if (!call.ok() || !call.expect(filter.shape.size() == 4, "filter: expected [k, k, Cin, Cout]")) return;
  const int64_t channels = filter.shape[3], length = filter.shape[0] * filter.shape[1] * filter.shape[2];
  float* packed = call.output({panels_of(channels), length, kPanel});
  if (!call.ok()) return;
  for (int64_t panel = 0; panel < panels_of(channels); panel++) {
    const int64_t some = std::min(kPanel, channels - panel * kPanel);
    for (int64_t k = 0; k < length; k++) {
      float* row = packed + (panel * length + k) * kPanel;
      std::copy_n(filter.data + k * channels + panel * kPanel, some, row);
      std::fill(row + some, row + kPanel, 0.0f);
    }
  }
}

// The pixels that a 1×1 convolution visits, one after the other and `length` numbers apart: some rows of them.
void visited(const float* x, int64_t width, int64_t channels, const Convolution& s, int64_t first, int64_t last,
             int64_t length, float* to) {
  to += first * s.out[1] * length;
  for (int64_t i = first; i < last; i++)
    for (int64_t j = 0; j < s.out[1]; j++, to += length)
      std::copy_n(x + (i * s.stride[0] * width + j * s.stride[1]) * channels, channels, to);
}

// A copy of an image inside zeros, as far as windows reach: some of its rows.
void with_border(const float* x, int64_t height, int64_t width, int64_t channels, const Convolution& s, int64_t first,
                 int64_t last, int64_t padded_width, float* to) {
  // no window may reach the image, or not all of the padding before it
  const int64_t before = std::min(s.before[1], padded_width), copied = std::min(width, padded_width - before);
  for (int64_t i = first; i < last; i++) {
    float* row = to + i * padded_width * channels;
    const int64_t from = i - s.before[0];
    if (from < 0 || from >= height) {
      std::fill_n(row, padded_width * channels, 0.0f);
      continue;
    }
    std::fill_n(row, before * channels, 0.0f);
    std::copy_n(x + from * width * channels, copied * channels, row + before * channels);
    std::fill(row + (before + copied) * channels, row + padded_width * channels, 0.0f);
  }
}

// Which images are convolved, and where their results go.
struct Rows {
  // [images], the row of x that each comes from, and the row of y that it goes to
  std::vector<int64_t> from, to;
  // rows of y
  int64_t out;
};

// [i]: where i stands in a list in which -1 stands for nothing; -1 if it stands there twice or not at all.
std::vector<int64_t> places_in(const std::vector<int64_t>& list, int64_t count) {
  std::vector<int64_t> places(count, -1);
  for (size_t row = 0; row < list.size(); row++) {
    if (list[row] < 0 || list[row] >= count) continue;
    int64_t& place = places[list[row]];
    if (place >= 0) return {-1};
    place = row;
  }
  return places;
}

bool all_within(const std::vector<int64_t>& list, int64_t least, int64_t end) {
  return std::all_of(list.begin(), list.end(), [&](int64_t i) { return i >= least && i < end; });
}

Rows rows_of(KernelCall* call, const Convolution& s, int64_t batch) {
  Rows rows;
  if (s.taken) {
    rows.from = call->next_integers();
    if (!call->expect(all_within(rows.from, 0, batch), "taken: expected rows of x")) return rows;
  } else {
    rows.from.resize(batch);
    std::iota(rows.from.begin(), rows.from.end(), 0);
  }
  const int64_t images = rows.from.size();
  if (s.placed) {
    const std::vector<int64_t> placed = call->next_integers();
    rows.to = places_in(placed, images);
    rows.out = placed.size();
    call->expect(all_within(placed, -1, images) && all_within(rows.to, 0, rows.out),
                 "placed: expected for each row of y an image that is convolved, each once, or -1");
  } else {
    rows.to.resize(images);
    std::iota(rows.to.begin(), rows.to.end(), 0);
    rows.out = images;
  }
  return rows;
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const Convolution& s = *static_cast<Convolution*>(kernel);
  KernelCall call(context);
  const Input x = call.next(), packed = call.next(), bias = call.next();
  const std::vector<Input> shortcut = call.next(s.shortcuts);
  if (!call.ok() || !call.expect(x.shape.size() == 4, "x: expected [B, H, W, Cin]")) return;
  const Rows placement = rows_of(&call, s, x.shape[0]);
  if (!call.ok()) return;
  const int64_t images = placement.from.size(), height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const int64_t length = s.kernel[0] * s.kernel[1] * channels, panels = panels_of(s.out_channels);
  if (!call.expect(packed.shape == std::vector<int64_t>({panels, length, kPanel}),
                   "packed: expected the filter as DmnnPackFilter lays it out") ||
      !call.expect(bias.size == s.out_channels, "bias: expected [Cout]"))
    return;
  const std::vector<int64_t> shape = {placement.out, s.out[0], s.out[1], s.out_channels};
  for (const Input& z : shortcut)
    if (!call.expect(z.shape == shape, "shortcut: expected the shape of y")) return;
  float* y = call.output(shape);
  if (!call.ok() || x.size == 0 || images == 0) return;

  const int64_t padded_height = (s.out[0] - 1) * s.stride[0] + s.kernel[0];
  const int64_t padded_width = (s.out[1] - 1) * s.stride[1] + s.kernel[1];
  const bool inside = s.before[0] == 0 && s.before[1] == 0 && padded_height <= height && padded_width <= width;
  // padding after the image alone is padding, too
  const bool pointwise = s.kernel[0] == 1 && s.kernel[1] == 1 && inside;
  // pixels that are a multiple of 2 KB apart share their places in the nearest cache, and a tile has more than fit
  const bool crowded = pointwise && channels % 512 == 0;
  const bool dense = pointwise && s.out[0] == height && s.out[1] == width;
  const bool copied = pointwise ? crowded || !dense : !inside;
  const int64_t pixel = crowded ? channels + kPanel : channels;
  const int64_t row_length = pointwise ? s.out[1] * pixel : (inside ? width : padded_width) * channels;
  const int64_t image_size = pointwise ? s.out[0] * row_length
                             : inside  ? height * width * channels
                                       : padded_height * padded_width * channels;
  std::unique_ptr<float[]> copy;
  if (copied) {
    copy.reset(new float[images * image_size]);
    const int64_t lines = pointwise ? s.out[0] : padded_height, bands = std::min<int64_t>(lines, 4);
    parallel_for(images * bands, [&](int64_t task) {
      const int64_t image = task / bands, first = task % bands * lines / bands;
      const int64_t last = (task % bands + 1) * lines / bands;
      const float* from = x.data + placement.from[image] * height * width * channels;
      float* to = copy.get() + image * image_size;
      if (pointwise)
        visited(from, width, channels, s, first, last, pixel, to);
      else
        with_border(from, height, width, channels, s, first, last, padded_width, to);
    });
  }
  const float* source = copied ? copy.get() : x.data;
  const int64_t stride[2] = {pointwise ? 1 : s.stride[0], pointwise ? 1 : s.stride[1]};

  std::vector<float> biases(panels * kPanel, 0.0f);
  std::copy_n(bias.data, s.out_channels, biases.begin());

  // rows of output pixels, cut into tiles of nearly equal length; panels by twos where tiles for that exist
  const TileSet& set = tile_set();
  const bool twos = !set.one_row_pairs.empty() && panels > 1;
  const std::vector<TileFunction>& one_row = twos ? set.one_row_pairs : set.one_row;
  const std::vector<TileFunction>& two_rows = twos ? set.two_rows_pairs : set.two_rows;
  const int64_t together = twos ? 2 : 1, batches = (panels + together - 1) / together;
  // pixels of a 1×1 convolution are one long row, of all images where those lie one behind the other
  const bool flat = pointwise, joined = flat && (copied || !s.taken) && !s.placed;
  const int64_t rows = joined ? 1 : flat ? images : images * s.out[0], lines = flat ? 1 : s.out[0];
  const int64_t columns = flat ? (joined ? images : 1) * s.out[0] * s.out[1] : s.out[1];
  const bool paired = !flat && columns <= int64_t(two_rows.size());
  const int64_t most = one_row.size();
  const int64_t tiles = paired ? 1 : (columns + most - 1) / most;
  // a task: as many tiles as stay in a core's cache, by all panels, or with few pixels by some of them, so that every
  // filter is read from memory once; and enough tasks for all cores to end together
  const int64_t units = flat ? rows * tiles : (rows + paired) / (1 + paired);
  const int64_t unit_bytes = flat ? most * pixel * 4 : (1 + paired) * stride[0] * row_length * 4;
  int64_t chunk = std::min(units, std::max<int64_t>(1, (256 << 10) / unit_bytes));
  const int64_t groups = (units + chunk - 1) / chunk >= kTasks ? 1 : std::min(batches, kTasks);
  while (chunk > 1 && (units + chunk - 1) / chunk * groups < kTasks) chunk = (chunk + 1) / 2;
  const int64_t chunks = (units + chunk - 1) / chunk;

  parallel_for(chunks * groups, [&](int64_t task) {
    const int64_t first = (task / groups) * chunk, last = std::min(units, first + chunk);
    const int64_t group = task % groups;
    const int64_t panel_end = std::min(panels, (group + 1) * batches / groups * together);
    for (int64_t panel = group * batches / groups * together; panel < panel_end; panel += together) {
      const bool two = twos && panel + 1 < panels;
      Tile t;
      t.next_pixel = stride[1] * pixel;
      t.next_row = stride[0] * row_length;
      t.next_run = row_length;
      t.runs = s.kernel[0];
      t.run = s.kernel[1] * channels;  // pixels of a window stand together: only 1×1 ones are kept apart
      t.filter = packed.data + panel * length * kPanel;
      t.bias = biases.data() + panel * kPanel;
      t.channels = std::min((two ? 2 : 1) * kPanel, s.out_channels - panel * kPanel);
      t.out_pixel = s.out_channels;
      t.out_row = s.out[1] * s.out_channels;
      t.low = s.low;
      t.high = s.high;
      const auto run = [&](int64_t row, int64_t begin, int64_t end, int64_t height_of_tile) {
        const int64_t image = row / lines, line = row % lines;
        const int64_t from = copied ? image : placement.from[image];
        t.x = source + from * image_size + line * t.next_row + begin * t.next_pixel;
        const int64_t out_line = placement.to[image] * lines + line;
        const int64_t at = (out_line * columns + begin) * s.out_channels + panel * kPanel;
        t.y = y + at;
        t.shortcut = s.shortcuts > 0 ? shortcut[0].data + at : nullptr;
        const std::vector<TileFunction>& functions =
            two ? (height_of_tile == 2 ? two_rows : one_row) : (height_of_tile == 2 ? set.two_rows : set.one_row);
        functions[end - begin - 1](t);
      };
      for (int64_t unit = first; unit < last; unit++) {
        if (flat) {
          const int64_t i = unit % tiles;
          run(unit / tiles, i * columns / tiles, (i + 1) * columns / tiles, 1);
        } else if (paired) {
          const int64_t row = 2 * unit;
          // two rows of one image, or each by itself
          if (row + 1 < rows && row / lines == (row + 1) / lines) {
            run(row, 0, columns, 2);
          } else {
            run(row, 0, columns, 1);
            if (row + 1 < rows) run(row + 1, 0, columns, 1);
          }
        } else {
          for (int64_t i = 0; i < tiles; i++) run(unit, i * columns / tiles, (i + 1) * columns / tiles, 1);
        }
      }
    }
  });
}

void* create_nothing(TF_OpKernelConstruction*) { return new int64_t(0); }
void destroy_nothing(void* kernel) { delete static_cast<int64_t*>(kernel); }

void* create(TF_OpKernelConstruction* construction) {
  Settings settings(construction);
  Convolution* s = new Convolution();
  const auto pair = [&](const char* name, int64_t* to) {
    const std::vector<int64_t> values = settings.integers(name);
    for (size_t i = 0; i < 2 && i < values.size(); i++) to[i] = values[i];
  };
  pair("kernel", s->kernel);
  pair("strides", s->stride);
  pair("before", s->before);
  pair("out", s->out);
  s->out_channels = settings.integer("out_channels");
  s->low = settings.number("low");
  s->high = settings.number("high");
  s->shortcuts = settings.integer("Z");
  s->taken = settings.integer("T");
  s->placed = settings.integer("P");
  return s;
}

void destroy(void* kernel) { delete static_cast<Convolution*>(kernel); }

}  // namespace

bool has_fast_convolution() { return has_avx512() || has_avx2(); }

void register_convolution() {
  register_operation({"DmnnPackFilter", {}, {"filter: float"}, {"packed: float"}}, create_nothing, guarded<compute_pack>,
                     destroy_nothing);
  register_operation({"DmnnConvolution",
                      {"kernel: list(int)", "strides: list(int)", "before: list(int)", "out: list(int)",
                       "out_channels: int", "low: float", "high: float", "Z: int >= 0", "T: int >= 0", "P: int >= 0"},
                      {"x: float", "packed: float", "bias: float", "shortcut: Z * float", "taken: T * int32",
                       "placed: P * int32"},
                      {"y: float"}},
                     create, guarded<compute>, destroy);
}

}  // namespace dmnn
