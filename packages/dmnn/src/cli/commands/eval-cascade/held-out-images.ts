import type { Dataset } from '@dmnn/data';
import type { DatasetFacts, OpenedNetworkData } from '@dmnn/runs';
import type { CommandIo } from '../../terminal/command-io.js';
import { usageError } from '../../terminal/usage-error.js';

/**
 * The images that a run held out.
 *
 * @param train - all training images
 * @param images - how many it held out
 * @throws DmnnError `DMNN_USAGE` if these are not the images that the run was trained on: then it has seen some of what would
 *   be held out here, or none was of this data
 */
export async function heldOutImages(
  { architecture, source }: OpenedNetworkData,
  train: Dataset,
  images: number,
  io: Pick<CommandIo, 'err'>,
): Promise<Dataset> {
  const { holdOut, stratifiedSubset } = await import('@dmnn/data');
  const { loadRunConfig } = await import('@dmnn/runs');
  const { datasetFacts } = await import('@dmnn/runs/internal');
  const { data, start } = await loadRunConfig(source.folder);
  const then = data.train;
  if (images < train.size) {
    const held = holdOut(train, images);
    // --train-images takes a subset of what is not held out: known again by the names of files
    const isSubset = then.size < held.train.size && then.photographs !== undefined;
    const own = isSubset ? stratifiedSubset(held.train, then.size) : held.train;
    if (identity(datasetFacts(own)) === identity(then)) {
      if (start)
        io.err(
          `${architecture.name}: began with the weights of ${start.model}; if those were trained on images that were held out later, it is too sure of them`,
        );
      return held.test;
    }
  }
  throw usageError(
    `--choose-on: expected the data that ${architecture.name} was trained on with held-out images (${then.name}; trained on ${then.size}), got ${train.name} with ${train.size} training images. Give that data as --data, or choose on other images: --choose-on test-halves.`,
  );
}

/** What differs between data sets, in whatever size and normalisation their images are opened. */
function identity({ name, size, classes, photographs, facts }: DatasetFacts): string {
  return JSON.stringify([name, size, classes, photographs, facts]);
}
