import { type GatePolicy, likeliest } from '@dmnn/gating';
import {
  type RateTensors,
  categoryLoss,
  classificationLoss,
  distillationLoss,
  executionRates,
  flopsRate,
  totalLoss,
  weightedCategoryLoss,
} from '@dmnn/losses';
import type { ForwardPass } from '@dmnn/network';
import { explainFailure, releaseTape } from '@dmnn/network/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { BatchPart } from './batch-parts.js';
import type { Teacher } from '../begin/teacher.js';
import { exitLoss } from './exit-loss.js';
import type { Learner } from './learner.js';
import { type PackedScalars, packScalars } from './packed-scalars.js';
import type { PassTerm } from '../gates/pass-term.js';
import type { ResourceTerms } from '../gates/resource-terms.js';

/** Settings of {@link partGradients}. */
export interface PartSettings {
  readonly policy: GatePolicy;
  /** What the recipe adds to Eq. 16. */
  readonly terms: readonly PassTerm[];
  readonly labelSmoothing: number;
  /** The loss on the part's rates, already weighted. */
  readonly resource: (rates: RateTensors) => Partial<ResourceTerms> & Pick<ResourceTerms, 'total'>;
}

/** Names of the numbers that come out of a part. */
export type PartNumber =
  | 'total'
  | 'classification'
  | 'category'
  | 'perHead'
  | 'executionRate'
  | 'flops'
  | 'bounds'
  | 'distillation'
  | 'exits'
  | 'added'
  | 'rates'
  | 'flopsRate'
  | 'gateLogits'
  | 'correct';

/** The gradient of a part's loss. */
export interface PartGradients {
  /** By variable name, of the loss times the part's weight; the caller disposes them. */
  readonly gradients: Map<string, tf.Tensor>;
  /** Of the loss itself, not times the weight. */
  readonly numbers: PackedScalars<PartNumber>;
}

/**
 * Runs part of a batch forwards, with the learner's statistics and all sub-blocks, and backwards.
 *
 * @throws DmnnError `DMNN_OUT_OF_MEMORY` or DmnnError `DMNN_MISSING_KERNEL` of `@dmnn/network`; nothing of the pass is left behind then
 * @see DMNN §3.3 Eq. 9 to 16
 */
export function partGradients(learner: Learner, part: BatchPart, settings: PartSettings): PartGradients {
  let numbers: PackedScalars<PartNumber> | undefined;
  try {
    // in a scope, so that the loss is freed too if its gradient fails
    const { value, grads } = tf.tidy(() => {
      // before the tape is on
      const taught = learner.teacher && teacherLogits(learner.teacher, part);
      const constants = settings.terms.map((term) => term.constants?.(learner.network, part) ?? []);
      return tf.variableGrads(() => {
        const loss = lossOf(learner, part, settings, { taught, constants });
        numbers = loss.numbers;
        return loss.weighted;
      }, [...learner.trainable.values()]);
    });
    value.dispose();
    const gradients = new Map<string, tf.Tensor>();
    for (const [name, variable] of learner.trainable) {
      const gradient = grads[variable.name];
      if (gradient) gradients.set(name, gradient);
    }
    return { gradients, numbers: numbers as PackedScalars<PartNumber> };
  } catch (error) {
    numbers?.tensor.dispose();
    releaseTape();
    throw explainFailure(error, {
      architecture: learner.network.architecture,
      imagesShape: part.images.shape,
      operation: 'the gradient',
    });
  }
}

/** What of a part no gradient passes through. */
interface BeforeTape {
  readonly taught: tf.Tensor2D | undefined;
  /** `[t]`: of each added term. */
  readonly constants: readonly (readonly tf.Tensor2D[])[];
}

/** The loss times the part's weight, on the tape, and the numbers that are reported of it, which outlive the tape. */
function lossOf(
  learner: Learner,
  part: BatchPart,
  settings: PartSettings,
  { taught, constants }: BeforeTape,
): { weighted: tf.Scalar; numbers: PackedScalars<PartNumber> } {
  const pass = learner.network.forward(part.images, {
    policy: settings.policy,
    statistics: learner.statistics,
    exitStatistics: 'batch',
    execution: 'masked',
    sampleKeys: part.sampleKeys,
    norms: settings.terms.some(({ needsNorms = false }) => needsNorms),
  });
  const classification = classificationLoss(pass.logits, part.labels, settings);
  const perHead = headLosses(learner, pass, part);
  const category = perHead.length > 0 ? weightedCategoryLoss(perHead, learner.categoryWeights) : undefined;
  const rates = ratesOf(learner, pass);
  const resource = rates && settings.resource(rates);
  const loss = totalLoss({
    classification,
    ...(category && { category }),
    ...(resource && { resource: resource.total, resourceWeight: 1 }),
  });
  const zero = tf.scalar(0);
  const distillation =
    learner.teacher && taught
      ? tf.mul<tf.Scalar>(distillationLoss(pass.logits, taught, learner.teacher), learner.teacher.weight)
      : zero;
  const exits = learner.exits && exitLoss(pass, part.labels, learner.exits, settings.labelSmoothing);
  const added = settings.terms.map(({ loss: lossOn, weight }, t) =>
    tf.mul<tf.Scalar>(lossOn(pass, part.labels, constants[t] ?? []), weight),
  );
  const total = tf.addN<tf.Scalar>([loss.total, distillation, ...(exits ? [exits] : []), ...added]);
  const numbers = packScalars(() => ({
    total,
    classification,
    category: loss.category,
    perHead: perHead.length > 0 ? tf.stack(perHead) : tf.zeros([0]),
    executionRate: resource?.executionRate ?? zero,
    flops: resource?.flops ?? zero,
    bounds: resource?.bounds ?? zero,
    distillation,
    exits: exits ?? tf.zeros([0]),
    added: added.length > 0 ? tf.stack(added) : tf.zeros([0]),
    rates: rates?.rates ?? tf.zeros([0]),
    flopsRate: rates?.flopsRate ?? tf.scalar(1),
    gateLogits:
      pass.gateLogits.length > 0 ? tf.stack(pass.gateLogits.map((one) => tf.sum(one))) : tf.zeros([0]),
    correct: tf.sum(tf.equal(tf.argMax(pass.logits, 1), tf.tensor1d(part.labels, 'int32'))),
  }));
  tf.keep(numbers.tensor);
  return { weighted: tf.mul<tf.Scalar>(total, part.weight), numbers };
}

/** What the teacher says of a part's images, as it would be used: moving statistics, no noise. */
function teacherLogits({ network }: Teacher, part: BatchPart): tf.Tensor2D {
  return network.forward(part.images, {
    policy: likeliest,
    statistics: 'moving',
    execution: 'masked',
    sampleKeys: part.sampleKeys,
  }).logits;
}

/** Execution rates and FLOPs rate of a pass; undefined without gates. */
export function ratesOf(learner: Learner, { gates }: Pick<ForwardPass, 'gates'>): RateTensors | undefined {
  if (gates.length === 0) return undefined;
  return { rates: executionRates(gates), flopsRate: flopsRate(gates, learner.table) };
}

function headLosses(learner: Learner, pass: ForwardPass, part: BatchPart): tf.Scalar[] {
  return learner.heads?.logits(pass.states).map((logits) => categoryLoss(logits, part.categories)) ?? [];
}
