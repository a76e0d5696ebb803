import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Architecture, Exit } from './architecture.js';
import { bottleneckNetwork, invertedNetwork } from './fixtures/networks.js';
import { inferShapes } from './infer-shapes.js';
import { parseArchitecture } from './parse-architecture.js';
import { validateArchitecture } from './validate-architecture.js';
import { withExits } from './with-exits.js';

// three blocks each, of 16, 16 and 32 channels and 16, 16 and 8 px in the first
const network = bottleneckNetwork();

function exit(afterBlock: number, inFeatures: number, head: Partial<Exit['head']> = {}): Exit {
  return { afterBlock, head: { units: [], inFeatures, classes: network.head.classes, ...head } };
}

describe('withExits', () => {
  it('adds a mean and a linear layer after blocks, and nothing else', () => {
    const own = withExits(network, { exits: [0, 1] });
    expect(own).toEqual({
      ...network,
      name: `${network.name}-e2`,
      exits: [exit(0, 16), exit(1, 16)],
      undivided: network.undivided ?? network,
    });
    expect(parseArchitecture(JSON.stringify(own))).toEqual(own);
    expect(inferShapes(own).exits.map(({ path, sizePx, units }) => [path, sizePx, units.length])).toEqual([
      ['exit0', 16, 0],
      ['exit1', 16, 0],
    ]);
  });

  it('halves maps by convolutions, of which it infers the shapes', () => {
    const shapes = inferShapes(withExits(network, { exits: [1], convolutions: 2, name: 'two' }));
    const [own] = shapes.exits;
    expect(own?.units.map(({ path, inSizePx, outSizePx }) => [path, inSizePx, outSizePx])).toEqual([
      ['exit0.unit0', 16, 8],
      ['exit0.unit1', 8, 4],
    ]);
    expect(own?.sizePx).toBe(4);
  });

  it('spreads exits evenly: parts between them differ by one block at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (blocks, pick) => {
        const stage = { blocks: Array.from({ length: blocks }, () => network.stages[0]?.blocks[1]) };
        const long = {
          ...network,
          stem: { units: [{ ...network.stem.units[0], outChannels: 16 }] },
          stages: [stage],
          head: { ...network.head, inFeatures: 16 },
        } as Architecture;
        const count = 1 + (pick % (blocks - 1));
        const after = withExits(long, { exits: count }).exits?.map(({ afterBlock }) => afterBlock + 1) ?? [];
        const parts = [...after, blocks].map((end, i) => end - (after[i - 1] ?? 0));
        expect(after).toHaveLength(count);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
        expect(Math.min(...parts)).toBeGreaterThan(0);
      }),
    );
  });

  it.each([
    [{ exits: 0 }, 'exits: expected 1 to 2, got 0'],
    [{ exits: 3 }, 'exits: expected 1 to 2, got 3'],
    [{ exits: 1.5 }, 'exits: expected 1 to 2, got 1.5'],
    [
      { exits: [2] },
      'exits[0].afterBlock: expected a block, from 0 to 1 (the head stands after the last block, 2), got 2',
    ],
    [
      { exits: [1, 1] },
      'exits[1].afterBlock: expected no exit, since no block is left before the last, 2, got 1',
    ],
    [{ exits: [1, 0] }, 'exits[1].afterBlock: expected no exit'],
    [
      { exits: [0, 0] },
      'exits[1].afterBlock: expected a later block than that of the exit before, from 1 to 1',
    ],
    [{ exits: [-1] }, 'exits[0].afterBlock: expected a whole number, at least 0, got -1'],
    [{ exits: [] }, 'exits: expected at least 1 of them, got an empty list'],
    [{ exits: 1, convolutions: -1 }, 'convolutions: expected a whole number, at least 0, got -1'],
  ])('refuses %j', (options, message) => {
    expect(() => withExits(network, options)).toThrow(message);
  });

  it('refuses a network that has exits', () => {
    expect(() => withExits(withExits(network, { exits: 1 }), { exits: 1 })).toThrow(
      'expected a network without exits',
    );
    expect(() => withExits(invertedNetwork(), undefined as never)).toThrow('options: expected an object');
  });
});

describe('validateArchitecture', () => {
  const withOwn = (exits: unknown) => ({ ...network, exits });

  it.each([
    [withOwn([exit(0, 15)]), 'exits[0].head.inFeatures: expected the 16 incoming channels, got 15'],
    [withOwn([exit(0, 16, { classes: 3 })]), "exits[0].head.classes: expected the head's"],
    [
      withOwn([{ afterBlock: 0 }]),
      'exits[0].head: expected an object with units, inFeatures, classes, got nothing',
    ],
    [withOwn({}), 'exits: expected a list, got an object'],
    [withOwn([{ ...exit(0, 16), threshold: 1 }]), 'exits[0]: unknown key "threshold"'],
    [
      { ...network, undivided: withExits({ ...network, undivided: undefined } as never, { exits: 1 }) },
      'undivided.undivided: expected none',
    ],
    [
      { ...network, undivided: { ...network, undivided: undefined, exits: [exit(0, 16)] } },
      'undivided.exits: expected none, since ratios of costs are to a network without exits',
    ],
  ])('refuses exits that do not fit: %#', (value, message) => {
    expect(() => validateArchitecture(value)).toThrow(message);
  });
});
