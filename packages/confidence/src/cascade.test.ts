import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CascadeStage, cascadeAnswers } from './cascade-answers.js';
import { confident } from './confident.js';
import { twoNetworks } from './fixtures/two-networks.js';
import { oracle } from './fixtures/oracle.js';
import { pairedBootstrap } from './paired-bootstrap.js';
import { probabilities } from './probabilities.js';
import { randomControl } from './random-control.js';
import { runCascade, wrongAnswers } from './run-cascade.js';
import { nextAnswer } from './stage-answer.js';
import { thresholdsForBudget } from './thresholds-for-budget.js';
import { normalQuantile, smallestDrop, thresholdsForDrop } from './thresholds-for-drop.js';

const { stages, labels } = twoNetworks(400);
const three: CascadeStage[] = [...stages, { ...twoNetworks(400, 4, 7).stages[1], cost: 300 }];
const errorOf = (predicted: ArrayLike<number>): number =>
  wrongAnswers(predicted, labels).reduce((sum, each) => sum + each, 0) / 400;

describe('confident', () => {
  it('stops at its threshold and above', () => {
    const policy = confident({ threshold: 0.5 });
    expect([0.4999, 0.5, 1].map((each) => policy.stops(each))).toEqual([false, true, true]);
    expect(policy.by).toBe('probability');
    expect(confident({ threshold: 0 }).stops(0)).toBe(true);
  });

  it.each([-0.1, 1.01, NaN, '0.5' as never, undefined as never])('refuses the threshold %s', (threshold) => {
    expect(() => confident({ threshold })).toThrow(/threshold: expected a number from 0 to 1, got/);
  });
});

describe('cascadeAnswers and runCascade', () => {
  it('answers by the first stage that is sure, or by the mean of those that ran', () => {
    const last = cascadeAnswers(stages, { combine: 'last' });
    const mean = cascadeAnswers(stages, { combine: 'mean' });
    const outcome = runCascade(mean, [0.8]);
    const [p, q] = stages.map(({ logits }) => probabilities(logits));
    for (let image = 0; image < 400; image++) {
      const row = (values: Float64Array | undefined): number[] => [
        ...values!.subarray(4 * image, 4 * image + 4),
      ];
      const [first, second] = [row(p), row(q)];
      const both = first.map((each, c) => (each + second[c]!) / 2);
      const goesOn = Math.max(...first) < 0.8;
      expect(outcome.stage[image]).toBe(goesOn ? 1 : 0);
      expect(outcome.cost[image]).toBe(goesOn ? 165 : 40);
      const answer = goesOn ? both : first;
      expect(outcome.predicted[image]).toBe(answer.indexOf(Math.max(...answer)));
      expect(outcome.confidence[image]).toBeCloseTo(Math.max(...answer), 12);
      expect(last.stages[1]?.predicted[image]).toBe(second.indexOf(Math.max(...second)));
    }
    expect(outcome.shares.reduce((sum, each) => sum + each)).toBeCloseTo(1, 12);
    expect(outcome.meanCost).toBeCloseTo(40 + 125 * outcome.shares[1]!, 9);
  });

  it('gives the mean of three by taking them one after the other, for parts of the images too', () => {
    const [a, b, c] = three.map(({ logits }) => logits);
    const options = { combine: 'mean' } as const;
    const all = nextAnswer(nextAnswer(nextAnswer(undefined, a!, 2, options), b!, 3, options), c!, 1, options);
    const parts = [probabilities(a!, 2), probabilities(b!, 3), probabilities(c!, 1)];
    for (let i = 0; i < 1600; i++)
      expect(all.probabilities[i]).toBeCloseTo(parts.reduce((sum, each) => sum + each[i]!, 0) / 3, 12);
    const row = (values: ArrayLike<number>) => ({ values: Array.from(values).slice(40, 44), classes: 4 });
    const one = nextAnswer(nextAnswer(undefined, row(a!.values), 2, options), row(b!.values), 3, options);
    const two = nextAnswer(nextAnswer(undefined, a!, 2, options), b!, 3, options);
    expect(one.confidence[0]).toBe(two.confidence[10]);
  });

  it('a higher threshold lets no fewer images go on', () => {
    const answers = cascadeAnswers(three, { combine: 'mean' });
    const threshold = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(threshold, threshold, threshold, (a, b, other) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(runCascade(answers, [low, other]).meanCost).toBeLessThanOrEqual(
          runCascade(answers, [high, other]).meanCost,
        );
      }),
    );
    expect(runCascade(answers, [0, 0]).meanCost).toBe(40);
  });

  it('takes costs of each image', () => {
    const costs = Float64Array.from({ length: 400 }, (_, image) => image);
    const { cost } = runCascade(cascadeAnswers([stages[0], { ...stages[1], cost: costs }]), [1]);
    expect(cost[7]).toBe(47);
  });

  it.each<[CascadeStage[], string]>([
    [[], 'stages: expected at least one'],
    [
      [stages[0], twoNetworks(399).stages[1]],
      'stages[1].logits: expected 400 images of 4 classes as in stages[0], got 399 of 4',
    ],
    [[stages[0], twoNetworks(320, 5).stages[1]], 'got 320 of 5'],
    [[stages[0], { ...stages[1], temperature: -1 }], 'stages[1].temperature: expected a number > 0, got -1'],
    [[stages[0], { ...stages[1], cost: -1 }], 'stages[1].cost: expected numbers ≥ 0, got -1 for image 0'],
    [
      [stages[0], { ...stages[1], cost: [1, 2] }],
      'stages[1].cost: expected one for each of 400 images, got 2',
    ],
  ])('refuses stages that do not fit (%#)', (given, message) => {
    expect(() => cascadeAnswers(given)).toThrow(RangeError);
    expect(() => cascadeAnswers(given)).toThrow(message);
  });

  it('refuses thresholds that do not fit', () => {
    const answers = cascadeAnswers(stages);
    expect(() => runCascade(answers, [])).toThrow(
      'thresholds: expected 1, one for each stage except the last, got 0',
    );
    expect(() => runCascade(answers, [1.5])).toThrow('thresholds[0]: expected a number from 0 to 1, got 1.5');
    expect(() => cascadeAnswers(stages, { combine: 'sum' as never })).toThrow(
      "combine: expected 'last' or 'mean', got 'sum'",
    );
    expect(() =>
      nextAnswer(nextAnswer(undefined, stages[0].logits, 1), { values: [1, 2], classes: 2 }, 1),
    ).toThrow('expected those of the 400 images before, got 1 images of 2 classes');
  });
});

describe('thresholdsForBudget', () => {
  it('spends as much of the budget as whole images allow, and never more', () => {
    const answers = cascadeAnswers(stages);
    fc.assert(
      fc.property(fc.double({ min: 40, max: 170, noNaN: true }), (budget) => {
        const { thresholds, meanCost } = thresholdsForBudget(answers, { budget });
        expect(runCascade(answers, thresholds).meanCost).toBeCloseTo(meanCost, 9);
        expect(meanCost).toBeLessThanOrEqual(budget + 1e-9);
        // one image more would be too many
        expect(meanCost).toBeGreaterThan(Math.min(budget, 165) - 125 / 400 - 1e-9);
      }),
    );
  });

  it('meets exactly the cost of the first stage, and of all', () => {
    const answers = cascadeAnswers(stages);
    expect(thresholdsForBudget(answers, { budget: 40 }).thresholds).toEqual([0]);
    expect(thresholdsForBudget(answers, { budget: 165 })).toEqual({ thresholds: [1], meanCost: 165 });
    expect(thresholdsForBudget(cascadeAnswers([stages[0]]), { budget: 50 })).toEqual({
      thresholds: [],
      meanCost: 40,
    });
  });

  it('lets images of equal confidence go on together', () => {
    const logits = { values: [1, 0, 1, 0, 3, 0], classes: 2 };
    const answers = cascadeAnswers([
      { logits, cost: 1 },
      { logits, cost: 3 },
    ]);
    expect(thresholdsForBudget(answers, { budget: 2.5 })).toEqual({ thresholds: [0], meanCost: 1 });
    expect(thresholdsForBudget(answers, { budget: 3 }).meanCost).toBe(3);
  });

  it('divides a budget among three stages at least as well as by leaving the middle one out', () => {
    const answers = cascadeAnswers(three, { combine: 'mean' });
    for (const budget of [60, 120, 240]) {
      const { thresholds, meanCost } = thresholdsForBudget(answers, { budget, labels });
      const outcome = runCascade(answers, thresholds);
      expect(outcome.meanCost).toBeCloseTo(meanCost, 9);
      expect(meanCost).toBeLessThanOrEqual(budget + 1e-9);
      const two = runCascade(answers, [
        ...thresholdsForBudget(cascadeAnswers(stages), { budget }).thresholds,
        0,
      ]);
      expect(errorOf(outcome.predicted)).toBeLessThanOrEqual(errorOf(two.predicted) + 0.01);
    }
  });

  it('refuses what cannot be reached or chosen', () => {
    const answers = cascadeAnswers(stages);
    expect(() => thresholdsForBudget(answers, { budget: 39 })).toThrow(
      expect.objectContaining({
        code: 'DMNN_BUDGET',
        details: { budget: 39, lowestCost: 40, highestCost: 165 },
      }),
    );
    expect(() => thresholdsForBudget(answers, { budget: NaN })).toThrow('budget: expected a number, got NaN');
    expect(() => thresholdsForBudget(cascadeAnswers(three), { budget: 60 })).toThrow(
      /labels: expected .* got nothing/,
    );
    const empty = cascadeAnswers([{ logits: { values: [], classes: 2 }, cost: 1 }]);
    expect(() => thresholdsForBudget(empty, { budget: 3 })).toThrow('at least one image');
  });
});

describe('thresholdsForDrop', () => {
  it.each(Object.entries(oracle.normalQuantiles))(
    'knows that %s of a normal variable lie below scipy’s',
    (level, z) => {
      expect(normalQuantile(Number(level))).toBeCloseTo(z, 9);
    },
  );

  it('loses no more than it says, and costs less the more it may lose', () => {
    const answers = cascadeAnswers(stages, { combine: 'mean' });
    const found = [0, 1, 3, 10, 100].map((drop) => thresholdsForDrop(answers, { labels, drop }));
    for (const [i, { thresholds, bound, drop, meanCost }] of found.entries()) {
      expect(bound).toBeLessThanOrEqual([0, 1, 3, 10, 100][i]!);
      expect(drop).toBeLessThanOrEqual(bound);
      const { predicted, meanCost: cost } = runCascade(answers, thresholds);
      expect(cost).toBe(meanCost);
      expect(100 * (errorOf(predicted) - errorOf(answers.stages[1]!.predicted))).toBeCloseTo(drop, 9);
      expect(meanCost).toBeLessThanOrEqual(found[Math.max(0, i - 1)]!.meanCost);
    }
    expect(found[0]).toMatchObject({ thresholds: [1], drop: 0, bound: 0 });
    expect(found[4]?.meanCost).toBe(40);
  });

  it('does not say that nothing is lost where images stop at any threshold, of which a stage is certain', () => {
    // exp(−800) is 0: the probability is 1, for 10 images wrongly
    const certain = Array.from({ length: 100 }, () => [800, 0]).flat();
    const right = Array.from({ length: 100 }, (_, image) => (image < 10 ? [0, 2] : [2, 0])).flat();
    const answers = cascadeAnswers([
      { logits: { values: certain, classes: 2 }, cost: 1 },
      { logits: { values: right, classes: 2 }, cost: 1 },
    ]);
    const own = Array.from({ length: 100 }, (_, image) => Number(image < 10));
    const { drop, bound, meanCost } = thresholdsForDrop(answers, { labels: own, drop: 1 });
    expect([drop, meanCost]).toEqual([10, 1]);
    expect(bound).toBeGreaterThan(10);
  });

  it('counts the loss against other answers, if asked', () => {
    const answers = cascadeAnswers(stages, { combine: 'mean' });
    const { predicted } = answers.stages[0]!;
    const { thresholds, drop } = thresholdsForDrop(answers, { labels, drop: 0, reference: predicted });
    const { predicted: own } = runCascade(answers, thresholds);
    expect(100 * (errorOf(own) - errorOf(predicted))).toBeCloseTo(drop, 9);
    expect(() => thresholdsForDrop(answers, { labels, drop: 0, reference: [1] })).toThrow(
      'reference: expected one for each of 400 images, got 1',
    );
  });

  it('knows the smallest loss that images can show', () => {
    const values = Array.from({ length: 100 }, () => [2, 0]).flat();
    const stage = { logits: { values, classes: 2 }, cost: 1 };
    const smallest = smallestDrop(100);
    const costAt = (drop: number): number =>
      thresholdsForDrop(cascadeAnswers([stage, stage]), { labels: new Array<number>(100).fill(0), drop })
        .meanCost;
    expect([costAt(smallest * 1.0001), costAt(smallest * 0.9999)]).toEqual([1, 2]);
  });

  it('has the bound of Agresti and Min', () => {
    // of 100 images 5 are lost and none won: (5 − 0) / 102 + z √((6 / 102 − (5 / 102)²) / 102)
    const values = Array.from({ length: 100 }, (_, image) => (image < 5 ? [0, 2] : [2, 0])).flat();
    const answers = cascadeAnswers([
      { logits: { values, classes: 2 }, cost: 1 },
      { logits: { values: Array.from({ length: 100 }, () => [2, 0]).flat(), classes: 2 }, cost: 1 },
    ]);
    const { bound, drop } = thresholdsForDrop(answers, { labels: new Array<number>(100).fill(0), drop: 50 });
    expect(drop).toBe(5);
    const share = 5 / 102;
    expect(bound).toBeCloseTo(
      100 * (share + 1.6448536269514722 * Math.sqrt((6 / 102 - share ** 2) / 102)),
      9,
    );
  });

  it.each([
    [{ drop: -1 }, 'drop: expected points of accuracy from 0 to 100, got -1'],
    [{ drop: 1, level: 0.5 }, 'level: expected a number above 0.5 and below 1, got 0.5'],
    [{ drop: 1, labels: [1] }, 'labels: expected one for each of 400'],
  ])('refuses %j', (options, message) => {
    expect(() => thresholdsForDrop(cascadeAnswers(stages), { labels, ...options })).toThrow(message);
  });
});

describe('randomControl', () => {
  it('is the expectation over a random choice of the same share', () => {
    const answers = cascadeAnswers(stages, { combine: 'mean' });
    const share = 0.3;
    const { wrong, errorPercent, meanCost, mix } = randomControl(answers, {
      labels,
      meanCost: 40 + 125 * share,
    });
    const [first, second] = answers.stages.map(({ predicted }) => wrongAnswers(predicted, labels));
    for (let image = 0; image < 400; image++)
      expect(wrong[image]).toBeCloseTo((1 - share) * first![image]! + share * second![image]!, 12);
    const errors = answers.stages.map(({ predicted }) => errorOf(predicted));
    expect(errorPercent).toBeCloseTo(100 * ((1 - share) * errors[0]! + share * errors[1]!), 9);
    expect(meanCost).toBeCloseTo(77.5, 9);
    expect(mix.map(({ system }) => system)).toEqual([0, 1]);
    expect(mix[1]?.share).toBeCloseTo(share, 12);
  });

  it('takes another system where that is better, and does not spend in vain', () => {
    const answers = cascadeAnswers(stages);
    const perfect = { predicted: labels, meanCost: 60 };
    const { errorPercent, mix, meanCost } = randomControl(answers, {
      labels,
      meanCost: 100,
      others: [perfect],
    });
    expect([errorPercent, mix, meanCost]).toEqual([0, [{ system: 2, share: 1 }], 60]);
    const worse = cascadeAnswers([stages[1], { ...stages[0], cost: 125 }], { combine: 'last' });
    expect(randomControl(worse, { labels, meanCost: 200 }).mix).toEqual([{ system: 0, share: 1 }]);
  });

  it('is no better with less, and refuses less than the cheapest', () => {
    const answers = cascadeAnswers(three, { combine: 'mean' });
    const cost = fc.double({ min: 40, max: 480, noNaN: true });
    fc.assert(
      fc.property(cost, cost, (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((meanCost) =>
          randomControl(answers, { labels, meanCost }),
        );
        expect(more!.errorPercent).toBeLessThanOrEqual(less!.errorPercent + 1e-9);
      }),
      { numRuns: 30 },
    );
    expect(() => randomControl(answers, { labels, meanCost: 39 })).toThrow('meanCost: expected at least 40');
    expect(() =>
      randomControl(answers, { labels, meanCost: 50, others: [{ predicted: [1], meanCost: 1 }] }),
    ).toThrow('others[0].predicted: expected one for each of 400 images, got 1');
  });
});

describe('pairedBootstrap', () => {
  it('has the width of the normal approximation, for shares and for paired differences', () => {
    // the first is wrong in 20 %, the second in half of those and in as many others again
    const first = Array.from({ length: 1000 }, (_, image) => Number(image % 10 < 2));
    const second = Array.from({ length: 1000 }, (_, image) => Number(image % 10 === 1 || image % 10 === 2));
    const own = pairedBootstrap(first, new Array<number>(1000).fill(0), { seed: 3 });
    expect(own.difference).toBeCloseTo(0.2, 12);
    expect(own.halfWidth / (1.96 * Math.sqrt((0.2 * 0.8) / 1000))).toBeCloseTo(1, 1);
    const paired = pairedBootstrap(first, second, { seed: 3 });
    expect(paired.difference).toBe(0);
    expect(paired.halfWidth / (1.96 * Math.sqrt(0.2 / 1000))).toBeCloseTo(1, 1);
    expect(pairedBootstrap(first, first, { seed: 3 })).toMatchObject({
      difference: 0,
      interval: [0, 0],
      halfWidth: 0,
    });
  });

  it('depends on the seed alone, and is the other way round if the systems are', () => {
    const [a, b] = stages.map(({ logits }) => [
      ...wrongAnswers(nextAnswer(undefined, logits, 1).predicted, labels),
    ]);
    const once = pairedBootstrap(a!, b!, { seed: 5, resamples: 200 });
    expect(pairedBootstrap(a!, b!, { seed: 5, resamples: 200 })).toEqual(once);
    expect(pairedBootstrap(a!, b!, { seed: 6, resamples: 200 })).not.toEqual(once);
    const turned = pairedBootstrap(b!, a!, { seed: 5, resamples: 200 });
    expect(turned.interval[0]).toBeCloseTo(-once.interval[1], 12);
  });

  it.each([
    [[], [], { seed: 1 }, 'first: expected at least one image'],
    [[1], [1, 2], { seed: 1 }, 'second: expected one for each of 1 images, got 2'],
    [[NaN], [1], { seed: 1 }, 'expected finite numbers, got NaN for image 0'],
    [[1], [1], { seed: -1 }, 'seed: expected an integer'],
    [[1], [1], { seed: 1, resamples: 10 }, 'resamples: expected an integer ≥ 100, got 10'],
    [[1], [1], { seed: 1, level: 1 }, 'level: expected'],
  ])('refuses %j, %j, %j', (first, second, options, message) => {
    expect(() => pairedBootstrap(first, second, options)).toThrow(message);
  });
});
