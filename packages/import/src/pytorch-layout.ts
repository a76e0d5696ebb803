import type { VariableSpec } from '@dmnn/weights';

/**
 * The shape in which PyTorch keeps a variable of ours: convolutions `[Cout, Cin / groups, k, k]`, linear layers
 * `[out, in]`, vectors as they are.
 */
export function pytorchShape({ shape }: Pick<VariableSpec, 'shape'>): readonly number[] {
  if (shape.length !== 4) return [...shape].reverse();
  const [height, width, inputs, outputs] = shape as readonly [number, number, number, number];
  return [outputs, inputs, height, width];
}

/**
 * Numbers from PyTorch's order into ours: `[k, k, Cin / groups, Cout]`, `[in, out]`.
 *
 * @param data - of {@link pytorchShape}, row-major
 * @param shape - ours
 * @returns a copy
 */
export function fromPytorch(data: Float32Array, shape: readonly number[]): Float32Array {
  if (shape.length === 4) {
    const [height, width, inputs, outputs] = shape as readonly [number, number, number, number];
    // a filter's pixels are neighbours there; here they are the slowest index
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
