import {
  type GraphCall,
  type GraphOperation,
  type GraphTensor,
  axisOf,
  numberOf,
  numbersOf,
  sizeOf,
} from './graph-call.js';
import { stridedSlice } from './strided-slice.js';

/** Operations that move, repeat or drop values, and those that make shapes of shapes: no work. */
export const movingOperations: { readonly [op: string]: GraphOperation } = {
  Identity: first,
  IdentityN: ({ inputs }) => ({ outputs: inputs }),
  StopGradient: first,
  Snapshot: first,
  Cast: first,
  CheckNumerics: first,
  PreventGradient: first,
  EnsureShape: first,
  PlaceholderWithDefault: first,
  Reverse: ({ inputs: [x] }) => x && shaped(x.shape),
  ReverseV2: ({ inputs: [x] }) => x && shaped(x.shape),
  ZerosLike: ({ inputs: [x] }) => x && shaped(x.shape),
  OnesLike: ({ inputs: [x] }) => x && shaped(x.shape),
  Shape: ({ inputs: [x] }) => x && listed(x.shape),
  Size: ({ inputs: [x] }) => x && { outputs: [{ shape: [], values: [sizeOf(x.shape)] }] },
  Rank: ({ inputs: [x] }) => x && { outputs: [{ shape: [], values: [x.shape.length] }] },
  Reshape: reshaped,
  Squeeze: squeezed,
  ExpandDims: expanded,
  Transpose: turned,
  Concat: ({ inputs: [axis, ...tensors] }) => joined(tensors, axis),
  ConcatV2: ({ inputs }) => joined(inputs.slice(0, -1), inputs.at(-1)),
  Pack: packed,
  Unpack: unpacked,
  Pad: padded,
  PadV2: padded,
  MirrorPad: padded,
  Slice: sliced,
  StridedSlice: stridedSlice,
  Split: ({ inputs: [axis, x], node }) => split(x, axis, node.attrParams['numOrSizeSplits']?.value),
  SplitV: ({ inputs: [x, sizes, axis] }) => split(x, axis, sizes?.values),
  Tile: ({ inputs: [x, times] }) =>
    x && times?.values && shaped(x.shape.map((size, axis) => size * (times.values?.[axis] ?? 1))),
  BroadcastTo: ({ inputs: [, shape] }) => shape?.values && shaped(shape.values),
  Fill: ({ inputs: [shape, value] }) => filled(shape, value),
  Range: ranged,
  Gather: gathered,
  GatherV2: gathered,
  ResizeNearestNeighbor: resized(0),
  // three interpolations between two values, each a difference, a product and a sum
  ResizeBilinear: resized(9),
  SpaceToBatchND: ({ inputs: [x, block, pads] }) => spaceToBatch(x, block?.values, pads?.values, true),
  BatchToSpaceND: ({ inputs: [x, block, crops] }) => spaceToBatch(x, block?.values, crops?.values, false),
  DepthToSpace: depthToSpace,
};

function first({ inputs: [x] }: GraphCall) {
  return x && { outputs: [x] };
}

function shaped(shape: readonly number[], values?: readonly number[]) {
  return { outputs: [{ shape, values }] };
}

function listed(values: readonly number[]) {
  return shaped([values.length], values);
}

function reshaped({ inputs: [x, target] }: GraphCall) {
  if (!x || !target?.values) return undefined;
  const known = sizeOf(target.values.filter((size) => size !== -1));
  const shape = target.values.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
  return sizeOf(shape) === sizeOf(x.shape) ? shaped(shape, x.values) : undefined;
}

function squeezed(call: GraphCall) {
  const [x] = call.inputs;
  if (!x) return undefined;
  const axes = (numbersOf(call, 'axis') ?? []).map((axis) => axisOf(axis, x.shape.length));
  const keeps = (size: number, axis: number) => (axes.length > 0 ? !axes.includes(axis) : size !== 1);
  return shaped(x.shape.filter(keeps), x.values);
}

function expanded({ inputs: [x, at] }: GraphCall) {
  const axis = at?.values?.[0];
  if (!x || axis === undefined) return undefined;
  const shape = [...x.shape];
  shape.splice(axisOf(axis, x.shape.length + 1), 0, 1);
  return shaped(shape, x.values);
}

function turned({ inputs: [x, order] }: GraphCall) {
  return x && order?.values && shaped(order.values.map((axis) => x.shape[axis] ?? 0));
}

function joined(tensors: readonly GraphTensor[], at: GraphTensor | undefined) {
  const [head] = tensors;
  const given = at?.values?.[0];
  if (!head || given === undefined) return undefined;
  const axis = axisOf(given, head.shape.length);
  const shape = [...head.shape];
  shape[axis] = tensors.reduce((sum, each) => sum + (each.shape[axis] ?? 0), 0);
  const values = tensors.map((each) => each.values);
  const known = shape.length === 1 && values.every((each) => each !== undefined);
  return shaped(shape, known ? values.flat() : undefined);
}

function packed(call: GraphCall) {
  const [head] = call.inputs;
  if (!head) return undefined;
  const shape = [...head.shape];
  shape.splice(axisOf(numberOf(call, 'axis') ?? 0, shape.length + 1), 0, call.inputs.length);
  const values = call.inputs.map((each) => each.values);
  const known = head.shape.length === 0 && values.every((each) => each !== undefined);
  return shaped(shape, known ? values.flat() : undefined);
}

function unpacked(call: GraphCall) {
  const [x] = call.inputs;
  if (!x) return undefined;
  const axis = axisOf(numberOf(call, 'axis') ?? 0, x.shape.length);
  const shape = x.shape.filter((_, i) => i !== axis);
  const values = shape.length === 0 ? x.values : undefined;
  return {
    outputs: Array.from({ length: x.shape[axis] ?? 0 }, (_, i) => ({
      shape,
      values: values?.slice(i, i + 1),
    })),
  };
}

function padded({ inputs: [x, pads] }: GraphCall) {
  const by = pads?.values;
  return x && by && shaped(x.shape.map((size, axis) => size + (by[2 * axis] ?? 0) + (by[2 * axis + 1] ?? 0)));
}

function sliced({ inputs: [x, begin, size] }: GraphCall) {
  const [from, sizes] = [begin?.values, size?.values];
  if (!x || !from || !sizes) return undefined;
  const shape = sizes.map((each, axis) => (each === -1 ? (x.shape[axis] ?? 0) - (from[axis] ?? 0) : each));
  const [start = 0] = from;
  return shaped(shape, x.shape.length === 1 ? x.values?.slice(start, start + (shape[0] ?? 0)) : undefined);
}

function split(x: GraphTensor | undefined, at: GraphTensor | undefined, parts: unknown) {
  const given = at?.values?.[0];
  if (!x || given === undefined) return undefined;
  const axis = axisOf(given, x.shape.length);
  const whole = x.shape[axis] ?? 0;
  const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => whole / parts) : parts;
  if (!Array.isArray(sizes)) return undefined;
  const known = (sizes as number[]).filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  return {
    outputs: (sizes as number[]).map((size) => ({ shape: x.shape.map((own, i) => (i === axis ? (size === -1 ? whole - known : size) : own)) })),
  }; // prettier-ignore
}

function filled(shape: GraphTensor | undefined, value: GraphTensor | undefined) {
  if (!shape?.values) return undefined;
  const size = sizeOf(shape.values);
  const [each] = value?.values ?? [];
  return shaped(
    shape.values,
    each !== undefined && size <= 64 ? Array.from({ length: size }, () => each) : undefined,
  );
}

function ranged({ inputs: [start, limit, step] }: GraphCall) {
  const [[from], [to], [by]] = [start?.values ?? [], limit?.values ?? [], step?.values ?? []];
  if (from === undefined || to === undefined || by === undefined || by === 0) return undefined;
  const length = Math.max(0, Math.ceil((to - from) / by));
  return shaped([length], length <= 64 ? Array.from({ length }, (_, i) => from + i * by) : undefined);
}

function gathered(call: GraphCall) {
  const [x, indices, at] = call.inputs;
  const axis = axisOf(at?.values?.[0] ?? 0, x?.shape.length ?? 0);
  if (!x || !indices || (at && !at.values) || (numberOf(call, 'batchDims') ?? 0) !== 0) return undefined;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const of = x.values;
  return shaped(
    shape,
    of && x.shape.length === 1 ? indices.values?.map((i) => of[axisOf(i, of.length)] ?? NaN) : undefined,
  );
}

function resized(operations: number): GraphOperation {
  return ({ inputs: [x, size] }) => {
    const [height, width] = size?.values ?? [];
    const [batch, , , channels] = x?.shape ?? [];
    if (height === undefined || width === undefined || batch === undefined || channels === undefined)
      return undefined;
    const shape = [batch, height, width, channels];
    return { outputs: [{ shape }], work: { activationOperations: operations * sizeOf(shape) } };
  };
}

/** Blocks of a map as images of a batch, for dilated convolutions, and back. */
function spaceToBatch(
  x: GraphTensor | undefined,
  block: readonly number[] | undefined,
  margins: readonly number[] | undefined,
  apart: boolean,
) {
  if (!x || !block || !margins) return undefined;
  const [batch = 1, ...sizes] = x.shape;
  const shape = sizes.map((size, i) => {
    const by = block[i] ?? 1;
    const margin = i < block.length ? (margins[2 * i] ?? 0) + (margins[2 * i + 1] ?? 0) : 0;
    return apart ? (size + margin) / by : size * by - margin;
  });
  return shaped([apart ? batch * sizeOf(block) : batch / sizeOf(block), ...shape]);
}

function depthToSpace(call: GraphCall) {
  const [x] = call.inputs;
  const by = numberOf(call, 'blockSize');
  if (
    x?.shape.length !== 4 ||
    by === undefined ||
    /^nc/i.test(String(call.node.attrParams['dataFormat']?.value))
  )
    return undefined;
  const [batch = 1, height = 0, width = 0, channels = 0] = x.shape;
  return shaped([batch, height * by, width * by, channels / (by * by)]);
}
