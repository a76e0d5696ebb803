import { gatedBlocks } from '@dmnn/architecture';
import { type Dataset, trainingBatches } from '@dmnn/data';
import { countNetwork, flopsTable, fullMacs, macCosts, thresholdForBudget } from '@dmnn/flops';
import { closeAfter } from '@dmnn/foundation';
import { type ContributionScale, contributionLoss, contributionScores } from '@dmnn/losses';
import type { Network } from '@dmnn/network';
import type { Recipe } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import { trainingError } from '../training-error.js';
import { lossChanges, subBlockNorms } from './contributions.js';
import { gatingOptimum } from './gating-optimum.js';
import type { PassTerm } from './pass-term.js';

/** Training images that the scale is measured on if the recipe does not say how many norms are calibrated on. */
const USUAL_IMAGES = 512;
/** Images of a batch that is measured. */
const BATCH = 128;
/** Contributions below this share of their mean count as that. */
const FLOOR_SHARE = 0.01;

/** What sub-blocks of a trained network contribute, measured once: the scale of the gates that learn to predict it. */
export interface Contributions {
  readonly scale: ContributionScale;
  /** `[l][n]`: mean score, in nats. */
  readonly meanScores: readonly (readonly number[])[];
}

/** What {@link measureContributions} takes. */
export interface MeasureContributionsOptions {
  /** Trained; changed by nothing here. */
  readonly network: Network;
  readonly recipe: Pick<
    Recipe,
    'gating' | 'fineTuning' | 'batchSize' | 'accumulation' | 'seed' | 'augmentation'
  >;
  /** Training images. */
  readonly dataset: Dataset;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures what every sub-block contributes on a sample of training images with all gates open, and places the zero of scores so
 * that gates which knew their contribution would open, at log-odds above 0, for the cost that the recipe asks for.
 *
 * A pure function of weights, recipe and data: a run that is resumed measures it again, to the same bits, since nothing but its
 * controllers has changed.
 *
 * @throws DmnnError `DMNN_NAN` if contributions are not finite; the signal's reason, if it aborts
 */
export async function measureContributions(options: MeasureContributionsOptions): Promise<Contributions> {
  const { network, recipe, dataset } = options;
  const { architecture } = network;
  const { gating } = recipe;
  if (!gating?.regression) throw new RangeError('recipe.gating.regression: expected settings, got none');
  const table = flopsTable(countNetwork(architecture, { imageSizePx: dataset.imageSizePx }));
  const costs = table.subBlockMacs;
  const measured = await sampleOf(options, gating.regression.of);
  const perSubBlock = costs.flat();
  const floor = FLOOR_SHARE * mean(measured);
  if (!(floor > 0 && floor < Infinity))
    throw trainingError(
      { step: 0, epoch: 0, term: 'contributions of sub-blocks' },
      'Check the network that the run begins with.',
    );
  const scores = measured.map((each, at) =>
    Math.log(Math.max(each, floor) / (perSubBlock[at % perSubBlock.length] as number)),
  );
  const centre = mean(scores); // probabilities near 0 and 1 would not tell scores apart
  const budget = gatingOptimum(architecture, gating).flopsRate * fullMacs(table);
  const { threshold } = thresholdForBudget({
    logOdds: scores.map((score) => score - centre),
    costs: macCosts(table),
    budget,
  });
  const offset = centre + withinScores(Math.log(threshold) - Math.log1p(-threshold), scores, centre);
  let end = 0;
  const meanScores = costs.map((row) =>
    row.map(() => {
      const n = end++;
      return mean(scores.filter((_, at) => at % perSubBlock.length === n)) - offset;
    }),
  );
  return { scale: { costs, floor, offset }, meanScores };
}

/** A threshold that opens or closes everything is infinite: just beyond the scores does the same. */
function withinScores(logOdds: number, scores: readonly number[], centre: number): number {
  if (Number.isFinite(logOdds)) return logOdds;
  const extreme = logOdds < 0 ? Math.min : Math.max;
  const last = scores.reduce((found, score) => extreme(found, score)); // too many to be arguments
  return last + Math.sign(logOdds) - centre;
}

/** Begins with gates that predict each sub-block's mean, so that controllers learn only what differs between images. */
export function openAtMeanScores(network: Network, { meanScores }: Contributions): void {
  for (const [l, { path }] of gatedBlocks(network.architecture).entries()) {
    const biases = (meanScores[l] as readonly number[]).flatMap((score) => [-score / 2, score / 2]);
    const value = tf.tensor1d(biases);
    network.variables.get(`${path}.controller.decide.bias`)?.assign(value);
    value.dispose();
  }
}

/** The loss of contribution regression, as a term of the training step. */
export function contributionTerm(of: 'norm' | 'loss', { scale }: Contributions): PassTerm {
  const shared = { name: 'contribution', weight: 1 } as const;
  switch (of) {
    case 'norm': // of the same pass: its gates are open, and depend on nothing that learns
      return {
        ...shared,
        needsNorms: true,
        loss: ({ gateLogits, norms }) =>
          tf.tidy(() => contributionLoss(gateLogits, contributionScores(norms, scale))),
      };
    case 'loss':
      return {
        ...shared,
        constants: lossChanges,
        loss: ({ gateLogits }, _, changes) =>
          tf.tidy(() => contributionLoss(gateLogits, contributionScores(changes, scale))),
      };
    default:
      return of satisfies never;
  }
}

/** `[image · G + g]`: contributions of all sub-blocks. */
async function sampleOf(
  { network, recipe, dataset, signal }: MeasureContributionsOptions,
  of: 'norm' | 'loss',
): Promise<number[]> {
  const { batchSize, accumulation, seed, augmentation: augment, fineTuning } = recipe;
  const { calibrationImages = 0 } = fineTuning ?? {};
  const wanted = Math.min(calibrationImages > 0 ? calibrationImages : USUAL_IMAGES, dataset.size);
  const size = Math.min(BATCH, batchSize / accumulation, wanted);
  const measured: number[] = [];
  let images = 0;
  for await (const batch of trainingBatches(dataset, {
    batchSize: size,
    seed,
    epoch: 0,
    startStep: 0,
    augment,
  })) {
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
    signal?.throwIfAborted();
    const rows = tf.tidy(() => {
      const part = {
        images: tf.tensor4d(batch.images, batch.shape),
        labels: batch.labels,
        sampleKeys: batch.sampleKeys,
      };
      return tf.concat(of === 'norm' ? subBlockNorms(network, part) : lossChanges(network, part), 1);
    });
    await closeAfter(
      async () => {
        for (const each of await rows.data()) measured.push(each); // too many for one call
      },
      () => {
        rows.dispose();
      },
    );
    images += batch.labels.length;
    if (images + size > wanted) break;
  }
  return measured;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
