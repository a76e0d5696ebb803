import { parseRecipe, recipeNamed, recipeNames } from '@dmnn/runs';
import { describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

describe('dmnn recipes', () => {
  it('lists every recipe with what it trains', async () => {
    const { code, out, err } = await run(['recipes']);
    expect([code, err]).toEqual([0, '']);
    for (const name of recipeNames())
      expect(out).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} `, 'm'));
    expect(out).toMatch(/^imagenet-dmnn50-n2 +imagenet +120 +The paper’s ImageNet training of DMNN-50/m);
    const json = JSON.parse((await run(['recipes', '--json'])).out) as { name: string }[];
    expect(json.map(({ name }) => name)).toEqual(recipeNames());
    expect(json.find(({ name }) => name === 'demo-dynamic')).toMatchObject({ data: 'built-in', epochs: 4 });
  });

  it('prints one that train takes as a file', async () => {
    const { code, out } = await run(['recipes', 'cifar-resnet20']);
    expect(code).toBe(0);
    expect(parseRecipe(JSON.parse(out))).toEqual(recipeNamed('cifar-resnet20'));
  });

  it('refuses one that is none, with a name near it', async () => {
    const { code, err } = await run(['recipes', 'cifar-resnt20']);
    expect([code, err]).toEqual([2, expect.stringContaining('did you mean cifar-resnet20')]);
  });
});
