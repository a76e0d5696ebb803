import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConfidenceMeasure,
  confidenceMeasures,
  confidenceOf,
  confidenceOfProbabilities,
} from './confidence-of.js';
import { oracle } from './fixtures/oracle.js';
import { probabilities } from './probabilities.js';

const { classes, logits: values, temperature } = oracle;
const anyLogits = fc.integer({ min: 2, max: 6 }).chain((count) =>
  fc.record({
    classes: fc.constant(count),
    values: fc.array(fc.double({ min: -800, max: 800, noNaN: true }), { minLength: count, maxLength: count }),
  }),
);

describe('confidenceOf', () => {
  it.each(confidenceMeasures)('is what scipy computes, by %s', (by) => {
    const found = confidenceOf({ values, classes }, { by, temperature });
    for (const [image, wanted] of oracle.confidences[by].entries())
      expect(found[image]).toBeCloseTo(wanted, 12);
  });

  it('is from 0 to 1, whatever the logits', () => {
    fc.assert(
      fc.property(anyLogits, fc.constantFrom(...confidenceMeasures), (logits, by) => {
        const [confidence = NaN] = confidenceOf(logits, { by });
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is 1 for one class alone; alike classes give 1 / C by probability and 0 by the others', () => {
    const sure = confidenceMeasures.map(
      (by) => confidenceOf({ values: [900, 0, -900], classes: 3 }, { by })[0],
    );
    expect(sure).toEqual([1, 1, 1]);
    const alike = confidenceMeasures.map(
      (by) => confidenceOf({ values: [2, 2, 2, 2], classes: 4 }, { by })[0],
    );
    expect(alike).toEqual([0.25, 0, expect.closeTo(0, 12)]);
  });

  it('falls as the temperature rises, by every measure, and the order of images of two classes is the same by all', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 8, noNaN: true }),
        fc.constantFrom(...confidenceMeasures),
        (gap, by) => {
          const at = (t: number): number =>
            confidenceOf({ values: [gap, 0], classes: 2 }, { by, temperature: t })[0]!;
          expect(at(1)).toBeGreaterThan(at(1.5));
          expect(confidenceOf({ values: [gap + 0.1, 0], classes: 2 }, { by })[0]).toBeGreaterThan(at(1));
        },
      ),
    );
  });

  it('does not depend on what is added to all logits of an image', () => {
    const [a, b] = [
      confidenceOf({ values: [3, 1, 2], classes: 3 }),
      confidenceOf({ values: [1003, 1001, 1002], classes: 3 }),
    ];
    expect(b[0]).toBeCloseTo(a[0]!, 12);
    expect(confidenceOf({ values: [], classes: 3 })).toHaveLength(0);
  });

  it.each([
    [
      { values: [1, 2, 3], classes: 2 },
      {},
      'logits.values: expected 2 numbers for each image, got 3 numbers',
    ],
    [{ values: [1, 2, NaN, 1], classes: 2 }, {}, 'got NaN for image 1, class 0'],
    [{ values: [1, Infinity], classes: 2 }, {}, 'got Infinity for image 0, class 1'],
    [{ values: [1, 2], classes: 1 }, {}, 'logits.classes: expected an integer ≥ 2, got 1'],
    [{ values: [1, 2], classes: 2 }, { temperature: 0 }, 'temperature: expected a number > 0, got 0'],
    [{ values: [1, 2], classes: 2 }, { temperature: NaN }, 'temperature: expected a number > 0, got NaN'],
    [{ values: [1, 2], classes: 2 }, { by: 'softmax' as ConfidenceMeasure }, "got 'softmax'"],
  ])('refuses %j with %j', (logits, options, message) => {
    expect(() => confidenceOf(logits, options)).toThrow(RangeError);
    expect(() => confidenceOf(logits, options)).toThrow(message);
  });

  it('refuses what is no logits', () => {
    expect(() => confidenceOf(undefined as never)).toThrow(/logits: expected .* got nothing/);
    expect(() => confidenceOf({ values: 7 as never, classes: 2 })).toThrow(TypeError);
    expect(() => confidenceOfProbabilities([1, 0], 2, undefined as never)).toThrow('got nothing');
  });
});

describe('probabilities', () => {
  it('sum to 1 and keep the order of the logits', () => {
    fc.assert(
      fc.property(anyLogits, fc.double({ min: 0.05, max: 20, noNaN: true }), (logits, t) => {
        const p = probabilities(logits, t);
        expect(p.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
        for (let c = 1; c < logits.classes; c++)
          if (logits.values[c]! > logits.values[0]!) expect(p[c]).toBeGreaterThanOrEqual(p[0]!);
      }),
    );
  });
});
