import { clearFloats, copyFloats, packWindow } from './pack';
import { tileRow } from './product-tile';

/** Length of the input that the windows cover, zeros included. */
function covered(outSize: i32, kernel: i32, stride: i32, dilation: i32): i32 {
  return (outSize - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Bytes of scratch memory that `convolution` needs. */
export function convolutionScratch(
  inChannels: i32,
  outHeight: i32,
  outWidth: i32,
  outChannels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
): i32 {
  const height = covered(outHeight, kernelHeight, strideHeight, dilationHeight);
  const width = covered(outWidth, kernelWidth, strideWidth, dilationWidth);
  const taps = kernelHeight * kernelWidth;
  const floats =
    (height * width + 3 * strideWidth) * inChannels + taps * inChannels * ((outChannels + 3) & ~3) + taps * 2;
  return floats << 2;
}

/**
 * A convolution, one image at a time.
 *
 * x [batch, inHeight, inWidth, inChannels], filter [kernelHeight, kernelWidth, inChannels, outChannels] →
 * y [batch, outHeight, outWidth, outChannels].
 */
export function convolution(
  x: usize,
  filter: usize,
  y: usize,
  scratch: usize,
  batch: i32,
  inHeight: i32,
  inWidth: i32,
  inChannels: i32,
  outHeight: i32,
  outWidth: i32,
  outChannels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const packedOut = (outChannels + 3) & ~3;
  const height = covered(outHeight, kernelHeight, strideHeight, dilationHeight);
  const width = covered(outWidth, kernelWidth, strideWidth, dilationWidth);
  const count = kernelHeight * kernelWidth;
  const window = scratch;
  const weights = window + (((height * width + 3 * strideWidth) * inChannels) << 2);
  const taps = weights + ((count * inChannels * packedOut) << 2);
  const row = packedOut << 2;
  for (let i = 0; i < count * inChannels; i++) {
    copyFloats(filter + ((i * outChannels) << 2), weights + i * row, outChannels);
    clearFloats(weights + i * row + (outChannels << 2), packedOut - outChannels);
  }
  for (let t = 0; t < count; t++) {
    const at = (t / kernelWidth) * dilationHeight * width + (t % kernelWidth) * dilationWidth;
    store<i32>(taps + (t << 3), (at * inChannels) << 2);
    store<i32>(taps + (t << 3), t * inChannels * row, 4);
  }
  clearFloats(window + ((height * width * inChannels) << 2), 3 * strideWidth * inChannels);
  const step = (strideWidth * inChannels) << 2;
  const outStep = outChannels << 2;
  for (let image = 0; image < batch; image++) {
    packWindow(
      x + ((image * inHeight * inWidth * inChannels) << 2),
      inHeight,
      inWidth,
      inChannels,
      -padTop,
      -padLeft,
      window,
      height,
      width,
      inChannels,
    );
    for (let r = 0; r < outHeight; r++) {
      let from = window + ((r * strideHeight * width * inChannels) << 2);
      let to = y + (((image * outHeight + r) * outWidth * outChannels) << 2);
      for (let c = 0; c < outWidth; c += 4) {
        tileRow(from, step, weights, row, taps, count, inChannels, to, outStep, outWidth - c, outChannels);
        from += 4 * step;
        to += 4 * outStep;
      }
    }
  }
}
