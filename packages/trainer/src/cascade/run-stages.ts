import { type CascadeSettings, type StageAnswer, confident, nextAnswer } from '@dmnn/confidence';
import { type Dataset, subset } from '@dmnn/data';
import type { GatePolicy } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import type { EngineNetwork } from '../evaluate/engine-network.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import { stageOutputs } from './stage-outputs.js';

/** A network of a cascade, and the images as it takes them. */
export interface RunStage {
  readonly network: Network | EngineNetwork;
  /** In this network's own size and normalisation; the same images for every stage. */
  readonly dataset: Dataset;
  /** For a network of TensorFlow.js. @defaultValue `likeliest` */
  readonly policy?: GatePolicy | undefined;
}

/** How a cascade is executed: every stage on every image, or later stages only on the images that go on. */
export type CascadeExecution = 'masked' | 'leaving';

/** What {@link runStages} takes. */
export interface RunStagesOptions {
  readonly stages: readonly RunStage[];
  /** As `chooseSettings` of `@dmnn/confidence` finds them. */
  readonly settings: CascadeSettings;
  /** @defaultValue 'leaving' */
  readonly execution?: CascadeExecution | undefined;
  /** @defaultValue 200, in an engine 32 */
  readonly batchSize?: number | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Called after each batch with the stage's index and the number of its images that are done. */
  readonly onProgress?: ((stage: number, images: number) => void) | undefined;
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

/** What is known of an image so far. */
interface Answered {
  readonly label: number;
  stage: number;
  predicted: number;
  confidence: number;
  macs: number;
  /** Of all stages that it was run through. */
  probabilities: Float64Array;
}

/**
 * Runs a cascade on a data set, one stage after the other, each in full batches: with `leaving` later stages see only the
 * images that go on, from whatever batch they came; with `masked` every stage runs on every image, and each is answered for
 * where it would have stopped. Both give the same answers, up to rounding in batches of other sizes.
 *
 * @throws RangeError if settings do not fit the stages, or a data set does not fit its network
 * @throws DmnnError `DMNN_NAN` if logits are not finite numbers; what an engine throws
 * @throws DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts
 */
export async function runStages(options: RunStagesOptions): Promise<StagesOutcome> {
  const { stages, settings, execution = 'leaving', batchSize, onSkipped, signal } = options;
  assertFits(stages, settings);
  const { by, combine, temperatures, thresholds } = settings;
  const answered = new Map<number, Answered>();
  const size = stages[0]?.dataset.size ?? 0;
  let onTheWay = Array.from({ length: size }, (_, index) => index);
  let milliseconds = 0;
  for (const [at, { network, dataset, policy }] of stages.entries()) {
    const run = at === 0 || execution === 'leaving' ? onTheWay : [...answered.keys()];
    if (run.length === 0) break;
    const outputs = await stageOutputs({
      ...{ network, policy, batchSize, onSkipped, signal },
      dataset: run.length === size ? dataset : subset(dataset, run),
      execution: execution === 'masked' ? 'masked' : 'skipping',
      onProgress: (images) => options.onProgress?.(at, images),
    });
    const { evaluation, labels, logits } = outputs;
    milliseconds += evaluation.timing.msPerImage * evaluation.images;
    const indices = Array.from(outputs.indices, (row) => run[row] as number);
    leaveOutDamaged(answered, run, indices);
    const previous = at === 0 ? undefined : previousAnswer(indices, answered, at);
    const answer = nextAnswer(previous, logits, temperatures[at] as number, { by, combine });
    const threshold = thresholds[at];
    const policyHere = threshold === undefined ? undefined : confident({ threshold, by });
    const going = new Set(onTheWay);
    for (const [row, index] of indices.entries()) {
      const { classes } = logits;
      const probabilities = answer.probabilities.slice(row * classes, (row + 1) * classes);
      const before = answered.get(index);
      if (before && !going.has(index)) {
        before.probabilities = probabilities; // it has its answer, and only goes along
        continue;
      }
      const confidence = answer.confidence[row] as number;
      answered.set(index, {
        label: labels[row] as number,
        stage: at,
        predicted: answer.predicted[row] as number,
        confidence,
        macs: (before?.macs ?? 0) + (evaluation.cost.perImageMacs[row] as number),
        probabilities,
      });
      if (policyHere?.stops(confidence) === true) going.delete(index);
    }
    onTheWay = onTheWay.filter((index) => going.has(index) && answered.has(index));
  }
  return outcomeOf(answered, milliseconds);
}

/** Images that a later stage could not read have no answer. */
function leaveOutDamaged(
  answered: Map<number, Answered>,
  run: readonly number[],
  intact: readonly number[],
): void {
  if (intact.length === run.length) return;
  const kept = new Set(intact);
  for (const index of run) if (!kept.has(index)) answered.delete(index);
}

function previousAnswer(
  indices: readonly number[],
  answered: ReadonlyMap<number, Answered>,
  stages: number,
): StageAnswer {
  const rows = indices.map((index) => (answered.get(index) as Answered).probabilities);
  const classes = rows[0]?.length ?? 0;
  const probabilities = new Float64Array(rows.length * classes);
  for (const [row, own] of rows.entries()) probabilities.set(own, row * classes);
  const confidence = new Float64Array(rows.length);
  return { probabilities, stages, predicted: new Int32Array(rows.length), confidence };
}

function outcomeOf(answered: ReadonlyMap<number, Answered>, milliseconds: number): StagesOutcome {
  const indices = Int32Array.from(answered.keys()).sort();
  const images = Array.from(indices, (index) => answered.get(index) as Answered);
  return {
    indices,
    labels: Int32Array.from(images, ({ label }) => label),
    stage: Uint8Array.from(images, ({ stage }) => stage),
    predicted: Int32Array.from(images, ({ predicted }) => predicted),
    confidence: Float64Array.from(images, ({ confidence }) => confidence),
    macs: Float64Array.from(images, ({ macs }) => macs),
    msPerImage: milliseconds / images.length,
  };
}

function assertFits(stages: readonly RunStage[], { temperatures, thresholds }: CascadeSettings): void {
  if (stages.length === 0) throw new RangeError('stages: expected at least one, got none');
  if (temperatures.length !== stages.length || thresholds.length !== stages.length - 1) {
    throw new RangeError(
      `settings: expected ${stages.length} temperatures and ${stages.length - 1} thresholds for ${stages.length} stages, got ${temperatures.length} and ${thresholds.length}`,
    );
  }
  const [first, ...others] = stages.map(({ dataset }) => dataset);
  const different = others.find(({ size, name }) => size !== first?.size || name !== first.name);
  if (!different) return;
  throw new RangeError(
    `stages: expected the same images for every stage, got ${first?.size ?? 0} of ${first?.name ?? ''} and ${different.size} of ${different.name}`,
  );
}
