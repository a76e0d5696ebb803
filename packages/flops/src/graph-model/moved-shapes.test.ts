import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { GraphCall, GraphTensor } from './graph-call.js';
import { movingOperations } from './moving-operations.js';
import { valueOperations } from './value-operations.js';

const operations = { ...movingOperations, ...valueOperations };
const list = (...values: number[]): GraphTensor => ({ shape: [values.length], values });
const scalar = (value: number): GraphTensor => ({ shape: [], values: [value] });
const map = (...shape: number[]): GraphTensor => ({ shape });

/** The outputs of an operation's rule. */
function outputsOf(op: string, inputs: GraphTensor[], attributes: Record<string, unknown> = {}) {
  const attrParams = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, { value }]));
  const call = { node: { name: 'n', op, inputNames: [], attrParams }, inputs } as unknown as GraphCall;
  return operations[op]?.(call)?.outputs;
}

/** What TensorFlow.js makes of tensors of the same shapes. */
function shapesOf(make: () => tf.Tensor | tf.Tensor[]): number[][] {
  const made = make();
  return (Array.isArray(made) ? made : [made]).map(({ shape }) => shape);
}

const x = () => tf.ones<tf.Rank.R4>([2, 4, 6, 8]);
const input = map(2, 4, 6, 8);

describe('operations that move values have the shapes of TensorFlow.js', () => {
  it.each<[string, GraphTensor[], Record<string, unknown>, () => tf.Tensor | tf.Tensor[]]>([
    ['Identity', [input], {}, x],
    ['ReverseV2', [input, list(1)], {}, () => tf.reverse(x(), 1)],
    ['ZerosLike', [input], {}, () => tf.zerosLike(x())],
    ['Reshape', [input, list(2, -1, 8)], {}, () => tf.reshape(x(), [2, -1, 8])],
    ['Squeeze', [map(1, 4, 1, 8)], {}, () => tf.squeeze(tf.ones([1, 4, 1, 8]))],
    ['Squeeze', [map(1, 4, 1, 8)], { axis: [2] }, () => tf.squeeze(tf.ones([1, 4, 1, 8]), [2])],
    ['ExpandDims', [input, scalar(-1)], {}, () => tf.expandDims(x(), -1)],
    ['ExpandDims', [input, scalar(1)], {}, () => tf.expandDims(x(), 1)],
    ['Transpose', [input, list(0, 3, 1, 2)], {}, () => tf.transpose(x(), [0, 3, 1, 2])],
    ['Concat', [scalar(3), input, map(2, 4, 6, 5)], {}, () => tf.concat([x(), tf.ones([2, 4, 6, 5])], 3)],
    ['ConcatV2', [input, input, scalar(-3)], {}, () => tf.concat([x(), x()], 1)],
    ['Pack', [input, input], { axis: 1 }, () => tf.stack([x(), x()], 1)],
    ['Unpack', [input], { axis: 1 }, () => tf.unstack(x(), 1)],
    ['PadV2', [input, list(0, 0, 1, 2, 3, 0, 0, 0), scalar(0)], {}, () => tf.pad(x(), [[0, 0], [1, 2], [3, 0], [0, 0]])],
    ['MirrorPad', [input, list(0, 0, 1, 1, 0, 0, 0, 0)], {}, () => tf.mirrorPad(x(), [[0, 0], [1, 1], [0, 0], [0, 0]], 'reflect')],
    ['Slice', [input, list(0, 1, 2, 0), list(2, 2, -1, 8)], {}, () => tf.slice(x(), [0, 1, 2, 0], [2, 2, -1, 8])],
    ['Split', [scalar(3), input], { numOrSizeSplits: 4 }, () => tf.split(x(), 4, 3)],
    ['SplitV', [input, list(1, -1), scalar(1)], {}, () => tf.split(x(), [1, 3], 1)],
    ['Tile', [input, list(1, 2, 1, 3)], {}, () => tf.tile(x(), [1, 2, 1, 3])],
    ['BroadcastTo', [map(1, 8), list(5, 8)], {}, () => tf.broadcastTo(tf.ones([1, 8]), [5, 8])],
    ['Fill', [list(3, 4), scalar(1)], {}, () => tf.fill([3, 4], 1)],
    ['Range', [scalar(1), scalar(8), scalar(2)], {}, () => tf.range(1, 8, 2)],
    ['GatherV2', [input, list(1, 0, 1), scalar(2)], {}, () => tf.gather(x(), [1, 0, 1], 2)],
    ['ResizeNearestNeighbor', [input, list(7, 9)], {}, () => tf.image.resizeNearestNeighbor(x(), [7, 9])],
    ['ResizeBilinear', [input, list(7, 9)], {}, () => tf.image.resizeBilinear(x(), [7, 9])],
    ['SpaceToBatchND', [input, list(2, 3), list(1, 1, 0, 0)], {}, () => tf.spaceToBatchND(x(), [2, 3], [[1, 1], [0, 0]])],
    ['BatchToSpaceND', [map(12, 2, 3, 8), list(2, 3), list(0, 1, 2, 0)], {}, () => tf.batchToSpaceND(tf.ones([12, 2, 3, 8]), [2, 3], [[0, 1], [2, 0]])],
    ['DepthToSpace', [input], { blockSize: 2 }, () => tf.depthToSpace(x(), 2)],
    ['SelectV2', [map(2, 1, 1, 1), input, map(1, 1, 1, 8)], {}, () => tf.where(tf.ones([2, 1, 1, 1], 'bool'), x(), tf.ones([1, 1, 1, 8]))],
    ['Mean', [input, list(1, -2)], { keepDims: true }, () => tf.mean(x(), [1, 2], true)],
    ['Max', [input, list(1, 2)], {}, () => tf.max(x(), [1, 2])],
    ['AddN', [input, input], {}, () => tf.addN([x(), x()])],
  ])('%s of %j, %j', (op, inputs, attributes, make) => {
    expect(outputsOf(op, inputs, attributes)?.map(({ shape }) => shape)).toEqual(shapesOf(make));
  }); // prettier-ignore
});

describe('shapes as values', () => {
  it.each<[string, GraphTensor[], Record<string, unknown>, number[]]>([
    ['Shape', [input], {}, [2, 4, 6, 8]],
    ['Size', [input], {}, [384]],
    ['Rank', [input], {}, [4]],
    ['ConcatV2', [list(1, 2), list(3), scalar(0)], {}, [1, 2, 3]],
    ['Pack', [scalar(2), scalar(5)], { axis: 0 }, [2, 5]],
    ['Slice', [list(5, 6, 7), list(1), list(-1)], {}, [6, 7]],
    ['Fill', [list(3), scalar(4)], {}, [4, 4, 4]],
    ['Range', [scalar(0), scalar(5), scalar(2)], {}, [0, 2, 4]],
    ['GatherV2', [list(5, 6, 7), list(2, 0), scalar(0)], {}, [7, 5]],
    ['Mul', [list(2, 3), scalar(4)], {}, [8, 12]],
    ['FloorDiv', [list(7, 9), list(2, 4)], {}, [3, 2]],
    ['Prod', [list(2, 3, 4), list(0)], {}, [24]],
  ])('%s of %j is known', (op, inputs, attributes, values) => {
    expect(outputsOf(op, inputs, attributes)?.[0]?.values).toEqual(values);
  });

  it.each<[string, GraphTensor[], Record<string, unknown>]>([
    ['Reshape', [input, list(5, 5)], {}],
    ['Reshape', [input, map(2)], {}],
    ['Split', [scalar(0), input], {}],
    ['Range', [scalar(0), scalar(5), scalar(0)], {}],
    ['GatherV2', [input, list(0), scalar(1)], { batchDims: 1 }],
    ['DepthToSpace', [input], { blockSize: 2, dataFormat: 'NCHW' }],
    ['Add', [map(2, 3), map(2, 4)], {}],
  ])('%s of %j, %j is unknown', (op, inputs, attributes) => {
    expect(outputsOf(op, inputs, attributes)).toBeUndefined();
  });
});
