import { closeAfter } from '@dmnn/foundation';
import {
  type Architecture,
  type Head,
  gatedBlocks,
  headLayers,
  inferShapes,
  placedBlocks,
} from '@dmnn/architecture';
import { type GatePolicy, likeliest } from '@dmnn/gating';
import * as tf from '@tensorflow/tfjs-core';
import { type BlockInput, type Demand, disposeInput, fork } from './executions/block-input.js';
import { type BlockLayer, blockLayer } from './layers/block-layer.js';
import {
  assertTensorLibrary,
  assertGates,
  assertImageShape,
  assertMayLeave,
  assertMeasurable,
  assertSampleKeys,
  assertSkippable,
  assertWords,
} from './forward-checks.js';
import { type ConvLayer, convLayers, runInTurn } from './layers/conv-layer.js';
import { type Execution, runners } from './executions/execution.js';
import { ImagesInside } from './executions/images-inside.js';
import { type LeavePolicy, decisionsOf } from './executions/leave-policy.js';
import { explainFailure } from './checks/explain-failure.js';
import { FoldedUnits, type NamedVariables } from './layers/layer-variables.js';
import { InputStatistics } from './layers/input-statistics.js';
import { activate } from './kernels/activate.js';
import { spatialMean } from './kernels/spatial-mean.js';
import { maxPool } from './layers/sliding-windows.js';
import { Pass } from './layers/pass.js';
import type { Float32Tensor, PerSubBlock, VariableRole, Weights } from '@dmnn/weights';
import { ofEachSubBlock, openingBiases } from '@dmnn/weights/internal';
import { runMasked, runMeasured } from './executions/masked.js';
import type { Statistics } from './layers/statistics.js';

/** Settings of {@link Network.forward}. */
export interface ForwardOptions {
  /**
   * Turns gate logits into gates. Not called by a network without controllers.
   *
   * @defaultValue `likeliest`
   */
  readonly policy?: GatePolicy | undefined;
  /** Which mean and variance batch norm uses. `batch` also updates the moving averages. */
  readonly statistics: Statistics;
  /**
   * Which mean and variance the batch norms of exits use, if not those of the rest: `batch` trains exits on a network that
   * stays as it is.
   *
   * @defaultValue `statistics`
   */
  readonly exitStatistics?: Statistics | undefined;
  /** How gated blocks run. `skipping` needs `statistics: 'moving'`. */
  readonly execution: Execution;
  /**
   * Identifies each image, e.g. by its index in the data set; the policy's noise depends on it.
   *
   * @defaultValue 0 … B − 1, for policies that ignore it. With `sampled`, these give every batch the same noise.
   */
  readonly sampleKeys?: readonly number[] | undefined;
  /**
   * Lets images leave at exits. With `skipping` they leave for real, and later blocks run for the others; with `masked`
   * all blocks run for all images, and the results are the same. Needs `statistics: 'moving'`; logits of exits are read
   * back to the host.
   *
   * @defaultValue no image leaves
   */
  readonly leave?: LeavePolicy | undefined;
  /**
   * Also measures what each sub-block of a gated block gives: {@link ForwardPass.norms}. With `masked` only, and without `leave`.
   *
   * @defaultValue false
   */
  readonly norms?: boolean | undefined;
}

/** The results of a forward pass. The caller disposes all tensors: `tf.dispose(pass)`. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- tf.dispose takes no interface
export type ForwardPass = {
  /** `[B, classes]`, unnormalised: those of the head, or of the exit at which an image left. */
  readonly logits: tf.Tensor2D;
  /** `[e]`: `[B, classes]`, the logits of each exit; zeros for images that had left before. */
  readonly exitLogits: tf.Tensor2D[];
  /** `[b]`: the exit at which image b left; the number of exits if it went to the end. */
  readonly leftAt: number[];
  /** `[l]`: `[B, N]` of {0, 1}, for each gated block. Zeros, as in the two below, for images that had left. */
  readonly gates: tf.Tensor2D[];
  /** `[l]`: `[B, N, 2]`, (off, on), for each gated block. */
  readonly gateLogits: tf.Tensor3D[];
  /** `[B, D]`, h_l, for each gated block with a `state` controller, in order. */
  readonly states: tf.Tensor2D[];
  /**
   * `[l]`: `[B, N]`, the Euclidean norm of what each sub-block gives for an image, before its gate; of all sub-blocks, open or not.
   * Empty unless {@link ForwardOptions.norms} asks for it.
   */
  readonly norms: tf.Tensor2D[];
};

/** The head, or an exit: units, the mean over height and width, a linear layer. */
interface Classifier {
  /** `head` or `exit0`: the prefix of its variables' names. */
  readonly path: string;
  readonly head: Head;
  readonly units: readonly ConvLayer[];
}

/**
 * An architecture with its variables. {@link createNetwork} creates one; its caller disposes it.
 *
 * The keys of `variables` are this package's names; a variable's own `name` is given by tfjs, unique in the process, and
 * the key under which `tf.variableGrads` reports its gradient.
 */
export class Network {
  /** The architecture that it was created from. */
  readonly architecture: Architecture;
  readonly #variables: NamedVariables;
  readonly #folded = new FoldedUnits();
  readonly #stem: readonly ConvLayer[];
  readonly #blocks: readonly BlockLayer[];
  /** `[i]`: the exit after block i, if there is one. */
  readonly #exits: readonly (Classifier | undefined)[];
  readonly #head: Classifier;
  readonly #sizesPx = new Set<number>();

  /** @internal */
  constructor(architecture: Architecture, variables: NamedVariables) {
    this.architecture = architecture;
    this.#variables = variables;
    const parameters = { variables, folded: this.#folded };
    this.#stem = convLayers('stem', architecture.stem.units, parameters);
    this.#blocks = placedBlocks(architecture).map((placed) => blockLayer(placed, parameters));
    const { exits = [], head } = architecture;
    this.#exits = this.#blocks.map((_, i) => {
      const e = exits.findIndex(({ afterBlock }) => afterBlock === i);
      const exit = exits[e];
      const path = `exit${e}`;
      return exit && { path, head: exit.head, units: convLayers(path, exit.head.units, parameters) };
    });
    this.#head = { path: 'head', head, units: convLayers('head', head.units, parameters) };
  }

  /** All variables by name, moving statistics included, in the order of `variableSpecs` of `@dmnn/weights`. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#variables.all;
  }

  /** Names of the variables that an optimiser changes: all but moving statistics. */
  get trainableNames(): readonly string[] {
    return this.#variables.trainableNames;
  }

  /** D, the length of each controller's state, in order; without controllers that have none. */
  get stateUnits(): readonly number[] {
    return gatedBlocks(this.architecture).flatMap(({ controller }) =>
      controller.kind === 'state' ? [controller.hiddenUnits] : [],
    );
  }

  /**
   * What a variable is for.
   *
   * @throws RangeError if no variable has that name
   */
  role(name: string): VariableRole {
    return this.#variables.role(name);
  }

  /**
   * Runs a batch of images: stem, blocks, head, one after the other.
   *
   * Frees intermediate tensors, except those that a gradient will need while a tape is on. NaN propagates, or is thrown
   * where the host decides by it; it is never hidden.
   *
   * @param images - `[B, H, W, 3]`, normalised; the caller keeps it
   * @throws DmnnError `DMNN_SHAPE` if images are not of that shape, if there is not one sample key for each, or if the policy's gates
   *   are not `[B, N]`
   * @throws ArchitectureError if the images are so small that a map would vanish
   * @throws RangeError if `statistics` or `execution` is not one of its allowed values
   * @throws DmnnError `DMNN_EXECUTION` if `skipping` is combined with statistics of the batch, or meets a gate that is not 0 or 1
   * @throws DmnnError `DMNN_BATCH_NORM` if batch norm would take statistics of a single value
   * @throws DmnnError `DMNN_TENSOR_LIBRARY` if a tape is on and no gradients are registered
   * @throws DmnnError `DMNN_OUT_OF_MEMORY` if the backend has no room for the batch
   * @throws DmnnError `DMNN_MISSING_KERNEL` if the backend lacks a kernel
   * @see DMNN §3.2
   */
  forward(images: tf.Tensor4D, options: ForwardOptions): ForwardPass {
    return this.#run(images, options);
  }

  /** @param inputs - records the inputs of batch norms */
  #run(images: tf.Tensor4D, options: ForwardOptions, inputs?: InputStatistics): ForwardPass {
    const { policy = likeliest, statistics, exitStatistics = statistics, execution, leave } = options;
    const { norms: measures = false } = options;
    assertTensorLibrary(images);
    this.#assertImages(images);
    const sampleKeys = options.sampleKeys ?? Array.from({ length: images.shape[0] }, (_, b) => b);
    assertSampleKeys(sampleKeys, images);
    assertWords(statistics, exitStatistics, execution);
    assertSkippable(execution, statistics);
    if (leave) assertMayLeave([statistics, exitStatistics], this.architecture);
    if (measures) assertMeasurable(execution, leave !== undefined);
    const runGated = runners[execution];
    const pass = new Pass(statistics, images, inputs);
    const exitPass = exitStatistics === statistics ? pass : new Pass(exitStatistics, images, inputs);

    const layers = (): ForwardPass => {
      const gates: tf.Tensor2D[] = [];
      const gateLogits: tf.Tensor3D[] = [];
      const states: tf.Tensor2D[] = [];
      const exitLogits: tf.Tensor2D[] = [];
      const norms: tf.Tensor2D[] = [];
      const exits = this.architecture.exits?.length ?? 0;
      const inside = leave && new ImagesInside(images.shape[0], exits, execution === 'skipping');
      // a row for each image of the batch, whoever is inside
      const placed = <T extends tf.Tensor>(tensor: T): T => inside?.placed(tensor) ?? tensor;
      let memory: tf.Tensor2D | undefined; // of the controllers so far
      let x = fork(this.#runStem(images, pass), this.#demandOf(0));
      for (const [i, block] of this.#blocks.entries()) {
        const input = x;
        const demand = this.#demandOf(i + 1);
        if (block.controller) {
          pass.enter(`${block.path}.controller`);
          const mean = input.mean ?? spatialMean(input.map);
          const decision = block.controller(mean, memory, pass);
          const { logits } = decision;
          const gate = policy(logits, {
            blockIndex: gates.length,
            sampleKeys: inside?.inTensors(sampleKeys) ?? sampleKeys,
          });
          assertGates(gate, logits);
          gates.push(placed(gate));
          gateLogits.push(placed(logits));
          memory = decision.memory ?? decision.state ?? memory;
          if (decision.state) states.push(placed(decision.state));
          if (measures) {
            const measured = runMeasured(block, input, gate, pass);
            norms.push(measured.norms);
            x = measured.output;
          } else x = runGated(block, input, gate, pass, demand);
        } else {
          x = runMasked(block, input, undefined, pass, demand);
        }
        if (input.map !== images) disposeInput(input);
        const exit = this.#exits[i];
        if (!exit) continue;
        pass.enter(exit.path);
        const own = this.#classify(exit, x, exitPass);
        exitLogits.push(placed(own));
        if (!leave || !inside) continue;
        const values = inside.own(own).dataSync<'float32'>();
        const at = {
          exitIndex: exitLogits.length - 1,
          classes: own.shape[1],
          sampleKeys: inside.of(sampleKeys),
        };
        const { kept } = inside.leave(decisionsOf(leave, values, at), at.exitIndex);
        if (inside.count === 0) break;
        const rest = inside.keptInput(x, kept);
        if (rest.map !== x.map) disposeInput(x);
        x = rest;
        memory = memory && inside.kept(memory, kept);
      }
      const results = { exitLogits, gates, gateLogits, states, norms };
      const head = (): tf.Tensor2D => {
        pass.enter('head');
        return placed(this.#classify(this.#head, x, pass));
      };
      if (!inside) return { logits: head(), leftAt: sampleKeys.map(() => exits), ...results };
      const logits = inside.chosen(inside.count > 0 ? [...exitLogits, head()] : exitLogits);
      if (inside.count === 0) this.#fillAbsent(results, images.shape[0]);
      return { logits, leftAt: inside.leftAt, ...results };
    };
    try {
      const run = () => pass.averages.moveAfter(() => tf.tidy(layers));
      return exitPass === pass ? run() : exitPass.averages.moveAfter(run);
    } catch (error) {
      throw explainFailure(error, {
        architecture: this.architecture,
        imagesShape: images.shape,
        operation: pass.place,
      });
    }
  }

  /**
   * Mean and unbiased variance of the input of each batch norm when a batch runs with moving statistics and all
   * sub-blocks: the moving statistics of a data set that is this batch. Changes no variable; unfolds.
   *
   * @param images - `[B, H, W, 3]`, normalised; the caller keeps it
   * @returns tensors under the names of the moving statistics, `stage0.block0.subblock0.unit0.movingMean` and so on
   * @throws the errors of {@link Network.forward}
   * @throws DmnnError `DMNN_BATCH_NORM` if batch norm would take statistics of a single value
   */
  async inputStatistics(
    images: tf.Tensor4D,
    options: Pick<ForwardOptions, 'policy' | 'sampleKeys'> = {},
  ): Promise<Weights<Float32Tensor>> {
    this.unfold(); // a folded unit has no batch norm
    const inputs = new InputStatistics();
    return closeAfter(
      async () => {
        tf.dispose(this.#run(images, { ...options, statistics: 'moving', execution: 'masked' }, inputs));
        return await inputs.weights();
      },
      () => {
        inputs.dispose();
      },
    );
  }

  /** A copy of all variables. */
  async weights(): Promise<Weights<Float32Tensor>> {
    return this.#variables.weights();
  }

  /**
   * Replaces the value of every variable.
   *
   * @param weights - one float32 tensor of the right shape for every variable, and no other
   * @throws WeightsError with every difference, in which case nothing was changed
   */
  load(weights: Weights): void {
    this.#variables.load(weights);
  }

  /**
   * Sets the last bias of every controller so that its gates open at this rate while the rest of their logits is near 0.
   * Changes nothing else.
   *
   * @param openingRate - in (0, 1), as {@link createNetwork} takes it
   * @throws RangeError if a rate is out of its range, or if there is not one for each sub-block or block; nothing is changed
   *   then
   * @example
   * ```ts
   * import '@tensorflow/tfjs';
   * import * as tf from '@tensorflow/tfjs-core';
   * import { createArchitecture } from '@dmnn/backbones';
   * import { createNetwork } from '@dmnn/network';
   *
   * await tf.setBackend('cpu');
   * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-n2'), { seed: 1 });
   * network.setOpeningRate([0.99, 0.5]);
   * const bias = network.variables.get('stage0.block0.controller.decide.bias')!;
   * console.log([...bias.dataSync()].map((each) => each.toFixed(2)).join()); // => -2.30,2.30,0.00,0.00
   * network.dispose();
   * ```
   */
  setOpeningRate(openingRate: PerSubBlock): void {
    const blocks = gatedBlocks(this.architecture);
    const subBlocks = blocks.map(({ block }) => block.subBlocks.length);
    const biases = ofEachSubBlock('openingRate', openingRate, subBlocks).map(openingBiases);
    for (const [i, { path }] of blocks.entries()) {
      const value = tf.tensor1d(biases[i] as number[]);
      this.#variables.get(`${path}.controller.decide.bias`).assign(value);
      value.dispose();
    }
  }

  /**
   * Folds batch norm into convolutions, for passes with moving statistics and no tape: each convolution with its batch
   * norm and activation becomes one operation. Takes the memory of a copy of all convolutions' weights.
   *
   * A unit whose variables change afterwards runs unfolded until the next call. A change is detected by the identity of a
   * variable's data, which every `assign` changes.
   */
  fold(): void {
    this.#folded.fold();
  }

  /** Frees the tensors of {@link Network.fold}. */
  unfold(): void {
    this.#folded.dispose();
  }

  /** Frees the variables. The network cannot be used afterwards. */
  dispose(): void {
    this.#folded.dispose();
    this.#variables.dispose();
  }

  #runStem(images: tf.Tensor4D, pass: Pass): tf.Tensor4D {
    const x = runInTurn(this.#stem, images, pass);
    const { pool } = this.architecture.stem;
    if (!pool) return x;
    const pooled = maxPool(x, pool);
    if (x !== images) x.dispose();
    return pooled;
  }

  /** How the i-th block, or the head after the last one, uses its input. */
  #demandOf(i: number): Demand {
    const block = this.#blocks[i];
    const exit = i > 0 ? this.#exits[i - 1] : undefined;
    const mean = block?.controller !== undefined || exit?.units.length === 0;
    if (block) return { views: block.shortcut ? 2 : 1, mean };
    return this.#head.units.length > 0 ? { views: 1, mean: false } : { views: 0, mean: true };
  }

  #classify({ path, head, units }: Classifier, { map, mean }: BlockInput, pass: Pass): tf.Tensor2D {
    return tf.tidy(() => {
      const known = units.length > 0 ? undefined : mean;
      const features = known ?? spatialMean(runInTurn(units, map, pass));
      return headLayers(head).reduce((x, { name, activation }) => {
        const weight = this.#variables.get<tf.Rank.R2>(`${path}.${name}.weight`);
        const y = tf.add<tf.Tensor2D>(tf.matMul(x, weight), this.#variables.get(`${path}.${name}.bias`));
        return activate(y, activation);
      }, features);
    });
  }

  /** Zeros for what was not computed because every image had left. */
  #fillAbsent(
    {
      exitLogits,
      gates,
      gateLogits,
      states,
    }: Pick<ForwardPass, 'exitLogits' | 'gates' | 'gateLogits' | 'states'>,
    images: number,
  ): void {
    const { exits = [], head } = this.architecture;
    while (exitLogits.length < exits.length) exitLogits.push(tf.zeros([images, head.classes]));
    for (const { block } of gatedBlocks(this.architecture).slice(gates.length)) {
      const subBlocks = block.subBlocks.length;
      gates.push(tf.zeros([images, subBlocks]));
      gateLogits.push(tf.zeros([images, subBlocks, 2]));
    }
    for (const units of this.stateUnits.slice(states.length)) states.push(tf.zeros([images, units]));
  }

  #assertImages(images: tf.Tensor4D): void {
    assertImageShape(images, this.architecture.inChannels);
    const [, height, width] = images.shape;
    const sizePx = Math.min(height, width);
    if (this.#sizesPx.has(sizePx)) return;
    inferShapes(this.architecture, { imageSizePx: sizePx });
    this.#sizesPx.add(sizePx);
  }
}
