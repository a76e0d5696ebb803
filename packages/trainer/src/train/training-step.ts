import { closeAfter, closeIfFailsSync, closeIfFails } from '@dmnn/foundation';
import type { Batch } from '@dmnn/data';
import { type GateDecision, type GatePolicy, likeliest } from '@dmnn/gating';
import {
  type RateGradient,
  type RateNumbers,
  type RateTensors,
  linearisedLoss,
  rateGradient,
  wholeBatchRates,
} from '@dmnn/losses';
import { explainFailure } from '@dmnn/network/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '@dmnn/runs';
import { type BatchPart, batchParts } from './batch-parts.js';
import { diagnose } from './diagnose.js';
import type { GatingSettings } from '../gates/gating-schedule.js';
import type { TrainedNetwork } from './companions.js';
import type { Learner } from './learner.js';
import { packScalars, readScalars } from './packed-scalars.js';
import { type PartNumber, type PartSettings, partGradients, ratesOf } from './part-gradients.js';
import { type PartsSum, addGradients, disposeSum } from './parts-sum.js';
import type { PassTerm } from '../gates/pass-term.js';
import { type ResourceTerms, resourceTerms } from '../gates/resource-terms.js';
import { type LossValues, type StepValues, lossTerms } from './step-values.js';
import { sumsOfSquares } from './sums-of-squares.js';

/** Where in training a step stands. */
export interface StepPlace {
  /** Optimiser steps before it, in all. */
  readonly step: number;
  readonly epoch: number;
  /** Share of training done before it, in [0, 1). */
  readonly progress: number;
}

/** A step that has been computed and found finite, but not applied. */
export interface ComputedStep {
  readonly values: StepValues;
  /** How gates were trained in it; undefined without gates. */
  readonly gating: GatingSettings | undefined;
  /** By variable name; the caller disposes them. */
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Computes the gradient of Eq. 16 over a batch, in one part or in several.
 *
 * In several parts it is the gradient of the whole batch, Eq. 12 and 14 on the whole batch's rates included: a first
 * pass finds those rates, a second one differentiates each part with the loss on rates expanded about them. Only batch
 * norm knows of the parts: each is normalised by its own statistics, and each moves the moving ones a step.
 *
 * @throws DmnnError `DMNN_NAN` if a loss or a gradient is not finite
 * @throws DmnnError `DMNN_OUT_OF_MEMORY` of `@dmnn/network` if the backend has no room for a part. Whatever is thrown, moving statistics
 *   are those before the step, and nothing is left behind
 */
export async function computeStep(
  learner: Learner,
  batch: Batch,
  recipe: Pick<Recipe, 'seed' | 'labelSmoothing' | 'accumulation'>,
  place: StepPlace,
): Promise<ComputedStep> {
  const before = snapshot(learner.moving);
  let parts: readonly BatchPart[] = [];
  const gating = learner.gating?.at(place.progress);
  const policy = policyOf(learner.decision, gating, { seed: recipe.seed, epoch: place.epoch });
  const step = async (): Promise<ComputedStep> => {
    try {
      parts = batchParts(batch, recipe.accumulation);
      const resource = (rates: RateTensors): ResourceTerms => resourceTerms(rates, required(gating));
      const whole =
        parts.length > 1 && learner.blockPaths.length > 0
          ? await wholeBatch(learner, parts, policy, resource)
          : undefined;
      const terms = learner.terms?.(place.progress) ?? [];
      const settings: PartSettings = {
        policy,
        terms,
        labelSmoothing: recipe.labelSmoothing,
        resource: whole ? (rates) => ({ total: linearisedLoss(whole.gradient, rates) }) : resource,
      };
      const { gradients, numbers, companions } = jointGradients(learner, parts, settings);
      const squares = packScalars(() => ({ squares: sumsOfSquares([...gradients.values()]) }));
      const partNumbers = await Promise.all(numbers.map(readScalars));
      const companionNumbers = await Promise.all(companions.map((one) => Promise.all(one.map(readScalars))));
      const { squares: squaredNorms } = await readScalars(squares);
      const values = withCompanionLosses(
        stepValues(parts, partNumbers, squaredNorms, { whole: whole?.terms, terms }),
        companionNumbers.map((one) => stepValues(parts, one, squaredNorms, { whole: undefined, terms: [] })),
      );
      const found = firstNonFinite(values, partNumbers, [...gradients.keys()], squaredNorms);
      if (found) {
        tf.dispose([...gradients.values()]);
        restore(learner.moving, before); // what is looked for must be found in the same pass
        throw diagnose(learner, parts, { policy, place, ...found });
      }
      return { values, gating, gradients };
    } catch (error) {
      const [images, ...pixels] = batch.shape;
      throw explainFailure(error, {
        architecture: learner.network.architecture,
        imagesShape: [images / recipe.accumulation, ...pixels],
        operation: 'the training step',
      });
    }
  };
  return closeAfter(
    () =>
      closeIfFails(step, () => {
        restore(learner.moving, before);
      }),
    () => {
      tf.dispose(parts.map(({ images }) => images));
    },
    () => {
      tf.dispose([...before.values()]);
    },
  );
}

function policyOf(
  decision: GateDecision | undefined,
  gating: GatingSettings | undefined,
  at: { readonly seed: number; readonly epoch: number },
): GatePolicy {
  if (!decision || !gating) return likeliest; // without gates it is never called
  const { temperature, noiseScale, gates } = gating;
  switch (gates) {
    case 'open':
      return allOpen;
    case 'learning':
      return decision.training({ ...at, temperature, noiseScale });
    case 'fixed':
      return decision.use;
    default:
      return gates satisfies never;
  }
}

const allOpen: GatePolicy = (logits) => tf.ones([logits.shape[0], logits.shape[1]]);

function required<T>(value: T | undefined): T {
  if (value === undefined)
    throw new RangeError('recipe.gating: expected settings for a network with gates, got null');
  return value;
}

/** The loss on the rates of a batch that is computed in parts. */
interface WholeBatch {
  readonly gradient: RateGradient;
  readonly terms: Pick<LossValues, 'executionRate' | 'flops' | 'bounds'>;
}

async function wholeBatch(
  learner: Learner,
  parts: readonly BatchPart[],
  policy: GatePolicy,
  resource: (rates: RateTensors) => ResourceTerms,
): Promise<WholeBatch> {
  const before = snapshot(learner.moving);
  const packed = parts.map((part) =>
    packScalars(() => {
      const pass = learner.network.forward(part.images, {
        policy,
        statistics: learner.statistics,
        execution: 'masked',
        sampleKeys: part.sampleKeys,
      });
      const { rates, flopsRate } = ratesOf(learner, pass) as RateTensors;
      return { rates, flopsRate };
    }),
  );
  restore(learner.moving, before);
  tf.dispose([...before.values()]);
  const read = await Promise.all(packed.map(readScalars));
  const at: RateNumbers = wholeBatchRates(
    read.map(({ rates, flopsRate }, i) => ({
      images: (parts[i] as BatchPart).labels.length,
      rates,
      flopsRate: flopsRate[0] as number,
    })),
  );
  const gradient = await rateGradient((rates) => resource(rates).total, at);
  const terms = await readScalars(
    packScalars(() => {
      const { executionRate, flops, bounds } = resource({
        rates: tf.tensor1d([...at.rates]),
        flopsRate: tf.scalar(at.flopsRate),
      });
      return { executionRate, flops, bounds };
    }),
  );
  return {
    gradient,
    terms: {
      executionRate: terms.executionRate[0] as number,
      flops: terms.flops[0] as number,
      bounds: terms.bounds[0] as number,
    },
  };
}

/** The gradients of a batch, the companions' included; `companions` are their numbers. */
type JointSum = PartsSum<PartNumber> & { readonly companions: PartsSum<PartNumber>['numbers'][] };

function jointGradients(learner: Learner, parts: readonly BatchPart[], settings: PartSettings): JointSum {
  const sum = sumOfParts(learner, parts, settings);
  const sumOf = (trained: TrainedNetwork): PartsSum<PartNumber> =>
    sumOfParts({ ...learner, ...trained, companions: undefined }, parts, settings);
  return closeIfFailsSync(
    () => ({ ...sum, companions: learner.companions?.gradientsOf(sum.gradients, sumOf) ?? [] }),
    () => {
      disposeSum(sum);
    },
  );
}

function sumOfParts(
  learner: Learner,
  parts: readonly BatchPart[],
  settings: PartSettings,
): PartsSum<PartNumber> {
  const sum: PartsSum<PartNumber> = { gradients: new Map(), numbers: [] };
  return closeIfFailsSync(
    () => {
      for (const part of parts) {
        const { gradients, numbers } = partGradients(learner, part, settings);
        sum.numbers.push(numbers);
        addGradients(sum.gradients, gradients);
      }
      return sum;
    },
    () => {
      disposeSum(sum);
    },
  );
}

/** The loss that is trained is the sum over the network and its companions; everything else is the network's. */
function withCompanionLosses(own: StepValues, companions: readonly StepValues[]): StepValues {
  const loss = { ...own.loss };
  for (const term of lossTerms) {
    const sum = loss[term];
    if (sum === undefined) continue;
    loss[term] = companions.reduce((total, one) => total + (one.loss[term] ?? 0), sum);
  }
  return { ...own, loss };
}

function stepValues(
  parts: readonly BatchPart[],
  numbers: readonly { readonly [name in PartNumber]: number[] }[],
  squaredNorms: readonly number[],
  { whole, terms }: { readonly whole: WholeBatch['terms'] | undefined; readonly terms: readonly PassTerm[] },
): StepValues {
  const mean = (name: PartNumber, i = 0): number =>
    numbers.reduce((sum, part, p) => sum + (part[name][i] as number) * (parts[p] as BatchPart).weight, 0);
  return {
    loss: {
      total: mean('total'),
      classification: mean('classification'),
      category: mean('category'),
      executionRate: whole?.executionRate ?? mean('executionRate'),
      flops: whole?.flops ?? mean('flops'),
      bounds: whole?.bounds ?? mean('bounds'),
      distillation: mean('distillation'),
      ...((numbers[0]?.exits.length ?? 0) > 0 && { exits: mean('exits') }),
      ...Object.fromEntries(terms.map(({ name }, t) => [name, mean('added', t)])),
    },
    images: parts.reduce((sum, part) => sum + part.labels.length, 0),
    correct: numbers.reduce((sum, part) => sum + (part.correct[0] as number), 0),
    executionRates: (numbers[0]?.rates ?? []).map((_, l) => mean('rates', l)),
    flopsRate: mean('flopsRate'),
    gradientNorm: Math.sqrt(squaredNorms.reduce((sum, square) => sum + square, 0)),
  };
}

/** What is not finite: the first term, and what is known of the place. */
function firstNonFinite(
  values: StepValues,
  numbers: readonly { readonly [name in PartNumber]: number[] }[],
  gradientNames: readonly string[],
  squaredNorms: readonly number[],
): { term: string; gradientNames: string[] } | undefined {
  const term = lossTerms.find((name) => !Number.isFinite(values.loss[name] ?? 0));
  const head = numbers
    .map(({ perHead }) => perHead.findIndex((loss) => !Number.isFinite(loss)))
    .find((l) => l >= 0);
  const bad = gradientNames.filter((_, i) => !Number.isFinite(squaredNorms[i]));
  if (term === 'category' && head !== undefined)
    return { term: `category (head ${head})`, gradientNames: bad };
  if (term !== undefined) return { term, gradientNames: bad };
  const gates = numbers.some(({ gateLogits }) => gateLogits.some((sum) => !Number.isFinite(sum)));
  if (gates) return { term: 'gate logits', gradientNames: bad };
  return bad.length > 0 ? { term: 'gradient', gradientNames: bad } : undefined;
}

/** Values of variables as they are now; assignments to the variables do not change them. */
function snapshot(variables: ReadonlyMap<string, tf.Variable>): Map<string, tf.Tensor> {
  return new Map([...variables].map(([name, variable]) => [name, tf.clone(variable as tf.Tensor)]));
}

function restore(variables: ReadonlyMap<string, tf.Variable>, values: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, value] of values) variables.get(name)?.assign(value);
}
