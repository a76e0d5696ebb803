#include <algorithm>
#include <numeric>

#include "convolution.h"
#include "parallel.h"

namespace dmnn::convolution {
namespace {

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

// Whether the pixels of a tile share so few places in the nearest cache that they push each other out of it: places
// repeat after 4 KB, and there are 8 or more of each.
bool crowded(int64_t channels, int64_t pixels) {
  const int64_t period = 4096;
  return pixels * std::gcd(period, channels * int64_t(sizeof(float))) > 8 * period;
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

}  // namespace

bool by_twos(const Convolution& s) { return !tile_set().one_row_pairs.empty() && panels_of(s.out_channels) > 1; }

int64_t most_pixels(const Convolution& s) {
  return (by_twos(s) ? tile_set().one_row_pairs : tile_set().one_row).size();
}

void visited(const float* x, int64_t width, int64_t channels, const Convolution& s, int64_t first, int64_t last,
             int64_t length, float* to) {
  for (int64_t pixel = first; pixel < last; pixel++, to += length) {
    const int64_t i = pixel / s.out[1], j = pixel % s.out[1];
    std::copy_n(x + (i * s.stride[0] * width + j * s.stride[1]) * channels, channels, to);
  }
}

void lay_out(Path* path, const Convolution& s, const Windows& w) {
  const int64_t channels = path->channels;
  const bool apart = w.pointwise && crowded(channels, most_pixels(s));
  const bool dense = w.pointwise && s.out[0] == w.height && s.out[1] == w.width;
  path->pixel = apart ? channels + kPanel : channels;
  path->row_length = w.pointwise ? s.out[1] * path->pixel : (w.inside ? w.width : w.padded_width) * channels;
  path->image_size = w.pointwise ? s.out[0] * path->row_length
                     : w.inside  ? w.height * w.width * channels
                                 : w.padded_height * w.padded_width * channels;
  path->copied = w.pointwise ? apart || !dense : !w.inside;
}

void copy_images(Path* path, const Convolution& s, const Windows& w, const Rows& rows, int64_t p) {
  const std::vector<int64_t> used = used_images(rows, p, path->from.size());
  path->copy.reset(new float[path->from.size() * path->image_size]);
  const int64_t lines = w.pointwise ? s.out[0] : w.padded_height, bands = std::min(lines, kBands);
  parallel_for(used.size() * bands, [&](int64_t task) {
    const int64_t image = used[task / bands], first = task % bands * lines / bands;
    const int64_t last = (task % bands + 1) * lines / bands;
    const float* from = path->x + path->from[image] * w.height * w.width * path->channels;
    float* to = path->copy.get() + image * path->image_size;
    if (w.pointwise)
      visited(from, w.width, path->channels, s, first * s.out[1], last * s.out[1], path->pixel,
              to + first * path->row_length);
    else
      with_border(from, w.height, w.width, path->channels, s, first, last, w.padded_width, to);
  });
}

}  // namespace dmnn::convolution
