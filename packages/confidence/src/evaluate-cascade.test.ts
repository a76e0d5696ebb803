import { describe, expect, it } from 'vitest';
import { type CascadeSettings, chooseSettings } from './choose-settings.js';
import { evaluateByHalves, evaluateCascade } from './evaluate-cascade.js';
import { fitTemperature } from './fit-temperature.js';
import { twoNetworks } from './fixtures/two-networks.js';

const { stages, labels } = twoNetworks(600);
const aim = { budget: 80 };

/** Every second image, from `from` on. */
function half(from: number) {
  const every = (values: ArrayLike<number>, width: number) =>
    Array.from(values).filter((_, i) => Math.floor(i / width) % 2 === from);
  return {
    labels: every(labels, 1),
    stages: stages.map(({ logits, cost }) => ({
      logits: { ...logits, values: every(logits.values, 4) },
      cost,
    })),
  };
}

describe('chooseSettings', () => {
  it('calibrates every stage, and takes the combination with fewer errors', () => {
    const settings = chooseSettings(stages, { labels, aim });
    expect(settings.temperatures).toEqual(
      stages.map(({ logits }) => fitTemperature({ logits, labels }).temperature),
    );
    expect(settings.by).toBe('probability');
    const errors = (['last', 'mean'] as const).map((combine) => {
      const own = chooseSettings(stages, { labels, aim, combine });
      expect(own.combine).toBe(combine);
      return evaluateCascade(stages, labels, own).errorPercent;
    });
    expect(evaluateCascade(stages, labels, settings).errorPercent).toBe(Math.min(...errors));
  });

  it('aims at a loss of accuracy', () => {
    const { thresholds, combine, temperatures } = chooseSettings(stages, {
      labels,
      aim: { drop: 100 },
      by: 'margin',
    });
    expect([thresholds, temperatures.length]).toEqual([[0], 2]);
    expect(['last', 'mean']).toContain(combine);
  });

  it('counts a loss against the better of all stages and the last, where early ones spoil the mean', () => {
    // the last is right about all images; the first is wrong about every tenth, and surer than the last
    const own = Array.from({ length: 400 }, (_, image) => image % 2);
    const logitsOf = (wrongEvery: number, sure: number): number[] =>
      own.flatMap((label, image) => {
        const said = image % wrongEvery === 0 ? 1 - label : label;
        return said === 0 ? [sure + (image % 7) / 10, 0] : [0, sure + (image % 7) / 10];
      });
    const first = { logits: { values: logitsOf(10, 3), classes: 2 }, cost: 40 };
    const last = { logits: { values: logitsOf(400, 1), classes: 2 }, cost: 100 };
    const given = { labels: own, aim: { drop: 1 } };
    const errorOf = (settings: CascadeSettings): number =>
      evaluateCascade([first, last], own, settings).errorPercent;
    const chosen = chooseSettings([first, last], given);
    expect(errorOf(chosen)).toBeLessThanOrEqual(errorOf({ ...chosen, combine: 'last', thresholds: [1] }) + 1);
    // asked for, a mean that loses more than that stops nothing early
    const { temperatures } = chosen;
    const even = { ...chosen, combine: 'mean' as const, thresholds: [1], temperatures };
    const mean = chooseSettings([first, last], { ...given, combine: 'mean' });
    if (errorOf(even) > 1) expect(mean.thresholds).toEqual([1]);
    const cheap = chooseSettings([first, last], { labels: own, aim: { drop: 15 } });
    expect(evaluateCascade([first, last], own, cheap).meanCost).toBe(40);
  });

  it('refuses an aim that is none', () => {
    expect(() => chooseSettings(stages, { labels, aim: undefined as never })).toThrow(
      'aim: expected an object',
    );
    expect(() => chooseSettings(stages, { labels, aim: { budget: 3 } })).toThrow(
      expect.objectContaining({ code: 'DMNN_BUDGET' }),
    );
  });
});

describe('evaluateByHalves', () => {
  it('measures each half with settings from the other, and puts the images back in their order', () => {
    const result = evaluateByHalves(stages, { labels, aim });
    const [even, odd] = [half(0), half(1)];
    const measured = [
      evaluateCascade(even.stages, even.labels, chooseSettings(odd.stages, { labels: odd.labels, aim })),
      evaluateCascade(odd.stages, odd.labels, chooseSettings(even.stages, { labels: even.labels, aim })),
    ];
    expect(result.errorPercent).toBeCloseTo((measured[0]!.errorPercent + measured[1]!.errorPercent) / 2, 12);
    expect(result.meanCost).toBeCloseTo((measured[0]!.meanCost + measured[1]!.meanCost) / 2, 12);
    expect(result.controlErrorPercent).toBeCloseTo(
      (measured[0]!.control.errorPercent + measured[1]!.control.errorPercent) / 2,
      12,
    );
    for (let image = 0; image < 600; image++) {
      const own = measured[image % 2]!;
      expect(result.wrong[image]).toBe(own.wrong[image >> 1]);
      expect(result.stage[image]).toBe(own.stage[image >> 1]);
      expect(result.cost[image]).toBe(own.cost[image >> 1]);
      expect(result.controlWrong[image]).toBe(own.control.wrong[image >> 1]);
    }
    // what it is for: sure images of the small network need no other
    expect(result.errorPercent).toBeLessThan(result.controlErrorPercent);
  });

  it('never sees the half that it measures: labels of one change nothing about the other’s settings', () => {
    const turned = labels.map((label, image) => (image % 2 === 0 ? (label + 1) % 4 : label));
    const [as, is] = [
      evaluateByHalves(stages, { labels, aim }),
      evaluateByHalves(stages, { labels: turned, aim }),
    ];
    expect(is.halves[0].settings).toEqual(as.halves[0].settings);
    expect(is.halves[1].settings).not.toEqual(as.halves[1].settings);
  });

  it('takes an odd number of images and costs of each', () => {
    const odd = twoNetworks(121);
    const costs = Float64Array.from({ length: 121 }, (_, image) => 100 + image);
    const result = evaluateByHalves([odd.stages[0], { ...odd.stages[1], cost: costs }], {
      labels: odd.labels,
      aim: { budget: 1e6 },
    });
    expect(result.cost[120]).toBe(40 + 220);
    expect(() => evaluateByHalves(stages, { labels: labels.subarray(0, 40), aim })).toThrow(RangeError);
  });
});

describe('the control of exits', () => {
  const small = { values: [5, 0, 1, 0, 1, 0, 5, 0], classes: 2 }; // always class 0, and unsure of the middle two
  const large = { values: [5, 0, 5, 0, 0, 5, 0, 5], classes: 2 };
  const settings = { by: 'probability', combine: 'last', temperatures: [1, 1], thresholds: [0.9] } as const;

  it('pays for all that a later stage of the same network needs', () => {
    const network = [
      { logits: small, cost: 100 },
      { logits: large, cost: 20, aloneCost: [120, 120, 120, 120] },
    ];
    const { meanCost, control } = evaluateCascade(network, [0, 0, 1, 1], settings);
    expect([meanCost, control.errorPercent, control.meanCost]).toEqual([110, 25, 110]);
    expect(control.mix.map(({ system }) => system)).toEqual([0, 1]);
    // a network of its own may run alone
    const own = evaluateCascade([network[0]!, { logits: large, cost: 20 }], [0, 0, 1, 1], settings);
    expect([own.control.errorPercent, own.control.meanCost]).toEqual([0, 20]);
  });

  it('pays for it in both halves', () => {
    const costs = Array.from({ length: 600 }, (_, image) => 1000 + (image % 2));
    const [first, second] = stages;
    const { halves } = evaluateByHalves([first, { ...second, aloneCost: costs }], { labels, aim });
    for (const { control } of halves) expect(control.mix.every(({ system }) => system < 2)).toBe(true);
  });
});
