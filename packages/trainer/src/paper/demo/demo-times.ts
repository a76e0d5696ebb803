import type { CascadeSettings } from '@dmnn/confidence';
import { type InMemoryDataset, subset } from '@dmnn/data';
import type { CascadePart, StagesOutcome } from '../../cascade/run-stages.js';
import { runStages } from '../../cascade/run-stages.js';
import type { DemoSystemName } from './demo-options.js';

/** A system as it runs: one network, or a cascade of them. */
export interface RunningSystem {
  readonly networks: readonly CascadePart['network'][];
  readonly settings: CascadeSettings;
}

/** A network alone. */
export function alone(network: CascadePart['network']): RunningSystem {
  return {
    networks: [network],
    settings: { by: 'probability', combine: 'last', temperatures: [1], thresholds: [] },
  };
}

/** Times of systems, measured alternately. */
export interface DemoTimes {
  /** Mean of an image that runs alone. */
  readonly msPerImage: Readonly<Record<DemoSystemName, number>>;
  /** `[image]`: what the cascade answered. */
  readonly answers: readonly number[];
}

/** Images that run before the next system's turn: a disturbance meets all systems alike. */
const GROUP_IMAGES = 50;
/** Turns of each system on the same images; the fastest counts. */
const TURNS = 3;

/**
 * Runs images one at a time through each system, later networks of a cascade only for images that go on. Systems take turns,
 * and of each group of images the fastest turn counts, since whatever else the machine does only makes it slower.
 *
 * @param onProgress - called with the number of images that are done
 * @throws the signal's reason, if it aborts
 */
export async function demoTimes(
  systems: Readonly<Record<DemoSystemName, RunningSystem>>,
  images: InMemoryDataset,
  { onProgress, signal }: { onProgress?: (images: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<DemoTimes> {
  const names = Object.keys(systems) as DemoSystemName[];
  const total: Record<DemoSystemName, number> = { static: 0, narrowed: 0, dynamic: 0 };
  const answers: number[] = [];
  const run = (name: DemoSystemName, dataset: InMemoryDataset): Promise<StagesOutcome> =>
    runStages({
      parts: systems[name].networks.map((network) => ({ network, dataset })),
      settings: systems[name].settings,
      batchSize: 1,
      signal,
    });
  // first some images that are not counted, so that code is compiled and memory is there
  for (const name of names) await run(name, group(images, 0, Math.min(10, images.size)));
  for (let first = 0; first < images.size; first += GROUP_IMAGES) {
    const some = group(images, first, Math.min(images.size, first + GROUP_IMAGES));
    const fastest: Record<DemoSystemName, number> = {
      static: Infinity,
      narrowed: Infinity,
      dynamic: Infinity,
    };
    for (let turn = 0; turn < TURNS; turn++) {
      for (const name of names) {
        const { msPerImage, predicted } = await run(name, some);
        fastest[name] = Math.min(fastest[name], msPerImage);
        if (name === 'dynamic' && turn === 0) answers.push(...predicted);
      }
    }
    for (const name of names) total[name] += fastest[name] * some.size;
    onProgress?.(first + some.size);
  }
  const mean = (name: DemoSystemName): number => total[name] / images.size;
  return {
    msPerImage: { static: mean('static'), narrowed: mean('narrowed'), dynamic: mean('dynamic') },
    answers,
  };
}

function group(images: InMemoryDataset, from: number, to: number): InMemoryDataset {
  return subset(
    images,
    Array.from({ length: to - from }, (_, at) => from + at),
  );
}
