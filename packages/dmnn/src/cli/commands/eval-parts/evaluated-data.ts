import type { Dataset, InMemoryDataset } from '@dmnn/data';
import { printable } from '@dmnn/foundation';
import type { ModelSource, OpenedNetworkData } from '@dmnn/runs';
import type { Budgets } from '../../options/budgets-option.js';
import {
  type ImageSettings,
  type TrainingSplits,
  holdingOut,
  isImageFiles,
  openData,
  openTestImages,
  openTrainingData,
} from '../../options/open-data.js';
import type { CommandIo } from '../../terminal/command-io.js';
import type { HoldOut } from '../../options/hold-out-option.js';
import { trainingDataForms } from '../../options/data-spec.js';
import { preparationOf } from '../../../classify/image-preparation.js';
import { isOwnData } from '../../options/open-own-data.js';
import { dividedAgain, imagesDigest, trainedImages } from '../../../control/trained-images.js';
import { usageError } from '../../terminal/usage-error.js';

/** Options of `dmnn eval` that decide about its data. */
export interface EvaluatedDataOptions {
  /** As `--data` takes it; undefined: the run's own data. */
  readonly data?: string | undefined;
  readonly workers?: number | undefined;
  /** Training images that are evaluated in place of the test images. */
  readonly holdOut?: HoldOut | undefined;
  readonly budgets?: Budgets | undefined;
  /** Whether training images are needed without budgets, too. */
  readonly train?: boolean | undefined;
}

/** Test images alone, or with budgets also the training images on which their thresholds are found. */
export type EvaluatedData =
  | { readonly test: Dataset; readonly budgets?: undefined; readonly train?: Dataset }
  | { readonly test: Dataset; readonly budgets: Budgets; readonly train: Dataset };

/**
 * Opens the data that a network is evaluated on: a run's own data, or the data of `--data` in the normalisation that the
 * network expects.
 *
 * @throws DmnnError `DMNN_USAGE` if the data must be given but is not; DmnnError `DMNN_UNKNOWN_DATASET`, DataError
 */
export async function openEvaluatedData(
  model: OpenedNetworkData,
  { data: spec, workers, holdOut, budgets, train: needsTraining = false }: EvaluatedDataOptions,
  io: CommandIo,
): Promise<EvaluatedData> {
  // without budgets the training split need not exist
  if (!budgets && !needsTraining && !holdOut && spec !== undefined && isImageFiles(spec)) {
    const test = await openTestImages(spec, imageSettings(model, spec, workers), io);
    assertSameClasses(model, test, io);
    return { test };
  }
  const { train, test } = await openBothSplits(model, { data: spec, workers, holdOut }, io);
  if (budgets) return { budgets, train, test };
  return needsTraining ? { train, test } : { test };
}

/** The same, with the training images. @throws as {@link openEvaluatedData} */
export async function openBothSplits(
  model: OpenedNetworkData,
  { data: spec, workers, holdOut }: Pick<EvaluatedDataOptions, 'data' | 'workers' | 'holdOut'>,
  io: CommandIo,
): Promise<TrainingSplits> {
  if (spec === undefined) return ownData(model.source, io);
  if (!isImageFiles(spec)) return withHeldOut(model, await smallImages(model, spec, io), holdOut);
  const settings = { ...imageSettings(model, spec, workers), holdOut };
  const splits = await openTrainingData(spec, settings, io);
  assertSameClasses(model, splits.test, io);
  return withHeldOut(model, splits, holdOut);
}

/**
 * Training images in place of the test images, if that is asked.
 *
 * @throws DmnnError `DMNN_USAGE` if the network was trained on some of them
 */
async function withHeldOut(
  { source }: OpenedNetworkData,
  splits: TrainingSplits,
  holdOut: HoldOut | undefined,
): Promise<TrainingSplits> {
  if (!holdOut) return splits;
  const isDone = splits.train.facts?.['heldOut'] !== undefined; // images without splits
  const data = isDone ? splits : await holdingOut(splits, holdOut);
  if (source.kind === 'imported' || !(await wasTrainedOn(source, splits, data.test))) return data;
  throw usageError(
    `--hold-out: expected images that the run was not trained on (it was on ${printable(source.dataset)}), got ${printable(data.test.name)}. Leave it out, or hold out as many as in training.`,
  );
}

/**
 * Whether a run was trained on some of the images that are held out now, as far as the names of their files tell; of data that
 * are no files, the name of the data.
 */
async function wasTrainedOn(
  source: Extract<ModelSource, { kind: 'run' }>,
  { train, whole = train }: TrainingSplits,
  heldOut: Dataset,
): Promise<boolean> {
  const { withoutHeldOut } = await import('@dmnn/data');
  const isNamedAlike = withoutHeldOut(heldOut.name).name === withoutHeldOut(source.dataset).name;
  const trained = trainedImages(source);
  if (!trained || !whole.file) return isNamedAlike && heldOut.name !== source.dataset;
  if ((await imagesDigest(heldOut)) === trained.digests.test) return false;
  // a folder of any name may hold the same images, or others; the other data are what their name says
  return isOwnData(source.dataset) ? (await dividedAgain(trained, whole)) !== undefined : isNamedAlike;
}

/** Classes are compared by name where the network has names, and by their number where it has none. */
function assertSameClasses(model: OpenedNetworkData, { name, classes }: Dataset, io: CommandIo): void {
  const { classes: known } = model.architecture.head;
  if (classes !== known) {
    throw usageError(
      `--data: expected images of the ${known} classes of ${model.architecture.name}, got ${printable(name)} of ${classes}.`,
    );
  }
  if (!model.classNames)
    io.err(
      `the network has no names of classes: they are taken to be in the order of ${printable(name)}, by name`,
    );
}

/**
 * Refuses data with the classes of a network in another order, at which every answer would count as another class.
 *
 * @param name - of data that come with names of classes; others are opened in the network's order
 * @throws DmnnError `DMNN_USAGE`
 */
async function assertClassOrder(
  { classNames, architecture }: OpenedNetworkData,
  name: string,
): Promise<void> {
  const { classNamesOf } = await import('@dmnn/data');
  const own = classNamesOf(name);
  if (!own || !classNames) return;
  const differing = own.findIndex((each, at) => each !== classNames[at]);
  const isReordered = JSON.stringify([...own].sort()) === JSON.stringify([...classNames].sort());
  if (differing < 0 || !isReordered) return; // other words may mean the same classes
  throw usageError(
    `--data: expected class ${differing} to be ${JSON.stringify(classNames[differing])}, as in ${architecture.name}, got ${JSON.stringify(own[differing])} in ${printable(name)}: the same classes in another order. Import the network with its class names in the order of the data, if that is how it was trained (dmnn import --class-names), or give data in its order.`,
  );
}

function imageSettings(model: OpenedNetworkData, spec: string, workers: number | undefined): ImageSettings {
  const { architecture, channelMeans, channelDeviations, classNames, source } = model;
  const normalisation = { channelMeans, channelDeviations };
  const { shorterSidePx } = preparationOf(model);
  return {
    ...{ imageSizePx: architecture.imageSizePx, shorterSidePx, workers },
    normalisation,
    classNames,
    trained: isOwnData(spec) ? trainedImages(source) : undefined,
  };
}

async function smallImages(model: OpenedNetworkData, spec: string, io: CommandIo): Promise<TrainingSplits> {
  const { channelMeans, channelDeviations } = model;
  const data = await openData(spec, io);
  await assertClassOrder(model, data.test.name);
  const problem = await otherDataText(model, data.train.name);
  if (problem !== undefined) {
    io.err(problem);
    return data;
  }
  const normalised = (split: InMemoryDataset): InMemoryDataset => ({
    ...split,
    channelMeans,
    channelDeviations,
  });
  return { train: normalised(data.train), test: normalised(data.test) };
}

/**
 * Says that a run was trained on other data.
 *
 * @param name - of the data given
 * @returns undefined if it was trained on these, whatever it held out of the training images, or the network was imported
 */
export async function otherDataText(
  { source }: OpenedNetworkData,
  name: string,
): Promise<string | undefined> {
  if (source.kind === 'imported') return undefined;
  const { withoutHeldOut } = await import('@dmnn/data');
  const { name: trainedOn } = withoutHeldOut(source.dataset);
  if (name === trainedOn) return undefined;
  return `this is not the data that the run was trained on: expected ${trainedOn}, got ${name}`;
}

async function ownData(source: ModelSource, io: CommandIo): Promise<TrainingSplits> {
  if (source.kind === 'imported') {
    throw usageError(`--data: expected ${trainingDataForms}, got none, and the network was imported.`);
  }
  const { dataset, trainingImages, testImages } = source;
  const { builtInNamed, foundText } = await import('@dmnn/data');
  const train = builtInNamed(dataset, { split: 'train', size: trainingImages });
  const test = builtInNamed(dataset, { split: 'test', size: testImages });
  if (!train || !test) {
    throw usageError(
      `--data: expected ${trainingDataForms}, got none, and the run was trained on ${dataset}.`,
    );
  }
  io.err(foundText(test));
  return { train, test };
}
