import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createCategoryHeads } from './category-heads.js';
import { createNetwork } from './create-network.js';
import { tinyArchitecture, tinyDynamic } from '@dmnn/test-networks';

describe('CategoryHeads', () => {
  it('are linear in the states (the classifier of Eq. 9)', () => {
    const heads = createCategoryHeads({ states: [2, 2], categories: 3, seed: 1 });
    heads.load(
      new Map([
        ['categories.head0.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ['categories.head0.bias', { dtype: 'F32', shape: [3], data: Float32Array.of(10, 20, 30) }],
        ['categories.head1.weight', { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) }],
        ['categories.head1.bias', { dtype: 'F32', shape: [3], data: Float32Array.of(7, 8, 9) }],
      ]),
    );
    const states = [tf.tensor2d([[1, -1]]), tf.tensor2d([[5, 5]])];
    const logits = heads.logits(states);
    // 1·[1 2 3] − 1·[4 5 6] + [10 20 30]
    expect([...logits[0]!.dataSync()]).toEqual([7, 17, 27]);
    expect([...logits[1]!.dataSync()]).toEqual([7, 8, 9]);
    expectNoLeak(() => heads.logits(states));
    heads.dispose();
  });

  it('read the states of a network, and are kept apart from it', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const heads = createCategoryHeads({ states: network.stateUnits, categories: 20, seed: 1 });
    const { states } = network.forward(tf.ones([2, 8, 8, 3]), {
      policy: (logits) => tf.ones([logits.shape[0], logits.shape[1]]),
      statistics: 'moving',
      execution: 'masked',
    });
    expect(heads.logits(states).map(({ shape }) => shape)).toEqual([
      [2, 20],
      [2, 20],
    ]);
    expect([...heads.variables.keys()]).toEqual([
      'categories.head0.weight',
      'categories.head0.bias',
      'categories.head1.weight',
      'categories.head1.bias',
    ]);
    expect(heads.trainableNames).toEqual([...heads.variables.keys()]);
    expect(heads.role('categories.head1.bias')).toBe('category-bias');
    expect([...(await heads.weights()).keys()]).toEqual([...heads.variables.keys()]);
    expect([...network.variables.keys()].some((name) => name.startsWith('categories'))).toBe(false);
  });

  it('are none where controllers have no state', () => {
    const network = createNetwork(
      tinyArchitecture([
        {
          kind: 'basic',
          shortcut: 'identity',
          subBlocks: 2,
          controller: { kind: 'squeeze', hiddenUnits: 4 },
        },
      ]),
      { seed: 1 },
    );
    const heads = createCategoryHeads({ states: network.stateUnits, categories: 20, seed: 1 });
    expect(heads.variables.size).toBe(0);
    expect(heads.logits([])).toEqual([]);
  });

  it('refuse other states and numbers of categories', () => {
    const heads = createCategoryHeads({ states: [2], categories: 3, seed: 1 });
    expect(() => heads.logits([])).toThrow(/^states: expected 1 states, got \[0\]/);
    expect(() => heads.logits([tf.zeros([1, 3])])).toThrow(/^states\[0\]: expected \[B, 2\], got \[1, 3\]/);
    for (const categories of [0, 1.5, NaN]) {
      expect(() => createCategoryHeads({ states: [2], categories, seed: 1 })).toThrow(/^categories: /);
    }
  });
});
