import { createHash } from 'node:crypto';
import { gatedBlocks } from '@dmnn/architecture';
import { stepsPerEpoch } from '@dmnn/data';
import { countNetwork, countUndivided } from '@dmnn/flops';
import type { EpochPoint, ReportRun, StepPoint, TrainingRecord } from '@dmnn/report';
import type { EpochRecord, MetricsRecord, Recipe, RunConfig, StepRecord } from '@dmnn/runs';

/**
 * The data of a run that a report shows without evaluating it.
 *
 * @param name - distinguishes it from the other runs
 * @param records - its log, as `readMetrics` returns it
 */
export function reportRun(name: string, config: RunConfig, records: readonly MetricsRecord[]): ReportRun {
  const { recipe, architecture, data } = config;
  const count = countNetwork(architecture);
  return {
    name,
    recipe: recipe.name,
    settings: settingsOf(recipe, data.train.size),
    seed: recipe.seed,
    model: architecture.name,
    data: data.train.name,
    trainImages: data.train.size,
    epochs: recipe.epochs,
    targetRate: recipe.gating?.targetRate ?? null,
    parameters: count.parameters,
    fullMacs: count.macs,
    undividedMacs: countUndivided(architecture).macs,
    blocks: gatedBlocks(architecture).map(({ path, block }) => ({
      path,
      subBlocks: block.subBlocks.length,
    })),
    training: trainingRecord(records, stepsPerEpoch(data.train.size, recipe)),
    evaluation: null,
    remarks: alarmRemarks(records, recipe.epochs),
  };
}

/**
 * A digest of every setting that affects the computation of a run, except seed and data set: without names and the
 * intervals of logs and checkpoints.
 */
function settingsOf(recipe: Recipe, trainImages: number): string {
  const settings: Recipe = {
    ...recipe,
    name: '',
    description: '',
    seed: 0,
    log: { everySteps: 0 },
    checkpoints: { everySteps: 0, keep: 0 },
  };
  return createHash('sha256')
    .update(JSON.stringify([settings, trainImages]))
    .digest('hex')
    .slice(0, 12);
}

/** Gate warnings at the end of training, or so far. */
function alarmRemarks(records: readonly MetricsRecord[], epochs: number): string[] {
  const alarms = records.filter((record) => record.kind === 'alarm');
  const isFinished = records.some((record) => record.kind === 'epoch' && record.epoch === epochs - 1);
  const standing = isFinished ? alarms.filter(({ epoch }) => epoch === epochs - 1) : alarms;
  return standing.map(({ message }) => `Gates ${message}`);
}

function trainingRecord(records: readonly MetricsRecord[], perEpoch: number): TrainingRecord {
  return {
    stepsPerEpoch: perEpoch,
    steps: records.filter((record) => record.kind === 'step').map(stepPoint),
    epochs: records.filter((record) => record.kind === 'epoch').map(epochPoint),
  };
}

function stepPoint({
  step,
  learningRate,
  loss,
  executionRate,
  targetRate,
  macsRatio,
}: StepRecord): StepPoint {
  return { step, learningRate, loss: loss.total, executionRate, targetRate, macsRatio };
}

function epochPoint({ epoch, training, evaluation }: EpochRecord): EpochPoint {
  return {
    epoch: epoch + 1,
    trainingErrorPercent: training.topOneErrorPercent,
    test: evaluation
      ? {
          topOneErrorPercent: evaluation.topOneErrorPercent,
          macsRatio: evaluation.macsRatio,
          executionRate: evaluation.executionRate,
        }
      : null,
  };
}
