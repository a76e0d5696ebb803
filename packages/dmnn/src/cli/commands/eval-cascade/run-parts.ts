import { closeAfter } from '@dmnn/foundation';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { CascadePart, ExitTimesOptions, StageOutputs } from '@dmnn/trainer';
import type { Budgets } from '../../options/budgets-option.js';
import type { RunsOn } from '../../options/engine-option.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { ProgressLine } from '../../terminal/progress-line.js';
import { skippedImages } from '../../terminal/skipped-images.js';
import { decisionOf } from '../eval-parts/evaluated-decision.js';
import type { EvaluatedExecution } from '../eval-parts/eval-findings.js';
import {
  type EvaluatedNetwork,
  openEvaluatedNetwork,
  tensorsNeeded,
} from '../eval-parts/evaluated-network.js';
import { type PartOutputs, commonRows } from './cascade-findings.js';
import { type PartData, inPart } from './open-parts.js';

/** What decides how the networks of a cascade are run. */
export interface RunPartsRequest extends RunsOn {
  readonly batchSize?: number | undefined;
  readonly budgets?: Budgets | undefined;
  readonly execution: EvaluatedExecution;
  readonly badImages: number;
}

/** The networks of a cascade and their images. */
export interface PartsToRun {
  readonly parts: readonly OpenedNetworkData[];
  /** `[part]` */
  readonly data: readonly PartData[];
  /** The folder of a saved cascade, for messages; undefined: the networks are those of a command line. */
  readonly saved: string | undefined;
}

/** A part that is ready to run. */
export interface OpenPart {
  readonly opened: EvaluatedNetwork;
  readonly part: CascadePart;
  readonly data: PartData;
}

/**
 * Opens all networks of a cascade, and closes them after the body.
 *
 * @throws what opening an engine throws, naming the network
 */
export async function withOpenParts<Result>(
  { parts, data, saved }: PartsToRun,
  request: RunPartsRequest,
  io: CommandIo,
  body: (open: readonly OpenPart[]) => Promise<Result>,
): Promise<Result> {
  const open: OpenPart[] = [];
  return closeAfter(
    async () => {
      for (const [at, part] of parts.entries())
        open.push(
          await inPart({ saved, parts, at }, () => openPart(part, data[at] as PartData, request, io)),
        );
      return await body(open);
    },
    async () => {
      for (const { opened } of open) await opened.close();
    },
  );
}

async function openPart(
  part: OpenedNetworkData,
  data: PartData,
  request: RunPartsRequest,
  io: CommandIo,
): Promise<OpenPart> {
  const { backend, engine, precision, execution, budgets, batchSize } = request;
  const { policy, ...decision } = await decisionOf(part);
  const oneByOne = (batchSize ?? (budgets?.unit === 'ms' ? 1 : undefined)) === 1;
  const opened = await openEvaluatedNetwork(
    part,
    {
      ...{ backend, engine, precision, defaultPrecision: 'f32', oneByOne },
      imageSizePx: data.test.imageSizePx,
      // engines compute what is open; later networks run only for images that go on, whatever runs them
      onlyTensors:
        execution === 'both' && part.architecture.exits
          ? {
              by: '--execution both',
              because: 'since only there a batch goes on without images that left at an exit',
            }
          : tensorsNeeded({ execution: execution === 'masked' ? 'masked' : 'skipping' }, decision),
    },
    io,
  );
  return { opened, data, part: { network: opened.network, dataset: data.test, policy } };
}

/** Runs every network on all images that thresholds are chosen on and measured on. */
export async function runParts(
  open: readonly OpenPart[],
  request: RunPartsRequest,
  io: CommandIo,
  { saved, parts }: PartsToRun,
  signal: AbortSignal,
): Promise<PartOutputs> {
  const { stageOutputs } = await import('@dmnn/trainer');
  const { execution, budgets } = request;
  const batchSize = request.batchSize ?? (budgets?.unit === 'ms' ? 1 : undefined);
  const { partNames } = await import('@dmnn/runs');
  const names = partNames(parts);
  const onSkipped = await skippedImages(request.badImages, io);
  const run = async (of: 'test' | 'choosing'): Promise<StageOutputs[] | undefined> => {
    const all: StageOutputs[] = [];
    for (const [at, { part, data }] of open.entries()) {
      const dataset = data[of];
      if (!dataset) return undefined;
      const line = new ProgressLine(io);
      const { network, policy } = part;
      const label = `${names[at] ?? ''}, ${of === 'test' ? 'test images' : 'images to choose on'}`;
      line.show(label, `: 0 of ${dataset.size}`);
      const outputs = await inPart({ saved, parts, at }, () =>
        stageOutputs({
          ...{ network, dataset, policy, batchSize, onSkipped, signal },
          execution: execution === 'masked' ? 'masked' : 'skipping',
          onProgress: (images) => {
            line.show(label, `: ${images} of ${dataset.size}`);
          },
        }),
      );
      all.push(outputs);
    }
    return commonRows(all);
  };
  const test = (await run('test')) ?? [];
  const choosing = await run('choosing');
  if (budgets?.unit !== 'ms' || !parts.some(({ architecture }) => architecture.exits))
    return { test, choosing };
  return { test, choosing, exitMs: await exitMilliseconds(open, test, { batchSize, onSkipped, signal }, io) };
}

/**
 * `[part][e]`: how long an image takes until it leaves at an exit, as a share of the whole network that was timed next to it,
 * of the mean time of all test images.
 */
async function exitMilliseconds(
  open: readonly OpenPart[],
  test: readonly StageOutputs[],
  options: Pick<ExitTimesOptions, 'batchSize' | 'onSkipped' | 'signal'>,
  io: CommandIo,
): Promise<number[][]> {
  const { exitTimes } = await import('@dmnn/trainer');
  const all: number[][] = [];
  for (const [at, { part }] of open.entries()) {
    const { network, dataset, policy } = part;
    if (!network.architecture.exits) {
      all.push([]);
      continue;
    }
    new ProgressLine(io).show(network.architecture.name, ': timing its exits');
    const { exits, head } = await exitTimes({ network, dataset, policy, ...options });
    const { msPerImage } = (test[at] as StageOutputs).evaluation.timing;
    all.push(exits.map((each) => (each / head) * msPerImage));
  }
  return all;
}
