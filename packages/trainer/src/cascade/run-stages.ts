import { type CascadeSettings, logitsOfRows } from '@dmnn/confidence';
import { type Dataset, subset } from '@dmnn/data';
import type { GatePolicy } from '@dmnn/gating';
import type { LeavePolicy, Network } from '@dmnn/network';
import type { EngineNetwork } from '../evaluate/engine-network.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import { cascadeStages } from '@dmnn/runs';
import { CascadeWalk, type WalkedImage } from './cascade-walk.js';
import { stageOutputs } from './stage-outputs.js';

/** A network of a cascade, and the images as it takes them. Each of its exits is a stage, and so is its head. */
export interface CascadePart {
  readonly network: Network | EngineNetwork;
  /** In this network's own size and normalisation; the same images for every network. */
  readonly dataset: Dataset;
  /** For a network of TensorFlow.js. @defaultValue `likeliest` */
  readonly policy?: GatePolicy | undefined;
}

/** How a cascade is executed: every stage on every image, or later stages only on the images that go on. */
export type CascadeExecution = 'masked' | 'leaving';

/** What {@link runStages} takes. */
export interface RunStagesOptions {
  readonly parts: readonly CascadePart[];
  /** Of all stages of all parts, as `chooseSettings` of `@dmnn/confidence` finds them. */
  readonly settings: CascadeSettings;
  /** @defaultValue 'leaving' */
  readonly execution?: CascadeExecution | undefined;
  /** @defaultValue 200, in an engine 32 */
  readonly batchSize?: number | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Called after each batch with the network's index and the number of its images that are done. */
  readonly onProgress?: ((part: number, images: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a cascade answered, in the order of the images; damaged ones are left out. */
export interface StagesOutcome {
  /** `[row]`: index in the data set. */
  readonly indices: Int32Array;
  readonly labels: Int32Array;
  /** `[row]`: the stage that answered, from 0. */
  readonly stage: Uint8Array;
  readonly predicted: Int32Array;
  readonly confidence: Float64Array;
  /** `[row]`: multiply–accumulates of all stages that the image went through. */
  readonly macs: Float64Array;
  /** Wall-clock time of all forward passes, for an image, in milliseconds. */
  readonly msPerImage: number;
}

/**
 * Runs a cascade on a data set, one network after the other, each in full batches: with `leaving` later networks see only the
 * images that go on, from whatever batch they came, and what follows an exit those that do not leave there; with `masked`
 * everything runs on every image, and each is answered for where it would have stopped. Both give the same answers, up to rounding in batches of other sizes.
 *
 * @throws RangeError if settings do not fit the stages of the networks, or a data set does not fit its network
 * @throws DmnnError `DMNN_NAN` if logits are not finite numbers; what an engine throws
 * @throws DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { createNetwork } from '@dmnn/network';
 * import { runStages } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const dataset = builtInDataset({ split: 'test', size: 4 });
 * const parts = ['cifar-resnet8-0.25', 'cifar-resnet14-0.25'].map((name) => ({
 *   network: createNetwork(createArchitecture(name), { seed: 1 }),
 *   dataset,
 * }));
 * const settings = { by: 'probability', combine: 'mean', temperatures: [1, 1], thresholds: [0] } as const;
 * const { stage } = await runStages({ parts, settings });
 * console.log([...stage]); // => [ 0, 0, 0, 0 ]
 * for (const { network } of parts) network.dispose();
 * ```
 */
export async function runStages(options: RunStagesOptions): Promise<StagesOutcome> {
  const { parts, settings, execution = 'leaving', batchSize, onSkipped, signal } = options;
  assertFits(parts, settings);
  const walk = new CascadeWalk(settings);
  const stages = cascadeStages(parts.map(({ network }) => network));
  const size = parts[0]?.dataset.size ?? 0;
  /** What is run through the next network. */
  let run = Array.from({ length: size }, (_, index) => index);
  const labels = new Map<number, number>();
  const macs = new Map<number, number>();
  let milliseconds = 0;
  for (const [part, { network, dataset, policy }] of parts.entries()) {
    if (run.length === 0) break;
    const going = new Set(run.filter((index) => !walk.hasStopped(index))); // others only go along, masked
    const stageOf = (exit?: number): number =>
      stages.findIndex((stage) => stage.part === part && stage.exit === exit);
    const { exits = [] } = network.architecture;
    const leave: LeavePolicy = (values, { exitIndex, classes, sampleKeys }) =>
      walk.answer(stageOf(exitIndex), ofRows(run, sampleKeys), { values, classes });
    const outputs = await stageOutputs({
      ...{ network, policy, batchSize, onSkipped, signal },
      dataset: run.length === size ? dataset : subset(dataset, run),
      execution: execution === 'masked' ? 'masked' : 'skipping',
      leave: exits.length > 0 ? leave : undefined,
      onProgress: (images) => options.onProgress?.(part, images),
    });
    const { evaluation, leftAt } = outputs;
    milliseconds += evaluation.timing.msPerImage * evaluation.images;
    const indices = ofRows(run, outputs.indices);
    const intact = new Set(indices);
    for (const index of run) if (!intact.has(index)) walk.leaveOut(index);
    for (const [row, index] of indices.entries()) {
      labels.set(index, outputs.labels[row] as number);
      const own = evaluation.cost.perImageMacs[row] as number;
      if (going.has(index)) macs.set(index, (macs.get(index) ?? 0) + own);
    }
    const atHead = Array.from(indices.keys()).filter((row) => leftAt[row] === exits.length);
    walk.answer(stageOf(), ofRows(indices, atHead), logitsOfRows(outputs.logits, atHead));
    run = execution === 'masked' ? [...walk.images.keys()] : run.filter((index) => !walk.hasStopped(index));
  }
  const indices = Int32Array.from(walk.images.keys()).sort();
  const images = Array.from(indices, (index) => walk.images.get(index) as WalkedImage);
  return {
    indices,
    labels: indices.map((index) => labels.get(index) as number),
    stage: Uint8Array.from(images, ({ stage }) => stage),
    predicted: Int32Array.from(images, ({ predicted }) => predicted),
    confidence: Float64Array.from(images, ({ confidence }) => confidence),
    macs: Float64Array.from(indices, (index) => macs.get(index) as number),
    msPerImage: milliseconds / images.length,
  };
}

/** The items at some places, in their order. */
function ofRows<T>(items: readonly T[], rows: ArrayLike<number>): T[] {
  return Array.from(rows, (row) => items[row] as T);
}

function assertFits(parts: readonly CascadePart[], { temperatures, thresholds }: CascadeSettings): void {
  if (parts.length === 0) throw new RangeError('parts: expected at least one network, got none');
  const stages = cascadeStages(parts.map(({ network }) => network)).length;
  if (temperatures.length !== stages || thresholds.length !== stages - 1) {
    throw new RangeError(
      `settings: expected ${stages} temperatures and ${stages - 1} thresholds for ${stages} stages, got ${temperatures.length} and ${thresholds.length}`,
    );
  }
  const [first, ...others] = parts.map(({ dataset }) => dataset);
  const different = others.find(({ size, name }) => size !== first?.size || name !== first.name);
  if (!different) return;
  throw new RangeError(
    `parts: expected the same images for every network, got ${first?.size ?? 0} of ${first?.name ?? ''} and ${different.size} of ${different.name}`,
  );
}
