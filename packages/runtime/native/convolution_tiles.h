// The inner loops of DmnnConvolution: tiles of output pixels that are kept in registers, for each instruction set.
#ifndef DMNN_CONVOLUTION_TILES_H_
#define DMNN_CONVOLUTION_TILES_H_

#include <stdint.h>

#include <vector>

namespace dmnn::convolution {

// output channels of a panel
const int64_t kPanel = 16;

inline int64_t panels_of(int64_t channels) { return (channels + kPanel - 1) / kPanel; }

// What a tile reads of one path.
struct Segment {
  // the first window, and how far the next pixel, the next row of pixels and the next row of a window are
  const float* x;
  int64_t next_pixel, next_row, next_run;
  // numbers of a run
  int64_t run;
  // [runs * run][16]
  const float* filter;
};

// What a tile of output pixels needs: pixels stand in `RY` rows of `RX`.
struct Tile {
  // of the paths that are added up
  const Segment* segments;
  int64_t segment_count;
  // runs of a window
  int64_t runs;
  const float* bias;
  // null if there is none
  const float* shortcut;
  float* y;
  // what is written is added to them, by channel; null if nobody asks
  float* sums;
  // channels that are written, and how far the next pixel and the next row are in y and shortcut
  int64_t channels, out_pixel, out_row;
  float low, high;
  // memory that the next tile reads: a line of it is fetched with each number of the windows, as far as they go
  const float *ahead, *ahead_end;
};

typedef void (*TileFunction)(const Tile&);

// The tile functions of one instruction set: [pixels of a row - 1] for tiles of one and of two rows, of one panel and,
// where there are any, of two.
struct TileSet {
  std::vector<TileFunction> one_row, two_rows, one_row_pairs, two_rows_pairs;
};

// Of the best instruction set that this processor has.
const TileSet& tile_set();

}  // namespace dmnn::convolution

#endif  // DMNN_CONVOLUTION_TILES_H_
