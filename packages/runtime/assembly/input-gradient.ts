import { clearFloats, packWindow } from './pack';
import { tileRow } from './product-tile';

/** Rows or columns of zeros before the gradient, so that no tap starts outside it. */
function before(kernel: i32, stride: i32, pad: i32): i32 {
  return max(0, (kernel - 1 - pad + stride - 1) / stride);
}

/** Length of the gradient with zeros on both sides. */
function padded(inSize: i32, outSize: i32, kernel: i32, stride: i32, pad: i32): i32 {
  return before(kernel, stride, pad) + max(outSize, (inSize - 1 + pad) / stride + 1);
}

/** Bytes of scratch memory that `inputGradient` needs. */
export function inputGradientScratch(
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
  padTop: i32,
  padLeft: i32,
): i32 {
  const height = padded(inHeight, outHeight, kernelHeight, strideHeight, padTop);
  const width = padded(inWidth, outWidth, kernelWidth, strideWidth, padLeft);
  const taps = kernelHeight * kernelWidth;
  const floats = (height * width + 4) * outChannels + taps * outChannels * ((inChannels + 3) & ~3) + taps * 2;
  return floats << 2;
}

/** filter [taps, inChannels, outChannels] → [taps, outChannels, packed inChannels]. */
function transposeFilter(
  from: usize,
  to: usize,
  taps: i32,
  inChannels: i32,
  outChannels: i32,
  packedIn: i32,
): void {
  clearFloats(to, taps * outChannels * packedIn);
  for (let t = 0; t < taps; t++) {
    for (let i = 0; i < inChannels; i++) {
      let target = to + ((t * outChannels * packedIn + i) << 2);
      for (let o = 0; o < outChannels; o++) {
        store<f32>(target, load<f32>(from));
        from += 4;
        target += packedIn << 2;
      }
    }
  }
}

/**
 * Gradient of a convolution towards its input.
 *
 * dy [batch, outHeight, outWidth, outChannels], filter [kernelHeight, kernelWidth, inChannels, outChannels] →
 * dx [batch, inHeight, inWidth, inChannels]. Inputs that are equal modulo the stride see the same taps, so each such
 * phase is a convolution of stride 1.
 */
export function inputGradient(
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
  outChannels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const packedIn = (inChannels + 3) & ~3;
  const top = before(kernelHeight, strideHeight, padTop);
  const left = before(kernelWidth, strideWidth, padLeft);
  const height = padded(inHeight, outHeight, kernelHeight, strideHeight, padTop);
  const width = padded(inWidth, outWidth, kernelWidth, strideWidth, padLeft);
  const tapsTotal = kernelHeight * kernelWidth;
  const window = scratch;
  const weights = window + (((height * width + 4) * outChannels) << 2);
  const taps = weights + ((tapsTotal * outChannels * packedIn) << 2);
  transposeFilter(filter, weights, tapsTotal, inChannels, outChannels, packedIn);
  clearFloats(window + ((height * width * outChannels) << 2), 4 * outChannels);
  const pixel = outChannels << 2;
  const row = packedIn << 2;
  const outStep = (strideWidth * inChannels) << 2;
  for (let image = 0; image < batch; image++) {
    packWindow(
      dy + ((image * outHeight * outWidth * outChannels) << 2),
      outHeight,
      outWidth,
      outChannels,
      -top,
      -left,
      window,
      height,
      width,
      outChannels,
    );
    const dxImage = dx + ((image * inHeight * inWidth * inChannels) << 2);
    for (let phaseRow = 0; phaseRow < min(strideHeight, inHeight); phaseRow++) {
      for (let phaseColumn = 0; phaseColumn < min(strideWidth, inWidth); phaseColumn++) {
        let count = 0;
        for (let i = (phaseRow + padTop) % strideHeight; i < kernelHeight; i += strideHeight) {
          const y = top + (phaseRow + padTop - i) / strideHeight;
          for (let j = (phaseColumn + padLeft) % strideWidth; j < kernelWidth; j += strideWidth) {
            const x = left + (phaseColumn + padLeft - j) / strideWidth;
            store<i32>(taps + (count << 3), (y * width + x) * pixel);
            store<i32>(taps + (count << 3), (i * kernelWidth + j) * outChannels * row, 4);
            count++;
          }
        }
        const columns = (inWidth - phaseColumn + strideWidth - 1) / strideWidth;
        for (let r = phaseRow, m = 0; r < inHeight; r += strideHeight, m++) {
          for (let c = 0; c < columns; c += 4) {
            const from = window + (m * width + c) * pixel;
            const to = dxImage + (((r * inWidth + phaseColumn + c * strideWidth) * inChannels) << 2);
            tileRow(
              from,
              pixel,
              weights,
              row,
              taps,
              count,
              outChannels,
              to,
              outStep,
              columns - c,
              inChannels,
            );
          }
        }
      }
    }
  }
}
