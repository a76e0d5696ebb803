import { printable } from '@dmnn/foundation';
import { nodeFileSystem } from '@dmnn/foundation/node';
import type { ClassCategories } from '@dmnn/categories';
import type { CommandIo } from '../terminal/command-io.js';
import { skippedImages } from '../terminal/skipped-images.js';
import { usageError } from '../terminal/usage-error.js';
import { fileText } from './file-contents.js';
import type { TrainingSplits } from './open-data.js';

/** What `--categories` takes, for help texts and messages. */
export const categoriesForms =
  'a file of lines CLASS<TAB>CATEGORY or a JSON object, wordnet, wordnet=K, or auto=K (as the network of --from finds classes alike)';

/** Images by which `auto` finds categories. */
const AUTO_IMAGES = 3000;

/** What {@link categorised} takes. */
interface CategoriesRequest {
  readonly categories?: string | undefined;
  readonly from?: string | undefined;
  readonly out?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly badImages: number;
}

/**
 * Gives the classes of the data the categories of `--categories`, or of the run that is resumed. Found ones are printed on
 * stderr, as a file that `--categories` takes.
 *
 * @param start - starts the backend, which `auto` needs
 * @throws DmnnError `DMNN_USAGE`, `DMNN_CATEGORIES`
 */
export async function categorised(
  data: TrainingSplits,
  request: CategoriesRequest,
  io: CommandIo,
  start: () => Promise<unknown>,
): Promise<TrainingSplits> {
  const categories = await categoriesOf(data, request, io, start);
  if (!categories) return data;
  const { withCategories } = await import('@dmnn/data');
  return { train: withCategories(data.train, categories), test: withCategories(data.test, categories) };
}

async function categoriesOf(
  data: TrainingSplits,
  request: CategoriesRequest,
  io: CommandIo,
  start: () => Promise<unknown>,
): Promise<ClassCategories | undefined> {
  const { categories: given, resume = false, out } = request;
  const { classNames } = data.train;
  if (given === undefined) return resume && out !== undefined ? ofRun(out) : undefined;
  const { classCategoriesText, readClassCategories, wordnetCategories } = await import('@dmnn/categories');
  const [, rule, number] = /^(wordnet|auto)(?:=(.*))?$/.exec(given) ?? [];
  if (rule === undefined) return readClassCategories(fileText(given, '--categories'), classNames, given);
  const count = number === undefined ? undefined : Number(number);
  if (count !== undefined && (!Number.isInteger(count) || count < 2 || count > classNames.length)) {
    throw usageError(
      `--categories: expected ${rule}=K with an integer K from 2 to the ${classNames.length} classes, got ${given}.`,
    );
  }
  const found =
    rule === 'wordnet'
      ? wordnetCategories(classNames, { count })
      : await ofNetwork(data, { ...request, count, given }, io, start);
  io.err(
    `${found.categoryNames.length} categories of ${classNames.length} classes; to change them, put them into a file for --categories:`,
  );
  for (const line of classCategoriesText(classNames, found).trimEnd().split('\n'))
    io.err(printable(line, Infinity).replaceAll('\\u0009', '\t'));
  return found;
}

async function ofNetwork(
  { train }: TrainingSplits,
  {
    from,
    badImages,
    count,
    given,
  }: CategoriesRequest & { readonly count: number | undefined; readonly given: string },
  io: CommandIo,
  start: () => Promise<unknown>,
): Promise<ClassCategories> {
  if (from === undefined) {
    throw usageError(
      `--categories: expected --from with ${given}, a trained network, of these or other classes, that says which classes are alike, got none.`,
    );
  }
  if (count === undefined) {
    throw usageError(`--categories: expected auto=K, with the number of categories, got ${given}.`);
  }
  const { openNetworkData } = await import('@dmnn/runs');
  const [{ clusterClasses }, { meanLogits }] = await Promise.all([
    import('../../categories/cluster-classes.js'),
    import('../../categories/mean-logits.js'),
  ]);
  const model = await openNetworkData(from);
  if (model.architecture.imageSizePx !== train.imageSizePx) {
    throw usageError(
      `--categories: expected images of the ${model.architecture.imageSizePx} pixels of ${model.architecture.name} with ${given}, got ${train.imageSizePx}.`,
    );
  }
  await start();
  const onSkipped = await skippedImages(badImages, io);
  return clusterClasses(
    await meanLogits(model, train, { images: AUTO_IMAGES, onSkipped }),
    train.classNames,
    count,
  );
}

/** The categories that a run was begun with; undefined if they are the data's own, or there is no run. */
async function ofRun(folder: string): Promise<ClassCategories | undefined> {
  const { readRunConfig } = await import('@dmnn/runs/internal');
  const given = (await readRunConfig(folder, nodeFileSystem))?.data.train.givenCategories;
  return given && { categoryNames: given.names, categoryOfClass: given.ofClass };
}
