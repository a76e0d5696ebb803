import { gatedBlocks } from '@dmnn/architecture';
import { closeAfter } from '@dmnn/foundation';
import { type FlopsTable, countNetwork, countUndivided, flopsTable } from '@dmnn/flops';
import type { GatePattern } from '../../options/gate-pattern.js';
import type { NamedNetwork } from '../../options/open-network.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { startBackend } from '../../terminal/start-backend.js';
import { usageError } from '../../terminal/usage-error.js';
import { openEvaluatedData } from '../eval-parts/evaluated-data.js';

/** What {@link budgetPattern} is given. */
export interface BudgetPatternOptions {
  /** Share of the undivided backbone's multiply–accumulates. */
  readonly budget: number;
  /** As `--data` takes it; undefined: a run's own. */
  readonly data?: string | undefined;
  readonly imageSizePx?: number | undefined;
}

/** Training images by which sub-blocks are ordered. */
const IMAGES = 200;
/** Images of noise, for a network without training. */
const SEEDED_IMAGES = 8;

/** Gates to freeze for a budget. */
export interface BudgetPattern {
  readonly gates: GatePattern;
  /** What they were ordered by, for the report. */
  readonly orderedBy: string;
}

/**
 * The pattern of a budget: sub-blocks in the order of how probable the controllers find them on training images, as many
 * as the budget pays for.
 *
 * @throws DmnnError `DMNN_USAGE` if it does not pay for what always runs, or images are missing; what opening data throws
 */
export async function budgetPattern(
  named: NamedNetwork,
  { budget, data, imageSizePx = named.architecture.imageSizePx }: BudgetPatternOptions,
  io: CommandIo,
): Promise<BudgetPattern> {
  const { architecture } = named;
  const costs = flopsTable(countNetwork(architecture, { imageSizePx }));
  const undividedMacs = countUndivided(architecture, { imageSizePx }).macs;
  const least = costs.fixedMacs / undividedMacs;
  if (budget < least) {
    throw usageError(
      `--budget: expected at least ${(Math.ceil(least * 1000) / 1000).toFixed(3)}, the share of ${architecture.name} that always runs, got ${budget}`,
    );
  }
  const { probabilities, images } = named.trained
    ? await onTrainingImages(named, { data, imageSizePx }, io)
    : await onNoise(named, imageSizePx);
  return { gates: filledPattern(probabilities, costs, budget * undividedMacs), orderedBy: images };
}

/** What a frozen network costs: controllers are not in it. */
type FrozenCosts = Pick<FlopsTable, 'fixedMacs' | 'subBlockMacs'>;

/**
 * Opens the most probable sub-blocks that a budget pays for; one that it does not pay for is passed over.
 *
 * @param probabilities - `[l][n]`
 */
export function filledPattern(
  probabilities: readonly (readonly number[])[],
  { fixedMacs, subBlockMacs }: FrozenCosts,
  budgetMacs: number,
): boolean[][] {
  const gates = probabilities.map((row) => row.map(() => false));
  const order = probabilities
    .flatMap((row, l) => row.map((probability, n) => ({ l, n, probability })))
    .sort((a, b) => b.probability - a.probability);
  let macs = fixedMacs;
  for (const { l, n } of order) {
    const cost = subBlockMacs[l]?.[n] ?? Infinity;
    if (macs + cost > budgetMacs) continue;
    macs += cost;
    (gates[l] as boolean[])[n] = true;
  }
  return gates;
}

/** `[l][n]`: means over images. */
interface MeanProbabilities {
  readonly probabilities: readonly (readonly number[])[];
  readonly images: string;
}

async function onTrainingImages(
  named: Extract<NamedNetwork, { readonly trained: true }>,
  { data, imageSizePx }: { readonly data: string | undefined; readonly imageSizePx: number },
  io: CommandIo,
): Promise<MeanProbabilities> {
  if (imageSizePx !== named.architecture.imageSizePx)
    throw usageError(
      "--budget: expected images of the network's own size, got --image-size with it. Give a --pattern.",
    );
  const { train } = await openEvaluatedData(named, { data, train: true }, io);
  if (!train) throw new TypeError('data: expected training images');
  const [{ evaluationBatches }, { calibrationImages }, { createNetwork }, { gateLogOdds, likeliest }, tf] =
    await Promise.all([
      import('@dmnn/data'),
      import('@dmnn/trainer'),
      import('@dmnn/network'),
      import('@dmnn/gating'),
      import('@tensorflow/tfjs-core'),
    ]);
  await startBackend(undefined, io);
  const network = createNetwork(named.architecture, { seed: 0, weights: named.weights });
  return closeAfter(
    async () => {
      const sums = gatedBlocks(named.architecture).map(({ block }) => block.subBlocks.map(() => 0));
      let images = 0;
      for await (const batch of evaluationBatches(calibrationImages(train, IMAGES), {
        batchSize: 50,
      })) {
        const count = batch.labels.length;
        const shape: [number, number, number, number] = [
          count,
          imageSizePx,
          imageSizePx,
          network.architecture.inChannels,
        ];
        const rows = tf.tidy(() => {
          const options = { policy: likeliest, statistics: 'moving', execution: 'masked' } as const;
          const { gateLogits } = network.forward(tf.tensor4d(batch.images, shape), options);
          return gateLogits.map((logits) => tf.sum(tf.sigmoid(gateLogOdds(logits)), 0).dataSync<'float32'>());
        });
        for (const [l, row] of sums.entries())
          for (const n of row.keys()) row[n] = (row[n] ?? 0) + (rows[l]?.[n] ?? 0);
        images += count;
      }
      const probabilities = sums.map((row) => row.map((sum) => sum / images));
      return { probabilities, images: `${images} training images` };
    },
    () => {
      network.dispose();
    },
  );
}

async function onNoise(named: NamedNetwork, imageSizePx: number): Promise<MeanProbabilities> {
  const { chooseBackend } = await import('@dmnn/runtime');
  await import('@tensorflow/tfjs');
  const { referenceOutputs } = await import('../../../verify/reference-outputs.js');
  await chooseBackend({ prefer: 'wasm' });
  const outputs = await referenceOutputs(named, { images: SEEDED_IMAGES, imageSizePx });
  const probabilities = gatedBlocks(named.architecture).map(({ block }, l) =>
    block.subBlocks.map((_, n) => {
      const all = outputs.map(({ reference }) => 1 / (1 + Math.exp(-(reference.logOdds[l]?.[n] ?? 0))));
      return all.reduce((sum, each) => sum + each, 0) / all.length;
    }),
  );
  return { probabilities, images: `${SEEDED_IMAGES} images of noise, since the weights are random` };
}
