import { describe, expect, it } from 'vitest';
import type { Architecture } from './architecture.js';
import { computedText } from './computed-text.js';
import { convUnit } from './conv-unit.js';

const network = (options: object): Architecture => ({
  name: 'tiny',
  imageSizePx: 8,
  inChannels: 3,
  stem: { units: [convUnit(3, 3, 4, options)] },
  stages: [],
  head: { units: [], inFeatures: 4, classes: 2 },
});

describe('computedText', () => {
  it('differs where another function is computed', () => {
    const texts = [{}, { epsilon: 1e-3 }, { padding: 0 }, { stride: 2 }, { activation: 'relu6' }].map(
      (options) => computedText(network(options)),
    );
    expect(new Set(texts).size).toBe(5);
  });

  it('does not depend on names, sizes of images and the order of keys', () => {
    const { name, head, stem, ...others } = network({});
    expect(name).toBe('tiny');
    const other = {
      ...others,
      head: Object.fromEntries(Object.entries(head).reverse()) as unknown as Architecture['head'],
      stem,
      name: 'other',
      imageSizePx: 32,
    };
    expect(Object.keys(other.head)).not.toEqual(Object.keys(head));
    expect(computedText(other)).toBe(computedText(network({})));
  });
});
