import { gatedBlocks } from '@dmnn/architecture';
import { tinyArchitecture, tinyDynamic } from '@dmnn/test-networks';
import { expect, it } from 'vitest';
import { constantGates, constantPattern } from './constant-gates.js';
import { initialWeights } from './initial-weights.js';

const architecture = tinyDynamic(); // two gated blocks of two sub-blocks
const network = { architecture, weights: initialWeights(architecture, { seed: 3 }) };
const pattern = [
  [true, false],
  [false, true],
];

it('changes the last layer of controllers only, and gives the network it was given back', () => {
  const before = new Map(network.weights);
  const { weights, architecture: same } = constantGates(network, pattern);
  expect(same).toBe(architecture);
  expect([...weights.keys()]).toEqual([...before.keys()]);
  const changed = [...weights].filter(([name, tensor]) => tensor !== before.get(name)).map(([name]) => name);
  expect(changed).toEqual(
    gatedBlocks(architecture).flatMap(({ path }) => [
      `${path}.controller.decide.weight`,
      `${path}.controller.decide.bias`,
    ]),
  );
  expect([...network.weights]).toEqual([...before]);
  expect(constantPattern(network)).toBeUndefined();
  expect(constantPattern({ architecture, weights })).toEqual(pattern);
  const [first] = gatedBlocks(architecture);
  const numbersOf = (name: string) => [
    ...(weights.get(`${first!.path}.controller.decide.${name}`)!.data as Float32Array),
  ];
  expect(new Set(numbersOf('weight'))).toEqual(new Set([0]));
  expect(numbersOf('bias')).toEqual([-8, 8, 8, -8]); // off and on of each: open, closed
});

it('holds a pattern with recurrent controllers too, whose last biases are their own', () => {
  const controller = { kind: 'recurrent', embedUnits: 3, hiddenUnits: 4 } as const;
  const block = { kind: 'basic', shortcut: 'identity', subBlocks: 2, controller } as const;
  const recurrent = tinyArchitecture([block, { ...block, subBlocks: 1 }]);
  const given = { architecture: recurrent, weights: initialWeights(recurrent, { seed: 3 }) };
  expect(constantPattern(given)).toBeUndefined();
  expect(constantPattern(constantGates(given, [[true, false], [false]]))).toEqual([[true, false], [false]]);
});

it.each([
  [[[true, true]], /^pattern: expected 2 lists, one for each gated block of tiny, got 1$/],
  [[[true], [true]], /^pattern\[0\]: expected 2 booleans, one for each sub-block of stage\d\.block0, got 1$/],
])('refuses a pattern of other sub-blocks', (given, message) => {
  expect(() => constantGates(network, given)).toThrow(message);
});

it('refuses weights that do not fit', () => {
  expect(() => constantGates({ architecture, weights: new Map() }, pattern)).toThrow(
    expect.objectContaining({ name: 'WeightsError' }) as Error,
  );
});

it('finds no pattern in a network without gates', () => {
  const plain = tinyArchitecture([{ kind: 'basic', shortcut: 'identity', subBlocks: 2 }]);
  expect(
    constantPattern({ architecture: plain, weights: initialWeights(plain, { seed: 1 }) }),
  ).toBeUndefined();
});
