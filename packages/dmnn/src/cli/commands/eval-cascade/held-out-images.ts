import type { Dataset } from '@dmnn/data';
import type { DatasetFacts, OpenedNetworkData } from '@dmnn/runs';
import type { CommandIo } from '../../terminal/command-io.js';
import { dividedAgain, trainedImagesOf } from '../../../control/trained-images.js';
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
  const { holdOut } = await import('@dmnn/data');
  const { loadRunConfig } = await import('@dmnn/runs');
  const { datasetFacts } = await import('@dmnn/runs/internal');
  const { data, start } = await loadRunConfig(source.folder);
  const then = data.train;
  // files are known again by their names, in a folder of any name; other data by the name of the data
  const trained = train.file && trainedImagesOf(data);
  const held = trained ? await dividedAgain(trained, train) : images < train.size && holdOut(train, images);
  if (held && held.test?.size === images) {
    if (trained || identity(datasetFacts(held.train)) === identity(then)) {
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
function identity({ name, size, classes, facts }: DatasetFacts): string {
  return JSON.stringify([name, size, classes, facts]);
}
