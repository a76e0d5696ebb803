import { type Block, type MaxPool, type Shortcut, convUnit, validateArchitecture } from '@dmnn/architecture';
import {
  type CountedCall,
  type LayersModelLike,
  type TensorSource,
  countLayerCalls,
} from '@dmnn/flops/layers-model';
import { stagesOf } from '@dmnn/import/internal';
import { type Float32Tensor, type NetworkData, assertWeights } from '@dmnn/weights';
import { assertModel, assertOptions } from '../arguments.js';
import { ownCounters } from '../costs/gated-blocks.js';
import { GatedSum } from '../gates/gated-sum.js';
import { GumbelGate } from '../gates/gumbel-gate.js';
import { layersError } from '../layers-error.js';
import { type ReadClassifier, readClassifier } from './read-classifier.js';
import { Graph, type ReadUnit, paddingOf, readUnits, rectifierOf, valuesOf } from './read-units.js';

/** A model of TensorFlow.js as plain data. */
export interface ModelAsNetwork extends NetworkData {
  /** What the network does not do, one line each: `dense: softmax; the network returns logits`. */
  readonly passedOver: readonly string[];
}

/**
 * Reads a trained `tf.LayersModel` as a network of this project: plain data that computes only the sub-blocks whose
 * gates are open, in TensorFlow.js, as an ONNX file or in the compiled engine.
 *
 * The model is a ResNet or a MobileNetV2 in form: a stem, blocks joined by `tf.layers.add` or `gatedSum` (identity shortcuts,
 * or a 1×1 convolution) and inverted residuals without a shortcut, the mean over the map, dense layers. Gates are those of
 * `gumbelGate`, applied to the block's input. Names do not matter. Padding, ε and strides are those of the layers; the bias of
 * a convolution before a batch norm goes into its moving mean.
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
  assertModel(model);
  assertOptions(options, ['name', 'imageSizePx']);
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

/** A block with its units, whose place in the network is not yet known. */
interface ReadBlock {
  readonly block: Block;
  readonly shortcut: ReadUnit | undefined;
  /** `[n][k]`: unit k of sub-block n. */
  readonly paths: readonly (readonly ReadUnit[])[];
  /** Weights of its controller, by the last parts of their names. */
  readonly controller: ReadonlyMap<string, Float32Tensor>;
}

class Reader {
  readonly #calls: readonly CountedCall[];
  readonly #graph: Graph;

  constructor(calls: readonly CountedCall[]) {
    this.#calls = calls;
    this.#graph = new Graph(calls);
  }

  network(name: string, imageSizePx: number, inChannels: number): ModelAsNetwork {
    const [stemCalls, afterStem] = this.#chain({ kind: 'input', index: 0 });
    const { stem, pool, rest } = stemOf(stemCalls);
    const blocks: ReadBlock[] = [];
    // a chain that leads to a sum has the blocks before it; the last one, those before the mean
    let pending = rest;
    let at = afterStem;
    for (;;) {
      const join = this.#joinAfter(at);
      if (!join) break;
      const { blocks: before, units } = withoutShortcuts(readUnits(pending));
      blocks.push(...before);
      if (units.length > 0) {
        const expected = 'a block directly after the one before it';
        throw layersError(
          `layer ${pathOf(pending)}`,
          expected,
          'a convolution',
          'Join it with tf.layers.add().',
        );
      }
      const { next, block } = this.#block(join);
      blocks.push(block);
      [pending, at] = this.#chain(next);
    }
    const mean = pending.findIndex(({ className }) => className === 'GlobalAveragePooling2D');
    const classifier = mean < 0 ? undefined : readClassifier(pending.slice(mean + 1));
    if (!classifier) {
      const tail = pending.length > 0 ? pending : stemCalls; // without blocks, all was the stem
      throw layersError(
        `layer ${pathOf(tail.slice(-1))}`,
        'globalAveragePooling2d and a dense layer after the last block',
        tail.map(({ className }) => className).join(', ') || 'a sum',
        'End the model so.',
      );
    }
    const { blocks: last, units: head } = withoutShortcuts(readUnits(pending.slice(0, mean)));
    return assembled(
      { name, imageSizePx, inChannels },
      { stem, pool, blocks: [...blocks, ...last], head },
      classifier,
    );
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

  #block({ at, chains, gate }: Join): { next: TensorSource; block: ReadBlock } {
    const callsOf = (chain: readonly number[]): CountedCall[] => chain.map((call) => this.#graph.call(call));
    // of a plain sum the shorter way is the shortcut
    const ordered = gate === undefined ? [...chains].sort((a, b) => a.length - b.length) : chains;
    const [first = [], ...paths] = ordered.map((chain) => readUnits(callsOf(chain)));
    const shortcut = shortcutOf(this.#graph.call(at), first);
    const subBlocks = paths.map((units) => ({ units: units.map(({ unit }) => unit) }));
    let next: TensorSource = { kind: 'call', call: at, output: 0 };
    const [reader, ...more] = this.#graph.readersOf(next);
    const activation =
      reader !== undefined && more.length === 0 ? rectifierOf(this.#graph.call(reader)) : undefined;
    if (activation !== undefined && reader !== undefined) next = { kind: 'call', call: reader, output: 0 };
    const controller = gate === undefined ? undefined : this.#controller(gate);
    const block: Block = {
      kind: kindOf(paths[0] ?? []),
      shortcut,
      subBlocks,
      activation: activation ?? 'none',
      ...(controller ? { controller: controller.controller } : {}),
    };
    return {
      next,
      block: {
        block,
        shortcut: shortcut.kind === 'projection' ? first[0] : undefined,
        paths,
        controller: controller?.weights ?? new Map<string, Float32Tensor>(),
      },
    };
  }

  #controller(gate: number): {
    readonly controller: NonNullable<Block['controller']>;
    readonly weights: ReadonlyMap<string, Float32Tensor>;
  } {
    const call = this.#graph.call(gate);
    if (!(call.layer instanceof GumbelGate)) {
      throw layersError(`layer ${call.path}`, 'a gumbelGate', call.className, 'Decide with gumbelGate().');
    }
    const [embed, decide, bias] = valuesOf(call.layer) as [Float32Tensor, Float32Tensor, Float32Tensor];
    return {
      controller: {
        kind: 'state',
        hiddenUnits: embed.shape[1] as number,
        previousState: 'none',
        hiddenBias: false,
      },
      weights: new Map([
        ['embed.weight', embed],
        ['decide.weight', decide],
        ['decide.bias', bias],
      ]),
    };
  }
}

/** The parts of a network that was read. */
interface ReadParts {
  readonly stem: readonly ReadUnit[];
  readonly pool: MaxPool | undefined;
  readonly blocks: readonly ReadBlock[];
  /** Units after the last block. */
  readonly head: readonly ReadUnit[];
}

/** Puts blocks into stages, and gives weights the names of their places. */
function assembled(
  named: { readonly name: string; readonly imageSizePx: number; readonly inChannels: number },
  { stem, pool, blocks, head }: ReadParts,
  { hidden, classes, inFeatures, weights: linear, passedOver }: ReadClassifier,
): ModelAsNetwork {
  const weights = new Map<string, Float32Tensor>();
  const keep = (path: string, values: ReadonlyMap<string, Float32Tensor>): void => {
    for (const [name, value] of values) weights.set(`${path}.${name}`, value);
  };
  const keepUnits = (path: string, units: readonly ReadUnit[]): void => {
    units.forEach((unit, k) => {
      keep(`${path}.unit${k}`, unit.weights);
    });
  };
  keepUnits('stem', stem);
  const stages = stagesOf(blocks);
  let next = 0;
  stages.forEach((stage, s) => {
    stage.blocks.forEach((_, b) => {
      const { shortcut, paths, controller } = blocks[next++] as ReadBlock;
      const path = `stage${s}.block${b}`;
      if (shortcut) keep(`${path}.shortcut`, shortcut.weights);
      paths.forEach((units, n) => {
        keepUnits(`${path}.subblock${n}`, units);
      });
      keep(`${path}.controller`, controller);
    });
  });
  keepUnits('head', head);
  keep('head', linear);
  const unitsOf = (units: readonly ReadUnit[]) => units.map(({ unit }) => unit);
  const architecture = validateArchitecture({
    ...named,
    stem: { units: unitsOf(stem), ...(pool ? { pool } : {}) },
    stages,
    head: { units: unitsOf(head), inFeatures, ...(hidden.length > 0 ? { hidden } : {}), classes },
  });
  assertWeights({ architecture, weights });
  return { architecture, weights, passedOver };
}

/**
 * The stem among the calls before the first fork: up to a max pool, or one unit, or all if they have no block without a
 * shortcut.
 */
function stemOf(calls: readonly CountedCall[]): {
  readonly stem: readonly ReadUnit[];
  readonly pool: MaxPool | undefined;
  readonly rest: readonly CountedCall[];
} {
  const at = calls.findIndex(({ className }) => className === 'MaxPooling2D');
  if (at >= 0) {
    const zeros = calls[at - 1]?.className === 'ZeroPadding2D' ? calls[at - 1] : undefined;
    const stem = readUnits(calls.slice(0, zeros ? at - 1 : at));
    return { stem, pool: poolOf(calls[at] as CountedCall, zeros, stem.at(-1)), rest: calls.slice(at + 1) };
  }
  const mean = calls.findIndex(({ className }) => className === 'GlobalAveragePooling2D');
  const convolutions = mean < 0 ? calls : calls.slice(0, mean);
  const { blocks } = withoutShortcuts(readUnits(convolutions).slice(1));
  if (blocks.length === 0)
    return { stem: readUnits(convolutions), pool: undefined, rest: calls.slice(convolutions.length) };
  const second = convolutions.findIndex(
    ({ className }, i) => className.endsWith('Conv2D') && i > firstConvolution(calls),
  );
  const start = calls[second - 1]?.className === 'ZeroPadding2D' ? second - 1 : second;
  return { stem: readUnits(calls.slice(0, start)), pool: undefined, rest: calls.slice(start) };
}

function firstConvolution(calls: readonly CountedCall[]): number {
  return calls.findIndex(({ className }) => className.endsWith('Conv2D'));
}

/** Takes the blocks without a shortcut out of a sequence: inverted residuals, which end without an activation. */
function withoutShortcuts(units: readonly ReadUnit[]): {
  readonly blocks: readonly ReadBlock[];
  /** After the last of them. */
  readonly units: readonly ReadUnit[];
} {
  const blocks: ReadBlock[] = [];
  let pending: ReadUnit[] = [];
  for (const each of units) {
    pending.push(each);
    const { activation, kernelSize } = each.unit;
    if (
      activation !== 'none' ||
      kernelSize !== 1 ||
      pending.length < 2 ||
      kindOf(pending) !== 'inverted-residual'
    )
      continue;
    const subBlocks = [{ units: pending.map(({ unit }) => unit) }];
    blocks.push({
      block: { kind: 'inverted-residual', shortcut: { kind: 'none' }, subBlocks, activation: 'none' },
      shortcut: undefined,
      paths: [pending],
      controller: new Map(),
    });
    pending = [];
  }
  return { blocks, units: pending };
}

function pathOf([call]: readonly CountedCall[]): string {
  return call?.path ?? 'at the end';
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

function kindOf(units: readonly ReadUnit[]): Block['kind'] {
  if (units.some(({ unit: { groups, inChannels } }) => groups > 1 && groups === inChannels))
    return 'inverted-residual';
  return units.length === 3 ? 'bottleneck' : 'basic';
}

function poolOf(call: CountedCall, zeros: CountedCall | undefined, before: ReadUnit | undefined): MaxPool {
  const config = call.layer.getConfig() as {
    poolSize: number | number[];
    strides: number | number[];
    padding: string;
  };
  const [kernelSize = 1] = [config.poolSize].flat();
  const [stride = 1] = [config.strides].flat();
  if (zeros && before?.unit.activation === 'none') {
    throw layersError(
      `layer ${zeros.path}`,
      'a ReLU before zeros around a map for a maximum',
      'a convolution without one',
      "Use padding: 'same' of the pool.",
    );
  }
  const { padding } = convUnit(kernelSize, 1, 1, {
    stride,
    padding: paddingOf(call.path, config.padding, kernelSize, zeros),
  });
  return { kernelSize, stride, padding };
}
