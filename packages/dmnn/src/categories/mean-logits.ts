import type { Dataset } from '@dmnn/data';
import { DmnnError, closeAfter } from '@dmnn/foundation';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { OnSkipped } from '@dmnn/trainer';

/** How {@link meanLogits} runs a network. */
interface MeanLogitsOptions {
  /** At most so many images, at even distances. */
  readonly images: number;
  readonly onSkipped: OnSkipped;
}

/**
 * The mean logits that a trained network gives the images of each class, which need not be its own classes. A backend must be
 * set.
 *
 * @param dataset - in the network's size
 * @returns `[class][logit]`
 * @throws DmnnError `DMNN_CATEGORIES` naming a class of which no image was run
 */
export async function meanLogits(
  { architecture, weights, channelMeans, channelDeviations }: OpenedNetworkData,
  dataset: Dataset,
  { images, onSkipped }: MeanLogitsOptions,
): Promise<Float64Array[]> {
  const [{ stratifiedSubset }, { createNetwork }, { stageOutputs }] = await Promise.all([
    import('@dmnn/data'),
    import('@dmnn/network'),
    import('@dmnn/trainer'),
  ]);
  const some = stratifiedSubset(dataset, Math.min(images, dataset.size));
  const { classes } = architecture.head;
  const network = createNetwork(architecture, { seed: 0, weights });
  return closeAfter(
    async () => {
      const { indices, logits } = await stageOutputs({
        network,
        // its logits are asked for, not its errors
        dataset: { ...some, channelMeans, channelDeviations, classes, label: () => 0 },
        onSkipped,
      });
      const sums = Array.from({ length: dataset.classes }, () => new Float64Array(classes));
      const counts = new Float64Array(dataset.classes);
      for (const [row, index] of indices.entries()) {
        const label = some.label(index);
        const sum = sums[label] as Float64Array;
        for (let i = 0; i < classes; i++)
          sum[i] = (sum[i] as number) + (logits.values[row * classes + i] as number);
        counts[label] = (counts[label] as number) + 1;
      }
      const without = counts.indexOf(0);
      if (without >= 0) {
        throw new DmnnError(
          'DMNN_CATEGORIES',
          `categories: expected images of every class to find them by, got none of ${JSON.stringify(dataset.classNames[without])}.`,
        );
      }
      return sums.map((sum, label) => sum.map((value) => value / (counts[label] as number)));
    },
    () => {
      network.dispose();
    },
  );
}
