import { closeAfter, closeAfterEach } from '@dmnn/foundation';
import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { type TimingOptions, alternatingMinima } from './alternating-minima.js';
import type { BenchEngine, Contestant } from './contestant.js';
import { type OpenPattern, randomPattern, singleBlockPattern } from './random-pattern.js';

/** Theory and measurement of one network on one engine. */
export interface Efficiency {
  readonly model: string;
  readonly engine: string;
  readonly batch: number;
  /** Theory: multiply–accumulates as a share of the undivided backbone's. */
  readonly macsRatio: number;
  /** Measurement: time as a share of the undivided backbone's on the same engine. */
  readonly timeRatio: number;
  /** Theory over measurement: 1 if skipped computation takes no time. */
  readonly efficiency: number;
  /** Time of the batch. */
  readonly milliseconds: number;
  /** Time of the batch in the undivided backbone. */
  readonly undividedMilliseconds: number;
}

/** The whole network with a share of its sub-blocks open. */
export interface ShareEfficiency extends Efficiency {
  /** Share of open sub-blocks, in [0, 1]. */
  readonly openShare: number;
}

/** One block: the cost that opening all of it adds to the network with all gates closed. */
export interface BlockEfficiency extends Efficiency {
  /** `stage0.block0` */
  readonly block: string;
}

/** Options of {@link measureShares} and {@link measureBlocks}. */
export interface MeasureOptions extends TimingOptions {
  readonly architecture: Architecture;
  readonly engine: BenchEngine;
}

/**
 * Times a network with shares of its sub-blocks open at random against its undivided backbone, one after the other.
 *
 * Each image of a batch opens different sub-blocks.
 */
export async function* measureShares(
  options: MeasureOptions & { readonly shares: readonly number[] },
): AsyncGenerator<ShareEfficiency> {
  const undivided = await options.engine.undivided();
  yield* closeAfterEach(sharesAgainst(undivided, options), () => undivided.release());
}

async function* sharesAgainst(
  undivided: Contestant,
  options: MeasureOptions & { readonly shares: readonly number[] },
): AsyncGenerator<ShareEfficiency> {
  const { architecture, engine, shares } = options;
  for (const openShare of shares) {
    const patterns = Array.from({ length: engine.batch }, (_, b) =>
      randomPattern(architecture, openShare, b),
    );
    const found = await against(undivided, patterns, options);
    yield { ...efficiencyOf(found.macs, found.milliseconds, found, options), openShare };
  }
}

/**
 * Times every gated block: the network with this block open alone, less the network with all gates closed, against
 * what as many multiply–accumulates take the undivided backbone.
 */
export async function* measureBlocks(options: MeasureOptions): AsyncGenerator<BlockEfficiency> {
  const undivided = await options.engine.undivided();
  yield* closeAfterEach(blocksAgainst(undivided, options), () => undivided.release());
}

async function* blocksAgainst(
  undivided: Contestant,
  options: MeasureOptions,
): AsyncGenerator<BlockEfficiency> {
  const { architecture, engine } = options;
  const everyImage = (pattern: OpenPattern) => Array.from({ length: engine.batch }, () => pattern);
  const closed = await against(undivided, everyImage(singleBlockPattern(architecture)), options);
  for (const { path, blockIndex } of gatedBlocks(architecture)) {
    const found = await against(undivided, everyImage(singleBlockPattern(architecture, blockIndex)), options);
    const added = efficiencyOf(
      found.macs - closed.macs,
      found.milliseconds - closed.milliseconds,
      found,
      options,
    );
    yield { ...added, block: path };
  }
}

/** Result of one comparison: times of the batch, multiply–accumulates of its average image. */
interface Found {
  readonly macs: number;
  readonly milliseconds: number;
  readonly undividedMilliseconds: number;
}

async function against(
  undivided: Contestant,
  patterns: readonly OpenPattern[],
  options: MeasureOptions,
): Promise<Found> {
  const table = flopsTable(countNetwork(options.architecture));
  const macs = patterns.reduce((sum, pattern) => sum + patternMacs(table, pattern), 0) / patterns.length;
  const dynamic = await options.engine.dynamic(patterns);
  return closeAfter(
    async () => {
      const times = await alternatingMinima([dynamic, undivided], options);
      const [milliseconds, undividedMilliseconds] = times as [number, number];
      return { macs, milliseconds, undividedMilliseconds };
    },
    () => dynamic.release(),
  );
}

function efficiencyOf(
  macs: number,
  milliseconds: number,
  { undividedMilliseconds }: Found,
  { architecture, engine }: MeasureOptions,
): Efficiency {
  const macsRatio = macs / countUndivided(architecture).macs;
  const timeRatio = milliseconds / undividedMilliseconds;
  return {
    model: architecture.name,
    engine: engine.name,
    batch: engine.batch,
    macsRatio,
    timeRatio,
    efficiency: macsRatio / timeRatio,
    milliseconds,
    undividedMilliseconds,
  };
}
