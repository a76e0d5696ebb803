import { clearFloats, copyFloats, packWindow } from './pack';

/** Floats of a packed gradient block that still leave room for its input block in a 32 KiB cache. */
const BLOCK_FLOATS: i32 = 4096;

/** Rows of output handled at a time. */
function blockRows(outHeight: i32, outWidth: i32, packedOut: i32): i32 {
  return max(1, min(outHeight, BLOCK_FLOATS / (outWidth * packedOut)));
}

/** Images handled at a time: several where one has few pixels. */
function blockImages(rows: i32, outHeight: i32, outWidth: i32): i32 {
  return rows < outHeight ? 1 : max(1, 64 / (outHeight * outWidth));
}

/** Bytes of scratch memory that `filterGradient` needs. */
export function filterGradientScratch(
  inChannels: i32,
  outHeight: i32,
  outWidth: i32,
  outChannels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
): i32 {
  const packedIn = (inChannels + 3) & ~3;
  const packedOut = (outChannels + 3) & ~3;
  const rows = blockRows(outHeight, outWidth, packedOut);
  const images = blockImages(rows, outHeight, outWidth);
  const height = (rows - 1) * strideHeight + kernelHeight;
  const width = (outWidth - 1) * strideWidth + kernelWidth;
  const floats =
    images * (height * width * packedIn + rows * outWidth * packedOut) +
    kernelHeight * kernelWidth * packedIn * packedOut;
  return floats << 2;
}

/** Adds xᵀ·dy of one block to 4 × 8 numbers of the filter's gradient. */
function tile8(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  rows: i32,
  columns: i32,
  xImage: i32,
  xRow: i32,
  xStep: i32,
  dyStep: i32,
  dwRow: i32,
): void {
  const dw1 = dw + dwRow;
  const dw2 = dw1 + dwRow;
  const dw3 = dw2 + dwRow;
  let a0 = v128.load(dw);
  let b0 = v128.load(dw, 16);
  let a1 = v128.load(dw1);
  let b1 = v128.load(dw1, 16);
  let a2 = v128.load(dw2);
  let b2 = v128.load(dw2, 16);
  let a3 = v128.load(dw3);
  let b3 = v128.load(dw3, 16);
  for (let g = 0; g < images; g++) {
    for (let r = 0; r < rows; r++) {
      let px = x + g * xImage + r * xRow;
      for (let c = 0; c < columns; c++) {
        const u = v128.load(dy);
        const v = v128.load(dy, 16);
        let s = v128.load32_splat(px);
        a0 = f32x4.add(a0, f32x4.mul(s, u));
        b0 = f32x4.add(b0, f32x4.mul(s, v));
        s = v128.load32_splat(px, 4);
        a1 = f32x4.add(a1, f32x4.mul(s, u));
        b1 = f32x4.add(b1, f32x4.mul(s, v));
        s = v128.load32_splat(px, 8);
        a2 = f32x4.add(a2, f32x4.mul(s, u));
        b2 = f32x4.add(b2, f32x4.mul(s, v));
        s = v128.load32_splat(px, 12);
        a3 = f32x4.add(a3, f32x4.mul(s, u));
        b3 = f32x4.add(b3, f32x4.mul(s, v));
        px += xStep;
        dy += dyStep;
      }
    }
  }
  v128.store(dw, a0);
  v128.store(dw, b0, 16);
  v128.store(dw1, a1);
  v128.store(dw1, b1, 16);
  v128.store(dw2, a2);
  v128.store(dw2, b2, 16);
  v128.store(dw3, a3);
  v128.store(dw3, b3, 16);
}

/** The same for 4 × 4 numbers. */
function tile4(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  rows: i32,
  columns: i32,
  xImage: i32,
  xRow: i32,
  xStep: i32,
  dyStep: i32,
  dwRow: i32,
): void {
  const dw1 = dw + dwRow;
  const dw2 = dw1 + dwRow;
  const dw3 = dw2 + dwRow;
  let a0 = v128.load(dw);
  let a1 = v128.load(dw1);
  let a2 = v128.load(dw2);
  let a3 = v128.load(dw3);
  for (let g = 0; g < images; g++) {
    for (let r = 0; r < rows; r++) {
      let px = x + g * xImage + r * xRow;
      for (let c = 0; c < columns; c++) {
        const u = v128.load(dy);
        a0 = f32x4.add(a0, f32x4.mul(v128.load32_splat(px), u));
        a1 = f32x4.add(a1, f32x4.mul(v128.load32_splat(px, 4), u));
        a2 = f32x4.add(a2, f32x4.mul(v128.load32_splat(px, 8), u));
        a3 = f32x4.add(a3, f32x4.mul(v128.load32_splat(px, 12), u));
        px += xStep;
        dy += dyStep;
      }
    }
  }
  v128.store(dw, a0);
  v128.store(dw1, a1);
  v128.store(dw2, a2);
  v128.store(dw3, a3);
}

/**
 * Gradient of a convolution towards its filter: for each tap, the matrix product of the shifted input, transposed,
 * with the output's gradient.
 *
 * x [batch, inHeight, inWidth, inChannels], dy [batch, outHeight, outWidth, outChannels] →
 * dw [kernelHeight, kernelWidth, inChannels, outChannels]; `scratch` as `filterGradientScratch` says.
 */
export function filterGradient(
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
  outChannels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const packedIn = (inChannels + 3) & ~3;
  const packedOut = (outChannels + 3) & ~3;
  const maxRows = blockRows(outHeight, outWidth, packedOut);
  const maxImages = blockImages(maxRows, outHeight, outWidth);
  const height = (maxRows - 1) * strideHeight + kernelHeight;
  const width = (outWidth - 1) * strideWidth + kernelWidth;
  const xBlock = scratch;
  const dyBlock = xBlock + ((maxImages * height * width * packedIn) << 2);
  const total = dyBlock + ((maxImages * maxRows * outWidth * packedOut) << 2);
  const taps = kernelHeight * kernelWidth;
  clearFloats(total, taps * packedIn * packedOut);
  const wide = packedOut & ~7;
  for (let first = 0; first < batch; first += maxImages) {
    const images = min(maxImages, batch - first);
    for (let top = 0; top < outHeight; top += maxRows) {
      const rows = min(maxRows, outHeight - top);
      for (let g = 0; g < images; g++) {
        const image = first + g;
        packWindow(
          x + ((image * inHeight * inWidth * inChannels) << 2),
          inHeight,
          inWidth,
          inChannels,
          top * strideHeight - padTop,
          -padLeft,
          xBlock + ((g * height * width * packedIn) << 2),
          (rows - 1) * strideHeight + kernelHeight,
          width,
          packedIn,
        );
        packWindow(
          dy + ((image * outHeight * outWidth * outChannels) << 2),
          outHeight,
          outWidth,
          outChannels,
          top,
          0,
          dyBlock + ((g * rows * outWidth * packedOut) << 2),
          rows,
          outWidth,
          packedOut,
        );
      }
      for (let tap = 0; tap < taps; tap++) {
        const shift = (tap / kernelWidth) * width + (tap % kernelWidth);
        for (let i = 0; i < packedIn; i += 4) {
          const from = xBlock + ((shift * packedIn + i) << 2);
          const to = total + (((tap * packedIn + i) * packedOut) << 2);
          const xImage = (height * width * packedIn) << 2;
          const xRow = (strideHeight * width * packedIn) << 2;
          const xStep = (strideWidth * packedIn) << 2;
          const dyStep = packedOut << 2;
          for (let o = 0; o < wide; o += 8) {
            tile8(
              from,
              dyBlock + (o << 2),
              to + (o << 2),
              images,
              rows,
              outWidth,
              xImage,
              xRow,
              xStep,
              dyStep,
              dyStep,
            );
          }
          if (wide < packedOut) {
            tile4(
              from,
              dyBlock + (wide << 2),
              to + (wide << 2),
              images,
              rows,
              outWidth,
              xImage,
              xRow,
              xStep,
              dyStep,
              dyStep,
            );
          }
        }
      }
    }
  }
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < inChannels; i++) {
      copyFloats(
        total + (((tap * packedIn + i) * packedOut) << 2),
        dw + (((tap * inChannels + i) * outChannels) << 2),
        outChannels,
      );
    }
  }
}
