import { createHash } from 'node:crypto';
import { gatedBlocks } from '@dmnn/architecture';
import { stepsPerEpoch } from '@dmnn/data';
import { countNetwork, countUndivided } from '@dmnn/flops';
import type { EpochPoint, ReportRun, StepPoint, TrainingRecord } from '@dmnn/report';
import {
  type EpochRecord,
  type MetricsRecord,
  type Recipe,
  type RunConfig,
  type StepRecord,
  recipeAt,
} from '@dmnn/runs';
import { differenceText, differencesIn, latestRecipe } from '@dmnn/runs/internal';

/**
 * The data of a run that a report shows without evaluating it.
 *
 * @param name - distinguishes it from the other runs
 * @param records - its log, as `readMetrics` returns it
 */
export function reportRun(name: string, config: RunConfig, records: readonly MetricsRecord[]): ReportRun {
  const { architecture, data } = config;
  const recipe = latestRecipe(config);
  const count = countNetwork(architecture);
  return {
    name,
    recipe: recipe.name,
    settings: settingsOf(config),
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
    remarks: [...changeRemarks(config), ...alarmRemarks(records, recipe.epochs), ...lostRemarks(records)],
  };
}

/**
 * A digest of every setting that affects the computation of a run, except seed and data set: without names and the
 * intervals of logs and checkpoints.
 */
function settingsOf({ recipe, changes = [], data }: RunConfig): string {
  const settings = [recipe, ...changes.map((change) => change.recipe)].map((one): Recipe => ({
    ...one,
    name: '',
    description: '',
    seed: 0,
    log: { everySteps: 0 },
    checkpoints: { everySteps: 0, keep: 0 },
  }));
  const steps = changes.map(({ fromStep }) => fromStep);
  return createHash('sha256')
    .update(JSON.stringify([...settings, data.train.size, ...steps]))
    .digest('hex')
    .slice(0, 12);
}

/** Settings that were changed on the way, and when. */
function changeRemarks(config: RunConfig): string[] {
  return (config.changes ?? []).map(({ fromStep, recipe }) => {
    const differences = differencesIn('', recipeAt(config, fromStep), recipe).map(differenceText);
    return `Settings changed after step ${fromStep}: ${differences.join('; ')}.`;
  });
}

/** Gate warnings at the end of training, or so far. */
function alarmRemarks(records: readonly MetricsRecord[], epochs: number): string[] {
  const alarms = records.filter((record) => record.kind === 'alarm');
  const isFinished = records.some((record) => record.kind === 'epoch' && record.epoch === epochs - 1);
  const standing = isFinished ? alarms.filter(({ epoch }) => epoch === epochs - 1) : alarms;
  return standing.map(({ message }) => `Gates ${message}`);
}

/** Lines of the log that were lost before the run was resumed. */
function lostRemarks(records: readonly MetricsRecord[]): string[] {
  return records.flatMap((record) =>
    record.kind === 'lost'
      ? [
          `Lines of its log were lost before it was resumed at step ${record.step}: ${record.problems.join('; ')}.`,
        ]
      : [],
  );
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
