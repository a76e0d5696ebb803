import type { Dataset } from '@dmnn/data';
import type { ModelSource, RunConfig } from '@dmnn/runs';
import { heldOutParts } from './held-out-parts.js';

/** What a run recorded of the files that it was trained on. */
export interface TrainedImages {
  /** Name of the training images, with how many were held out of them. */
  readonly name: string;
  readonly images: number;
  /** Of labels and file names. */
  readonly digests: { readonly train: string; readonly test: string };
  /** How images without splits were held out; absent: the training images are a split. */
  readonly heldOut?: { readonly images: number; readonly seed: number } | undefined;
}

/** Of an opened network; undefined if it is no run, or was not trained on files. */
export function trainedImages(source: ModelSource): TrainedImages | undefined {
  if (source.kind === 'imported' || !source.digests) return undefined;
  const { dataset: name, trainingImages: images, digests, heldOut } = source;
  return { name, images, digests, heldOut };
}

/** Of a run's configuration; undefined if it was not trained on files. */
export function trainedImagesOf({ train, test }: RunConfig['data']): TrainedImages | undefined {
  if (!train.photographs || !test.photographs) return undefined;
  const digests = { train: train.photographs.digest, test: test.photographs.digest };
  const { heldOut: images, heldOutSeed: seed } = train.facts ?? {};
  const heldOut = typeof images === 'number' && typeof seed === 'number' ? { images, seed } : undefined;
  return { name: train.name, images: train.size, digests, heldOut };
}

/** SHA-256 of the labels and file names of images, as runs record them. */
export async function imagesDigest(dataset: Dataset): Promise<string | undefined> {
  const { datasetFacts } = await import('@dmnn/runs/internal');
  return datasetFacts(dataset).photographs?.digest;
}

/** Both parts of images as the run divided them. */
interface DividedImages {
  readonly train: Dataset;
  /** What was held out; undefined: nothing was. */
  readonly test: Dataset | undefined;
}

/**
 * Divides images as a run did that was trained on them.
 *
 * @param whole - all images that it held some out of
 * @returns undefined if they are not those of the run: names of files, classes or their number differ
 */
export async function dividedAgain(
  trained: TrainedImages,
  whole: Dataset,
): Promise<DividedImages | undefined> {
  const divided = await dividedLikewise(trained, whole);
  if (!divided) return undefined;
  const { stratifiedSubset } = await import('@dmnn/data');
  const { train, test } = divided;
  if (trained.images > train.size) return undefined;
  // --train-images takes a subset of what is not held out
  const seen = trained.images < train.size ? stratifiedSubset(train, trained.images) : train;
  if ((await imagesDigest(seen)) !== trained.digests.train) return undefined;
  return test && (await imagesDigest(test)) !== trained.digests.test ? undefined : divided;
}

async function dividedLikewise(
  { name, heldOut }: TrainedImages,
  whole: Dataset,
): Promise<DividedImages | undefined> {
  const { DataError, stratifiedHoldOut, withoutHeldOut } = await import('@dmnn/data');
  if (heldOut) {
    try {
      return stratifiedHoldOut(whole, heldOut.images, { seed: heldOut.seed });
    } catch (error) {
      // so many cannot be held out of these
      if (error instanceof RangeError || error instanceof DataError) return undefined;
      throw error;
    }
  }
  const { heldOut: images } = withoutHeldOut(name);
  if (images === undefined) return { train: whole, test: undefined };
  return images < whole.size ? heldOutParts(whole, images) : undefined;
}
