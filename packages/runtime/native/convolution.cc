// The sum of convolutions of several x, biases and a shortcut, held between two bounds, and its mean over pixels, for
// networks that are run and not trained: filters are laid out once, in panels of 16 output channels that a register holds,
// instead of at every call.
//
// The image is copied into a border of zeros, after which a row of a window is one run of kernel width * channels
// numbers. A tile of up to 24 output pixels by 16 channels is kept in registers while the runs are gone through.
//
// A sub-block that only some images of a batch have opened takes just those from x. Where the sub-blocks of a block end,
// their results are added up in registers, for each image those that it has opened: no sub-block's result is ever stored.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>

#include "convolution_tiles.h"
#include "kernel_call.h"
#include "parallel.h"

namespace dmnn {
namespace convolution {
namespace {

// what work is at least cut into, if it can be
const int64_t kTasks = 16;

// what an image is cut into that is only copied
const int64_t kBands = 4;

struct Convolution {
  int64_t kernel[2], stride[2], before[2], out[2], out_channels, paths, shortcuts, taken, placed, pooled, overwrites;
  // the result is held between them; infinite where it is not
  float low, high;
};

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

bool all_within(const std::vector<int64_t>& list, int64_t least, int64_t end) {
  return std::all_of(list.begin(), list.end(), [&](int64_t i) { return i >= least && i < end; });
}

// The windows of all paths: of equal sizes, whatever the channels.
struct Windows {
  int64_t height, width, padded_height, padded_width;
  // whether none reaches into padding; and whether each is one pixel of the image
  bool inside, pointwise;

  Windows(const Convolution& s, int64_t height, int64_t width) : height(height), width(width) {
    padded_height = (s.out[0] - 1) * s.stride[0] + s.kernel[0];
    padded_width = (s.out[1] - 1) * s.stride[1] + s.kernel[1];
    inside = s.before[0] == 0 && s.before[1] == 0 && padded_height <= height && padded_width <= width;
    pointwise = s.kernel[0] == 1 && s.kernel[1] == 1 && inside;
  }
};

// One path: its images as tiles read them, where they lie or copied.
struct Path {
  const float* x;
  const float* packed;
  const float* bias;
  int64_t channels;
  // [images]: rows of x
  std::vector<int64_t> from;
  std::unique_ptr<float[]> copy;
  // numbers of a pixel, a row and an image
  int64_t pixel, row_length, image_size;
  // of a filter
  int64_t length;

  const float* image(int64_t i) const { return copy ? copy.get() + i * image_size : x + from[i] * image_size; }
};

void copy_images(Path* path, const Convolution& s, const Windows& w, const std::vector<int64_t>& images) {
  path->copy.reset(new float[path->from.size() * path->image_size]);
  const int64_t lines = w.pointwise ? s.out[0] : w.padded_height, bands = std::min(lines, kBands);
  parallel_for(images.size() * bands, [&](int64_t task) {
    const int64_t image = images[task / bands], first = task % bands * lines / bands;
    const int64_t last = (task % bands + 1) * lines / bands;
    const float* from = path->x + path->from[image] * w.height * w.width * path->channels;
    float* to = path->copy.get() + image * path->image_size;
    if (w.pointwise)
      visited(from, w.width, path->channels, s, first, last, path->pixel, to);
    else
      with_border(from, w.height, w.width, path->channels, s, first, last, w.padded_width, to);
  });
}

// Says how the images of a path are laid out, and copies those of them that are used.
void lay_out(Path* path, const Convolution& s, const Windows& w, const std::vector<int64_t>& used) {
  const int64_t channels = path->channels;
  // pixels that are a multiple of 2 KB apart share their places in the nearest cache, and a tile has more than fit
  const bool crowded = w.pointwise && channels % 512 == 0;
  const bool dense = w.pointwise && s.out[0] == w.height && s.out[1] == w.width;
  path->pixel = crowded ? channels + kPanel : channels;
  path->row_length = w.pointwise ? s.out[1] * path->pixel : (w.inside ? w.width : w.padded_width) * channels;
  path->image_size = w.pointwise ? s.out[0] * path->row_length
                     : w.inside  ? w.height * w.width * channels
                                 : w.padded_height * w.padded_width * channels;
  if (w.pointwise ? crowded || !dense : !w.inside) copy_images(path, s, w, used);
}

// The paths that are added up in one row of y, with the sum of their biases; rows with the same paths share it.
struct Sum {
  std::vector<int64_t> paths;
  std::vector<float> bias;
};

// Where each row of y comes from.
struct Rows {
  int64_t count;
  // [path][row]: the image of the path, or -1; empty where all images of all paths stand in order
  std::vector<std::vector<int64_t>> placed;

  int64_t image(int64_t path, int64_t row) const { return placed.empty() ? row : placed[path][row]; }
};

// Pixels that no path adds to: y = x between the bounds. Memory that stays as it is is not written, if y is x.
DMNN_VECTORISED
void clip_pixels(const float* x, float* y, int64_t pixels, int64_t channels, float low, float high, float* sums) {
  for (int64_t i = 0; i < pixels; i++, x += channels, y += channels) {
    bool changed = x != y;
    for (int64_t c = 0; c < channels; c++) {
      const float least = x[c] < low ? low : x[c];
      const float v = least > high ? high : least;
      changed |= v != x[c];
      if (sums != nullptr) sums[c] += v;
    }
    if (!changed) continue;
    for (int64_t c = 0; c < channels; c++) {
      const float least = x[c] < low ? low : x[c];
      y[c] = least > high ? high : least;
    }
  }
}

// Reads the lists of rows; false if they do not fit.
bool read_rows(KernelCall* call, const Convolution& s, std::vector<Path>* paths, int64_t batch, Rows* rows) {
  if (s.taken) {
    (*paths)[0].from = call->next_integers();
    if (!call->expect(s.paths == 1, "taken: expected with one x") ||
        !call->expect(all_within((*paths)[0].from, 0, batch), "taken: expected rows of x"))
      return false;
  }
  rows->count = (*paths)[0].from.size();
  for (int64_t p = 0; p < s.placed; p++) {
    rows->placed.push_back(call->next_integers());
    if (!call->expect(all_within(rows->placed[p], -1, (*paths)[p].from.size()) &&
                          rows->placed[p].size() == rows->placed[0].size(),
                      "placed: expected for each row of y an image that is convolved, or -1"))
      return false;
    rows->count = rows->placed[p].size();
  }
  for (const Path& path : *paths)
    if (!call->expect(s.placed > 0 || int64_t(path.from.size()) == rows->count, "x: expected equally many images"))
      return false;
  return call->ok();
}

// The images of a path that stand in y.
std::vector<int64_t> used_images(const Rows& rows, int64_t path, int64_t images) {
  std::vector<int64_t> used;
  if (rows.placed.empty()) {
    used.resize(images);
    std::iota(used.begin(), used.end(), 0);
    return used;
  }
  std::vector<bool> seen(images, false);
  for (int64_t image : rows.placed[path]) {
    if (image < 0 || seen[image]) continue;
    seen[image] = true;
    used.push_back(image);
  }
  return used;
}

// How the pixels of y are cut into tiles, and those into tasks: by sizes alone, and never by threads, so that the same
// sums are made on any number of them.
struct Tiling {
  // panels are computed by twos where tiles for that exist
  bool twos;
  int64_t panels, together;
  // pixels of a 1×1 convolution are one long row, of all images where those lie one behind the other
  bool flat, joined;
  // rows of an image and their pixels; whether two rows make a tile; and tiles of a row
  int64_t lines, columns;
  bool paired;
  int64_t tiles;
  // a unit is a row of tiles, or a tile of a flat one; a chunk some units, a group some panels, a task both
  int64_t image_units, units, chunk, chunks, groups;

  Tiling(const Convolution& s, const Windows& w, const std::vector<Path>& paths, int64_t images) {
    const TileSet& set = tile_set();
    panels = panels_of(s.out_channels);
    twos = !set.one_row_pairs.empty() && panels > 1;
    together = twos ? 2 : 1;
    flat = w.pointwise;
    joined = flat && s.paths == 1 && !s.pooled && !s.placed && (paths[0].copy || !s.taken);
    lines = flat ? 1 : s.out[0];
    columns = flat ? (joined ? images : 1) * s.out[0] * s.out[1] : s.out[1];
    paired = !flat && columns <= int64_t((twos ? set.two_rows_pairs : set.two_rows).size());
    const int64_t most = (twos ? set.one_row_pairs : set.one_row).size();
    tiles = paired ? 1 : (columns + most - 1) / most;
    image_units = flat ? tiles : (lines + paired) / (1 + paired);
    units = (joined ? 1 : images) * image_units;
    // as many tiles as stay in a core's cache, by all panels, or with few pixels by some of them, so that every filter is
    // read from memory once; and enough tasks for all cores to end together
    int64_t unit_bytes = 1;
    for (const Path& path : paths)
      unit_bytes += flat ? most * path.pixel * 4 : (1 + paired) * s.stride[0] * path.row_length * 4;
    chunk = std::min(units, std::max<int64_t>(1, (256 << 10) / unit_bytes));
    groups = (units + chunk - 1) / chunk >= kTasks ? 1 : std::min((panels + together - 1) / together, kTasks);
    while (chunk > 1 && (units + chunk - 1) / chunk * groups < kTasks) chunk = (chunk + 1) / 2;
    chunks = (units + chunk - 1) / chunk;
  }

  int64_t first_panel(int64_t group) const {
    return std::min(panels, group * ((panels + together - 1) / together) / groups * together);
  }
};

// The means of y over its pixels. Each chunk adds to sums of its own, so that they do not depend on which thread takes
// which.
struct Means {
  const Tiling& tiling;
  int64_t images, channels, slots;
  std::vector<float> partial;

  Means(const Tiling& tiling, int64_t images, int64_t channels) : tiling(tiling), images(images), channels(channels) {
    slots = std::max(kBands, (tiling.image_units + tiling.chunk - 1) / tiling.chunk + 1);
    partial.resize(images * slots * channels, 0.0f);
  }

  float* sums(int64_t image, int64_t slot) { return &partial[(image * slots + slot) * channels]; }

  float* sums_of_chunk(int64_t image, int64_t chunk) {
    return sums(image, chunk - image * tiling.image_units / tiling.chunk);
  }

  void write(int64_t pixels, float* to) {
    parallel_for(images, [&](int64_t image) {
      for (int64_t c = 0; c < channels; c++) {
        double sum = 0.0;
        for (int64_t slot = 0; slot < slots; slot++) sum += sums(image, slot)[c];
        to[image * channels + c] = float(sum / pixels);
      }
    });
  }
};

// One call: what its tiles are made of. Means are null if nobody asks.
struct Call {
  const Convolution& s;
  const Tiling& tiling;
  const std::vector<Path>& paths;
  const Rows& rows;
  // [row]
  std::vector<const Sum*> sums;
  const float* shortcut;
  float* y;
  Means* means;

  void run_tile(std::vector<Segment>* segments, int64_t chunk, int64_t panel, int64_t image, int64_t line, int64_t begin,
                int64_t end, bool two_lines) const {
    const Sum& sum = *sums[image];
    const bool two = tiling.twos && panel + 1 < tiling.panels;
    Tile t;
    t.segments = segments->data();
    t.segment_count = sum.paths.size();
    t.runs = s.kernel[0];
    for (int64_t i = 0; i < t.segment_count; i++) {
      const Path& path = paths[sum.paths[i]];
      Segment& g = (*segments)[i];
      g.next_pixel = (tiling.flat ? 1 : s.stride[1]) * path.pixel;
      g.next_row = (tiling.flat ? 1 : s.stride[0]) * path.row_length;
      g.next_run = path.row_length;
      g.run = s.kernel[1] * path.channels;  // pixels of a window stand together: only 1×1 ones are kept apart
      g.filter = path.packed + panel * path.length * kPanel;
      g.x = path.image(rows.image(sum.paths[i], image)) + line * g.next_row + begin * g.next_pixel;
    }
    t.bias = sum.bias.data() + panel * kPanel;
    t.channels = std::min((two ? 2 : 1) * kPanel, s.out_channels - panel * kPanel);
    t.out_pixel = s.out_channels;
    t.out_row = s.out[1] * s.out_channels;
    t.low = s.low;
    t.high = s.high;
    const int64_t at =
        ((image * tiling.lines + line) * tiling.columns + begin) * s.out_channels + panel * kPanel;
    t.y = y + at;
    t.shortcut = shortcut == nullptr ? nullptr : shortcut + at;
    t.sums = means == nullptr ? nullptr : means->sums_of_chunk(image, chunk) + panel * kPanel;
    const TileSet& set = tile_set();
    const std::vector<TileFunction>& functions =
        two ? (two_lines ? set.two_rows_pairs : set.one_row_pairs) : (two_lines ? set.two_rows : set.one_row);
    functions[end - begin - 1](t);
  }

  void run_task(int64_t task) const {
    const int64_t chunk = task / tiling.groups, group = task % tiling.groups;
    const int64_t first = chunk * tiling.chunk, last = std::min(tiling.units, first + tiling.chunk);
    std::vector<Segment> segments(paths.size());
    for (int64_t panel = tiling.first_panel(group); panel < tiling.first_panel(group + 1); panel += tiling.together) {
      for (int64_t unit = first; unit < last; unit++) {
        const int64_t image = unit / tiling.image_units, i = unit % tiling.image_units;
        const int64_t columns = tiling.columns, tiles = tiling.tiles;
        if (sums[image]->paths.empty()) continue;
        if (tiling.flat) {
          run_tile(&segments, chunk, panel, image, 0, i * columns / tiles, (i + 1) * columns / tiles, false);
        } else if (tiling.paired) {
          run_tile(&segments, chunk, panel, image, 2 * i, 0, columns, 2 * i + 1 < tiling.lines);
        } else {
          for (int64_t j = 0; j < tiles; j++)
            run_tile(&segments, chunk, panel, image, i, j * columns / tiles, (j + 1) * columns / tiles, false);
        }
      }
    }
  }

  // Images that no path adds to.
  void run_closed(int64_t pixels) const {
    std::vector<int64_t> closed;
    for (size_t row = 0; row < sums.size() && shortcut != nullptr; row++)
      if (sums[row]->paths.empty()) closed.push_back(row);
    parallel_for(closed.size() * kBands, [&](int64_t task) {
      const int64_t image = closed[task / kBands], band = task % kBands;
      const int64_t first = band * pixels / kBands, last = (band + 1) * pixels / kBands;
      const int64_t at = (image * pixels + first) * s.out_channels;
      clip_pixels(shortcut + at, y + at, last - first, s.out_channels, s.low, s.high,
                  means == nullptr ? nullptr : means->sums(image, band));
    });
  }
};

// The paths that each row adds up, in `sums`, whose nodes stay where they are.
std::vector<const Sum*> sums_of_rows(const Convolution& s, const std::vector<Path>& paths, const Rows& rows,
                                     std::map<std::vector<int64_t>, Sum>* sums) {
  std::vector<const Sum*> of_row(rows.count);
  for (int64_t row = 0; row < rows.count; row++) {
    std::vector<int64_t> added;
    for (int64_t p = 0; p < s.paths; p++)
      if (rows.image(p, row) >= 0) added.push_back(p);
    Sum& sum = (*sums)[added];
    of_row[row] = &sum;
    if (!sum.bias.empty()) continue;
    sum.paths = added;
    sum.bias.resize(panels_of(s.out_channels) * kPanel, 0.0f);
    for (int64_t p : added)
      for (int64_t c = 0; c < s.out_channels; c++) sum.bias[c] += paths[p].bias[c];
  }
  return of_row;
}

// Reads x, filters and biases; false if they do not fit.
bool read_paths(KernelCall* call, const Convolution& s, std::vector<Path>* paths, std::vector<Input>* x) {
  *x = call->next(s.paths);
  const std::vector<Input> packed = call->next(s.paths), bias = call->next(s.paths);
  if (!call->ok()) return false;
  for (int64_t p = 0; p < s.paths; p++) {
    const std::vector<int64_t>&shape = (*x)[p].shape, &first = (*x)[0].shape;
    if (!call->expect(shape.size() == 4 && shape[1] == first[1] && shape[2] == first[2], "x: expected [B, H, W, Cin]"))
      return false;
    Path path;
    path.channels = shape[3];
    path.length = s.kernel[0] * s.kernel[1] * path.channels;
    if (!call->expect(packed[p].shape == std::vector<int64_t>({panels_of(s.out_channels), path.length, kPanel}),
                      "packed: expected the filter as DmnnPackFilter lays it out") ||
        !call->expect(bias[p].size == s.out_channels, "bias: expected [Cout]"))
      return false;
    path.x = (*x)[p].data;
    path.packed = packed[p].data;
    path.bias = bias[p].data;
    path.from.resize(shape[0]);
    std::iota(path.from.begin(), path.from.end(), 0);
    paths->push_back(std::move(path));
  }
  return true;
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const Convolution& s = *static_cast<Convolution*>(kernel);
  KernelCall call(context);
  std::vector<Input> x;
  std::vector<Path> paths;
  if (!read_paths(&call, s, &paths, &x)) return;
  const std::vector<Input> shortcut = call.next(s.shortcuts);
  Rows rows;
  if (!call.ok() || !read_rows(&call, s, &paths, x[0].shape[0], &rows)) return;
  const std::vector<int64_t> shape = {rows.count, s.out[0], s.out[1], s.out_channels};
  for (const Input& z : shortcut)
    if (!call.expect(z.shape == shape, "shortcut: expected the shape of y")) return;
  if (!call.expect(!s.overwrites || s.shortcuts == 1, "shortcut: expected where it is overwritten")) return;
  float* y = s.overwrites ? call.overwritten(shortcut[0]) : call.output(shape);
  float* pooled = s.pooled && call.ok() ? call.output({rows.count, s.out_channels}) : nullptr;
  const int64_t pixels = s.out[0] * s.out[1];
  if (!call.ok() || rows.count * pixels == 0) return;

  const Windows windows(s, x[0].shape[1], x[0].shape[2]);
  for (int64_t p = 0; p < s.paths; p++) lay_out(&paths[p], s, windows, used_images(rows, p, paths[p].from.size()));
  const Tiling tiling(s, windows, paths, rows.count);
  std::unique_ptr<Means> means(s.pooled ? new Means(tiling, rows.count, s.out_channels) : nullptr);
  std::map<std::vector<int64_t>, Sum> sums;
  const Call whole{s, tiling, paths, rows, sums_of_rows(s, paths, rows, &sums),
                   s.shortcuts > 0 ? shortcut[0].data : nullptr, y, means.get()};
  parallel_for(tiling.chunks * tiling.groups, [&](int64_t task) { whole.run_task(task); });
  whole.run_closed(pixels);
  if (means) means->write(pixels, pooled);
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
  s->paths = settings.integer("N");
  s->pooled = settings.integer("Q");
  s->overwrites = settings.integer("W");
  s->shortcuts = settings.integer("Z");
  s->taken = settings.integer("T");
  s->placed = settings.integer("P");
  return s;
}

void destroy(void* kernel) { delete static_cast<Convolution*>(kernel); }

}  // namespace
}  // namespace convolution

void register_convolution() {
  using namespace convolution;
  register_operation({"DmnnPackFilter", {}, {"filter: float"}, {"packed: float"}}, create_nothing, guarded<compute_pack>,
                     destroy_nothing);
  register_operation({"DmnnConvolution",
                      {"kernel: list(int)", "strides: list(int)", "before: list(int)", "out: list(int)",
                       "out_channels: int", "low: float", "high: float", "N: int >= 1", "Z: int >= 0", "T: int >= 0",
                       "P: int >= 0", "Q: int >= 0", "W: int >= 0"},
                      {"x: N * float", "packed: N * float", "bias: N * float", "shortcut: Z * float",
                       "taken: T * int32", "placed: P * int32"},
                      {"y: float", "pooled: Q * float"}},
                     create, guarded<compute>, destroy);
}

}  // namespace dmnn
