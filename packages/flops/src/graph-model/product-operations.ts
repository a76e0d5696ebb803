import type { Work } from '../conventions.js';
import { type GraphCall, type GraphOperation, broadcast, isSet, sizeOf, textOf } from './graph-call.js';
import { activationOperations } from './graph-activations.js';
import { channelAxis, mapShape } from './map-shape.js';

/** Operations whose work is a product with a kernel or of two tensors, alone and fused with bias and activation. */
export const productOperations: { readonly [op: string]: GraphOperation } = {
  Conv2D: convolution,
  FusedConv2D: convolution,
  Conv1D: convolution,
  Conv3D: convolution,
  DepthwiseConv2d: depthwise,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposed,
  MatMul: product,
  FusedMatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
  BatchMatMulV3: product,
  Einsum: einsum,
};

/** Every weight of the kernel is used once at each position of the output; of a group, those of its channels. */
function convolution(call: GraphCall) {
  const [x, kernel] = call.inputs;
  const outputs = kernel?.shape.at(-1);
  if (!x || !kernel || outputs === undefined) return undefined;
  const shape = mapShape(call, x.shape, kernel.shape, outputs);
  return shape && finished(call, shape, sizeOf(shape) * sizeOf(kernel.shape.slice(0, -1)));
}

/** The kernel is `[height, width, channels, multiplier]`. */
function depthwise(call: GraphCall) {
  const [x, kernel] = call.inputs;
  if (!x || kernel?.shape.length !== 4) return undefined;
  const [height = 0, width = 0, channels = 0, multiplier = 0] = kernel.shape;
  const shape = mapShape(call, x.shape, kernel.shape, channels * multiplier);
  return shape && finished(call, shape, sizeOf(shape) * height * width);
}

/** Every weight of the kernel is used once at each position of the input; the shape of the output is an input. */
function transposed(call: GraphCall) {
  const [size, kernel, x] = call.inputs;
  if (!size?.values || !kernel || x?.shape.length !== size.values.length) return undefined;
  const shape = [x.shape[0] ?? 1, ...size.values.slice(1)];
  const channels = x.shape[channelAxis(call, x.shape.length)] ?? 1;
  return finished(call, shape, (sizeOf(x.shape) / channels) * sizeOf(kernel.shape));
}

function product(call: GraphCall) {
  const [a, b] = call.inputs;
  if (!a || !b || a.shape.length < 2 || b.shape.length < 2) return undefined;
  const [rows, summed] = lastTwo(a.shape, isSet(call, 'transposeA'));
  const [other, columns] = lastTwo(b.shape, isSet(call, 'transposeB'));
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!batch || summed !== other) return undefined;
  const shape = [...batch, rows, columns];
  return finished(call, shape, sizeOf(shape) * summed);
}

function lastTwo(shape: readonly number[], turned: boolean): readonly [number, number] {
  const [first = 1, second = 1] = shape.slice(-2);
  return turned ? [second, first] : [first, second];
}

/** `ij,jk->ik`: each combination of indices is one product. */
function einsum(call: GraphCall) {
  const [left = '', right] = textOf(call, 'equation').replace(/\s/g, '').split('->');
  const terms = left.split(',');
  if (
    right === undefined ||
    /[^a-zA-Z,]/.test(left + right) ||
    terms.length !== call.inputs.length ||
    terms.length > 2
  )
    return undefined;
  const sizes = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const { shape = [] } = call.inputs[i] ?? {};
    if (shape.length !== term.length) return undefined;
    for (const [axis, label] of Array.from(term).entries())
      sizes.set(label, Math.max(sizes.get(label) ?? 1, shape[axis] ?? 1));
  }
  const shape = Array.from(right, (label) => sizes.get(label) ?? 1);
  const all = sizeOf([...sizes.values()]);
  // of one tensor, it sums or moves values
  if (terms.length === 1)
    return { outputs: [{ shape }], work: { activationOperations: all - sizeOf(shape) } };
  return { outputs: [{ shape }], work: { macs: all } };
}

/** Adds what is fused: `["biasadd", "relu6"]`. */
function finished(call: GraphCall, shape: readonly number[], macs: number) {
  const outputs = sizeOf(shape);
  const work: { -readonly [key in keyof Work]: Work[key] } = { macs };
  const fused = call.node.attrParams['fusedOps']?.value;
  for (const each of Array.isArray(fused) ? fused : []) {
    const name = String(each).toLowerCase();
    if (name === 'noop' || name === '') continue;
    if (name === 'biasadd') work.biasOperations = outputs;
    else if (name === 'fusedbatchnorm') work.batchNormOperations = 2 * outputs;
    else {
      const operations = name === 'prelu' ? 2 : activationOperations(name);
      if (operations === undefined) return undefined;
      work.activationOperations = operations * outputs;
    }
  }
  return { outputs: [{ shape }], work };
}
