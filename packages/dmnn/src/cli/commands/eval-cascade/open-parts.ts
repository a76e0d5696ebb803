import type { CascadeSettings } from '@dmnn/confidence';
import type { Dataset } from '@dmnn/data';
import { printable } from '@dmnn/foundation';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { CheckpointChoice } from '../../options/common-options.js';
import { isImageFiles } from '../../options/open-data.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { usageError } from '../../terminal/usage-error.js';
import { openEvaluatedData } from '../eval-parts/evaluated-data.js';
import type { CascadeOptions, choosingImages } from './cascade-options.js';

/** The networks of a cascade and, of a saved one, its settings. */
export interface OpenedParts {
  readonly parts: readonly OpenedNetworkData[];
  readonly settings?: CascadeSettings | undefined;
}

/** Opens a saved cascade, or the networks that a command line names. @throws what `openNetworkData` and `openCascade` throw */
export async function openParts(
  {
    folder,
    then,
    exits,
    checkpoint,
  }: CascadeOptions & { readonly folder: string; readonly checkpoint: CheckpointChoice },
  io: CommandIo,
): Promise<OpenedParts> {
  const { assertSameClasses, isCascade, openCascade, openNetworkData } = await import('@dmnn/runs');
  const isSaved = await isCascade(folder);
  if (isSaved && exits)
    throw usageError(`--exits: expected a network, got the cascade ${folder}, whose stages are settled.`);
  if (isSaved && then === undefined) return openCascade(folder);
  const parts: OpenedNetworkData[] = [];
  for (const path of [folder, ...(then ?? [])]) {
    if (await isCascade(path)) throw usageError(`--then: expected networks, got the cascade ${path}.`);
    const onWarning = (message: string): void => {
      io.err(printable(message, Infinity));
    };
    parts.push(await openNetworkData(path, { which: checkpoint, onWarning }));
  }
  if (exits && !parts[0]?.architecture.exits)
    throw usageError(
      `--exits: expected a network with exits, got ${parts[0]?.architecture.name ?? ''}, which has none. Train them: dmnn train --from ${folder} --exits 3`,
    );
  assertSameClasses(parts);
  const unnamed = parts.filter(({ classNames }) => !classNames).map(({ architecture }) => architecture.name);
  if (unnamed.length > 0 && unnamed.length < parts.length)
    io.err(`${unnamed.join(', ')}: class names are unknown, so only their number was compared`);
  return { parts };
}

/** Where thresholds are chosen, and how many images runs held out. */
export interface ChosenOn {
  readonly images: (typeof choosingImages)[number];
  readonly heldOut?: number | undefined;
}

/**
 * On which images to choose.
 *
 * @throws DmnnError `DMNN_USAGE` if held-out ones are asked for, and networks were not all trained without the same ones
 */
export function chosenOn({ chooseOn }: CascadeOptions, parts: readonly OpenedNetworkData[]): ChosenOn {
  const counts = new Set(
    parts.map(({ source }) => (source.kind === 'run' ? heldOutBy(source.dataset) : undefined)),
  );
  const [heldOut] = counts;
  const shared = counts.size === 1 ? heldOut : undefined;
  if (chooseOn !== 'held-out')
    return chooseOn
      ? { images: chooseOn }
      : shared === undefined
        ? { images: 'test-halves' }
        : { images: 'held-out', heldOut: shared };
  if (shared !== undefined) return { images: 'held-out', heldOut: shared };
  throw usageError(
    '--choose-on: expected training or test-halves, got held-out, and the networks were not all trained with the same --hold-out.',
  );
}

/** `cifar100, 5000 held out` → 5000 */
function heldOutBy(dataset: string): number | undefined {
  const count = /, (\d+) held out$/.exec(dataset)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** The images of a part, in its size and normalisation. */
export interface PartData {
  readonly test: Dataset;
  /** Other images to choose on; undefined: halves of the test images, or nothing to choose. */
  readonly choosing?: Dataset | undefined;
}

/** Opens the images for every part. @throws as `openEvaluatedData` */
export async function openPartData(
  parts: readonly OpenedNetworkData[],
  choice: ChosenOn | undefined,
  options: {
    readonly data?: string | undefined;
    readonly workers?: number | undefined;
    readonly calibrationImages: number;
  },
  io: CommandIo,
): Promise<PartData[]> {
  const { calibrationImages } = await import('@dmnn/trainer');
  const { holdOut } = await import('@dmnn/data');
  const { data: spec, workers } = options;
  const needsTraining = choice !== undefined && choice.images !== 'test-halves';
  // with budgets the training images are opened too
  const budgets = needsTraining ? { unit: 'share' as const, values: [1] } : undefined;
  const open = (part: OpenedNetworkData) => openEvaluatedData(part, { data: spec, workers, budgets }, io);
  const photographs = spec !== undefined && isImageFiles(spec);
  const shared = photographs ? undefined : await open(parts[0] as OpenedNetworkData);
  const all: PartData[] = [];
  for (const part of parts) {
    const data = shared ?? (await open(part));
    const { channelMeans, channelDeviations } = part;
    const ownOf = (split: Dataset): Dataset =>
      photographs ? split : { ...split, channelMeans, channelDeviations };
    const train = data.budgets ? data.train : undefined;
    const choosing =
      train &&
      (choice?.heldOut === undefined
        ? calibrationImages(train, options.calibrationImages)
        : holdOut(train, choice.heldOut).test);
    all.push({ test: ownOf(data.test), choosing: choosing && ownOf(choosing) });
  }
  return all;
}
