import { type Architecture, type ConvUnit, validateArchitecture } from '@dmnn/architecture';
import {
  type Float32Tensor,
  type NetworkData,
  type Weights,
  assertWeights,
  variableSpecs,
} from '@dmnn/weights';
import { type ChannelGroup, channelGroups } from './channel-groups.js';

/** Channels to remove, by the path of the convolution that makes them; places count from 0. */
export type RemovedChannels = ReadonlyMap<string, readonly number[]>;

/**
 * Removes channels for good: the network that is left is an ordinary one, with narrower convolutions, and its weights are
 * those that were there. Removing channels that are always zero changes no output.
 *
 * @param network - stays as it is
 * @param removed - of {@link channelGroups}; each group keeps at least one
 * @param name - of the network that is left
 * @throws RangeError if a path is no group's, a place is none of its channels, or a group would lose all
 * @throws WeightsError if the weights are not the architecture's
 */
export function removeChannels(network: NetworkData, removed: RemovedChannels, name: string): NetworkData {
  const { architecture, weights } = network;
  assertWeights(network);
  const groups = channelGroups(architecture);
  const kept = keptChannels(groups, removed);
  const narrow = narrowed(architecture, groups, kept, name);
  return { architecture: narrow, weights: keptWeights(weights, narrow, groups, kept) };
}

/** `[channel]` of each group that loses some, in order, by its path. */
function keptChannels(groups: readonly ChannelGroup[], removed: RemovedChannels): Map<string, number[]> {
  const kept = new Map<string, number[]>();
  for (const [path, places] of removed) {
    const group = groups.find((one) => one.path === path);
    if (!group) throw new RangeError(`removed: expected paths of channel groups, got ${path}.`);
    const wrong = places.find(
      (place) => !Number.isSafeInteger(place) || place < 0 || place >= group.channels,
    );
    if (wrong !== undefined) {
      throw new RangeError(
        `removed: expected channels from 0 to ${group.channels - 1} of ${path}, got ${wrong}.`,
      );
    }
    const left = Array.from({ length: group.channels }, (_, channel) => channel).filter(
      (one) => !places.includes(one),
    );
    if (left.length === 0)
      throw new RangeError(`removed: expected to leave a channel of ${path}, got all of them.`);
    kept.set(path, left);
  }
  return kept;
}

function narrowed(
  architecture: Architecture,
  groups: readonly ChannelGroup[],
  kept: ReadonlyMap<string, readonly number[]>,
  name: string,
): Architecture {
  const made = new Map<string, number>();
  const taken = new Map<string, number>();
  for (const { path, depthwise, consumer } of groups) {
    const count = kept.get(path)?.length;
    if (count === undefined) continue;
    for (const maker of [path, ...depthwise]) made.set(maker, count);
    for (const taker of [...depthwise, consumer]) taken.set(taker, count);
  }
  const narrowUnit = (unit: ConvUnit, path: string): ConvUnit => {
    const inChannels = taken.get(path) ?? unit.inChannels;
    const outChannels = made.get(path) ?? unit.outChannels;
    // only a depth-wise convolution has groups and loses channels
    return { ...unit, inChannels, outChannels, groups: unit.groups === 1 ? 1 : inChannels };
  };
  const untouched = (path: string): boolean => !made.has(path) && !taken.has(path);
  const stages = architecture.stages.map(({ blocks }, stage) => ({
    blocks: blocks.map((block, index) => ({
      ...block,
      subBlocks: block.subBlocks.map(({ units }, n) => ({
        units: units.map((unit, k) => {
          const path = `stage${stage}.block${index}.subblock${n}.unit${k}`;
          return untouched(path) ? unit : narrowUnit(unit, path);
        }),
      })),
    })),
  }));
  return validateArchitecture({ ...architecture, name, stages });
}

function keptWeights(
  weights: Weights,
  narrow: Architecture,
  groups: readonly ChannelGroup[],
  kept: ReadonlyMap<string, readonly number[]>,
): Weights {
  const made = new Map<string, readonly number[]>();
  const taken = new Map<string, readonly number[]>();
  for (const { path, depthwise, consumer } of groups) {
    const channels = kept.get(path);
    if (!channels) continue;
    for (const maker of [path, ...depthwise]) made.set(maker, channels);
    taken.set(consumer, channels); // a depth-wise filter has one channel in
  }
  return new Map(
    variableSpecs(narrow).map(({ name }): [string, Float32Tensor] => {
      const unit = name.slice(0, name.lastIndexOf('.'));
      let tensor = weights.get(name) as Float32Tensor;
      const [outputs, inputs] = [made.get(unit), taken.get(unit)];
      if (outputs) tensor = keepAlong(tensor, tensor.shape.length - 1, outputs);
      if (inputs && tensor.shape.length === 4) tensor = keepAlong(tensor, 2, inputs);
      return [name, tensor];
    }),
  );
}

/** The given places along one axis of a row-major tensor. */
function keepAlong({ shape, data }: Float32Tensor, axis: number, places: readonly number[]): Float32Tensor {
  const size = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((product, one) => product * one, 1);
  const outer = shape.slice(0, axis).reduce((product, one) => product * one, 1);
  const result = new Float32Array(outer * places.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [to, from] of places.entries()) {
      const start = (o * size + from) * inner;
      result.set(data.subarray(start, start + inner), (o * places.length + to) * inner);
    }
  }
  return { dtype: 'F32', shape: shape.map((one, i) => (i === axis ? places.length : one)), data: result };
}
