import { type Batch, type Dataset, type SkippedImage, stepsPerEpoch } from '@dmnn/data';
import * as tf from '@tensorflow/tfjs-core';
import type { BegunRun } from '../begin/begin-run.js';
import { type Evaluation, evaluate } from '../evaluate/evaluate.js';
import type { WidthEvaluation } from '../evaluate/width-evaluation.js';
import { evaluationPolicy } from '../evaluate/evaluation-policy.js';
import {
  type BadImages,
  type EpochTotals,
  type EventFile,
  type MetricsLog,
  type RunFolder,
  type RunState,
  listBadImages,
  noTotals,
  orRunFolderError,
} from '@dmnn/runs/internal';
import type { GateAlarm } from '../guards/gate-alarms.js';
import { GateWatch } from '../guards/gate-watch.js';
import type { LearningRate } from '../optimiser/learning-rate.js';
import type { Sgd } from '../optimiser/sgd.js';
import type { BestSoFar, MetricsRecord, Recipe } from '@dmnn/runs';
import { checkpointFiles, networkFiles } from './checkpoint-files.js';
import type { EpochBatches } from './epoch-batches.js';
import { gatingOptimum } from './gating-optimum.js';
import { gatingAt } from './gating-schedule.js';
import type { Learner } from './learner.js';
import { learningRateOf } from './learning-rate-of.js';
import { withLossTarget } from './loss-target.js';
import { openingOf } from './opening.js';
import { PaceMeter } from './pace-meter.js';
import { WaitMeter } from './wait-meter.js';
import { type StepValues, lossTerms, meanExecutionRate } from './step-values.js';
import type { TrainEvent } from './train-events.js';
import { computeStep } from './training-step.js';

/** How a run ended. */
export interface TrainResult {
  readonly status: 'finished' | 'interrupted';
  readonly folder: string;
  /** Optimiser steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The last evaluation of this call; absent if there was none. */
  readonly evaluation?: Evaluation;
  /** Of the narrow widths of a slimmable network, widest first, beside {@link TrainResult.evaluation}. */
  readonly widths?: readonly WidthEvaluation[];
  /** The lowest error of the run so far; null before its first evaluation. */
  readonly best: BestSoFar | null;
}

/** The model whose weights a run begins with, and what became of them. */
interface BegunFrom extends Pick<BegunRun, 'lostShares' | 'pruned'> {
  readonly model: string;
}

/** What a {@link TrainingRun} works with; it owns none of it. */
export interface TrainingRunParts {
  readonly recipe: Recipe;
  readonly data: { readonly train: Dataset; readonly test: Dataset };
  /** Of the training data. */
  readonly batches: EpochBatches;
  readonly folder: RunFolder;
  readonly log: MetricsLog;
  /** What stands in the log already. */
  readonly records: readonly MetricsRecord[];
  /** The same for TensorBoard. */
  readonly events: EventFile;
  readonly badImages: BadImages;
  readonly learner: Learner;
  readonly optimiser: Sgd;
  /** Where it starts. */
  readonly state: RunState;
  readonly resumedFrom: string | undefined;
  /** Whose weights the run begins with, and what became of them; undefined if it begins with random ones. */
  readonly begunFrom: BegunFrom | undefined;
  readonly onProgress: (event: TrainEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** While gates are held open, an evaluation finds them open too: their weights are small, and learn nothing yet. */
const HELD_OPEN = 0.999;

/** The training loop: epochs of steps, each epoch with an evaluation and a checkpoint at its end. */
export class TrainingRun {
  readonly #parts: TrainingRunParts;
  /** The recipe as its losses take it. */
  readonly #lossRecipe: Recipe;
  /** Absent without gates. */
  readonly #gates: GateWatch | undefined;
  readonly #stepsPerEpoch: number;
  readonly #steps: number;
  readonly #learningRate: LearningRate;
  readonly #pace = new PaceMeter();
  #dataWait = new WaitMeter();
  #state: RunState;
  #evaluation: Evaluation | undefined;
  #widths: readonly WidthEvaluation[] = [];

  constructor(parts: TrainingRunParts) {
    const { recipe, data, learner, records } = parts;
    const { architecture } = learner.network;
    this.#parts = parts;
    this.#lossRecipe = withLossTarget(recipe, learner.table);
    this.#state = parts.state;
    this.#stepsPerEpoch = stepsPerEpoch(data.train.size, recipe);
    this.#steps = this.#stepsPerEpoch * recipe.epochs;
    this.#gates = recipe.gating
      ? new GateWatch({ architecture, gating: recipe.gating }, records, this.#steps)
      : undefined;
    this.#learningRate = learningRateOf(recipe.learningRate, {
      epochs: recipe.epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
    });
  }

  /** Trains until the recipe's end or the signal. */
  async run(): Promise<TrainResult> {
    const { recipe, learner, resumedFrom, onProgress } = this.#parts;
    onProgress({
      kind: 'start',
      step: this.#state.step,
      steps: this.#steps,
      epochs: recipe.epochs,
      ...(recipe.gating && { optimum: gatingOptimum(learner.network.architecture, recipe.gating) }),
      ...(resumedFrom !== undefined && { resumedFrom }),
    });
    await this.#repairBest();
    if (this.#state.step === 0 && this.#holdsGates(0)) learner.network.setOpeningRate(HELD_OPEN);
    if (resumedFrom === undefined) await this.#evaluateStart();
    while (this.#state.epoch < recipe.epochs) {
      const finished = (await this.#trainEpoch()) && (await this.#endEpoch());
      if (!finished) {
        await this.#saveCheckpoint();
        return this.#result('interrupted');
      }
    }
    return this.#result('finished');
  }

  #result(status: TrainResult['status']): TrainResult {
    const { step, best } = this.#state;
    return {
      status,
      folder: this.#parts.folder.path,
      step,
      steps: this.#steps,
      best,
      ...(this.#evaluation && { evaluation: this.#evaluation }),
      ...(this.#widths.length > 0 && { widths: this.#widths }),
    };
  }

  /** What the weights of another run are worth before the first step. */
  async #evaluateStart(): Promise<void> {
    const { begunFrom, onProgress } = this.#parts;
    if (!begunFrom) return;
    const { model, lostShares, pruned } = begunFrom;
    const evaluation = await this.#evaluate();
    if (evaluation)
      await this.#append({
        kind: 'start',
        from: model,
        ...(pruned && { pruned }),
        ...evaluationRecord(evaluation),
        clock: { time: new Date().toISOString(), msPerImage: evaluation.msPerImage },
      });
    onProgress({
      kind: 'begun',
      from: model,
      ...(lostShares && { lostShares }),
      ...(pruned && { pruned }),
      ...(evaluation && { evaluation }),
    });
  }

  /** The steps of an epoch that are left. @returns false if the signal came */
  async #trainEpoch(): Promise<boolean> {
    const { recipe, batches, signal } = this.#parts;
    this.#dataWait = new WaitMeter();
    for await (const batch of batches.from(this.#state)) {
      this.#dataWait.waited();
      if (signal?.aborted) return false;
      await this.#skipped('train', batch.skipped ?? []);
      await this.#step(batch);
      const { step, stepInEpoch } = this.#state;
      const { everySteps } = recipe.checkpoints;
      // the end of an epoch has a checkpoint of its own, after the evaluation
      if (everySteps > 0 && step % everySteps === 0 && stepInEpoch < this.#stepsPerEpoch)
        await this.#saveCheckpoint();
      await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
      this.#dataWait.worked();
    }
    return !signal?.aborted;
  }

  async #step(batch: Batch): Promise<void> {
    const start = performance.now();
    const { recipe, learner, optimiser, onProgress } = this.#parts;
    const { step, epoch } = this.#state;
    const progress = step / this.#steps;
    if (step > 0 && this.#holdsGates(step - 1) && !this.#holdsGates(step)) this.#letGatesDecide();
    const learningRate = this.#learningRate(step);
    const { values, gradients } = await computeStep(learner, batch, this.#lossRecipe, {
      step,
      epoch,
      progress,
    });
    optimiser.step(gradients, learningRate);
    tf.dispose([...gradients.values()]);
    const totals = addTotals(this.#state.totals, values);
    this.#state = { ...this.#state, step: step + 1, stepInEpoch: this.#state.stepInEpoch + 1, totals };
    this.#pace.step((performance.now() - start) / 1000);

    const pace = this.#pace.pace(recipe.batchSize, {
      steps: this.#steps - this.#state.step,
      evaluations: recipe.epochs - epoch,
    });
    const { gating } = this.#lossRecipe;
    const targetRate = gating ? gatingAt(gating, progress).targetRate : null;
    const reported = {
      step: step + 1,
      epoch,
      learningRate,
      loss: values.loss,
      executionRate: meanExecutionRate(values.executionRates),
      targetRate,
      macsRatio: values.flopsRate * learner.fullMacsRatio,
    };
    if (step % recipe.log.everySteps === 0) {
      await this.#append({
        kind: 'step',
        ...reported,
        topOneErrorPercent: errorPercent(values),
        executionRates: values.executionRates,
        flopsRate: values.flopsRate,
        gradientNorm: values.gradientNorm,
        clock: {
          time: new Date().toISOString(),
          imagesPerSecond: pace.imagesPerSecond,
          dataWaitShare: this.#dataWait.share,
        },
      });
    }
    onProgress({
      kind: 'step',
      ...reported,
      steps: this.#steps,
      epochs: recipe.epochs,
      topOneErrorPercent: errorPercent(totals),
      pace,
    });
  }

  /** Whether all gates are open at a step, whatever their logits are. */
  #holdsGates(step: number): boolean {
    const { gating } = this.#parts.recipe;
    return gating !== null && gatingAt(gating, step / this.#steps).gates === 'open';
  }

  /** Gates that were held open begin as those of other recipes do at the first step. */
  #letGatesDecide(): void {
    const { recipe, learner } = this.#parts;
    const { openingRate } = openingOf(learner.network.architecture, recipe.gating);
    if (openingRate !== undefined) learner.network.setOpeningRate(openingRate);
  }

  /** Evaluates if it is time, and saves. @returns false if the signal came */
  async #endEpoch(): Promise<boolean> {
    const { recipe, onProgress } = this.#parts;
    const { epoch, step, totals } = this.#state;
    const { share: dataWaitShare } = this.#dataWait;
    const due = (epoch + 1) % recipe.evaluation.everyEpochs === 0 || epoch + 1 === recipe.epochs;
    const start = performance.now();
    const evaluation = due ? await this.#evaluate() : undefined;
    if (due && !evaluation) return false;
    if (evaluation) this.#pace.evaluation((performance.now() - start) / 1000);

    const lowest = this.#state.best?.topOneErrorPercent ?? Infinity;
    const isBest = evaluation !== undefined && evaluation.topOneErrorPercent < lowest;
    const best: BestSoFar | null = isBest
      ? { step, epoch: epoch + 1, topOneErrorPercent: evaluation.topOneErrorPercent }
      : this.#state.best;
    const widths = evaluation ? await this.#evaluateCompanions() : [];
    if (!widths) return false;
    const record = epochRecord({ epoch, step, totals, isBest, dataWaitShare }, evaluation, widths);
    const alarms = this.#gates?.after(record) ?? [];
    await this.#append(record);
    for (const alarm of alarms) await this.#append(alarmRecord(alarm, step));
    this.#state = { ...this.#state, epoch: epoch + 1, stepInEpoch: 0, totals: noTotals, best };
    await this.#saveCheckpoint();
    await this.#repairBest();
    onProgress({
      kind: 'epoch',
      epoch,
      epochs: recipe.epochs,
      step,
      ...(evaluation && { evaluation }),
      ...(widths.length > 0 && { widths }),
      best: isBest,
    });
    for (const { message } of alarms) onProgress({ kind: 'warning', message });
    return true;
  }

  async #evaluate(): Promise<Evaluation | undefined> {
    const { recipe, data, learner, signal, onProgress } = this.#parts;
    const { epoch } = this.#state;
    try {
      this.#evaluation = await evaluate({
        network: learner.network,
        dataset: data.test,
        execution: recipe.evaluation.execution,
        batchSize: recipe.evaluation.batchSize,
        policy: evaluationPolicy(recipe),
        onSkipped: (skipped) => this.#skipped('test', skipped),
        onProgress: (images) => {
          onProgress({ kind: 'evaluating', epoch, images, of: data.test.size });
        },
        ...(signal && { signal }),
      });
      return this.#evaluation;
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  }

  /** The networks trained along. @returns undefined if the signal came */
  async #evaluateCompanions(): Promise<readonly WidthEvaluation[] | undefined> {
    const { recipe, data, learner, signal } = this.#parts;
    try {
      const { batchSize } = recipe.evaluation;
      this.#widths =
        (await learner.companions?.extraEvaluations({
          dataset: data.test,
          batchSize,
          onSkipped: () => undefined, // listed by the evaluation of the run's own network
          ...(signal && { signal }),
        })) ?? [];
      return this.#widths;
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  }

  /** Puts damaged images on the run's list. */
  async #skipped(split: 'train' | 'test', skipped: readonly SkippedImage[]): Promise<void> {
    if (skipped.length === 0) return;
    const { folder, badImages, onProgress } = this.#parts;
    await orRunFolderError(folder.path, () =>
      listBadImages(badImages, split, skipped, (message) => {
        onProgress({ kind: 'warning', message });
      }),
    );
  }

  async #append(record: MetricsRecord): Promise<void> {
    const { folder, log, events } = this.#parts;
    await orRunFolderError(folder.path, async () => {
      await log.append(record);
      await events.append(record);
    });
  }

  async #saveCheckpoint(): Promise<void> {
    const { folder, log, learner, optimiser, recipe, onProgress } = this.#parts;
    const { step } = this.#state;
    const path = await orRunFolderError(folder.path, async () => {
      await log.sync();
      this.#state = { ...this.#state, logBytes: log.bytes };
      const files = await checkpointFiles(learner, optimiser, this.#state);
      return folder.checkpoints.save(step, files, recipe.checkpoints.keep);
    });
    onProgress({ kind: 'checkpoint', path, step });
  }

  /** Copies the network to `best` if it is the best and not there: also after a kill between checkpoint and copy. */
  async #repairBest(): Promise<void> {
    const { folder, learner } = this.#parts;
    const { best, step, stepInEpoch } = this.#state;
    if (best?.step !== step || stepInEpoch > 0) return;
    await orRunFolderError(folder.path, async () => {
      if ((await folder.best.steps()).includes(step)) return;
      await folder.best.save(step, await networkFiles(learner, this.#state), 1);
    });
  }
}

function addTotals(totals: EpochTotals, values: StepValues): EpochTotals {
  const rate = meanExecutionRate(values.executionRates);
  const terms: [string, number][] = [
    ...lossTerms.map((term): [string, number] => [term, values.loss[term]]),
    ...(rate === null ? [] : [['rate', rate] satisfies [string, number]]),
  ];
  return {
    steps: totals.steps + 1,
    images: totals.images + values.images,
    correct: totals.correct + values.correct,
    sums: Object.fromEntries(terms.map(([term, value]) => [term, (totals.sums[term] ?? 0) + value])),
  };
}

function errorPercent({ images, correct }: { images: number; correct: number }): number {
  return (100 * (images - correct)) / images;
}

function alarmRecord({ kind: alarm, epoch, blocks, message }: GateAlarm, step: number): MetricsRecord {
  return { kind: 'alarm', alarm, epoch, step, blocks, message };
}

function epochRecord(
  {
    epoch,
    step,
    totals,
    isBest,
    dataWaitShare,
  }: { epoch: number; step: number; totals: EpochTotals; isBest: boolean; dataWaitShare: number },
  evaluation: Evaluation | undefined,
  widths: readonly WidthEvaluation[],
): MetricsRecord {
  const mean = (term: string): number => (totals.sums[term] ?? 0) / totals.steps;
  return {
    kind: 'epoch',
    epoch,
    step,
    training: {
      topOneErrorPercent: errorPercent(totals),
      loss: Object.fromEntries(lossTerms.map((term) => [term, mean(term)])),
      executionRate: 'rate' in totals.sums ? mean('rate') : null,
    },
    ...(evaluation && evaluationRecord(evaluation)),
    ...(widths.length > 0 && { widths }),
    best: isBest,
    clock: {
      time: new Date().toISOString(),
      dataWaitShare,
      ...(evaluation && { msPerImage: evaluation.msPerImage }),
    },
  };
}

function evaluationRecord(evaluation: Evaluation): {
  readonly evaluation: Readonly<Record<string, unknown>>;
} {
  return {
    evaluation: {
      images: evaluation.images,
      topOneErrorPercent: evaluation.topOneErrorPercent,
      classificationLoss: evaluation.classificationLoss,
      meanMacs: evaluation.meanMacs,
      macsRatio: evaluation.macsRatio,
      executionRate: evaluation.executionRate,
      executionRates: evaluation.executionRates,
    },
  };
}
