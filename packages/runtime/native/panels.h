// Products of small matrices for the kernels that compute convolutions of 1×1 themselves: a tile of up to `tile_rows`
// rows by one panel of `panel_width` columns stays in registers while the steps of a sum are gone through.
#ifndef DMNN_PANELS_H_
#define DMNN_PANELS_H_

#include <stdint.h>

#include <functional>
#include <vector>

namespace dmnn::panels {

// Columns of a panel, and the most rows of a tile: what the registers of this processor hold.
int64_t width();
int64_t tile_rows();

inline int64_t count_of(int64_t columns) { return (columns + width() - 1) / width(); }

// One summand of a tile: for each of `steps`, a column of numbers times a row of a panel.
struct Factor {
  const float* x;
  // how far the numbers of the next row, and of the next step, are; one of them is 1, the same one for all factors
  int64_t next_row, next_step;
  int64_t steps;
  // [steps][width]
  const float* panel;
};

// out[r][c] = sum over factors and steps of x[r, step] * panel[step][c]; rows of out are `width()` apart.
void multiply(const std::vector<Factor>& factors, int64_t rows, float* out);

// Cuts rows into tiles of nearly equal length, and calls for each with its first row and its rows.
void for_tiles(int64_t rows, const std::function<void(int64_t, int64_t)>& tile);

// [rows][columns], rows `stride` apart -> [panels][rows][width], with zeros in what is left of the last panel. One
// panel after the other has its place at `to`; only those from `first` to before `last` are written.
void pack(const float* from, int64_t rows, int64_t columns, int64_t stride, int64_t first, int64_t last, float* to);

}  // namespace dmnn::panels

#endif  // DMNN_PANELS_H_
