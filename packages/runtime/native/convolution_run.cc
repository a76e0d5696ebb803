#include <algorithm>
#include <map>

#include "convolution.h"
#include "kernel_call.h"
#include "parallel.h"

namespace dmnn::convolution {
namespace {

// bytes of filters that stay in a core's cache beside a tile
const int64_t kFilterBytes = 3 << 19;

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
  // whether all panels of a tile are computed before the next tile, so that y, which is larger than what it is made of,
  // is written from end to end; or else a panel of all tiles before the next panel
  bool tile_by_tile;

  Tiling(const Convolution& s, const Windows& w, const std::vector<Path>& paths, int64_t images) {
    const TileSet& set = tile_set();
    panels = panels_of(s.out_channels);
    twos = by_twos(s);
    together = twos ? 2 : 1;
    flat = w.pointwise;
    joined = flat && s.paths == 1 && !s.pooled && !s.placed && (paths[0].copied || !s.taken);
    lines = flat ? 1 : s.out[0];
    columns = flat ? (joined ? images : 1) * s.out[0] * s.out[1] : s.out[1];
    paired = !flat && columns <= int64_t((twos ? set.two_rows_pairs : set.two_rows).size());
    const int64_t most = most_pixels(s);
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
    int64_t filter_bytes = 0;
    for (const Path& path : paths) filter_bytes += panels * path.length * kPanel * sizeof(float);
    tile_by_tile = flat && s.shortcuts > 0 && filter_bytes <= kFilterBytes;
  }

  // of a flat unit, numbered through all images
  int64_t first_pixel(int64_t unit) const {
    return unit / image_units * columns + unit % image_units * columns / tiles;
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

// What a task has copied: for each path the pixels from the first, numbered through all images. A thread keeps the memory
// for its next task.
struct Gathered {
  int64_t first;
  std::vector<std::vector<float>> copies;
};

// One call: what its tiles are made of. Means are null if nobody asks.
struct Call {
  const Convolution& s;
  const Windows& windows;
  const Tiling& tiling;
  const std::vector<Path>& paths;
  const Rows& rows;
  // [row]
  std::vector<const Sum*> sums;
  const float* shortcut;
  float* y;
  Means* means;

  // Copies those pixels of a task that its paths add, one after the other.
  void gather(int64_t first, int64_t last, Gathered* gathered) const {
    const int64_t pixels = s.out[0] * s.out[1];
    gathered->first = first;
    gathered->copies.resize(paths.size());
    for (size_t p = 0; p < paths.size(); p++) {
      const Path& path = paths[p];
      if (!path.copied || path.copy) continue;
      gathered->copies[p].resize((last - first) * path.pixel);
      for (int64_t row = first / pixels; row * pixels < last; row++) {
        const int64_t image = rows.image(p, row);
        if (image < 0) continue;
        const int64_t from = std::max(first, row * pixels), to = std::min(last, (row + 1) * pixels);
        visited(path.x + path.from[image] * windows.height * windows.width * path.channels, windows.width,
                path.channels, s, from - row * pixels, to - row * pixels, path.pixel,
                gathered->copies[p].data() + (from - first) * path.pixel);
      }
    }
  }

  void run_tile(std::vector<Segment>* segments, const Gathered& gathered, int64_t chunk, int64_t panel, int64_t image,
                int64_t line, int64_t begin, int64_t end, bool two_lines) const {
    const Sum& sum = *sums[image];
    const bool two = tiling.twos && panel + 1 < tiling.panels;
    Tile t;
    t.segments = segments->data();
    t.segment_count = sum.paths.size();
    t.runs = s.kernel[0];
    t.ahead = t.ahead_end = nullptr;
    for (int64_t i = 0; i < t.segment_count; i++) {
      const Path& path = paths[sum.paths[i]];
      Segment& g = (*segments)[i];
      g.next_pixel = (tiling.flat ? 1 : s.stride[1]) * path.pixel;
      g.next_row = (tiling.flat ? 1 : s.stride[0]) * path.row_length;
      g.next_run = path.row_length;
      g.run = s.kernel[1] * path.channels;  // pixels of a window stand together: only 1×1 ones are kept apart
      g.filter = path.packed + panel * path.length * kPanel;
      if (path.copied && !path.copy) {
        g.x = gathered.copies[sum.paths[i]].data() + (image * tiling.columns + begin - gathered.first) * path.pixel;
        continue;
      }
      g.x = path.image(rows.image(sum.paths[i], image)) + line * g.next_row + begin * g.next_pixel;
      // the first panels read x from memory, the others find it in the cache
      if (!tiling.flat || panel != 0 || path.copied) continue;
      t.ahead = g.x + (end - begin) * path.pixel;
      t.ahead_end = t.ahead + std::min((end - begin) * path.pixel, path.x + path.size - t.ahead);
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

  void run_unit(std::vector<Segment>* segments, const Gathered& gathered, int64_t chunk, int64_t panel,
                int64_t unit) const {
    const int64_t image = unit / tiling.image_units, i = unit % tiling.image_units;
    const int64_t columns = tiling.columns, tiles = tiling.tiles;
    if (sums[image]->paths.empty()) return;
    const auto run = [&](int64_t line, int64_t begin, int64_t end, bool two_lines) {
      run_tile(segments, gathered, chunk, panel, image, line, begin, end, two_lines);
    };
    if (tiling.flat) {
      run(0, i * columns / tiles, (i + 1) * columns / tiles, false);
    } else if (tiling.paired) {
      run(2 * i, 0, columns, 2 * i + 1 < tiling.lines);
    } else {
      for (int64_t j = 0; j < tiles; j++) run(i, j * columns / tiles, (j + 1) * columns / tiles, false);
    }
  }

  void run_task(int64_t task) const {
    const int64_t chunk = task / tiling.groups, group = task % tiling.groups;
    const int64_t first = chunk * tiling.chunk, last = std::min(tiling.units, first + tiling.chunk);
    std::vector<Segment> segments(paths.size());
    thread_local Gathered gathered;
    if (tiling.flat) gather(tiling.first_pixel(first), tiling.first_pixel(last), &gathered);
    const int64_t from = tiling.first_panel(group), to = tiling.first_panel(group + 1);
    const int64_t piece = tiling.tile_by_tile ? 1 : last - first;
    for (int64_t start = first; start < last; start += piece)
      for (int64_t panel = from; panel < to; panel += tiling.together)
        for (int64_t unit = start; unit < start + piece; unit++) run_unit(&segments, gathered, chunk, panel, unit);
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

}  // namespace

void run(const Convolution& s, const Windows& windows, std::vector<Path>* paths, const Rows& rows,
         const float* shortcut, float* y, float* pooled) {
  const Tiling tiling(s, windows, *paths, rows.count);
  // tasks of all panels copy the pixels that they read, while these are in the nearest caches
  for (int64_t p = 0; p < s.paths; p++)
    if ((*paths)[p].copied && !(windows.pointwise && tiling.groups == 1))
      copy_images(&(*paths)[p], s, windows, rows, p);
  std::unique_ptr<Means> means(pooled == nullptr ? nullptr : new Means(tiling, rows.count, s.out_channels));
  std::map<std::vector<int64_t>, Sum> sums;
  const Call whole{s, windows, tiling, *paths, rows, sums_of_rows(s, *paths, rows, &sums), shortcut, y, means.get()};
  parallel_for(tiling.chunks * tiling.groups, [&](int64_t task) { whole.run_task(task); });
  const int64_t pixels = s.out[0] * s.out[1];
  whole.run_closed(pixels);
  if (means) means->write(pixels, pooled);
}

}  // namespace dmnn::convolution
