import { closeAfterEach } from '@dmnn/foundation';
import { type Batch, type Dataset, evaluationBatches } from '@dmnn/data';
import type { EngineDecision, EngineNetwork, EngineOutputs } from './engine-network.js';
import { type OnSkipped, reportSkipped } from './on-skipped.js';

/** What {@link enginePasses} takes. */
export interface EnginePassesOptions {
  readonly network: EngineNetwork;
  readonly dataset: Dataset;
  readonly decision: EngineDecision;
  /** Images read together, and then run, as many side by side as the engine takes. */
  readonly batchSize: number;
  /** Receives damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two images. */
  readonly signal?: AbortSignal | undefined;
}

/** A batch of images that was run. */
export interface EnginePass {
  /** Of the intact images, at least one. */
  readonly labels: Batch['labels'];
  /** `[b]` */
  readonly outputs: readonly EngineOutputs[];
  /** Wall-clock time of running them, side by side. */
  readonly milliseconds: number;
}

/**
 * Runs an engine on every image of a data set once, batch after batch.
 *
 * @throws DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts; what the engine
 *   throws
 */
export async function* enginePasses(options: EnginePassesOptions): AsyncGenerator<EnginePass> {
  const { dataset } = options;
  const batchSize = Math.min(options.batchSize, dataset.size);
  const batches = evaluationBatches(dataset, { batchSize })[Symbol.asyncIterator]();
  yield* closeAfterEach(passesOf(batches, options), () => batches.return?.(undefined));
}

async function* passesOf(
  batches: AsyncIterator<Batch>,
  { network, decision, onSkipped, signal }: EnginePassesOptions,
): AsyncGenerator<EnginePass> {
  for (;;) {
    const next = await batches.next();
    if (next.done) return;
    const { labels, images, shape } = next.value;
    await reportSkipped(next.value, onSkipped);
    if (labels.length === 0) continue;
    const length = shape[1] * shape[2] * shape[3];
    const start = performance.now();
    const outputs = await sideBySide(labels.length, network.imagesAtOnce ?? 1, signal, (b) =>
      network.run(images.subarray(b * length, (b + 1) * length), decision),
    );
    yield { labels, outputs, milliseconds: performance.now() - start };
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
  }
}

/** Runs `run(0)` … `run(count − 1)`, some at a time. After a failure nothing else begins, and nothing is left running. */
async function sideBySide<Result>(
  count: number,
  atOnce: number,
  signal: AbortSignal | undefined,
  run: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      while (next < count && failures.length === 0) {
        signal?.throwIfAborted();
        const index = next++;
        results[index] = await run(index);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, count)) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
