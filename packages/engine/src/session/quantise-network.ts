import { validateArchitecture } from '@dmnn/architecture';
import type { NetworkData } from '@dmnn/weights';
import { checkedImage } from './checked-images.js';
import { engineError } from '../errors/engine-error.js';
import { locatedCore } from './located-core.js';
import { networkDescription } from './network-description.js';
import { PERCENTILE, calibrateOn } from './calibrate.js';
import type { Quantisation } from '../quantisation/quantisation.js';

/** Options of {@link quantiseNetwork}. */
export interface QuantiseOptions {
  /** Share of the magnitudes that a range covers; the few that are larger are cut off. @defaultValue 0.9999 */
  readonly percentile?: number | undefined;
  /** Images that run side by side. @defaultValue 1 */
  readonly workers?: number | undefined;
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  /** Where `installEngine` puts builds. @defaultValue `nativeCacheDirectory()` of `@dmnn/native` */
  readonly cacheDirectory?: string | undefined;
}

/**
 * Finds the ranges that 8 bits need, by running images in float32: under the gates that the network decides, and with all
 * gates open, so that every sub-block has ranges.
 *
 * What the quantisation costs is not known yet: run other images in `'int8'` and `'f32'` and compare them, with
 * {@link AgreementCounter}.
 *
 * @param images - `[H, W, C]`, normalised as for training; a few hundred of the kind that the network will see
 * @returns plain data, for `openEngine`; {@link quantisationText} writes it
 * @throws DmnnError `DMNN_ENGINE` if the engine is not installed, there are no images, or one is not of the network;
 *   ArchitectureError, WeightsError if the network is not valid
 */
export async function quantiseNetwork(
  network: NetworkData,
  images: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  options: QuantiseOptions = {},
): Promise<Quantisation> {
  const { percentile = PERCENTILE, workers = 1, imageSizePx } = options;
  if (!(percentile > 0 && percentile <= 1)) {
    throw engineError(
      `percentile: expected a share above 0 and at most 1, got ${String(percentile)}`,
      'Leave it out for 0.9999.',
    );
  }
  if (!Number.isSafeInteger(workers) || workers < 1 || workers > 1024) {
    throw engineError(
      `workers: expected a whole number from 1 to 1024, got ${String(workers)}`,
      'One for each processor is fastest.',
    );
  }
  const architecture = validateArchitecture(network.architecture);
  const description = networkDescription(architecture, imageSizePx ?? architecture.imageSizePx);
  async function* checked(): AsyncGenerator<Float32Array> {
    let i = 0;
    for await (const image of images) yield checkedImage(image, `images[${i++}]`, description);
  }
  const core = locatedCore(options.cacheDirectory);
  const { weights } = network;
  return calibrateOn(core, { architecture, weights }, checked(), { percentile, workers, imageSizePx });
}
