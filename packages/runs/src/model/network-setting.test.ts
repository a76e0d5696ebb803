import { createArchitecture } from '@dmnn/backbones';
import { constantPattern, initialWeights, thresholdedGates } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { partNames, patternOfText, patternText, settingText, withGates } from './network-setting.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 2 });
const network = { architecture, weights: initialWeights(architecture, { seed: 1 }), kept: true };
const static_ = createArchitecture('cifar-resnet8-0.25', { classes: 2 });

describe('withGates', () => {
  it('is the network at a threshold', () => {
    const { weights, setting, kept } = withGates(network, { threshold: 0.75 });
    expect([setting, kept]).toEqual([{ threshold: 0.75 }, true]);
    expect(weights).toEqual(thresholdedGates(network, 0.75).weights);
  });

  it('is the network with the same gates for every image', () => {
    const pattern = [
      [true, false],
      [false, true],
      [true, true],
    ];
    expect(constantPattern(withGates(network, { pattern }))).toEqual(pattern);
    expect(constantPattern(withGates(network, { pattern: 'all' }))?.flat()).toEqual(Array(6).fill(true));
  });

  it.each([
    [{}, 'setting: expected either threshold or pattern, got nothing'],
    [{ width: 0.5 }, 'setting: expected either threshold or pattern, got width'],
    [
      { threshold: 0.5, pattern: 'all' },
      'setting: expected either threshold or pattern, got threshold, pattern',
    ],
    [{ threshold: 2 }, 'threshold: expected a probability in [0, 1], got 2'],
    [{ pattern: 'none' }, "pattern: expected a list for each gated block, or 'all', got"],
    [{ pattern: [[true]] }, 'pattern: expected 3 lists'],
  ])('refuses %j', (setting, message) => {
    expect(() => withGates(network, setting as never)).toThrow(RangeError);
    expect(() => withGates(network, setting as never)).toThrow(message);
  });

  it('refuses a network without gates', () => {
    const plain = { architecture: static_, weights: initialWeights(static_, { seed: 1 }) };
    expect(() => withGates(plain, { pattern: 'all' })).toThrow(
      'setting: expected a network with gates, got cifar-resnet8-0.25, which decides nothing. Leave the setting out.',
    );
  });
});

it('writes settings as command lines do', () => {
  const rows = [[true, false], [true]];
  expect(
    [{ width: 0.5 }, { threshold: 0.123456 }, { pattern: rows }, { pattern: 'all' as const }].map(
      settingText,
    ),
  ).toEqual(['@width=0.5', '@threshold=0.1235', '@pattern=10,1', '@pattern=all']);
  for (const pattern of [rows, 'all' as const]) expect(patternOfText(patternText(pattern))).toEqual(pattern);
});

it('gives networks of one name different ones', () => {
  const at = (folder: string, setting?: Parameters<typeof settingText>[0]) => ({
    ...{ architecture, setting, source: { folder } },
  });
  const own = architecture.name;
  expect(partNames([at('a'), { architecture: static_ }])).toEqual([own, static_.name]);
  expect(partNames([at('a'), at('b')])).toEqual([`${own} (a)`, `${own} (b)`]);
  expect(partNames([at('a', { threshold: 0.9 }), at('a', { pattern: 'all' }), at('a')])).toEqual([
    `${own}@threshold=0.9`,
    `${own}@pattern=all`,
    own,
  ]);
  expect(partNames([at('a', { width: 0.5 }), { architecture: static_ }])).toEqual([own, static_.name]);
  expect(partNames([at('a'), at('a'), { architecture }])).toEqual([`${own} (a) #1`, `${own} (a) #2`, own]);
});
