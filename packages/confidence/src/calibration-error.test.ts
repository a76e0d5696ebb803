import { describe, expect, it } from 'vitest';
import { calibrationError } from './calibration-error.js';
import { nextAnswer } from './stage-answer.js';
import { oracle } from './fixtures/oracle.js';

describe('calibrationError', () => {
  it('is what numpy computes', () => {
    const { confidence, predicted } = nextAnswer(
      undefined,
      { values: oracle.logits, classes: oracle.classes },
      oracle.temperature,
    );
    const right = oracle.labels.map((label, image) => label === predicted[image]);
    const { expected, largest, bins } = calibrationError({ confidences: confidence, right });
    expect(expected).toBeCloseTo(oracle.expectedCalibrationError, 10);
    expect(largest).toBeCloseTo(oracle.largestCalibrationError, 10);
    expect(bins.reduce((sum, { images }) => sum + images, 0)).toBe(240);
  });

  it('puts the ends of bins into the lower one, and 0 into the first', () => {
    const { bins } = calibrationError({ confidences: [0, 0.5, 0.5001, 1], right: [0, 1, 1, 1], bins: 2 });
    expect(bins.map(({ images }) => images)).toEqual([2, 2]);
    expect(bins[0]).toEqual({ from: 0, to: 0.5, images: 2, confidence: 0.25, accuracy: 0.5 });
  });

  it.each([
    [{ confidences: [], right: [] }, 'at least one image'],
    [{ confidences: [0.5], right: [] }, 'right: expected one for each of 1 images, got 0'],
    [{ confidences: [1.5], right: [true] }, 'from 0 to 1, got 1.5 for image 0'],
    [{ confidences: [NaN], right: [true] }, 'got NaN'],
    [{ confidences: [0.5], right: [true], bins: 0 }, 'bins: expected an integer ≥ 1, got 0'],
  ])('refuses %j', (options, message) => {
    expect(() => calibrationError(options)).toThrow(RangeError);
    expect(() => calibrationError(options)).toThrow(message);
  });
});
