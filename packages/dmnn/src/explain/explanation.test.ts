import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryExplanation } from './fixtures/explanations.js';
import { blockCost, comparedCosts, costSentence, explanationOf, runSentence } from './explanation.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 3 });
const table = flopsTable(countNetwork(architecture));
const gates = [
  [true, false],
  [false, false],
  [true, true],
];
const gateProbabilities = [
  [0.9, 0.2],
  [0.1, 0.4],
  [0.7, 0.6],
];
const macs = patternMacs(table, gates);
const logits = Float32Array.of(0, Math.log(3), Math.log(6));
const classification = { logits, gates, gateProbabilities, macs, milliseconds: 2 };

describe('explanationOf', () => {
  const explanation = explanationOf(classification, {
    architecture,
    image: 'a.jpg',
    classNames: ['ant', 'bee', 'cat'],
  });

  it('puts gates, probabilities and costs together, block by block', () => {
    expect(explanation.blocks.map(({ path }) => path)).toEqual([
      'stage0.block0',
      'stage1.block0',
      'stage2.block0',
    ]);
    expect(explanation.blocks[0]!.subBlocks).toEqual([
      { probability: 0.9, ran: true, macs: table.subBlockMacs[0]![0] },
      { probability: 0.2, ran: false, macs: table.subBlockMacs[0]![1] },
    ]);
    expect(explanation).toMatchObject({ image: 'a.jpg', model: architecture.name, macs, mean: null });
    expect(explanation.fullMacs).toBe(countNetwork(architecture).macs);
    // the softmax of 0, log 3, log 6
    expect(explanation.classes).toEqual([
      { index: 2, name: 'cat', probability: expect.closeTo(0.6, 6) as number },
      { index: 1, name: 'bee', probability: expect.closeTo(0.3, 6) as number },
      { index: 0, name: 'ant', probability: expect.closeTo(0.1, 6) as number },
    ]);
  });

  it('loses exactly what was skipped between all open and this image, and the blocks say where', () => {
    const lost = explanation.blocks.map((block) => blockCost(block).fullMacs - blockCost(block).macs);
    expect(lost.reduce((sum, each) => sum + each, 0)).toBe(explanation.fullMacs - macs);
    expect(lost[2]).toBe(0);
  });

  it('needs to know how probable gates were', () => {
    const silent = { logits, gates, macs, milliseconds: 2 };
    expect(() => explanationOf(silent, { architecture, image: 'a.jpg' })).toThrow(
      /gateProbabilities: expected/,
    );
  });
});

describe('sentences', () => {
  const explanation = explanationOf(classification, { architecture, image: 'a.jpg' });
  const of = (share: number) => ({ ...explanation, mean: { macs: macs / share, images: 7 } });

  it.each([
    [0.8, '20.0 % less than the mean of 7 test images'],
    [1.25, '25.0 % more than the mean of 7 test images'],
    [1.0001, 'as much as the mean of 7 test images'],
  ])('hold %d of the mean against it', (share, words) => {
    expect(costSentence(of(share))).toMatch(
      new RegExp(`^The image cost [\\d.]+ M multiply-accumulates, ${words}\\.$`),
    );
    expect(comparedCosts(of(share)).map(({ what }) => what)).toContain('mean of test images');
  });

  it('say that nobody knows a mean', () => {
    expect(costSentence(explanation)).toMatch(/; the mean cost of test images is not recorded\.$/);
    expect(comparedCosts(explanation).map(({ what }) => what)).not.toContain('mean of test images');
  });

  it('count what ran', () => {
    expect(runSentence(explanation)).toBe('3 of 6 sub-blocks ran, in 2.0 ms.');
    expect(runSentence({ ...explanation, blocks: [] })).toBe(
      'A static network: all of it runs for every image, in 2.0 ms.',
    );
  });

  it('never count more than there is', () => {
    fc.assert(
      fc.property(arbitraryExplanation, (any) => {
        const [ran, all] = /^(\d+) of (\d+)/.exec(runSentence(any))!.slice(1).map(Number);
        expect(ran).toBeLessThanOrEqual(all!);
      }),
    );
  });
});
