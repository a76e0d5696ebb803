import type { Dataset } from '@dmnn/data';
import { subset } from '@dmnn/data';
import { type GateCosts, meanCost } from '@dmnn/flops';
import { closeAfter } from '@dmnn/foundation';
import type { GatePolicy } from '@dmnn/gating';
import { assertGated, networkMacCosts } from '../budget/find-thresholds.js';
import { closingOrder } from './closing-order.js';
import { normsUnder } from './norms-under.js';
import { type ControlRuns, evaluateUnder, wrongRows } from './pattern-evaluation.js';
import { type FixedPattern, type PatternsNear, patternText, patternsNear } from './patterns-near.js';
import { taylorOrder } from './taylor-order.js';

/** By what sub-blocks are ordered: how often gates open them, greedy closing by loss, or Taylor scores. */
export type PatternOrder = 'most-often-open' | 'greedy-closing' | 'taylor';

/** Which means and variances batch norms have: those of training, or estimated again under the pattern. */
export type PatternNorms = 'trained' | 'estimated';

/** Gates whose control is asked for. */
export interface ControlledGates {
  /** The gates themselves: those that images decide about. */
  readonly policy: GatePolicy;
  /** Multiply–accumulates of a test image under them, mean. */
  readonly meanMacs: number;
}

/** What {@link patternControls} takes. */
export interface PatternControlOptions extends ControlRuns {
  /** Each has a control of its own. */
  readonly gates: readonly ControlledGates[];
  /** Images on which the pattern is chosen; not those of `test`. */
  readonly choosing: Dataset;
  /** Images on which it is measured. */
  readonly test: Dataset;
  /** Training images on which batch norms are estimated again. */
  readonly training: Dataset;
  /** Images of `choosing` by which sub-blocks are ordered. @defaultValue 500, or all */
  readonly orderingImages?: number | undefined;
  /** Called with what is done now. */
  readonly onProgress?: ((what: string) => void) | undefined;
}

/** A pattern of a control, and the share of the images that run under it. */
export interface ControlPattern {
  readonly pattern: FixedPattern;
  readonly share: number;
}

/** The same network without choice: the best fixed gate pattern of equal mean cost. */
export interface PatternControl {
  readonly order: PatternOrder;
  readonly norms: PatternNorms;
  /** One, or two between which a random choice reaches the cost. */
  readonly patterns: readonly ControlPattern[];
  /** Of a test image, mean: at most that of the gates, and that of the gates if there are two patterns. */
  readonly meanMacs: number;
  /** Of all patterns that were tried, on the images chosen on. */
  readonly tried: readonly {
    readonly order: PatternOrder;
    readonly norms: PatternNorms;
    readonly top1ErrorPercent: number;
  }[];
  /** `[row]` of intact test images: probability that it is wrong, over the random choice. */
  readonly wrong: Float64Array;
  readonly top1ErrorPercent: number;
}

/**
 * The control of a gated network: what the same network reaches at the same mean cost if every image runs the same
 * sub-blocks. Three orders of the sub-blocks are tried: how often the gates open them, greedy closing by loss, and Taylor
 * scores. Of each, the pattern of the highest cost that is not above the gates', mixed at random with the next larger one if
 * that is better, so that both cost the same; with batch norms as trained, and estimated again under the pattern. The best
 * of these on the images chosen on is measured on the test images.
 *
 * Controllers, which fixed gates do not need, are counted in both. The patterns are not trained further.
 *
 * Gates that are not better than this decide nothing that is worth deciding.
 *
 * @returns in the order of `gates`
 * @throws RangeError if the network has no gates or there are no images; the errors of `evaluate`
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { likeliest } from '@dmnn/gating';
 * import { createNetwork } from '@dmnn/network';
 * import { evaluate, patternControls } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1, openingRate: 0.5 });
 * const test = builtInDataset({ split: 'test', size: 4 });
 * const training = builtInDataset({ split: 'train', size: 8 });
 * const { meanMacs } = (await evaluate({ network, dataset: test })).cost;
 * const gates = [{ policy: likeliest, meanMacs }];
 * const [control] = await patternControls({ network, gates, choosing: training, test, training, orderingImages: 4 });
 * console.log((control?.meanMacs ?? Infinity) <= meanMacs * 1.000001, control?.wrong.length); // => true 4
 * network.dispose();
 * ```
 */
export async function patternControls(options: PatternControlOptions): Promise<PatternControl[]> {
  const { network, gates, choosing, test } = options;
  assertGated(network);
  const costs = networkMacCosts(network, test.imageSizePx);
  const search = new Search(options);
  const orders = await ordersOf(options, costs);
  const controls: PatternControl[] = [];
  for (const [at, { policy, meanMacs }] of gates.entries()) {
    options.onProgress?.(`control ${at + 1} of ${gates.length}`);
    const rates = (await evaluateUnder(policy, choosing, options)).gates.executionRates;
    const tried: Tried[] = [];
    for (const [order, scores] of [['most-often-open', rates], ...orders] as const) {
      const near = patternsNear(scores, costs, meanMacs);
      for (const norms of ['trained', 'estimated'] as const)
        tried.push(await search.tried(order, norms, near));
    }
    // the first of equals, so that gates that are constant are compared with themselves as they were trained
    const best = tried.reduce((a, b) => (b.errorPercent < a.errorPercent ? b : a));
    controls.push(await search.measured(best, tried, costs));
  }
  return controls;
}

/** Scores by order, but for how often gates open sub-blocks. */
async function ordersOf(
  options: PatternControlOptions,
  costs: GateCosts,
): Promise<(readonly [PatternOrder, number[][]])[]> {
  const { gates, choosing, orderingImages = 500, onProgress } = options;
  const dataset = spread(choosing, orderingImages);
  const downTo = Math.min(...gates.map(({ meanMacs }) => meanMacs));
  const closing = await closingOrder({
    ...options,
    ...{ dataset, costs, downTo },
    onClosed: (closed, loss) => onProgress?.(`closing sub-blocks: ${closed} closed, loss ${loss.toFixed(3)}`),
  });
  return [
    ['greedy-closing', closing],
    ['taylor', await taylorOrder(dataset, { ...options, batchSize: 50 })],
  ];
}

/** As many images, evenly spaced, since a data set may be sorted. */
function spread(dataset: Dataset, images: number): Dataset {
  if (images >= dataset.size) return dataset;
  return subset(
    dataset,
    Array.from({ length: images }, (_, i) => Math.floor(((i + 0.5) * dataset.size) / images)),
  );
}

/** One pattern, or two, with one kind of norms. */
interface Tried {
  readonly order: PatternOrder;
  readonly norms: PatternNorms;
  readonly patterns: readonly ControlPattern[];
  /** Expected, on the images chosen on. */
  readonly errorPercent: number;
}

/** Tries patterns, each once. */
class Search {
  readonly #options: PatternControlOptions;
  readonly #wrong = new Map<string, Uint8Array>();

  constructor(options: PatternControlOptions) {
    this.#options = options;
  }

  async tried(order: PatternOrder, norms: PatternNorms, near: PatternsNear): Promise<Tried> {
    const { below, above, shareAbove } = near;
    const alone = 100 * mean(await this.#wrongOf(below, norms, 'choosing'));
    const single: Tried = { order, norms, patterns: [{ pattern: below, share: 1 }], errorPercent: alone };
    if (!above) return single;
    const larger = 100 * mean(await this.#wrongOf(above, norms, 'choosing'));
    if (larger >= alone) return single; // more cost does not help
    return {
      ...{ order, norms },
      patterns: [
        { pattern: below, share: 1 - shareAbove },
        { pattern: above, share: shareAbove },
      ],
      errorPercent: (1 - shareAbove) * alone + shareAbove * larger,
    };
  }

  async measured(
    { order, norms, patterns }: Tried,
    all: readonly Tried[],
    costs: GateCosts,
  ): Promise<PatternControl> {
    let wrong: Float64Array | undefined;
    for (const { pattern, share } of patterns) {
      const own = await this.#wrongOf(pattern, norms, 'test');
      wrong ??= new Float64Array(own.length);
      for (const [row, each] of own.entries()) wrong[row] = (wrong[row] as number) + share * each;
    }
    const measured = wrong ?? new Float64Array();
    return {
      ...{ order, norms, patterns },
      meanMacs: patterns.reduce((sum, { pattern, share }) => sum + share * meanCost(costs, pattern), 0),
      tried: all.map(({ errorPercent, ...each }) => ({
        order: each.order,
        norms: each.norms,
        top1ErrorPercent: errorPercent,
      })),
      wrong: measured,
      top1ErrorPercent: 100 * mean(measured),
    };
  }

  async #wrongOf(pattern: FixedPattern, norms: PatternNorms, on: 'choosing' | 'test'): Promise<Uint8Array> {
    const key = `${on} ${norms} ${patternText(pattern)}`;
    const known = this.#wrong.get(key);
    if (known) return known;
    const options = this.#options;
    const dataset = options[on];
    options.onProgress?.(`pattern ${patternText(pattern)}`);
    const run = async (): Promise<Uint8Array> =>
      wrongRows(await evaluateUnder(pattern, dataset, options), dataset);
    const wrong = norms === 'trained' ? await run() : await this.#withNorms(pattern, run);
    this.#wrong.set(key, wrong);
    return wrong;
  }

  async #withNorms<T>(pattern: FixedPattern, run: () => Promise<T>): Promise<T> {
    const { network, training } = this.#options;
    const before = await network.weights();
    return closeAfter(
      async () => {
        network.load(await normsUnder(pattern, training, this.#options));
        return run();
      },
      () => {
        network.load(before);
      },
    );
  }
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, each) => sum + each, 0) / values.length;
}
