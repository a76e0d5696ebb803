import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FEWEST_CALIBRATION_IMAGES, fitTemperature } from './fit-temperature.js';
import { oracle } from './fixtures/oracle.js';

const { classes, labels } = oracle;
const logits = { values: oracle.logits, classes };

/** The labels, that of image 3 another. */
const changed = (label: number) => labels.map((each, image) => (image === 3 ? label : each));

describe('fitTemperature', () => {
  it('finds what scipy finds', () => {
    const fit = fitTemperature({ logits, labels });
    expect(fit.temperature).toBeCloseTo(oracle.temperature, 6);
    expect(fit.before).toBeCloseTo(oracle.before, 10);
    expect(fit.after).toBeCloseTo(oracle.after, 10);
    expect(fit.bounded).toBe(false);
  });

  it('scales with the logits, and is not worse than any other temperature', () => {
    const { temperature } = fitTemperature({ logits, labels });
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 20, noNaN: true }), (scale) => {
        const scaled = { values: oracle.logits.map((each) => each * scale), classes };
        const fit = fitTemperature({ logits: scaled, labels });
        expect(fit.temperature / scale).toBeCloseTo(temperature, 8);
        expect(fit.after).toBeLessThanOrEqual(fit.before + 1e-12);
      }),
      { numRuns: 40 },
    );
  });

  it('says when every image is right, or every one is wrong, that the best lies beyond the bounds', () => {
    const values = Array.from({ length: 60 }, () => [3, 0]).flat();
    const of = (label: number) =>
      fitTemperature({ logits: { values, classes: 2 }, labels: new Array<number>(60).fill(label) });
    expect(of(0)).toMatchObject({ temperature: 0.01, bounded: true });
    expect(of(1)).toMatchObject({ temperature: 100, bounded: true });
    const alike = { values: new Array<number>(120).fill(1), classes: 2 };
    const fit = fitTemperature({ logits: alike, labels: new Array<number>(60).fill(0) });
    expect(fit).toMatchObject({ bounded: true });
    expect(fit.after).toBeCloseTo(Math.LN2, 12);
  });

  it('stays finite for logits far apart', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i % 4 === 0 ? [0, 5000] : [5000, 0])).flat();
    const fit = fitTemperature({ logits: { values, classes: 2 }, labels: new Array<number>(100).fill(0) });
    // 3 of 4 are right: the probability 0.75 needs a temperature of 5000 / ln 3, which is beyond 100
    expect(fit).toMatchObject({ temperature: 100, bounded: true });
    expect(Number.isFinite(fit.before)).toBe(true);
  });

  it('refuses too few images, wrong labels and wrong logits', () => {
    const few = FEWEST_CALIBRATION_IMAGES - 1;
    const short = { values: oracle.logits.slice(0, few * classes), classes };
    expect(() => fitTemperature({ logits: short, labels: labels.slice(0, few) })).toThrow(
      expect.objectContaining({ code: 'DMNN_CALIBRATION', details: { images: few, fewest: 50 } }),
    );
    expect(() => fitTemperature({ logits: short, labels: labels.slice(0, few) })).toThrow(
      /at least 50 .* got 49/,
    );
    expect(() => fitTemperature({ logits, labels: changed(5) })).toThrow('from 0 to 4, got 5 for image 3');
    expect(() => fitTemperature({ logits, labels: changed(0.5) })).toThrow(RangeError);
    expect(() => fitTemperature({ logits, labels: labels.slice(1) })).toThrow(
      'one for each of 240 images, got 239',
    );
    expect(() => fitTemperature({ logits, labels: undefined as never })).toThrow(TypeError);
    expect(() => fitTemperature(undefined as never)).toThrow(TypeError);
  });
});
