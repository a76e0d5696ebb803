import { countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import type { Engine } from '@dmnn/engine';
import { type NetworkData, initialWeights } from '@dmnn/weights';
import { arbitraryImages } from './arbitrary-images.js';
import type { BenchEngine, Contestant } from './contestant.js';
import type { OpenPattern } from './random-pattern.js';
import { undividedOf } from './undivided-of.js';

/**
 * The compiled engine, one image at a time.
 *
 * @param open - opens a network in the same precision each time
 * @param precision - for the engine's name: `compiled-bf16`
 */
export function compiledEngine(
  network: NetworkData,
  precision: string,
  open: (network: NetworkData) => Promise<Engine>,
): BenchEngine {
  const { architecture } = network;
  const undivided = undividedOf(architecture);
  const table = flopsTable(countNetwork(architecture));
  return {
    name: `compiled-${precision}`,
    batch: 1,
    undivided: async () =>
      contestant(await open({ architecture: undivided, weights: initialWeights(undivided, { seed: 1 }) })),
    dynamic: async (patterns) => {
      const pattern = patterns[0] as OpenPattern;
      return contestant(await open(network), { pattern, macs: patternMacs(table, pattern) });
    },
  };
}

/** Images for the ranges of 8 bits where only the time matters, `[H, W, C]` each. */
export function calibrationImagesFor({ architecture }: NetworkData): Float32Array[] {
  const { imageSizePx, inChannels } = architecture;
  const image = arbitraryImages(inChannels * imageSizePx ** 2);
  return [image, image.map((value) => -value)];
}

async function contestant(
  engine: Engine,
  expected?: { readonly pattern: OpenPattern; readonly macs: number },
): Promise<Contestant> {
  const { imageSizePx, inChannels } = engine.description;
  const image = arbitraryImages(inChannels * imageSizePx ** 2);
  const run = () => engine.run(image, { pattern: expected?.pattern });
  const { macs } = await run();
  if (expected && macs !== expected.macs) {
    await engine.close();
    throw new Error(`the engine ran ${macs} multiply-accumulates, expected ${expected.macs}`);
  }
  return {
    run: async () => {
      await run();
    },
    release: () => engine.close(),
  };
}
