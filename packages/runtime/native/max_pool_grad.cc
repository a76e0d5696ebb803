// The gradient of max pooling: each window's goes to its first largest pixel, as in PyTorch.
#include <algorithm>

#include "kernel_call.h"
#include "parallel.h"

namespace dmnn {
namespace {

struct MaxPoolGrad {
  // height and width of windows and strides; pixels above and to the left
  int64_t window[2], stride[2], before[2];
};

// One window position of one output pixel: dx += dy where x is the largest and none before it was.
DMNN_VECTORISED
void scatter(const float* __restrict x, const float* __restrict y, int64_t channels, float* __restrict left,
             float* __restrict dx) {
  for (int64_t c = 0; c < channels; c++) {
    const bool first = x[c] == y[c];
    dx[c] += first ? left[c] : 0.0f;
    left[c] = first ? 0.0f : left[c];
  }
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const MaxPoolGrad& s = *static_cast<MaxPoolGrad*>(kernel);
  KernelCall call(context);
  const Input x = call.next(), y = call.next(), dy = call.next();
  if (!call.ok() || !call.expect(x.shape.size() == 4 && y.shape.size() == 4, "x and y: expected [B, H, W, C]") ||
      !call.expect(dy.shape == y.shape && x.shape[0] == y.shape[0] && x.shape[3] == y.shape[3],
                   "dy: expected the shape of y"))
    return;
  float* dx = call.output(x.shape);
  if (!call.ok()) return;
  const int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  parallel_for(x.shape[0], [&](int64_t image) {
    const int64_t in = image * height * width * channels, out = image * y.shape[1] * y.shape[2] * channels;
    std::fill(dx + in, dx + in + height * width * channels, 0.0f);
    std::vector<float> left(channels);
    for (int64_t i = 0; i < y.shape[1]; i++) {
      for (int64_t j = 0; j < y.shape[2]; j++) {
        const int64_t at = out + (i * y.shape[2] + j) * channels;
        std::copy_n(dy.data + at, channels, left.begin());
        for (int64_t a = 0; a < s.window[0]; a++) {
          const int64_t row = i * s.stride[0] - s.before[0] + a;
          if (row < 0 || row >= height) continue;
          for (int64_t b = 0; b < s.window[1]; b++) {
            const int64_t column = j * s.stride[1] - s.before[1] + b;
            if (column < 0 || column >= width) continue;
            const int64_t pixel = in + (row * width + column) * channels;
            scatter(x.data + pixel, y.data + at, channels, left.data(), dx + pixel);
          }
        }
      }
    }
  });
}

void* create(TF_OpKernelConstruction* construction) {
  Settings settings(construction);
  MaxPoolGrad* s = new MaxPoolGrad();
  const std::vector<int64_t> window = settings.integers("window"), stride = settings.integers("strides"),
                             before = settings.integers("before");
  for (size_t i = 0; i < 2 && i < window.size() && i < stride.size() && i < before.size(); i++) {
    s->window[i] = window[i];
    s->stride[i] = stride[i];
    s->before[i] = before[i];
  }
  return s;
}

void destroy(void* kernel) { delete static_cast<MaxPoolGrad*>(kernel); }

}  // namespace

void register_max_pool_grad() {
  register_operation({"DmnnMaxPoolGrad",
                      {"window: list(int)", "strides: list(int)", "before: list(int)"},
                      {"x: float", "y: float", "dy: float"},
                      {"dx: float"}},
                     create, guarded<compute>, destroy);
}

}  // namespace dmnn
