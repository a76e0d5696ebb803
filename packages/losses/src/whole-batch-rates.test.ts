import { describe, expect, it } from 'vitest';
import { wholeBatchRates } from './whole-batch-rates.js';

describe('wholeBatchRates', () => {
  it('weighs parts by their images', () => {
    const { rates, flopsRate } = wholeBatchRates([
      { images: 3, rates: [1, 0.5], flopsRate: 0.8 },
      { images: 1, rates: [0, 0.1], flopsRate: 0.4 },
    ]);
    expect(rates[0]).toBeCloseTo(0.75, 12);
    expect(rates[1]).toBeCloseTo(0.4, 12); // (1.5 + 0.1) / 4
    expect(flopsRate).toBeCloseTo(0.7, 12); // (2.4 + 0.4) / 4
  });

  it('rejects parts that do not form a batch', () => {
    expect(() => wholeBatchRates([])).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
    const part = { images: 1, rates: [0.5], flopsRate: 0.5 };
    expect(() => wholeBatchRates([part, { ...part, rates: [1, 1] }])).toThrow(
      'got [{"images":1,"blocks":1},{"images":1,"blocks":2}]',
    );
    for (const images of [0, NaN])
      expect(() => wholeBatchRates([{ ...part, images }])).toThrow(
        expect.objectContaining({ code: 'DMNN_LOSS' }),
      );
  });
});
