import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { closeAfter } from '@dmnn/foundation';
import type { NetworkData } from '@dmnn/weights';
import { encodePlan } from '../plan/encode-plan.js';
import type { EnginePlan } from '../plan/engine-plan.js';
import { makePlan } from '../plan/make-plan.js';
import { engineError } from '../errors/engine-error.js';
import { exitNumbers } from '../exits/exit-settings.js';
import type { NativeCore } from './native-core.js';
import { magnitudeRange } from '../quantisation/magnitude-range.js';
import { type Quantisation, IMAGE_SITE } from '../quantisation/quantisation.js';
import { architectureFingerprint, weightsFingerprint } from '../quantisation/weights-fingerprint.js';

/** Share of the magnitudes that a range covers: the few that are larger are cut off. */
export const PERCENTILE = 0.9999;

/** What {@link calibrateOn} needs. */
export interface CalibrationOptions {
  readonly percentile: number;
  readonly workers: number;
  readonly imageSizePx: number | undefined;
}

/**
 * Observes the ranges of a network's numbers in float32, on each image under the gates that the network decides and with
 * all gates open, so that every sub-block has ranges.
 *
 * @param images - `[H, W, C]`, checked
 * @throws DmnnError `DMNN_ENGINE` if there are none, or numbers within the network are not finite
 */
export async function calibrateOn(
  core: NativeCore,
  network: NetworkData,
  images: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  { percentile, workers, imageSizePx }: CalibrationOptions,
): Promise<Quantisation> {
  const plan = makePlan(network, { imageSizePx, observes: true });
  const engine = core.open(encodePlan(plan), plan.tensors, false, workers, 1);
  return closeAfter(
    async () => {
      const allOpen = openMasks(network.architecture);
      const { exits = [], head } = network.architecture;
      const allExits = exits.length > 0 ? exitNumbers('all', exits.length, head.classes) : undefined;
      let count = 0;
      let running: Promise<unknown>[] = [];
      for await (const image of images) {
        count += 1;
        running.push(core.run(engine, image, false, undefined, undefined, allExits));
        if (allOpen.length > 0) running.push(core.run(engine, image, false, allOpen, undefined, allExits));
        if (running.length < 2 * workers) continue;
        await Promise.all(running);
        running = [];
      }
      await Promise.all(running);
      if (count === 0) {
        throw engineError(
          'calibration images: expected at least one, got none',
          'Pass images as the network will see.',
        );
      }
      return {
        network: network.architecture.name,
        weights: weightsFingerprint(network.weights),
        architecture: architectureFingerprint(network.architecture),
        images: count,
        percentile,
        ranges: rangesOf(plan, core.observed(engine), percentile),
      };
    },
    () => {
      core.close(engine);
    },
  );
}

/** The largest magnitude of each site. */
function rangesOf(
  { name, sites }: EnginePlan,
  observed: readonly (Float64Array | null)[],
  percentile: number,
): Record<string, number> {
  return Object.fromEntries(
    sites.map((site, n) => {
      const counts = observed[n];
      // images are whole in 8 bits: their brightest and darkest pixels matter
      const range = counts ? magnitudeRange(counts, site === IMAGE_SITE ? 1 : percentile) : 0;
      if (Number.isFinite(range)) return [site, range];
      throw engineError(
        `${site} of ${name}: expected finite numbers, got others`,
        'Check the image and the weights for huge numbers.',
      );
    }),
  );
}

/** A mask with every gate of each gated block. */
function openMasks(architecture: Architecture): Uint32Array {
  return Uint32Array.from(gatedBlocks(architecture), ({ block }) => 2 ** block.subBlocks.length - 1);
}
