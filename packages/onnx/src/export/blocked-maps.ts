import { type FoldedUnit, resizedUnit } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { emitActivation, fusedActivation } from './emit-activation.js';
import { type MapEmitter, type Widening, floatMaps } from './map-emitter.js';
import { window } from './portable-maps.js';

/** Domain of the operators on blocked maps, with which ONNX Runtime's optimiser replaces ONNX's own. */
const DOMAIN = 'com.microsoft.nchwc';

/**
 * Emits maps in the blocked layout of ONNX Runtime's CPU engine, `[B, C / lanes, H, W, lanes]`, from the first
 * convolution to the last: maps are not rearranged when they enter or leave a branch, and sums fuse with convolutions.
 *
 * @param lanes - lanes of the processor: 8 with AVX or AVX2, 16 with AVX-512. With the wrong number, results are wrong.
 */
export function blockedMaps(lanes: 8 | 16): MapEmitter {
  const laidOut = (channels: number) => Math.ceil(channels / lanes) * lanes;
  const prepared = (unit: FoldedUnit) =>
    resizedUnit(
      unit,
      unit.inChannels < lanes && isImageReader(unit) ? unit.inChannels : laidOut(unit.inChannels),
      laidOut(unit.outChannels),
    );
  const constants = new Map<FoldedUnit, [weight: string, bias: string]>();
  const constantsOf = (graph: GraphBuilder, unit: FoldedUnit) => {
    const known = constants.get(unit);
    if (known) return known;
    const { path, kernelSize, groups, inChannels, outChannels } = unit;
    const shape = [outChannels, inChannels / groups, kernelSize, kernelSize];
    const names: [string, string] = [
      graph.shared(`${path}.weight`, shape, blockedFilter(unit, lanes)),
      graph.shared(`${path}.bias`, [outChannels], unit.bias),
    ];
    constants.set(unit, names);
    return names;
  };
  const wholeBiases = new Map<FoldedUnit, string>();
  /** A unit's bias and its block's, in one. */
  const wholeBias = (graph: GraphBuilder, unit: FoldedUnit, block: FoldedUnit) => {
    const known = wholeBiases.get(unit);
    if (known !== undefined) return known;
    const sum = unit.bias.map((value, c) => value + (block.bias[c] as number));
    const name = graph.shared(`${unit.path}.biases`, [unit.outChannels], sum);
    wholeBiases.set(unit, name);
    return name;
  };
  const maps: MapEmitter = {
    ...floatMaps,
    merging: { lanes, dense: true },
    sharesWeights: true, // the weights are in their final layout, so the engine does not have to repack them
    joinsBiases: true,
    laidOut,
    image: (graph, image, channels) => {
      if (channels < lanes) return image; // the only map that a convolution reads as it is
      const pads = [0, 0, 0, 0, 0, laidOut(channels) - channels, 0, 0];
      const counts = graph.initialiser('image.pads', [pads.length], BigInt64Array.from(pads, BigInt));
      const padded = graph.node('Pad', 'image.padded', [image, counts]);
      return graph.node('ReorderInput', 'image.blocked', [padded], {}, DOMAIN);
    },
    prepared,
    unit: (graph, x, unit, { sum, bias, activation = unit.activation } = {}) => {
      const [weight, own] = constantsOf(graph, unit);
      const whole = bias ? wholeBias(graph, unit, bias) : own;
      const inputs = [x, weight, whole, ...(sum === undefined ? [] : [sum])];
      const fused = fusedActivation(activation);
      const attributes = { ...window(unit, unit.path), group: { int: unit.groups }, ...fused };
      const y = graph.node('Conv', unit.path, inputs, attributes, DOMAIN);
      return fused ? y : emitActivation(graph, y, activation, unit.path);
    },
    maxPool: (graph, x, pool, path) => graph.node('MaxPool', path, [x], window(pool, path), DOMAIN),
    // both layouts of a 1 × 1 map are identical
    pooled: (graph, x, path) => graph.node('GlobalAveragePool', `${path}.pooled`, [x], {}, DOMAIN),
    summand: (_graph, x) => x,
    widened: (graph, x, widening) => maps.unit(graph, x, prepared(wideningUnit(widening))),
  };
  return maps;
}

/** Whether a unit reads the image: the only input with fewer channels than lanes. */
function isImageReader({ path }: FoldedUnit): boolean {
  return path === 'stem.unit0';
}

/**
 * From `[out, in, k, k]` to `[out / lanes, in / lanes, k, k, lanes of in, lanes of out]`; inputs are not blocked if
 * there are fewer than lanes.
 */
function blockedFilter(unit: FoldedUnit, lanes: number): Float32Array {
  const { weight, outChannels, kernelSize } = unit;
  const inner = unit.inChannels / unit.groups;
  const step = inner < lanes ? 1 : lanes;
  const area = kernelSize * kernelSize;
  const blocked = new Float32Array(weight.length);
  let at = 0;
  for (let out = 0; out < outChannels; out += lanes) {
    for (let into = 0; into < inner; into += step) {
      for (let tap = 0; tap < area; tap++) {
        for (let i = into; i < into + step; i++) {
          let from = (out * inner + i) * area + tap;
          for (let o = 0; o < lanes; o++, from += inner * area) blocked[at++] = weight[from] as number;
        }
      }
    }
  }
  return blocked;
}

/** A convolution of zeros and ones, because the channels move by less than a block. */
function wideningUnit({ path, stride, inChannels, outChannels }: Widening): FoldedUnit {
  const before = Math.floor((outChannels - inChannels) / 2);
  const weight = new Float32Array(outChannels * inChannels);
  for (let c = 0; c < inChannels; c++) weight[(before + c) * inChannels + c] = 1;
  const bias = new Float32Array(outChannels);
  const common = { path, kernelSize: 1, padding: 0, groups: 1, activation: 'none' } as const;
  return { ...common, stride, inChannels, outChannels, weight, bias };
}
