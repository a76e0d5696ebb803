import { type Batch, type Dataset, type SkippedImage, stepsPerEpoch } from '@dmnn/data';
import type { BestSoFar, MetricsRecord, Recipe } from '@dmnn/runs';
import { type RunState, noTotals } from '@dmnn/runs/internal';
import { isDmnnError } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import type { BegunRun } from '../begin/begin-run.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { Evaluation } from '../evaluate/evaluation.js';
import { evaluationPolicy } from '../evaluate/evaluation-policy.js';
import type { WidthEvaluation } from '../evaluate/width-evaluation.js';
import { alarmRecord } from '../guards/alarm-record.js';
import { GateWatch } from '../guards/gate-watch.js';
import type { LearningRate } from '../optimiser/learning-rate.js';
import type { Sgd } from '../optimiser/sgd.js';
import { CheckpointKeeper, betterOf } from './checkpoint-keeper.js';
import type { EpochBatches } from './epoch-batches.js';
import { epochRecord } from './epoch-record.js';
import { addTotals, errorPercent } from './epoch-totals.js';
import { asksForRates, gatingOptimum } from '../gates/gating-optimum.js';
import type { Learner } from './learner.js';
import { learningRateOf } from './learning-rate-of.js';
import { nonFiniteName } from '../finite-weights.js';
import { nanRemedy } from './nan-remedy.js';
import { openingOf } from '../gates/opening.js';
import { PaceMeter } from './pace-meter.js';
import { placeOf } from '../place-of.js';
import { type RunIo, appendRecord, recordSkipped } from './run-io.js';
import { startRecord } from './start-record.js';
import { stepFigures, stepRecord } from './step-record.js';
import type { TrainEvent } from './train-events.js';
import { computeStep } from './training-step.js';
import { type TrainingErrorDetails, trainingError } from '../training-error.js';
import { WaitMeter } from './wait-meter.js';

/** How a run ended. */
export interface TrainResult {
  readonly status: 'finished' | 'interrupted';
  readonly folder: string;
  /** Optimiser steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The last evaluation of this call; absent if there was none. */
  readonly evaluation?: Evaluation;
  /** Of a slimmable network, its narrow widths, widest first; {@link TrainResult.evaluation} is of the widest. */
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
  readonly io: RunIo;
  /** The lines that the log holds already. */
  readonly records: readonly MetricsRecord[];
  readonly learner: Learner;
  readonly optimiser: Sgd;
  /** Where it starts. */
  readonly state: RunState;
  readonly resumedFrom: string | undefined;
  /** The fingerprint of checkpoints from the next step on. */
  readonly fingerprint: string;
  /** Whether all gates were held open at the step before the next, by the settings of then. */
  readonly gatesWereHeld: boolean;
  /** Whether it may be resumed with other settings. */
  readonly mayChange: boolean;
  /** Whose weights the run begins with, and what became of them; undefined if it begins with random ones. */
  readonly begunFrom: BegunFrom | undefined;
  readonly onProgress: (event: TrainEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** Opening rate of gates that are held open, so that an evaluation finds them open too: they do not learn yet. */
const HELD_OPEN_RATE = 0.999;

/** The training loop: epochs of steps, each epoch with an evaluation and a checkpoint at its end. */
export class TrainingRun {
  readonly #parts: TrainingRunParts;
  /** Absent without gates. */
  readonly #gates: GateWatch | undefined;
  readonly #checkpoints: CheckpointKeeper;
  readonly #stepsPerEpoch: number;
  readonly #steps: number;
  readonly #learningRate: LearningRate;
  readonly #pace = new PaceMeter();
  #dataWait = new WaitMeter();
  #gatesWereHeld: boolean;
  #state: RunState;
  /** Optimiser steps before the last checkpoint; undefined if there is none. */
  #checkpointStep: number | undefined;
  #evaluation: Evaluation | undefined;
  #widths: readonly WidthEvaluation[] = [];

  constructor(parts: TrainingRunParts) {
    const { recipe, data, learner, optimiser, records, io } = parts;
    const { architecture } = learner.network;
    this.#parts = parts;
    this.#state = parts.state;
    this.#gatesWereHeld = parts.gatesWereHeld;
    this.#checkpointStep = parts.resumedFrom === undefined ? undefined : parts.state.step;
    this.#stepsPerEpoch = stepsPerEpoch(data.train.size, recipe);
    this.#steps = this.#stepsPerEpoch * recipe.epochs;
    // a fixed pattern is what was asked for; gates that learn by regression are for thresholds, and no loss asks for a rate
    this.#gates =
      recipe.gating && recipe.gating.policy?.kind !== 'fixed' && !recipe.gating.regression
        ? new GateWatch({ architecture, gating: recipe.gating }, records, this.#steps)
        : undefined;
    const { keep } = recipe.checkpoints;
    this.#checkpoints = new CheckpointKeeper({ ...io, learner, optimiser, keep });
    this.#learningRate = learningRateOf(recipe.learningRate, {
      epochs: recipe.epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
    });
  }

  /** Trains until the recipe's end or the signal. */
  async run(): Promise<TrainResult> {
    try {
      return await this.#train();
    } catch (error) {
      throw await this.#withRemedy(error);
    }
  }

  async #train(): Promise<TrainResult> {
    const { recipe, learner, resumedFrom, onProgress } = this.#parts;
    onProgress({
      kind: 'start',
      step: this.#state.step,
      steps: this.#steps,
      epochs: recipe.epochs,
      ...(recipe.gating &&
        asksForRates(recipe.gating) && {
          optimum: gatingOptimum(learner.network.architecture, recipe.gating),
        }),
      ...(resumedFrom !== undefined && { resumedFrom }),
    });
    await this.#checkpoints.repairBest(this.#state);
    if (this.#state.step === 0 && this.#holdsGates(0)) learner.network.setOpeningRate(HELD_OPEN_RATE);
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

  /** An error about numbers that are not finite says from where, and how, the run can go on. */
  async #withRemedy(error: unknown): Promise<unknown> {
    if (!isDmnnError(error, 'DMNN_NAN')) return error;
    const { recipe, mayChange } = this.#parts;
    const { step, epoch } = this.#state;
    const found: Partial<TrainingErrorDetails> = error.details;
    const details: TrainingErrorDetails =
      found.term === undefined
        ? { step, epoch, term: 'logits of the evaluation', block: await this.#placeInWeights() }
        : { step, epoch, term: found.term, block: found.block };
    const { block } = details;
    const remedy = nanRemedy({ recipe, checkpointStep: this.#checkpointStep, mayChange, block });
    return trainingError(details, remedy, error);
  }

  /** The block of the first weight that is not finite. */
  async #placeInWeights(): Promise<string | undefined> {
    const name = nonFiniteName(await this.#parts.learner.network.weights());
    return name === undefined ? undefined : placeOf(name);
  }

  #result(status: TrainResult['status']): TrainResult {
    const { step, best } = this.#state;
    return {
      status,
      folder: this.#parts.io.folder.path,
      step,
      steps: this.#steps,
      best,
      ...(this.#evaluation && { evaluation: this.#evaluation }),
      ...(this.#widths.length > 0 && { widths: this.#widths }),
    };
  }

  /** Evaluates the weights of another run before the first step. */
  async #evaluateStart(): Promise<void> {
    const { begunFrom, io, onProgress } = this.#parts;
    if (!begunFrom) return;
    const { model, lostShares, pruned } = begunFrom;
    const evaluation = await this.#evaluate();
    if (evaluation) await appendRecord(io, startRecord(model, pruned, evaluation));
    onProgress({
      kind: 'begun',
      from: model,
      ...(lostShares && { lostShares }),
      ...(pruned && { pruned }),
      ...(evaluation && { evaluation }),
    });
  }

  /** Trains the rest of an epoch. @returns false if the signal came */
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
    const { recipe, learner, optimiser, io, onProgress, fingerprint } = this.#parts;
    const { step, epoch } = this.#state;
    const progress = step / this.#steps;
    if (this.#gatesWereHeld && !this.#holdsGates(step)) this.#releaseGates();
    this.#gatesWereHeld = this.#holdsGates(step);
    const learningRate = this.#learningRate(step);
    const { values, gating, gradients } = await computeStep(learner, batch, recipe, {
      step,
      epoch,
      progress,
    });
    optimiser.step(gradients, learningRate);
    tf.dispose([...gradients.values()]);
    const totals = addTotals(this.#state.totals, values);
    const stepInEpoch = this.#state.stepInEpoch + 1;
    this.#state = { ...this.#state, step: step + 1, stepInEpoch, totals, fingerprint };
    this.#pace.step((performance.now() - start) / 1000);

    const pace = this.#pace.pace(recipe.batchSize, {
      steps: this.#steps - this.#state.step,
      evaluations: recipe.epochs - epoch,
    });
    const place = { step: step + 1, epoch, learningRate };
    const figures = stepFigures(place, values, gating, learner.fullMacsRatio);
    if (step % recipe.log.everySteps === 0) {
      const { imagesPerSecond } = pace;
      const dataWaitShare = this.#dataWait.share;
      await appendRecord(io, stepRecord(figures, values, { imagesPerSecond, dataWaitShare }));
    }
    onProgress({
      kind: 'step',
      ...figures,
      steps: this.#steps,
      epochs: recipe.epochs,
      top1ErrorPercent: errorPercent(totals),
      pace,
    });
  }

  /** Whether all gates are held open at a step, whatever their logits are. */
  #holdsGates(step: number): boolean {
    return this.#parts.learner.gating?.holdsOpen(step / this.#steps) ?? false;
  }

  /** Gives gates that were held open the opening that gates of other recipes have at the first step. */
  #releaseGates(): void {
    const { recipe, learner } = this.#parts;
    const { openingRate } = openingOf(learner.network.architecture, recipe.gating);
    if (openingRate !== undefined) learner.network.setOpeningRate(openingRate);
  }

  /** Evaluates if the epoch is one that is, and saves. @returns false if the signal came */
  async #endEpoch(): Promise<boolean> {
    const { recipe, io, onProgress } = this.#parts;
    const { epoch, step, totals } = this.#state;
    const { share: dataWaitShare } = this.#dataWait;
    const due = (epoch + 1) % recipe.evaluation.everyEpochs === 0 || epoch + 1 === recipe.epochs;
    const start = performance.now();
    const evaluation = due ? await this.#evaluate() : undefined;
    if (due && !evaluation) return false;
    if (evaluation) this.#pace.evaluation((performance.now() - start) / 1000);
    const evaluated = evaluation && {
      step,
      epoch: epoch + 1,
      topOneErrorPercent: evaluation.error.top1ErrorPercent,
    };
    const best = betterOf(this.#state.best, evaluated);
    const isBest = best !== null && best === evaluated;
    const widths = evaluation ? await this.#evaluateCompanions() : [];
    if (!widths) return false;

    const record = epochRecord({ epoch, step, totals, evaluation, widths, isBest, dataWaitShare });
    const alarms = this.#gates?.after(record) ?? [];
    await appendRecord(io, record);
    for (const alarm of alarms) await appendRecord(io, alarmRecord(alarm, step));
    this.#state = { ...this.#state, epoch: epoch + 1, stepInEpoch: 0, totals: noTotals, best };
    await this.#saveCheckpoint();
    await this.#checkpoints.repairBest(this.#state);
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
        signal,
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
          signal,
        })) ?? [];
      return this.#widths;
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  }

  /** Puts damaged images on the run's list. */
  async #skipped(split: 'train' | 'test', skipped: readonly SkippedImage[]): Promise<void> {
    const { io, onProgress } = this.#parts;
    await recordSkipped(io, split, skipped, (message) => {
      onProgress({ kind: 'warning', message });
    });
  }

  async #saveCheckpoint(): Promise<void> {
    const { path, state } = await this.#checkpoints.save(this.#state);
    this.#state = state;
    this.#checkpointStep = state.step;
    this.#parts.onProgress({ kind: 'checkpoint', path, step: state.step });
  }
}
