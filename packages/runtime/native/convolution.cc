// The sum of convolutions of several x, biases and a shortcut, held between two bounds, and its mean over pixels, for
// networks that are run and not trained: filters are laid out once, in panels of 16 output channels that a register holds,
// instead of at every call.
//
// The image is copied into a border of zeros, after which a row of a window is one run of kernel width * channels
// numbers. A tile of up to 24 output pixels by 16 channels is kept in registers while the runs are gone through.
//
// A sub-block that only some images of a batch have opened takes just those from x. Where the sub-blocks of a block end,
// their results are added up in registers, for each image those that it has opened: no sub-block's result is ever stored.
#include "convolution.h"

#include <algorithm>
#include <numeric>

#include "kernel_call.h"

namespace dmnn {
namespace convolution {
namespace {

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

bool all_within(const std::vector<int64_t>& list, int64_t least, int64_t end) {
  return std::all_of(list.begin(), list.end(), [&](int64_t i) { return i >= least && i < end; });
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
    path.size = (*x)[p].size;
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
  if (!call.ok() || rows.count * s.out[0] * s.out[1] == 0) return;

  const Windows windows(s, x[0].shape[1], x[0].shape[2]);
  for (Path& path : paths) lay_out(&path, s, windows);
  run(s, windows, &paths, rows, s.shortcuts > 0 ? shortcut[0].data : nullptr, y, pooled);
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
