import { createHash } from 'node:crypto';
import type { InMemoryDataset } from '@dmnn/data';
import { type NetworkData, writeSafetensors } from '@dmnn/weights';
import { type OpenedNetworkData, type StartFacts, openNetworkData } from '@dmnn/runs';

/** A trained network, to begin a run with. */
export interface StartingPoint extends NetworkData {
  readonly facts: StartFacts;
}

/**
 * Reads the best network of a run, or an imported model.
 *
 * @param data - what will be trained on; warned of if the network has seen images normalised in another way
 * @throws what `openNetworkData` throws
 */
export async function readStartingPoint(
  folder: string,
  data: Pick<InMemoryDataset, 'channelMeans' | 'channelDeviations'>,
  onWarning: (message: string) => void,
): Promise<StartingPoint> {
  const model = await openNetworkData(folder, { onWarning });
  const { architecture, weights, source } = model;
  if (!isNormalisedLike(model, data)) {
    onWarning(
      `${folder}: the network was trained on images of channel means ${model.channelMeans.join(', ')} and deviations ` +
        `${model.channelDeviations.join(', ')}; here they have ${data.channelMeans.join(', ')} and ${data.channelDeviations.join(', ')}`,
    );
  }
  return {
    architecture,
    weights,
    facts: {
      model: architecture.name,
      ...(source.kind === 'run' && { recipe: source.recipe, step: source.checkpoint.step }),
      sha256: createHash('sha256').update(writeSafetensors(weights)).digest('hex'),
    },
  };
}

/** Whether images are normalised alike, to a hundredth: data sets' own figures differ in the last digits from one count to the next. */
export function isNormalisedLike(
  model: Pick<OpenedNetworkData, 'channelMeans' | 'channelDeviations'>,
  data: Pick<InMemoryDataset, 'channelMeans' | 'channelDeviations'>,
): boolean {
  return (['channelMeans', 'channelDeviations'] as const).every((key) =>
    model[key].every((value, channel) => Math.abs(value - (data[key][channel] ?? NaN)) < 0.01),
  );
}
