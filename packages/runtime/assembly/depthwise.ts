import { clearFloats, packWindow } from './pack';

/**
 * The forms of depth-wise convolution's gradients for a channel multiplier: each input channel is repeated
 * `multiplier` times, and the work is then one channel for one channel.
 */
function repeatChannels(from: usize, to: usize, pixels: i32, channels: i32, multiplier: i32): void {
  for (let i = 0; i < pixels * channels; i++) {
    const value = load<f32>(from + (i << 2));
    for (let m = 0; m < multiplier; m++) {
      store<f32>(to, value);
      to += 4;
    }
  }
}

/** Bytes of scratch memory that `depthwiseFilterGradient` needs. */
export function depthwiseFilterScratch(
  inHeight: i32,
  inWidth: i32,
  inChannels: i32,
  outHeight: i32,
  outWidth: i32,
  multiplier: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
): i32 {
  const height = (outHeight - 1) * strideHeight + (kernelHeight - 1) * dilationHeight + 1;
  const width = (outWidth - 1) * strideWidth + (kernelWidth - 1) * dilationWidth + 1;
  const repeated = multiplier == 1 ? 0 : inHeight * inWidth;
  return ((height * width + repeated) * inChannels * multiplier) << 2;
}

/**
 * Gradient of a depth-wise convolution towards its filter.
 *
 * x [batch, inHeight, inWidth, inChannels], dy [batch, outHeight, outWidth, inChannels · multiplier] →
 * dw [kernelHeight, kernelWidth, inChannels, multiplier].
 */
export function depthwiseFilterGradient(
  x: usize,
  dy: usize,
  dw: usize,
  scratch: usize,
  batch: i32,
  inHeight: i32,
  inWidth: i32,
  inChannels: i32,
  outHeight: i32,
  outWidth: i32,
  multiplier: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const height = (outHeight - 1) * strideHeight + (kernelHeight - 1) * dilationHeight + 1;
  const width = (outWidth - 1) * strideWidth + (kernelWidth - 1) * dilationWidth + 1;
  const channels = inChannels * multiplier;
  const taps = kernelHeight * kernelWidth;
  const window = scratch;
  const repeated = window + ((height * width * channels) << 2);
  clearFloats(dw, taps * channels);
  const step = (strideWidth * channels) << 2;
  for (let image = 0; image < batch; image++) {
    let source = x + ((image * inHeight * inWidth * inChannels) << 2);
    if (multiplier > 1) {
      repeatChannels(source, repeated, inHeight * inWidth, inChannels, multiplier);
      source = repeated;
    }
    packWindow(source, inHeight, inWidth, channels, -padTop, -padLeft, window, height, width, channels);
    for (let r = 0; r < outHeight; r++) {
      const gradient = dy + (((image * outHeight + r) * outWidth * channels) << 2);
      for (let t = 0; t < taps; t++) {
        const row = r * strideHeight + (t / kernelWidth) * dilationHeight;
        const from = window + (((row * width + (t % kernelWidth) * dilationWidth) * channels) << 2);
        const to = dw + ((t * channels) << 2);
        let c = 0;
        for (; c + 4 <= channels; c += 4) {
          let sum = v128.load(to + (c << 2));
          let a = from + (c << 2);
          let b = gradient + (c << 2);
          for (let i = 0; i < outWidth; i++) {
            sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
            a += step;
            b += channels << 2;
          }
          v128.store(to + (c << 2), sum);
        }
        for (; c < channels; c++) {
          let sum = load<f32>(to + (c << 2));
          let a = from + (c << 2);
          let b = gradient + (c << 2);
          for (let i = 0; i < outWidth; i++) {
            sum += load<f32>(a) * load<f32>(b);
            a += step;
            b += channels << 2;
          }
          store<f32>(to + (c << 2), sum);
        }
      }
    }
  }
}

/** Bytes of scratch memory that `depthwiseInputGradient` needs: one image with its channels repeated. */
export function depthwiseInputScratch(inHeight: i32, inWidth: i32, inChannels: i32, multiplier: i32): i32 {
  return multiplier == 1 ? 4 : (inHeight * inWidth * inChannels * multiplier) << 2;
}

/**
 * Gradient of a depth-wise convolution towards its input: every row of the gradient, times one tap of the filter,
 * is added to the row of the input that it came from.
 */
export function depthwiseInputGradient(
  dy: usize,
  filter: usize,
  dx: usize,
  scratch: usize,
  batch: i32,
  inHeight: i32,
  inWidth: i32,
  inChannels: i32,
  outHeight: i32,
  outWidth: i32,
  multiplier: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const channels = inChannels * multiplier;
  const bytes = channels << 2;
  for (let image = 0; image < batch; image++) {
    const own = dx + ((image * inHeight * inWidth * inChannels) << 2);
    const target = multiplier == 1 ? own : scratch;
    clearFloats(target, inHeight * inWidth * channels);
    for (let r = 0; r < outHeight; r++) {
      const gradient = dy + (image * outHeight + r) * outWidth * bytes;
      for (let i = 0; i < kernelHeight; i++) {
        const row = r * strideHeight + i * dilationHeight - padTop;
        if (row < 0 || row >= inHeight) continue;
        for (let j = 0; j < kernelWidth; j++) {
          const weights = filter + (i * kernelWidth + j) * bytes;
          // columns whose input lies inside the image
          const shift = j * dilationWidth - padLeft;
          const first = shift >= 0 ? 0 : (strideWidth - 1 - shift) / strideWidth;
          const room = inWidth - 1 - shift;
          const last = room < 0 ? 0 : min(outWidth, room / strideWidth + 1);
          for (let c = first; c < last; c++) {
            addProduct(
              gradient + c * bytes,
              weights,
              target + (row * inWidth + c * strideWidth + shift) * bytes,
              channels,
            );
          }
        }
      }
    }
    if (multiplier > 1) sumChannels(scratch, own, inHeight * inWidth * inChannels, multiplier);
  }
}

/** to += a · b. */
function addProduct(a: usize, b: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = i << 2;
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(v128.load(a + at), v128.load(b + at))));
  }
  for (; i < count; i++) {
    const at = i << 2;
    store<f32>(to + at, load<f32>(to + at) + load<f32>(a + at) * load<f32>(b + at));
  }
}

function sumChannels(from: usize, to: usize, count: i32, multiplier: i32): void {
  for (let i = 0; i < count; i++) {
    let sum: f32 = 0;
    for (let m = 0; m < multiplier; m++) {
      sum += load<f32>(from);
      from += 4;
    }
    store<f32>(to + (i << 2), sum);
  }
}
