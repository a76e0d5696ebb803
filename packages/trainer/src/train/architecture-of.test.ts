import { placedBlocks, withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { parseRecipe } from '@dmnn/runs';
import { describe, expect, it } from 'vitest';
import { architectureOf } from './architecture-of.js';

const data = { classes: 4, imageSizePx: 24 };
const recipeOf = (model: object) => parseRecipe({ name: 'tiny', model, epochs: 1, batchSize: 4 });
const small = createArchitecture('cifar-resnet8-0.25', { classes: 10 });

describe('architectureOf', () => {
  it('is the network of the zoo where that is the one to begin with', () => {
    const recipe = recipeOf({ name: small.name, subBlocks: 2 });
    const plain = architectureOf(recipe, data);
    expect(plain).toEqual(createArchitecture(small.name, { ...data, subBlocks: 2 }));
    expect(architectureOf(recipe, data, small)).toEqual(plain);
  });

  it('is the one to begin with where the zoo has none like it, divided and with the classes of the data', () => {
    const own = { ...small, name: 'mine' };
    expect(architectureOf(recipeOf({ name: 'mine' }), data, own)).toEqual({
      ...own,
      imageSizePx: 24,
      head: { ...own.head, classes: 4 },
    });
    const divided = architectureOf(recipeOf({ name: 'mine', subBlocks: 3, blockBias: true }), data, own);
    expect([divided.name, divided.undivided?.name, divided.head.classes]).toEqual([
      'dmnn-mine-n3',
      'mine',
      4,
    ]);
    expect(
      placedBlocks(divided).map(({ block }) => [block.subBlocks.length, block.bias, block.controller?.kind]),
    ).toEqual([
      [3, true, 'state'],
      [3, true, 'state'],
      [3, true, 'state'],
    ]);
    const hidden = [{ features: 5, activation: 'relu' }] as const;
    const headed = { ...small, head: { ...small.head, hidden } };
    const recipe = recipeOf({ name: small.name, subBlocks: 2 });
    expect(architectureOf(recipe, data, headed).head.hidden).toEqual(hidden);
    expect(architectureOf(recipe, data, headed).undivided?.head.hidden).toEqual(hidden);
  });

  it('is none where the recipe names another', () => {
    const unknown = expect.objectContaining({ code: 'DMNN_UNKNOWN_MODEL' }) as Error;
    expect(() => architectureOf(recipeOf({ name: 'mine' }), data)).toThrow(unknown);
    expect(() => architectureOf(recipeOf({ name: 'mine' }), data, small)).toThrow(unknown);
    const exits = withExits({ ...small, name: 'mine' }, { exits: 1 });
    expect(() => architectureOf(recipeOf({ name: exits.name }), data, exits)).toThrow(unknown);
  });
});
