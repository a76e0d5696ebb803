import {
  type Architecture,
  type Block,
  type ConvUnit,
  type MaxPool,
  type Shortcut,
  validateArchitecture,
} from '@dmnn/architecture';
import {
  type CountedCall,
  type LayersModelLike,
  type TensorSource,
  countLayerCalls,
} from '@dmnn/flops/layers-model';
import { type Float32Tensor, type NetworkData, assertWeights } from '@dmnn/weights';
import { ownCounters } from '../costs/gated-blocks.js';
import { GatedSum } from '../gates/gated-sum.js';
import { GumbelGate } from '../gates/gumbel-gate.js';
import { layersError } from '../layers-error.js';
import { Graph, type ReadUnit, idle, readUnits, rectifierOf, sidesOf, valuesOf } from './read-units.js';

/** A model of TensorFlow.js as plain data. */
export interface ModelAsNetwork extends NetworkData {
  /** What the network does not do, one line each: `dense: softmax; the network returns logits`. */
  readonly passedOver: readonly string[];
}

/**
 * Reads a trained `tf.LayersModel` as a network of this project: plain data that computes only the sub-blocks whose
 * gates are open, in TensorFlow.js, as an ONNX file or in the compiled engine.
 *
 * The model is a ResNet in form: a stem, residual blocks joined by `tf.layers.add` or `gatedSum` (identity shortcuts, or a
 * 1×1 convolution), the mean over the map, one dense layer. Gates are those of `gumbelGate`, applied to the block's
 * input. Names do not matter. Values are exact but for rounding: the ε of a batch norm, and the bias of a convolution
 * before one, go into its moving statistics.
 *
 * @param model - a built model with one image as input and class scores as output
 * @param options - `name` of the architecture (the model's by default), and the side of images in pixels where the model
 *   leaves it open
 * @throws DmnnError `DMNN_LAYERS` naming the first layer that has no place in such a network, and why
 */
export function networkDataOf(
  model: LayersModelLike,
  options: { readonly name?: string; readonly imageSizePx?: number } = {},
): ModelAsNetwork {
  const [, height = null, width = null, inChannels = null] = model.inputs[0]?.shape ?? [];
  const imageSizePx = options.imageSizePx ?? height;
  if (
    model.inputs.length !== 1 ||
    imageSizePx === null ||
    inChannels === null ||
    (height !== width && !options.imageSizePx)
  ) {
    throw layersError(
      'model',
      'one square image [H, W, C] as input',
      `${model.inputs.length} inputs, the first [${String(height)}, ${String(width)}, ${String(inChannels)}]`,
      'Pass imageSizePx where the model leaves the size open.',
    );
  }
  const { calls, outputs } = countLayerCalls(model, {
    inputShapes: [[imageSizePx, imageSizePx, inChannels]],
    counters: ownCounters ?? {},
  });
  if (outputs.length !== 1) {
    throw layersError(
      'model',
      'one output, the class scores',
      `${outputs.length}`,
      'Make a model of that output.',
    );
  }
  return new Reader(calls).network(options.name ?? model.name, imageSizePx, inChannels);
}

interface Join {
  readonly at: number;
  readonly chains: readonly (readonly number[])[];
  readonly gate: number | undefined;
}

class Reader {
  readonly #calls: readonly CountedCall[];
  readonly #graph: Graph;
  readonly #weights = new Map<string, Float32Tensor>();
  readonly #passedOver: string[] = [];

  constructor(calls: readonly CountedCall[]) {
    this.#calls = calls;
    this.#graph = new Graph(calls);
  }

  network(name: string, imageSizePx: number, inChannels: number): ModelAsNetwork {
    const stages: { blocks: Block[] }[] = [];
    let at: TensorSource = { kind: 'input', index: 0 };
    const [stemCalls, afterStem] = this.#chain(at);
    const pool = stemCalls.findIndex(({ className }) => className === 'MaxPooling2D');
    const padded = stemCalls[pool - 1]?.className === 'ZeroPadding2D';
    const beforePool = pool < 0 ? stemCalls : stemCalls.slice(0, padded ? pool - 1 : pool);
    const stem = this.#units('stem', readUnits(beforePool));
    const stemPool =
      pool < 0 ? undefined : poolOf(stemCalls[pool] as CountedCall, padded ? stemCalls[pool - 1] : undefined);
    if (pool >= 0 && pool < stemCalls.length - 1) readUnits([stemCalls[pool + 1] as CountedCall]);
    at = afterStem;
    for (;;) {
      const join = this.#joinAfter(at);
      if (!join) break;
      const { next, block } = this.#block(join, stages);
      at = next;
      const last = stages.at(-1);
      if (last && !opensStage(block)) last.blocks.push(block);
      else stages.push({ blocks: [block] });
    }
    const [headCalls] = this.#chain(at);
    const mean = headCalls.findIndex(({ className }) => className === 'GlobalAveragePooling2D');
    const [linear, ...others] = headCalls.slice(mean + 1).filter(({ className }) => !idle.has(className));
    if (mean < 0 || linear?.className !== 'Dense') {
      throw layersError(
        `layer ${headCalls.at(-1)?.path ?? 'at the end'}`,
        'globalAveragePooling2d and one dense layer after the last block',
        headCalls.map(({ className }) => className).join(', '),
        'End the model so.',
      );
    }
    const units = this.#units('head', readUnits(headCalls.slice(0, mean)));
    const classes = linear.outShape[0] ?? 0;
    const [weight, bias] = valuesOf(linear.layer);
    this.#weights.set('head.linear.weight', weight as Float32Tensor);
    this.#weights.set(
      'head.linear.bias',
      bias ?? { dtype: 'F32', shape: [classes], data: new Float32Array(classes) },
    );
    const { activation = 'linear' } = linear.layer.getConfig() as { activation?: string };
    if (activation !== 'linear')
      this.#passedOver.push(`${linear.path}: ${activation}; the network returns logits`);
    for (const { path, className } of others)
      this.#passedOver.push(`${path}: ${className} after the dense layer`);
    const architecture: Architecture = validateArchitecture({
      name,
      imageSizePx,
      inChannels,
      stem: stemPool ? { units: stem, pool: stemPool } : { units: stem },
      stages,
      head: { units, inFeatures: weight?.shape[0] ?? 0, classes },
    });
    assertWeights({ architecture, weights: this.#weights });
    return { architecture, weights: this.#weights, passedOver: this.#passedOver };
  }

  /** The calls after a tensor, as long as one call reads it and has one input, and the tensor after them. */
  #chain(from: TensorSource): [CountedCall[], TensorSource] {
    const found: CountedCall[] = [];
    let at = from;
    for (;;) {
      const readers = this.#graph.readersOf(at);
      const [only] = readers;
      if (readers.length !== 1 || only === undefined) return [found, at];
      const call = this.#graph.call(only);
      if (call.sources.length !== 1) return [found, at];
      found.push(call);
      at = { kind: 'call', call: only, output: 0 };
    }
  }

  /** The first sum whose inputs all come from a tensor by chains of layers. */
  #joinAfter(from: TensorSource): Join | undefined {
    for (const [at, { layer, className, sources }] of this.#calls.entries()) {
      const gated = layer instanceof GatedSum;
      if (!gated && className !== 'Add') continue;
      const tensors = gated ? [sources[0], ...sources.slice(2)] : sources;
      const chains = tensors.map((source) => this.#graph.between(from, source as TensorSource));
      if (chains.some((chain) => chain === undefined)) continue;
      const gates = gated ? this.#graph.between(from, sources[1] as TensorSource) : undefined;
      if (gated && gates?.length !== 1) continue;
      return { at, chains: chains as number[][], gate: gates?.[0] };
    }
    return undefined;
  }

  #block(
    { at, chains, gate }: Join,
    stages: readonly { blocks: Block[] }[],
  ): { next: TensorSource; block: Block } {
    const isNew = (block: Pick<Block, 'shortcut' | 'subBlocks'>): boolean =>
      stages.length === 0 || opensStage(block);
    const callsOf = (chain: readonly number[]): CountedCall[] => chain.map((call) => this.#graph.call(call));
    // of a plain sum the shorter way is the shortcut
    const ordered = gate === undefined ? [...chains].sort((a, b) => a.length - b.length) : chains;
    const [first = [], ...paths] = ordered.map((chain) => readUnits(callsOf(chain)));
    const shortcut = shortcutOf(this.#graph.call(at), first);
    const subBlocks = paths.map((units) => ({ units: units.map(({ unit }) => unit) }));
    const stage = isNew({ shortcut, subBlocks }) ? stages.length : stages.length - 1;
    const index = isNew({ shortcut, subBlocks }) ? 0 : (stages.at(-1)?.blocks.length ?? 0);
    const path = `stage${stage}.block${index}`;
    if (shortcut.kind === 'projection') this.#keep(`${path}.shortcut`, first[0] as ReadUnit);
    paths.forEach((units, n) => this.#units(`${path}.subblock${n}`, units));
    let next: TensorSource = { kind: 'call', call: at, output: 0 };
    const [reader, ...more] = this.#graph.readersOf(next);
    const activation =
      reader !== undefined && more.length === 0 ? rectifierOf(this.#graph.call(reader)) : undefined;
    if (activation !== undefined && reader !== undefined) next = { kind: 'call', call: reader, output: 0 };
    const block: Block = {
      kind: kindOf(subBlocks[0]?.units ?? []),
      shortcut,
      subBlocks,
      activation: activation ?? 'none',
      ...(gate === undefined ? {} : { controller: this.#controller(path, gate) }),
    };
    return { next, block };
  }

  #controller(path: string, gate: number): NonNullable<Block['controller']> {
    const call = this.#graph.call(gate);
    if (!(call.layer instanceof GumbelGate)) {
      throw layersError(`layer ${call.path}`, 'a gumbelGate', call.className, 'Decide with gumbelGate().');
    }
    const [embed, decide, bias] = valuesOf(call.layer) as [Float32Tensor, Float32Tensor, Float32Tensor];
    this.#weights.set(`${path}.controller.embed.weight`, embed);
    this.#weights.set(`${path}.controller.decide.weight`, decide);
    this.#weights.set(`${path}.controller.decide.bias`, bias);
    return { kind: 'state', hiddenUnits: embed.shape[1] as number, previousState: 'none', hiddenBias: false };
  }

  #units(path: string, units: readonly ReadUnit[]): ConvUnit[] {
    return units.map((unit, k) => this.#keep(`${path}.unit${k}`, unit));
  }

  #keep(path: string, { unit, weights }: ReadUnit): ConvUnit {
    for (const [name, value] of weights) this.#weights.set(`${path}.${name}`, value);
    return unit;
  }
}

function opensStage({ shortcut, subBlocks }: Pick<Block, 'shortcut' | 'subBlocks'>): boolean {
  const units = subBlocks[0]?.units ?? [];
  return shortcut.kind !== 'identity' || units.some(({ stride }) => stride > 1);
}

function shortcutOf(sum: CountedCall, units: readonly ReadUnit[]): Shortcut {
  const [only] = units;
  if (!only) return { kind: 'identity' };
  if (units.length === 1 && only.unit.kernelSize === 1 && only.unit.activation === 'none') {
    return { kind: 'projection', unit: only.unit };
  }
  throw layersError(
    `shortcut of ${sum.path}`,
    "the block's input, or one 1×1 convolution without activation",
    `${units.length} convolutions`,
    'Of a plain sum, the way with fewer layers is taken as the shortcut.',
  );
}

function kindOf(units: readonly ConvUnit[]): Block['kind'] {
  if (units.some(({ groups, inChannels }) => groups > 1 && groups === inChannels)) return 'inverted-residual';
  return units.length === 3 ? 'bottleneck' : 'basic';
}

function poolOf(call: CountedCall, before: CountedCall | undefined): MaxPool {
  const config = call.layer.getConfig() as {
    poolSize: number | number[];
    strides: number | number[];
    padding: string;
  };
  const [kernelSize = 1] = [config.poolSize].flat();
  const [stride = 1] = [config.strides].flat();
  const sides = before ? sidesOf(before) : [0];
  if (config.padding !== 'valid' || new Set(sides).size > 1) {
    throw layersError(
      `padding of ${call.path}`,
      'the same on all sides',
      config.padding,
      "Use tf.layers.zeroPadding2d and padding: 'valid'.",
    );
  }
  return { kernelSize, stride, padding: sides[0] ?? 0 };
}
