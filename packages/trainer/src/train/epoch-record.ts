import type { EpochRecord, LoggedEvaluation, LoggedWidth } from '@dmnn/runs';
import type { EpochTotals } from '@dmnn/runs/internal';
import type { Evaluation } from '../evaluate/evaluation.js';
import type { WidthEvaluation } from '../evaluate/width-evaluation.js';
import { addedLosses } from '../gates/pass-term.js';
import { errorPercent } from './epoch-totals.js';
import type { LossValues } from './step-values.js';

/** What an epoch's line of the log is made of. */
export interface EndedEpoch {
  /** From 0. */
  readonly epoch: number;
  /** Optimiser steps done. */
  readonly step: number;
  readonly totals: EpochTotals;
  /** Undefined if the epoch is not one that is evaluated. */
  readonly evaluation: Evaluation | undefined;
  /** Of a slimmable network, its narrow widths; empty for all others. */
  readonly widths: readonly WidthEvaluation[];
  readonly isBest: boolean;
  /** Share of the epoch's time in which training waited for images. */
  readonly dataWaitShare: number;
}

/** The line of the log for an epoch that has just ended. */
export function epochRecord(ended: EndedEpoch): EpochRecord {
  const { epoch, step, totals, evaluation, widths, isBest, dataWaitShare } = ended;
  return {
    kind: 'epoch',
    epoch,
    step,
    training: {
      topOneErrorPercent: errorPercent(totals),
      loss: meanLoss(totals),
      executionRate: totals.sums['rate'] === undefined ? null : totals.sums['rate'] / totals.steps,
    },
    evaluation: evaluation && loggedEvaluation(evaluation),
    widths: widths.length > 0 ? widths.map(loggedWidth) : undefined,
    best: isBest,
    clock: { time: new Date().toISOString(), dataWaitShare, msPerImage: evaluation?.timing.msPerImage },
  };
}

/** What the log holds of an evaluation: means, not the images one by one. */
export function loggedEvaluation(evaluation: Evaluation): LoggedEvaluation {
  const { images, error, cost, gates, exits } = evaluation;
  return {
    images,
    topOneErrorPercent: error.top1ErrorPercent,
    classificationLoss: error.classificationLoss,
    meanMacs: cost.meanMacs,
    macsRatio: cost.macsRatio,
    executionRate: gates.executionRate,
    executionRates: gates.executionRates,
    exits: exits?.map(({ top1ErrorPercent, meanMacs, macsRatio }) => ({
      topOneErrorPercent: top1ErrorPercent,
      meanMacs,
      macsRatio,
    })),
  };
}

function loggedWidth({ width, top1ErrorPercent, ...rest }: WidthEvaluation): LoggedWidth {
  return { width, topOneErrorPercent: top1ErrorPercent, ...rest };
}

function meanLoss({ sums, steps }: EpochTotals): LossValues {
  const mean = (term: keyof LossValues): number => (sums[term] ?? 0) / steps;
  // in the order of older logs
  return {
    classification: mean('classification'),
    category: mean('category'),
    executionRate: mean('executionRate'),
    flops: mean('flops'),
    bounds: mean('bounds'),
    distillation: mean('distillation'),
    ...(sums['exits'] === undefined ? {} : { exits: mean('exits') }),
    ...Object.fromEntries(
      addedLosses.filter((name) => sums[name] !== undefined).map((name) => [name, mean(name)]),
    ),
    total: mean('total'),
  };
}
