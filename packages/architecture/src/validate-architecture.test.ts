import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchitectureError } from './architecture-error.js';
import type { Architecture } from './architecture.js';
import type { Block } from './block.js';
import { blockStride, placedBlocks } from './blocks.js';
import type { ConvUnit } from './conv-unit.js';
import { type StateController, paperController } from './controller.js';
import { bottleneckNetwork, invertedNetwork, tinyNetwork } from './fixtures/networks.js';
import { inferShapes } from './infer-shapes.js';
import { validateArchitecture } from './validate-architecture.js';

/** A value of JSON, changed at a path such as `stages[0].blocks[1].activation`. */
function changed(value: unknown, path: string, to: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  const last = keys.pop();
  let holder: Record<string, unknown> = copy;
  for (const key of keys) holder = holder[key] as Record<string, unknown>;
  if (last === undefined) throw new Error('path is empty');
  if (to === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = to;
  return copy;
}

function problemsOf(value: unknown): readonly string[] {
  try {
    validateArchitecture(value);
  } catch (error) {
    if (error instanceof ArchitectureError) return error.problems;
    throw error;
  }
  return [];
}

const first = 'stages[0].blocks[0]';
const unit = `${first}.subBlocks[0].units[1]`;

describe('validateArchitecture', () => {
  it.each([bottleneckNetwork(), invertedNetwork(), tinyNetwork()])('accepts $name', (architecture) => {
    expect(validateArchitecture(architecture)).toBe(architecture);
  });

  it('takes hidden layers of a head, of known activations', () => {
    const hidden = (value: unknown) => problemsOf(changed(bottleneckNetwork(), 'head.hidden', value));
    expect(
      hidden([
        { features: 7, activation: 'relu' },
        { features: 3, activation: 'none' },
        { features: 3, activation: 'relu6' },
        { features: 3, activation: 'hard-swish' },
      ]),
    ).toEqual([]);
    expect(hidden([{ features: 0, activation: 'relu5' }])).toEqual([
      'head.hidden[0].features: expected a whole number, at least 1, got 0',
      'head.hidden[0].activation: expected "none" or "relu" or "relu6" or "hard-swish", got "relu5"; did you mean "relu"?',
    ]);
    expect(hidden([])).toEqual(['head.hidden: expected at least 1 of them, got an empty list']);
  });

  it('takes a bias of a block with a shortcut, and of no other', () => {
    expect(problemsOf(changed(bottleneckNetwork(), `${first}.bias`, true))).toEqual([]);
    const bare = changed(invertedNetwork(), `${first}.shortcut`, { kind: 'none' });
    expect(problemsOf(changed(bare, `${first}.bias`, true))).toContain(
      `${first}.bias: expected false, since the block has no shortcut that it could be added to, got true`,
    );
  });

  it('accepts a network without blocks, and a stage-less JSON of it', () => {
    const network = tinyNetwork({ stages: [], head: { units: [], inFeatures: 4, classes: 2 } });
    expect(problemsOf(network)).toEqual([]);
  });

  it.each([
    // path, value, the one problem
    [`${unit}.kernelSize`, NaN, `${unit}.kernelSize: expected a whole number, at least 1, got NaN`],
    [`${unit}.kernelSize`, 0, `${unit}.kernelSize: expected a whole number, at least 1, got 0`],
    [`${unit}.kernelSize`, '3', `${unit}.kernelSize: expected a whole number, at least 1, got "3"`],
    [`${unit}.stride`, -1, `${unit}.stride: expected a whole number, at least 1, got -1`],
    [`${unit}.padding`, 0.5, `${unit}.padding: expected a whole number, at least 0, got 0.5`],
    [`${unit}.padding`, undefined, `${unit}.padding: expected a whole number, at least 0, got nothing`],
    [
      `${unit}.padding`,
      'valid',
      `${unit}.padding: expected pixels, "same", or top, bottom, left and right, got "valid"`,
    ],
    [`${unit}.padding`, 'same', undefined],
    [`${unit}.padding`, { top: 0, bottom: 2, left: 1, right: 1 }, undefined],
    [
      `${unit}.padding`,
      { top: 0, bottom: 2, left: 1 },
      `${unit}.padding.right: expected a whole number, at least 0, got nothing`,
    ],
    [
      `${unit}.padding`,
      { top: 0, bottom: 2, left: 1, right: 0 },
      `${unit}.padding: expected left + right of 2, as top + bottom, since maps are square, got 1`,
    ],
    [
      `${unit}.padding`,
      { top: 1, bottom: 1, left: 1, right: 1, front: 0 },
      `${unit}.padding: unknown key "front"; known are top, bottom, left, right`,
    ],
    [`${unit}.padding`, null, `${unit}.padding: expected a whole number, at least 0, got null`],
    [`${unit}.epsilon`, 1e-3, undefined],
    [`${unit}.epsilon`, 0, `${unit}.epsilon: expected a finite number above 0, got 0`],
    [`${unit}.epsilon`, Infinity, `${unit}.epsilon: expected a finite number above 0, got Infinity`],
    [`${unit}.epsilon`, '1e-3', `${unit}.epsilon: expected a finite number above 0, got "1e-3"`],
    [`${unit}.groups`, 2, `${unit}.groups: expected a divisor of inChannels 3, got 2`],
    [`${unit}.bias`, 1, `${unit}.bias: expected true or false, got 1`],
    [`${unit}.batchNorm`, [], `${unit}.batchNorm: expected true or false, got an empty list`],
    [
      `${unit}.activation`,
      'Relu',
      `${unit}.activation: expected "none" or "relu" or "relu6" or "hard-swish", got "Relu"; did you mean "relu"?`,
    ],
    [
      `${unit}.dilation`,
      1,
      `${unit}: unknown key "dilation"; known are kernelSize, stride, padding, inChannels, outChannels, groups, bias, batchNorm, activation, epsilon`,
    ],
    [`${unit}.strides`, 1, `${unit}: unknown key "strides"; did you mean stride?`],
    [
      unit,
      7,
      `${unit}: expected an object with kernelSize, stride, padding, inChannels, outChannels, groups, bias, batchNorm, activation, got 7`,
    ],
    [
      `${first}.subBlocks[0].units[2].inChannels`,
      5,
      `${first}.subBlocks[0].units[2].inChannels: expected the 3 incoming channels, got 5`,
    ],
    [
      `${first}.subBlocks[1].units[0].inChannels`,
      9,
      `${first}.subBlocks[1].units[0].inChannels: expected the 8 incoming channels, got 9`,
    ],
    [
      `${first}.subBlocks[1].units[2].outChannels`,
      17,
      `${first}.subBlocks[1]: expected to have the output channels of the first sub-block, 16, got 17`,
    ],
    [
      `${first}.subBlocks[1].units[1].stride`,
      2,
      `${first}.subBlocks[1]: expected to have the strides (multiplied) of the first sub-block, 1, got 2`,
    ],
    [
      `${first}.subBlocks[1].units`,
      [],
      `${first}.subBlocks[1].units: expected at least 1 of them, got an empty list`,
    ],
    [`${first}.subBlocks[1].units`, 'none', `${first}.subBlocks[1].units: expected a list, got "none"`],
    [`${first}.subBlocks[1]`, null, `${first}.subBlocks[1]: expected an object with units, got null`],
    [
      `${first}.kind`,
      'bottelneck',
      `${first}.kind: expected "bottleneck" or "basic" or "inverted-residual", got "bottelneck"; did you mean "bottleneck"?`,
    ],
    [`${first}.bias`, 1, `${first}.bias: expected true or false, got 1`],
    [`${first}.shortcut`, 'identity', `${first}.shortcut: expected an object with kind, got "identity"`],
    [
      `${first}.shortcut`,
      { kind: 'skip' },
      `${first}.shortcut.kind: expected "identity" or "projection" or "pad" or "none", got "skip"`,
    ],
    [
      `${first}.shortcut`,
      { kind: 'identity' },
      `${first}.shortcut.kind: expected "projection" or "pad", since the block goes from 8 to 16 channels, got "identity"`,
    ],
    [
      `${first}.shortcut`,
      { kind: 'none' },
      `${first}.shortcut.kind: expected a shortcut, since the block has a controller and no output with all gates closed, got "none"`,
    ],
    [
      `${first}.shortcut.unit.inChannels`,
      4,
      `${first}.shortcut.unit.inChannels: expected the block's 8, got 4`,
    ],
    [
      `${first}.shortcut.unit.outChannels`,
      4,
      `${first}.shortcut.unit.outChannels: expected the block's 16, got 4`,
    ],
    [
      'stages[1].blocks[0].shortcut.unit.stride',
      1,
      "stages[1].blocks[0].shortcut.unit.stride: expected the block's 2, got 1",
    ],
    [
      `${first}.shortcut`,
      { kind: 'pad', stride: 2, outChannels: 16 },
      `${first}.shortcut.stride: expected the block's 1, got 2`,
    ],
    [
      `${first}.shortcut`,
      { kind: 'pad', stride: 1, outChannels: 12 },
      `${first}.shortcut.outChannels: expected the block's 16, got 12`,
    ],
    [`${first}.controller`, true, `${first}.controller: expected an object with kind, got true`],
    [
      `${first}.controller.kind`,
      'States',
      `${first}.controller.kind: expected "state" or "squeeze" or "recurrent", got "States"; did you mean "state"?`,
    ],
    [
      `${first}.controller.previousState`,
      'own',
      `${first}.controller.previousState: expected "shared" or "per-block" or "none", got "own"`,
    ],
    [
      `${first}.controller.hiddenUnit`,
      32,
      `${first}.controller: unknown key "hiddenUnit"; did you mean hiddenUnits?`,
    ],
    ['stem.pool.padding', 2, 'stem.pool.padding: expected at most half of kernelSize 3, got 2'],
    ['stem.pool.padding', 'same', undefined],
    [
      'stem.pool.padding',
      { top: 0, bottom: 2, left: 1, right: 1 },
      'stem.pool.padding: expected at most half of kernelSize 3, got 2',
    ],
    ['stem.pool', 'max', 'stem.pool: expected an object with kernelSize, stride, padding, got "max"'],
    ['stem.pools', {}, 'stem: unknown key "pools"; did you mean pool?'],
    ['stem', [1, 2], 'stem: expected an object with units, got a list of 2'],
    ['stem.units[0].inChannels', 1, 'stem.units[0].inChannels: expected the 3 incoming channels, got 1'],
    ['stages', {}, 'stages: expected a list, got an object'],
    ['stages[1].blocks', [], 'stages[1].blocks: expected at least 1 of them, got an empty list'],
    ['stages[1]', 3, 'stages[1]: expected an object with blocks, got 3'],
    ['head.inFeatures', 31, 'head.inFeatures: expected the 32 incoming channels, got 31'],
    ['head.classes', 0, 'head.classes: expected a whole number, at least 1, got 0'],
    ['head', undefined, 'head: expected an object with units, inFeatures, classes, got nothing'],
    ['name', '', 'name: expected a name, got ""'],
    ['name', 'x'.repeat(99), undefined],
    ['imageSizePx', 2 ** 60, 'imageSizePx: expected a whole number, at least 1, got 1152921504606847000'],
    [
      'undivided',
      5,
      'undivided: expected an object with name, imageSizePx, inChannels, stem, stages, head, got 5',
    ],
  ])('%s = %j', (path, to, problem) => {
    const problems = problemsOf(changed(bottleneckNetwork(), path, to));
    // the problem itself, and nothing that only follows from it at the same place
    if (problem === undefined) expect(problems).toEqual([]);
    else expect(problems).toContain(problem);
    if (path === 'head.inFeatures' || path === unit) expect(problems).toHaveLength(1);
  });

  it('lists every problem at once, with paths that find them', () => {
    let network = changed(bottleneckNetwork(), 'stem.units[0].groups', 3);
    network = changed(network, `${first}.activation`, 'elu');
    network = changed(network, 'stages[1].blocks[0].subBlocks[1].units[2].outChannels', 30);
    network = changed(network, 'head.classes', 2.5);
    const error = ((): unknown => {
      try {
        return validateArchitecture(network);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(ArchitectureError);
    expect(error).toMatchObject({ code: 'DMNN_ARCHITECTURE', name: 'ArchitectureError' });
    expect((error as ArchitectureError).problems).toEqual([
      'stem.units[0].groups: expected a divisor of outChannels 8, got 3',
      'stages[0].blocks[0].activation: expected "none" or "relu" or "relu6" or "hard-swish", got "elu"; did you mean "relu"?',
      'stages[1].blocks[0].subBlocks[1]: expected to have the output channels of the first sub-block, 32, got 30',
      'head.classes: expected a whole number, at least 1, got 2.5',
    ]);
    expect((error as Error).message).toMatch(
      /^architecture "tiny-bottlenecks":\n {2}- stem.*\n(.*\n)*Correct the fields/,
    );
  });

  it('says NaN and other non-JSON values by name', () => {
    const stem = tinyNetwork().stem;
    expect(problemsOf(tinyNetwork({ imageSizePx: NaN }))).toEqual([
      'imageSizePx: expected a whole number, at least 1, got NaN',
    ]);
    const odd = { ...tinyNetwork(), name: Symbol('x'), inChannels: 3n, stem: () => stem };
    expect(problemsOf(odd).slice(0, 3)).toEqual([
      'name: expected a name, got a symbol',
      'inChannels: expected a whole number, at least 1, got 3',
      'stem: expected an object with units, got a function',
    ]);
    expect(problemsOf({ ...tinyNetwork(), name: ['a'] })).toEqual(['name: expected a name, got a list of 1']);
    expect(problemsOf(undefined)[0]).toMatch(/^architecture: .*got nothing$/);
  });

  it('reports an identity shortcut around a stride', () => {
    const network = changed(tinyNetwork(), 'stages[0].blocks[0].subBlocks[0].units[0].stride', 2);
    expect(problemsOf(network)).toEqual([
      'stages[0].blocks[0].shortcut.kind: expected "projection" or "pad", since the sub-blocks have stride 2, got "identity"',
    ]);
  });

  it('reports a padded shortcut that would drop channels', () => {
    const narrow = changed(tinyNetwork(), 'stem.units[0].outChannels', 9);
    const wide = changed(narrow, 'stages', [
      { blocks: [(tinyNetwork().stages[1] as { blocks: Block[] }).blocks[0]] },
    ]);
    expect(problemsOf(wide)).toContain(
      'stages[0].blocks[0].shortcut.outChannels: expected at least the 9 incoming channels, got 8',
    );
  });

  it('reports maps of sizes that do not fit, once all else is right', () => {
    const network = changed(tinyNetwork(), 'stages[0].blocks[0].subBlocks[0].units[0].padding', 0);
    expect(problemsOf(network)).toEqual(["stage0.block0.shortcut: expected the sub-blocks' 6 px, got 8 px"]);
    const both = changed(network, 'head.classes', 0);
    expect(problemsOf(both)).toEqual(['head.classes: expected a whole number, at least 1, got 0']);
  });

  it('reads holes of a list as missing', () => {
    const blocks: unknown[] = [];
    blocks.length = 1;
    expect(problemsOf({ ...tinyNetwork(), stages: [{ blocks }] })[0]).toMatch(
      /^stages\[0\]\.blocks\[0\]: .*got nothing$/,
    );
  });

  describe('states', () => {
    const withControllers = (...controllers: unknown[]): unknown => {
      const block = tinyNetwork().stages[0]?.blocks[0];
      return {
        ...tinyNetwork(),
        stages: [{ blocks: controllers.map((controller) => ({ ...block, controller })) }],
        head: { units: [], inFeatures: 4, classes: 2 },
      };
    };
    const state = (changes: Partial<StateController>): StateController => ({
      ...paperController,
      ...changes,
    });
    const at = (l: number): string => `stages[0].blocks[${l}].controller`;

    it('may differ in size where none is passed on', () => {
      const none = { previousState: 'none' } as const;
      expect(problemsOf(withControllers(state(none), state({ ...none, hiddenUnits: 16 })))).toEqual([]);
      expect(problemsOf(withControllers({ kind: 'squeeze', hiddenUnits: 16 }, state(none)))).toEqual([]);
    });

    it('of one block must fit the next', () => {
      const own = { previousState: 'per-block' } as const;
      expect(problemsOf(withControllers(state(own), state({ ...own, hiddenUnits: 16 })))).toEqual([
        `${at(1)}.hiddenUnits: expected the 32 of the controller before (${at(0)}), whose state it takes, got 16`,
      ]);
    });

    it('cannot come from a controller that has none', () => {
      expect(problemsOf(withControllers({ kind: 'squeeze', hiddenUnits: 16 }, state({})))).toEqual([
        `${at(1)}.previousState: expected "none", since the controller before (${at(0)}) has no state, got "shared"`,
      ]);
    });

    it('share one matrix only if they agree on it', () => {
      expect(
        problemsOf(
          withControllers(
            state({}),
            state({ previousState: 'none', hiddenUnits: 8 }),
            state({ hiddenUnits: 8 }),
          ),
        ),
      ).toEqual([
        `${at(2)}.hiddenUnits: expected 32 as in ${at(0)}, with which it shares the matrix of the previous state, got 8`,
      ]);
      expect(problemsOf(withControllers(state({}), state({ hiddenBias: true })))).toEqual([
        `${at(1)}.hiddenBias: expected false as in ${at(0)}, with which it shares the matrix of the previous state, got true`,
      ]);
    });

    it('go through one LSTM, which recurrent controllers share among themselves only', () => {
      const recurrent = { kind: 'recurrent', embedUnits: 10, hiddenUnits: 10 };
      expect(problemsOf(withControllers(recurrent, recurrent))).toEqual([]);
      expect(
        problemsOf(
          withControllers(recurrent, { ...recurrent, embedUnits: 4 }, { ...recurrent, hiddenUnits: 4 }),
        ),
      ).toEqual([
        `${at(1)}.embedUnits: expected 10 as in ${at(0)}, with which it shares the LSTM, got 4`,
        `${at(2)}.hiddenUnits: expected 10 as in ${at(0)}, with which it shares the LSTM, got 4`,
      ]);
      expect(problemsOf(withControllers(state({}), recurrent))).toEqual([
        `${at(1)}.kind: expected "state" as in ${at(0)}, since a recurrent controller stands among its own kind only, got "recurrent"`,
      ]);
      expect(problemsOf(withControllers({ kind: 'recurrent', hiddenUnits: 10 }))).toEqual([
        `${at(0)}.embedUnits: expected a whole number, at least 1, got nothing`,
      ]);
    });

    it('keep quiet about controllers that could not be read', () => {
      expect(problemsOf(withControllers({ kind: 'gru' }, state({})))).toHaveLength(1);
      expect(
        problemsOf(withControllers({ ...paperController, hiddenUnits: 'many' }, state({}))),
      ).toHaveLength(1);
    });
  });

  describe('the undivided backbone', () => {
    it('is checked too, with its own paths', () => {
      const network = { ...tinyNetwork(), undivided: changed(tinyNetwork(), 'head.classes', -1) };
      expect(problemsOf(network)).toEqual([
        'undivided.head.classes: expected a whole number, at least 1, got -1',
      ]);
      const shrunk = { ...tinyNetwork(), undivided: changed(tinyNetwork(), 'stem.units[0].kernelSize', 99) };
      expect(problemsOf(shrunk)[0]).toMatch(/^stem\.unit0: expected a map of at least 1 px/);
    });

    it('takes the same images', () => {
      expect(problemsOf({ ...tinyNetwork(), undivided: tinyNetwork({ imageSizePx: 16 }) })).toEqual([
        "undivided.imageSizePx: expected the divided network's 8, got 16",
      ]);
    });

    it('is not divided, and a network that contains itself is refused', () => {
      const loop: { undivided?: unknown } = { ...tinyNetwork() };
      loop.undivided = loop;
      expect(problemsOf(loop)).toEqual([
        'undivided.undivided: expected none, since a backbone is not divided, got an object',
      ]);
    });
  });

  it('reports or accepts any change of any field, and what it accepts can be computed', () => {
    const networks = [
      bottleneckNetwork({ undivided: tinyNetwork({ imageSizePx: 64 }) }),
      invertedNetwork(),
      tinyNetwork(),
    ].map((network) => JSON.parse(JSON.stringify(network)) as Architecture);
    const change = fc.constantFrom(...networks).chain((network) =>
      fc.record({
        network: fc.constant(network),
        path: fc.constantFrom(...pathsOf(network)),
        to: fc.oneof(
          { weight: 3, arbitrary: fc.integer({ min: -2, max: 64 }) },
          fc.constantFrom(
            undefined,
            NaN,
            Infinity,
            null,
            true,
            false,
            '',
            'relu6',
            'none',
            'identity',
            'squeeze',
            'recurrent',
            'per-block',
          ),
          fc.jsonValue(),
        ),
      }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(change, ({ network, path, to }) => {
        const mutant = changed(network, path, to);
        const problems = problemsOf(mutant);
        if (problems.length > 0) return;
        accepted += 1;
        expectComputable(mutant as Architecture);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(50); // names, activations, classes, strides of the stem, …
  });
});

/** Paths of all fields and list items below a value, in `changed`'s notation. */
function pathsOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const path = Array.isArray(value) ? `${prefix}[${key}]` : prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...pathsOf(item, path)];
  });
}

/** Sends one pixel row through the network by index: every filter must find its channels, every sum its like. */
function expectComputable(network: Architecture): void {
  const run = (units: readonly ConvUnit[], map: { channels: number; size: number }): typeof map => {
    for (const { inChannels, outChannels, groups, kernelSize, stride, padding: given } of units) {
      const padding = given as number;
      expect(map.channels).toBe(inChannels);
      expect([inChannels % groups, outChannels % groups]).toEqual([0, 0]);
      let size = 0;
      for (let start = -padding; start + kernelSize <= map.size + padding; start += stride) size += 1;
      map = { channels: outChannels, size };
      expect(size).toBeGreaterThan(0);
    }
    return map;
  };
  let map = run(network.stem.units, { channels: network.inChannels, size: network.imageSizePx });
  const shapes = inferShapes(network);
  map = { ...map, size: shapes.stemOutSizePx };
  for (const [i, { block }] of placedBlocks(network).entries()) {
    const { shortcut } = block;
    const outs = block.subBlocks.map((subBlock) => run(subBlock.units, map));
    if (shortcut.kind === 'identity') outs.push(map);
    if (shortcut.kind === 'projection') outs.push(run([shortcut.unit], map));
    if (shortcut.kind === 'pad') {
      let size = 0;
      for (let pixel = 0; pixel < map.size; pixel += shortcut.stride) size += 1;
      outs.push({ channels: shortcut.outChannels, size });
    }
    for (const out of outs) expect(out).toEqual(outs[0]);
    expect(outs[0]).toEqual({ channels: shapes.blocks[i]?.outChannels, size: shapes.blocks[i]?.outSizePx });
    expect(shortcut.kind === 'none' && block.controller !== undefined).toBe(false);
    expect(blockStride(block)).toBeGreaterThan(0);
    map = outs[0] as typeof map;
  }
  map = run(network.head.units, map);
  expect(map).toEqual({ channels: network.head.inFeatures, size: shapes.headSizePx });
}
