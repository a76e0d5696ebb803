import { printable } from '@dmnn/foundation';
import { nodeFileSystem } from '@dmnn/foundation/node';
import type { OpenedNetworkData, Recipe } from '@dmnn/runs';
import type { CommandIo } from '../terminal/command-io.js';
import { type TrainingSplits, isImageFiles } from './open-data.js';

/** What decides about the normalisation of the images that a run trains on. */
export interface TrunkRequest {
  readonly recipe: Recipe;
  /** As `--data` takes it. */
  readonly data: string;
  readonly from?: string | undefined;
  readonly out?: string | undefined;
  readonly resume?: boolean | undefined;
}

type Normalisation = Pick<OpenedNetworkData, 'channelMeans' | 'channelDeviations'>;

/**
 * The images in the normalisation of the network that a run starts from, if the run trains only what is added to it: a
 * network that stays as it is cannot get used to another. A run that has begun keeps its own.
 *
 * Image folders are opened in one normalisation, ImageNet's.
 */
export async function inTrunkNormalisation(
  data: TrainingSplits,
  request: TrunkRequest,
  io: Pick<CommandIo, 'err'>,
): Promise<TrainingSplits> {
  const { trainable = 'all' } = request.recipe.fineTuning ?? {};
  if (trainable === 'all' || isImageFiles(request.data)) return data;
  const own = await normalisationOf(request);
  const { isNormalisedLike } = await import('@dmnn/trainer/internal');
  if (!own || isNormalisedLike(own, data.train)) return data;
  const { channelMeans, channelDeviations } = own;
  io.err(
    `images are normalised as for the network that stays as it is${request.from === undefined ? '' : `, ${printable(request.from, Infinity)}`}: channel means ${channelMeans.join(', ')}, deviations ${channelDeviations.join(', ')}`,
  );
  return {
    train: { ...data.train, channelMeans, channelDeviations },
    test: { ...data.test, channelMeans, channelDeviations },
  };
}

async function normalisationOf({ from, out, resume }: TrunkRequest): Promise<Normalisation | undefined> {
  if (resume && out !== undefined) {
    const { readRunConfig } = await import('@dmnn/runs/internal');
    const run = await readRunConfig(out, nodeFileSystem);
    if (run) return run.data.train;
  }
  if (from === undefined) return undefined;
  const { openNetworkData } = await import('@dmnn/runs');
  return openNetworkData(from, { onWarning: () => undefined }); // it is said when the run begins
}
