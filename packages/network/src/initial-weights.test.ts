import { tinyDynamic } from '@dmnn/test-networks';
import { type InitialWeightsOptions, initialWeights } from '@dmnn/weights';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';

describe('initialWeights', () => {
  it('are what a network starts with, bit for bit', async () => {
    const rate = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const options = fc.record(
      {
        seed: fc.maxSafeNat(),
        openingRate: fc.oneof(rate, fc.tuple(rate, rate)),
        openingScale: fc.oneof(rate, fc.tuple(rate, rate)),
      },
      { requiredKeys: ['seed'] },
    );
    const run = async (given: InitialWeightsOptions) => {
      const network = createNetwork(tinyDynamic(), given);
      expect([...(await network.weights())]).toEqual([...initialWeights(tinyDynamic(), given)]);
      network.dispose();
    };
    await fc.assert(fc.asyncProperty(options, run), { numRuns: 25 });
  });
});
