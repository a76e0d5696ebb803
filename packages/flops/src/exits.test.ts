import { type Architecture, convUnit, paperController, withExits } from '@dmnn/architecture';
import { arbitraryArchitecture, handNetwork } from '@dmnn/test-networks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countNetwork } from './count-network.js';
import {
  type FlopsTable,
  batchMacs,
  flopsTable,
  fullMacs,
  patternMacs,
  tableUntilExit,
} from './gate-costs.js';

const table: FlopsTable = {
  fixedMacs: 100,
  subBlockMacs: [
    [30, 40],
    [5, 6, 7],
  ],
  controllerMacs: [1, 2],
  exits: [
    { fixedMacs: 20, gatedBlocks: 0 },
    { fixedMacs: 60, gatedBlocks: 1 },
  ],
};

/** A network with exits after some of its blocks. */
const withOwnExits = arbitraryArchitecture({ gatedBlocks: 2 }).chain((architecture) =>
  fc
    .subarray(
      architecture.stages.slice(1).map((_, i) => i),
      { minLength: 1 },
    )
    .map((exits) => withExits(architecture, { exits })),
);

describe('countNetwork', () => {
  it('counts exits by hand: what they cost, and what an image costs that leaves there', () => {
    const network = withExits(
      {
        name: 'by-hand',
        imageSizePx: 8,
        inChannels: 3,
        stem: { units: [convUnit(1, 3, 4)] },
        stages: [0, 1].map(() => ({
          blocks: [
            {
              kind: 'basic' as const,
              shortcut: { kind: 'identity' as const },
              subBlocks: [{ units: [convUnit(3, 4, 4)] }],
              activation: 'relu' as const,
            },
          ],
        })),
        head: { units: [], inFeatures: 4, classes: 5 },
      },
      { exits: 1, convolutions: 1 },
    );
    const count = countNetwork(network);
    const [stem, block] = [64 * 4 * 3, 64 * 4 * 9 * 4];
    const exit = 16 * 4 * 9 * 4 + 4 * 5;
    expect(count.macs).toBe(stem + 2 * block + exit + 4 * 5);
    expect(count.exits).toEqual([
      {
        path: 'exit0',
        afterBlock: 0,
        macs: exit,
        // filter, gamma and beta; weights and biases
        parameters: 9 * 4 * 4 + 2 * 4 + 4 * 5 + 5,
        until: {
          fixedMacs: stem + block + exit,
          gatedMacs: 0,
          controllerMacs: 0,
          macs: stem + block + exit,
        },
      },
    ]);
    expect(count.layers.map(({ path }) => path)).toEqual([
      'stem.unit0',
      'stage0.block0.subblock0.unit0',
      'exit0.unit0',
      'exit0.linear',
      'stage1.block0.subblock0.unit0',
      'head.linear',
    ]);
  });

  it('says nothing of exits where there are none', () => {
    expect(countNetwork(handNetwork(paperController))).not.toHaveProperty('exits');
    expect(flopsTable(countNetwork(handNetwork(paperController)))).not.toHaveProperty('exits');
  });

  it('exits cost what they add, and leaving later costs more', () => {
    fc.assert(
      fc.property(withOwnExits, (architecture) => {
        const count = countNetwork(architecture);
        const plain = architecture.undivided as Architecture;
        const exits = count.exits ?? [];
        const own = exits.reduce((sum, { macs }) => sum + macs, 0);
        expect(count.macs).toBe(countNetwork(plain).macs + own);
        exits.forEach(({ until, macs }, e) => {
          expect(until.macs).toBe(until.fixedMacs + until.gatedMacs + until.controllerMacs);
          expect(until.macs).toBe(fullMacs(tableUntilExit(flopsTable(count), e)));
          expect(until.macs - macs).toBeGreaterThan(exits[e - 1]?.until.macs ?? 0);
          expect(until.macs).toBeLessThan(count.macs);
        });
      }),
    );
  });
});

describe('tableUntilExit', () => {
  it('cuts the table, by hand', () => {
    expect(tableUntilExit(table, 0)).toEqual({
      fixedMacs: 20,
      subBlockMacs: [],
      controllerMacs: [],
      exits: [],
    });
    expect(tableUntilExit(table, 1)).toEqual({
      fixedMacs: 60,
      subBlockMacs: [[30, 40]],
      controllerMacs: [1],
      exits: table.exits?.slice(0, 1),
    });
  });

  it.each([-1, 2, 0.5, NaN])('refuses exit %s', (exit) => {
    expect(() => tableUntilExit(table, exit)).toThrow(`exit: expected 0 to 1, got ${exit}`);
  });

  it('refuses a network without exits', () => {
    const plain = { ...table, exits: [] };
    expect(() => tableUntilExit(plain, 0)).toThrow(
      'exit: expected none, since the network has no exits, got 0',
    );
    expect(() => tableUntilExit(undefined as never, 0)).toThrow('table: expected');
  });
});

describe('batchMacs of images that leave', () => {
  const gates = [
    [
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    [
      [1, 1, 1],
      [0, 0, 1],
      [1, 0, 0],
    ],
  ];

  it('prices each to where it left, by hand', () => {
    // 20; 60 + 1 + 30 + 40; 100 + 1 + 2 + 40 + 5
    expect(batchMacs(table, gates, { exits: [0, 1, 2] }).perImage).toEqual([20, 131, 148]);
    const all = gates[0]?.map((_, b) => gates.map((block) => block[b] ?? [])) ?? [];
    expect(batchMacs(table, gates, { exits: [2, 2, 2] }).perImage).toEqual(
      all.map((pattern) => patternMacs(table, pattern)),
    );
  });

  it('gates after the exit have no part in it', () => {
    const without = [gates[0] ?? [], [[0, 0, 0], [0, 0, 0], gates[1]?.[2] ?? []]];
    const options = { exits: [0, 1, 2] };
    expect(batchMacs(table, without, options)).toEqual(batchMacs(table, gates, options));
  });

  it.each([
    [[0, 1], 'exits: expected 3 images, got 2. Pass one number for each image'],
    [[0, 1, 3], 'exits of image b = 2: expected a whole number from 0 to 2, got 3'],
    [[0, -1, 2], 'exits of image b = 1: expected a whole number from 0 to 2, got -1'],
    [[0.5, 1, 2], 'exits of image b = 0: expected a whole number from 0 to 2, got 0.5'],
    ['all', 'exits: expected'],
  ])('refuses %j', (exits, message) => {
    expect(() => batchMacs(table, gates, { exits: exits as number[] })).toThrow(message);
  });
});
