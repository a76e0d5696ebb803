import { readdirSync } from 'node:fs';
import type { InMemoryDataset } from '@dmnn/data';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { cifarLike, tinyDynamicRows, tinyRows } from '../../fixtures/tiny-rows.js';
import { measurePace } from './measure-pace.js';
import { reproductionRecipe } from './reproduce.js';

const recipeOf = (...overrides: string[]) =>
  reproductionRecipe('table1/10-dmnn50-n2-t0.5', {
    scale: 'laptop',
    overrides: [...tinyDynamicRows.overrides, ...overrides],
  });

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The same images; whenever one is read, what is listed then is remembered. */
function watched(
  dataset: InMemoryDataset,
  list: () => readonly string[],
  seen: Set<string>,
): InMemoryDataset {
  const pixels = (index: number): Uint8Array => {
    for (const name of list()) seen.add(name);
    return dataset.pixels(index);
  };
  return { ...dataset, pixels };
}

describe('measurePace', () => {
  it('times steps of the recipe’s batch, and leaves nothing behind', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, folder);
      const seen = new Set<string>();
      const data = { ...tinyRows.data, train: watched(tinyRows.data.train, () => readdirSync(folder), seen) };
      const pace = await measurePace({ recipe: recipeOf(), data, steps: 1 });
      expect(pace).toMatchObject({ steps: 1, batchSize: 2 });
      expect(pace?.secondsPerImage).toBeGreaterThan(0);
      expect(seen.size).toBe(1); // it wrote here
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it('times no more steps than fit into the limit, but one', async () => {
    const pace = await measurePace({ recipe: recipeOf(), data: tinyRows.data, steps: 50, limitSeconds: 0 });
    expect(pace?.steps).toBe(1);
  });

  it('takes no more images than there are, and whole parts of a batch', async () => {
    const data = { train: cifarLike('train', 3), test: tinyRows.data.test };
    const recipe = recipeOf('batchSize=8', 'accumulation=2');
    expect(await measurePace({ recipe, data, steps: 1 })).toMatchObject({ batchSize: 2 });
  });

  it('measures nothing once the signal has come', async () => {
    const signal = AbortSignal.abort();
    expect(await measurePace({ recipe: recipeOf(), data: tinyRows.data, signal })).toBeNull();
  });
});
