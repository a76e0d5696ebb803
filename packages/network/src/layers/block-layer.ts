import type { Activation, PlacedBlock, Shortcut } from '@dmnn/architecture';
import { isSamePadding } from '@dmnn/architecture/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type ControllerLayer, controllerLayer } from './controller-layer.js';
import { addBias } from '../kernels/add-bias.js';
import { type ConvLayer, convLayers, type MapLayer, convLayer } from './conv-layer.js';
import type { LayerVariables } from './layer-variables.js';

/** A block with its variables; an execution decides how its parts run. */
export interface BlockLayer {
  readonly path: string;
  readonly shortcut: ShortcutLayer | undefined;
  /** `[n]`: the units of each sub-block. */
  readonly subBlocks: readonly (readonly ConvLayer[])[];
  /** Whether the first units of all sub-blocks can be one convolution, and are not also the last ones. */
  readonly mergeable: boolean;
  readonly activation: Activation;
  readonly controller: ControllerLayer | undefined;
}

/** Binds a block's variables. */
export function blockLayer({ block, path }: PlacedBlock, parameters: LayerVariables): BlockLayer {
  const subBlocks = block.subBlocks.map(({ units }, n) =>
    convLayers(`${path}.subblock${n}`, units, parameters),
  );
  const biasOf = () =>
    block.bias === true ? parameters.variables.get<tf.Rank.R1>(`${path}.bias`) : undefined;
  return {
    path,
    shortcut: biasedShortcut(shortcutLayer(`${path}.shortcut`, block.shortcut, parameters), biasOf(), path),
    subBlocks,
    mergeable:
      subBlocks.every((units) => units.length > 1) &&
      areMergeable(subBlocks.flatMap(([first]) => (first ? [first] : []))),
    activation: block.activation,
    controller:
      block.controller && controllerLayer({ path, block, controller: block.controller }, parameters),
  };
}

/** A shortcut with the block's bias, which is added to it once, whatever runs next to it. */
function biasedShortcut(
  shortcut: ShortcutLayer | undefined,
  bias: tf.Variable<tf.Rank.R1> | undefined,
  path: string,
): ShortcutLayer | undefined {
  if (!shortcut || !bias) return shortcut;
  return {
    run: (x, pass) =>
      tf.tidy(() => {
        const y = shortcut.run(x, pass);
        pass.enter(`${path}.bias`);
        return addBias(y, bias);
      }),
  };
}

/** The shortcut of a gated block. Without one nothing would be left when all gates are off; validation excludes such architectures. */
export function shortcutOf(block: BlockLayer): ShortcutLayer {
  if (!block.shortcut)
    throw new RangeError(`${block.path}: expected a shortcut around gated sub-blocks, got none`);
  return block.shortcut;
}

/** A block's shortcut with its variables. */
interface ShortcutLayer {
  readonly run: MapLayer;
  /** Its convolution, if it is a projection and nothing else. */
  readonly projection?: ConvLayer;
}

/**
 * A block's shortcut. The identity returns `x` itself, not a copy.
 *
 * @returns undefined if the block has none
 */
function shortcutLayer(
  path: string,
  shortcut: Shortcut,
  parameters: LayerVariables,
): ShortcutLayer | undefined {
  switch (shortcut.kind) {
    case 'identity':
      return { run: (x) => x };
    case 'projection':
      return projectionLayer(convLayer(path, shortcut.unit, parameters));
    case 'pad':
      return { run: (x) => padded(x, shortcut.stride, shortcut.outChannels) };
    case 'none':
      return undefined;
    default:
      return shortcut satisfies never;
  }
}

function projectionLayer(projection: ConvLayer): ShortcutLayer {
  return { run: projection.run, projection };
}

/** Every `stride`-th pixel, and zeros for the new channels: half on each side, the odd one after. He et al. 2016, option A. */
function padded(x: tf.Tensor4D, stride: number, outChannels: number): tf.Tensor4D {
  const channels = x.shape[3];
  const before = Math.floor((outChannels - channels) / 2);
  return tf.tidy(() => tf.pad(thinned(x, stride), [...whole(3), [before, outChannels - channels - before]]));
}

/** Every `stride`-th pixel from 0, by operations that all have gradients: strided slices have none. */
function thinned(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [images, height, width, channels] = x.shape;
  const rows = Math.ceil(height / stride);
  const columns = Math.ceil(width / stride);
  const even = tf.pad(x, [
    ...whole(1),
    [0, rows * stride - height],
    [0, columns * stride - width],
    ...whole(1),
  ]);
  const grouped = tf.reshape(even, [images * rows, stride, columns, stride * channels]);
  const first = tf.slice(grouped, [0, 0, 0, 0], [images * rows, 1, columns, channels]);
  return tf.reshape(first, [images, rows, columns, channels]);
}

/** No padding, for this number of axes. */
function whole(axes: number): [number, number][] {
  return Array.from({ length: axes }, () => [0, 0]);
}

/**
 * Whether units with the same input can run as one convolution of all their filters: the first units of a block's
 * sub-blocks share the block's input.
 */
export function areMergeable(layers: readonly ConvLayer[]): boolean {
  const [first] = layers;
  if (!first || layers.length < 2) return false;
  return layers.every(
    ({ unit, norm }) =>
      norm !== undefined &&
      norm.epsilon === first.norm?.epsilon &&
      unit.groups === 1 &&
      (['kernelSize', 'stride', 'activation'] as const).every((key) => unit[key] === first.unit[key]) &&
      isSamePadding(unit, first.unit),
  );
}
