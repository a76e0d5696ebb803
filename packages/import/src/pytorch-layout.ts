import type { VariableSpec } from '@dmnn/weights';

/**
 * The shape of one of our variables in PyTorch: convolutions `[Cout, Cin / groups, k, k]`, linear layers `[out, in]`,
 * vectors unchanged.
 */
export function pytorchShape({ shape }: Pick<VariableSpec, 'shape'>): readonly number[] {
  if (shape.length !== 4) return [...shape].reverse();
  const [height, width, inputs, outputs] = shape as readonly [number, number, number, number];
  return [outputs, inputs, height, width];
}

/**
 * Converts values from PyTorch's order to ours: `[k, k, Cin / groups, Cout]`, `[in, out]`.
 *
 * @param data - values of {@link pytorchShape}, row-major
 * @param shape - our shape
 * @returns a copy
 */
export function fromPytorch(data: Float32Array, shape: readonly number[]): Float32Array {
  if (shape.length === 4) {
    const [height, width, inputs, outputs] = shape as readonly [number, number, number, number];
    // there the pixels of a filter are adjacent; here they are the slowest index
    return transposed(data, outputs, inputs, height * width);
  }
  if (shape.length === 2) {
    const [inputs, outputs] = shape as readonly [number, number];
    return transposed(data, outputs, inputs, 1);
  }
  return data.slice();
}

/** `[a, b, c]` → `[c, b, a]`. */
function transposed(data: Float32Array, a: number, b: number, c: number): Float32Array {
  const result = new Float32Array(data.length);
  let from = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) result[(k * b + j) * a + i] = data[from++] as number;
    }
  }
  return result;
}
