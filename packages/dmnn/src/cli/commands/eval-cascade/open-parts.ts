import type { CascadeSettings } from '@dmnn/confidence';
import type { Dataset } from '@dmnn/data';
import { errorInFile, printable } from '@dmnn/foundation';
import type { OpenedNetworkData } from '@dmnn/runs';
import { type CheckpointChoice, usualCalibrationImages } from '../../options/common-options.js';
import { isImageFiles } from '../../options/open-data.js';
import { atSetting, readStageArgument } from '../../options/stage-argument.js';
import { assertNetworkFolder } from '../../options/output-folders.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { usageError } from '../../terminal/usage-error.js';
import { openEvaluatedData, otherDataText } from '../eval-parts/evaluated-data.js';
import { heldOutImages } from './held-out-images.js';
import type { CascadeOptions, choosingImages } from './cascade-options.js';

/** The networks of a cascade and, of a saved one, its settings. */
export interface OpenedParts {
  readonly parts: readonly OpenedNetworkData[];
  readonly settings?: CascadeSettings | undefined;
  /** `[part]`: mean cost at which its gates are still to be set, as a share of the undivided backbone's; or undefined. */
  readonly budgets?: readonly (number | undefined)[] | undefined;
}

/** Opens a saved cascade, or the networks that a command line names. @throws what `openNetworkData` and `openCascade` throw */
export async function openParts(
  {
    folder,
    then,
    exits,
    checkpoint,
  }: CascadeOptions & { readonly folder: string; readonly checkpoint?: CheckpointChoice | undefined },
  io: CommandIo,
): Promise<OpenedParts> {
  const { assertSameClasses, isCascade, openCascade, openNetworkData } = await import('@dmnn/runs');
  const isSaved = await isCascade(folder);
  if (isSaved && exits)
    throw usageError(`--exits: expected a network, got the cascade ${folder}, whose stages are settled.`);
  if (isSaved && then === undefined) {
    if (checkpoint !== undefined)
      throw usageError(
        `--checkpoint: expected none with a saved cascade, which names the checkpoints of its networks, got ${checkpoint}.`,
      );
    return openCascade(folder);
  }
  const parts: OpenedNetworkData[] = [];
  const budgets: (number | undefined)[] = [];
  for (const [at, text] of [folder, ...(then ?? [])].entries()) {
    const option = at === 0 ? 'run' : '--then';
    const { path, setting } = readStageArgument(option, text);
    if (await isCascade(path)) throw usageError(`${option}: expected networks, got the cascade ${path}.`);
    if (at > 0 || setting) await assertNetworkFolder(option, path);
    const onWarning = (message: string): void => {
      io.err(printable(message, Infinity));
    };
    const width = setting?.kind === 'width' ? setting.width : undefined;
    const name = `${option} ${text}`;
    const opened = await namingStage(setting && name, () =>
      openNetworkData(path, { which: checkpoint, width, onWarning }),
    );
    const part = await atSetting(opened, setting, name);
    const budget = setting?.kind === 'budget' ? setting.budget : undefined;
    parts.push(part);
    budgets.push(budget);
  }
  if (exits && !parts[0]?.architecture.exits)
    throw usageError(
      `--exits: expected a network with exits, got ${parts[0]?.architecture.name ?? ''}, which has none. Train them: dmnn train --from ${folder} --exits 3`,
    );
  assertSameClasses(parts);
  const unnamed = parts.filter(({ classNames }) => !classNames).map(({ architecture }) => architecture.name);
  if (unnamed.length > 0 && unnamed.length < parts.length)
    io.err(`${unnamed.join(', ')}: class names are unknown, so only their number was compared`);
  return { parts, budgets };
}

/** Lets a setting that the folder does not have name the argument. */
async function namingStage<Result>(name: string | undefined, open: () => Promise<Result>): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    if (name === undefined || !(error instanceof RangeError)) throw error;
    throw usageError(`${name}: ${error.message}`);
  }
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
export async function chosenOn(
  { chooseOn }: CascadeOptions,
  parts: readonly OpenedNetworkData[],
): Promise<ChosenOn> {
  const { withoutHeldOut } = await import('@dmnn/data');
  const counts = new Set(
    parts.map(({ source }) =>
      // held out of images of one's own without splits, they are the test images
      source.kind === 'run' && !source.heldOut ? withoutHeldOut(source.dataset).heldOut : undefined,
    ),
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

/** The images of a part, in its size and normalisation. */
export interface PartData {
  readonly test: Dataset;
  /** Other images to choose on; undefined: halves of the test images, or nothing to choose. */
  readonly choosing?: Dataset | undefined;
  /** Training images on which the budget of a network's gates is met. */
  readonly calibration?: Dataset | undefined;
}

/**
 * Opens the images for every part.
 *
 * @throws DmnnError `DMNN_USAGE` if images that runs held out are asked for, and the data are others; as `openEvaluatedData`
 */
export async function openPartData(
  parts: readonly OpenedNetworkData[],
  choice: ChosenOn | undefined,
  options: {
    readonly data?: string | undefined;
    readonly workers?: number | undefined;
    readonly calibrationImages?: number | undefined;
    /** Whether budgets of gates are to be met. */
    readonly setsGates?: boolean | undefined;
  },
  io: CommandIo,
): Promise<PartData[]> {
  const { calibrationImages } = await import('@dmnn/trainer');
  const { data: spec, workers } = options;
  const choosesOnOthers = choice !== undefined && choice.images !== 'test-halves';
  // with budgets the training images are opened too
  const budgets =
    choosesOnOthers || options.setsGates === true ? { unit: 'share' as const, values: [1] } : undefined;
  const open = (part: OpenedNetworkData) => openEvaluatedData(part, { data: spec, workers, budgets }, io);
  const photographs = spec !== undefined && isImageFiles(spec);
  const shared = photographs ? undefined : await open(parts[0] as OpenedNetworkData);
  const all: PartData[] = [];
  for (const [at, part] of parts.entries()) {
    const data = shared ?? (await open(part));
    if (shared && at > 0) {
      const problem = await otherDataText(part, shared.test.name);
      if (problem !== undefined) io.err(`${part.architecture.name}: ${problem}`);
    }
    const { channelMeans, channelDeviations } = part;
    const ownOf = (split: Dataset): Dataset =>
      photographs ? split : { ...split, channelMeans, channelDeviations };
    const train = data.budgets ? data.train : undefined;
    const calibration =
      train && calibrationImages(train, options.calibrationImages ?? usualCalibrationImages);
    const choosing =
      train && choosesOnOthers
        ? choice.heldOut === undefined
          ? calibration
          : await heldOutImages(part, train, choice.heldOut, io)
        : undefined;
    all.push({
      test: ownOf(data.test),
      choosing: choosing && ownOf(choosing),
      calibration: options.setsGates === true ? calibration && ownOf(calibration) : undefined,
    });
  }
  return all;
}

/**
 * Lets errors name the network that they come from.
 *
 * @param saved - the folder of a saved cascade; undefined: the networks are those of the command line
 */
export async function inPart<Result>(
  {
    saved,
    parts,
    at,
  }: {
    readonly saved: string | undefined;
    readonly parts: readonly OpenedNetworkData[];
    readonly at: number;
  },
  body: () => Promise<Result>,
): Promise<Result> {
  const { settingText } = await import('@dmnn/runs');
  try {
    return await body();
  } catch (error) {
    const cascade = saved === undefined ? '' : `${saved}: `;
    const part = parts[at];
    const setting = part?.setting ? settingText(part.setting) : '';
    const name = `${cascade}network ${at + 1} of ${parts.length}, ${part?.source.folder ?? ''}${setting}`;
    throw parts.length > 1 ? errorInFile(error, name) : error;
  }
}
