import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { inTemporaryFolder } from '@dmnn/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.js';
import { recipeNamed } from '../recipe/recipes.js';
import { changedFrom } from './changed-from.js';
import {
  type RunConfig,
  readRunConfig,
  runFingerprint,
  writeRunConfig,
  fingerprintAt,
  isOfRun,
  latestRecipe,
  recipeAt,
  recipeFrom,
} from './run-config.js';

const facts = {
  name: 'x',
  size: 8,
  imageSizePx: 32,
  classes: 4,
  categories: 2,
  channelMeans: [],
  channelDeviations: [],
};
const recipe = recipeNamed('cifar-resnet20');
const config: RunConfig = {
  format: 1,
  recipe,
  architecture: createArchitecture('cifar-resnet8-0.25'),
  data: { train: facts, test: facts },
  environment: { backend: 'cpu', backendVersion: null, threads: 1, tfjs: '4', node: 'v22', platform: 'x' },
};

function rate(from: number): Recipe {
  return { ...recipe, learningRate: { kind: 'constant', from, warmUpEpochs: 0 } };
}

describe('settings by step', () => {
  it('are those of the last step before a checkpoint, and hold from the next one on', () => {
    const changed = changedFrom(changedFrom(config, 4, rate(1)), 9, rate(2));
    expect(changed.changes).toEqual([
      { fromStep: 4, recipe: rate(1) },
      { fromStep: 9, recipe: rate(2) },
    ]);
    const at = (step: number) => recipeAt(changed, step);
    expect([0, 4, 5, 9, 10].map(at)).toEqual([recipe, recipe, rate(1), rate(1), rate(2)]);
    expect([3, 4, 8, 9].map((step) => recipeFrom(changed, step))).toEqual([
      recipe,
      rate(1),
      rate(1),
      rate(2),
    ]);
    expect(latestRecipe(changed)).toEqual(rate(2));
    expect(fingerprintAt(changed, 4)).toBe(runFingerprint(config));
    expect(fingerprintAt(changed, 5)).toBe(runFingerprint({ ...config, recipe: rate(1) }));
  });

  it('are none where nothing changes, also when a change is taken back where it was made', () => {
    expect(changedFrom(config, 4, structuredClone(recipe))).toBe(config);
    const changed = changedFrom(config, 4, rate(1));
    expect(changedFrom(changed, 4, rate(1))).toBe(changed);
    expect(changedFrom(changed, 6, rate(1))).toBe(changed);
    expect(changedFrom(changed, 4, recipe)).toEqual(config);
    expect('changes' in changedFrom(changed, 4, recipe)).toBe(false);
  });

  it('are cut back where the run fell back, and what was saved with them stays its own', () => {
    const changed = changedFrom(config, 9, rate(1));
    const back = changedFrom(changed, 4, rate(3), 12);
    expect(back.changes).toEqual([{ fromStep: 4, recipe: rate(3) }]);
    expect(back.undone).toEqual([
      { fromStep: 4, recipe },
      { fromStep: 9, recipe: rate(1) },
    ]);
    expect(changedFrom(changed, 4, rate(3)).undone).toBeUndefined(); // nothing was saved after that step
    const best = fingerprintAt(changed, 12);
    expect(fingerprintAt(back, 12)).not.toBe(best);
    expect(isOfRun(back, 12, best)).toBe(true);
    expect(isOfRun(back, 9, best)).toBe(false);
    expect(isOfRun(back, 12, runFingerprint({ ...config, recipe: rate(8) }))).toBe(false);
  });

  it('law: every checkpoint of any history of changes and falls back stays the run’s own', () => {
    const move = fc.record({
      steps: fc.integer({ min: 0, max: 5 }),
      back: fc.nat({ max: 8 }),
      rate: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 8 }), (moves) => {
        let now = config;
        let step = 0;
        const saved: { step: number; fingerprint: string }[] = [];
        for (const { steps, back, rate: from } of moves) {
          step = Math.max(0, step - back);
          const latestSaved = Math.max(0, ...saved.map((one) => one.step));
          now = changedFrom(now, step, from === 0 ? recipe : rate(from), latestSaved);
          expect(recipeFrom(now, step)).toEqual(from === 0 ? recipe : rate(from));
          const rising = (now.changes ?? []).map(({ fromStep }) => fromStep);
          expect(rising).toEqual([...new Set(rising)].sort((a, b) => a - b));
          step += steps;
          saved.push({ step, fingerprint: fingerprintAt(now, step) });
        }
        for (const one of saved) expect([one, isOfRun(now, one.step, one.fingerprint)]).toEqual([one, true]);
      }),
    );
  });

  it('come back from config.json, which has no list where nothing has changed', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeRunConfig(folder, config, nodeFileSystem);
      expect(await readFile(join(folder, 'config.json'), 'utf8')).not.toContain('changes');
      const changed = changedFrom(changedFrom(config, 9, rate(1)), 4, rate(3), 10);
      await writeRunConfig(folder, changed, nodeFileSystem);
      const read = await readRunConfig(folder, nodeFileSystem);
      expect(read).toEqual(changed);
      expect(fingerprintAt(read!, 5)).toBe(fingerprintAt(changed, 5));
    });
  });

  it.each([
    ['{}', 'changes'],
    ['[]', 'changes'],
    ['[null]', 'changes'],
    ['[{"fromStep": -1, "recipe": {}}]', 'changes'],
    ['[{"fromStep": 1.5, "recipe": {}}]', 'undone'],
  ])('are refused by name if the list is none: %s', async (list, key) => {
    await inTemporaryFolder(async (folder) => {
      const text = JSON.stringify({ ...config, [key]: JSON.parse(list) as unknown });
      await writeFile(join(folder, 'config.json'), text);
      await expect(readRunConfig(folder, nodeFileSystem)).rejects.toMatchObject({
        code: 'DMNN_RUN_FOLDER',
        message: expect.stringMatching(
          new RegExp(`config\\.json: ${key}: expected settings by the step`),
        ) as string,
      });
    });
  });
});
