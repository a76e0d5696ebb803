import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countNetwork } from './count-network.js';
import { arbitraryArchitecture, bottleneckResnet } from '@dmnn/test-networks';
import {
  type FlopsTable,
  alwaysMacs,
  flopsTable,
  fullMacs,
  type Gates,
  batchMacs,
  patternMacs,
} from './gate-costs.js';

const table: FlopsTable = {
  fixedMacs: 100,
  subBlockMacs: [
    [30, 40],
    [5, 6, 7],
  ],
  controllerMacs: [1, 2],
};

/** A network, its table, and patterns of gates that fit it. */
function withPatterns(
  images: number,
): fc.Arbitrary<{ table: FlopsTable; macs: number; patterns: boolean[][][] }> {
  return arbitraryArchitecture({ gatedBlocks: 2 }).chain((architecture) => {
    const count = countNetwork(architecture);
    const own = flopsTable(count);
    const pattern = fc.tuple(
      ...own.subBlockMacs.map(({ length }) =>
        fc.array(fc.boolean(), { minLength: length, maxLength: length }),
      ),
    );
    return fc
      .array(pattern, { minLength: images, maxLength: images })
      .map((patterns) => ({ table: own, macs: count.macs, patterns }));
  });
}

describe('flopsTable', () => {
  it('lists the gated blocks only', () => {
    const count = countNetwork(bottleneckResnet());
    expect(flopsTable(count)).toEqual({ fixedMacs: count.macs, subBlockMacs: [], controllerMacs: [] });
  });

  it('all open is full, all closed is what always runs', () => {
    // 100 + 30 + 40 + 5 + 6 + 7 + 1 + 2
    expect(fullMacs(table)).toBe(191);
    expect(alwaysMacs(table)).toBe(103);
    fc.assert(
      fc.property(withPatterns(1), ({ table: own, macs }) => {
        const all = (open: boolean): boolean[][] => own.subBlockMacs.map((block) => block.map(() => open));
        expect(fullMacs(own)).toBe(macs);
        expect(patternMacs(own, all(true))).toBe(macs);
        expect(patternMacs(own, all(false))).toBe(alwaysMacs(own));
      }),
    );
  });
});

describe('patternMacs', () => {
  it('adds what is open, by hand', () => {
    expect(
      patternMacs(table, [
        [true, false],
        [false, true, true],
      ]),
    ).toBe(103 + 30 + 6 + 7);
    expect(
      patternMacs(table, [
        [0, 1],
        [0.5, 0, 1],
      ]),
    ).toBe(103 + 40 + 2.5 + 7);
  });

  it('opening a gate never lowers the cost', () => {
    fc.assert(
      fc.property(withPatterns(1), fc.nat(), ({ table: own, patterns: [pattern = []] }, pick) => {
        const l = pick % pattern.length;
        const n = pick % (pattern[l]?.length ?? 1);
        const at = (open: boolean): boolean[][] =>
          pattern.map((block, i) => block.map((gate, j) => (i === l && j === n ? open : gate)));
        const difference = patternMacs(own, at(true)) - patternMacs(own, at(false));
        expect(difference).toBeGreaterThanOrEqual(0);
        expect(difference).toBe(own.subBlockMacs[l]?.[n]);
      }),
    );
  });

  it('is linear: the cost of rates is the mean cost of the patterns they summarise', () => {
    fc.assert(
      fc.property(withPatterns(4), ({ table: own, patterns }) => {
        const rates = own.subBlockMacs.map((block, l) =>
          block.map((_, n) => patterns.filter((pattern) => pattern[l]?.[n]).length / patterns.length),
        );
        const mean = patterns.reduce((sum, pattern) => sum + patternMacs(own, pattern), 0) / patterns.length;
        expect(patternMacs(own, rates)).toBeCloseTo(mean, 6);
      }),
    );
  });

  it.each<[readonly Gates[], string]>([
    [[[true, true]], 'gates: expected 2 gated blocks, got 1.'],
    [[], 'gates: expected 2 gated blocks, got 0.'],
    [
      [
        [true, true],
        [true, true],
      ],
      'gates, block l = 1: expected 3 gates, one for each sub-block, got 2.',
    ],
    [
      [
        [true, true, true],
        [1, 1, 1],
      ],
      'gates, block l = 0: expected 2 gates, one for each sub-block, got 3.',
    ],
    [
      [
        [1, 1],
        [1, NaN, 1],
      ],
      'gates, block l = 1, sub-block n = 1: expected a boolean or a number in [0, 1], got NaN.',
    ],
    [
      [
        [1, 2],
        [1, 1, 1],
      ],
      'block l = 0, sub-block n = 1: expected a boolean or a number in [0, 1], got 2.',
    ],
    [
      [
        [1, -0.1],
        [1, 1, 1],
      ],
      'got -0.1.',
    ],
    [
      [
        [1, null],
        [1, 1, 1],
      ] as unknown as Gates[],
      'got null.',
    ],
    [
      [
        [1, undefined],
        [1, 1, 1],
      ] as unknown as Gates[],
      'got undefined.',
    ],
  ])('refuses %j', (gates, message) => {
    expect(() => patternMacs(table, gates)).toThrow(expect.objectContaining({ code: 'DMNN_GATES' }));
    expect(() => patternMacs(table, gates)).toThrow(message);
    expect(() => patternMacs(table, gates)).toThrow('Pass one gate for each sub-block');
  });
});

describe('batchMacs', () => {
  it('prices each image, and their mean', () => {
    const gates = [
      [
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      [
        [0, 0, 1],
        [1, 1, 1],
        [0, 0, 0],
      ],
    ];
    // 103 + 30 + 7; all open; nothing open
    expect(batchMacs(table, gates)).toEqual({ perImage: [140, 191, 103], meanMacs: (140 + 191 + 103) / 3 });
  });

  it('agrees with the images one by one', () => {
    fc.assert(
      fc.property(withPatterns(5), ({ table: own, patterns }) => {
        const gates = own.subBlockMacs.map((_, l) => patterns.map((pattern) => pattern[l] ?? []));
        const { perImage, meanMacs } = batchMacs(own, gates);
        expect(perImage).toEqual(patterns.map((pattern) => patternMacs(own, pattern)));
        expect(meanMacs).toBeCloseTo(perImage.reduce((sum, macs) => sum + macs, 0) / 5, 6);
      }),
    );
  });

  it('computes the cost of images for a network without gates, given their number', () => {
    const fixed = { fixedMacs: 7, subBlockMacs: [], controllerMacs: [] };
    expect(batchMacs(fixed, [], { images: 3 })).toEqual({ perImage: [7, 7, 7], meanMacs: 7 });
    expect(() => batchMacs(fixed, [])).toThrow('images: expected at least 1 image, got undefined');
    expect(() => batchMacs(fixed, [], { images: NaN })).toThrow(
      expect.objectContaining({ code: 'DMNN_GATES' }),
    );
  });

  it('names image, block and sub-block of what is wrong', () => {
    expect(() => batchMacs(table, [[[1, 1]]])).toThrow('gates: expected 2 gated blocks, got 1');
    expect(() => batchMacs(table, [[], []])).toThrow(
      'gates[0] (block l = 0): expected at least 1 image, got 0',
    );
    expect(() => batchMacs(table, [[[1, 1]], []])).toThrow(
      'gates[1] (block l = 1): expected 1 images, as for block 0, got 0',
    );
    expect(() =>
      batchMacs(table, [
        [
          [1, 1],
          [1, 0],
        ],
        [
          [1, 1, 1],
          [1, 1],
        ],
      ]),
    ).toThrow('gates of image b = 1, block l = 1: expected 3 gates, one for each sub-block, got 2');
    const error = ((): unknown => {
      try {
        return batchMacs(table, [[[1, Infinity]], [[1, 1, 1]]]);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toMatchObject({ name: 'DmnnError', code: 'DMNN_GATES' });
    expect(String(error)).toContain('gates of image b = 0, block l = 0, sub-block n = 1');
  });
});
