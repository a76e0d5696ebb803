import { describe, expect, it } from 'vitest';
import { curvesAsSvg, curvesReport, exactnessReport } from './fidelity-report.mjs';

const run = (losses, gradient = [1, -2]) => ({ losses, firstGradients: { a: gradient, b: [0.5] } });
const falling = (offset = 0) => Array.from({ length: 20 }, (_, i) => 4 - 0.1 * i + offset);

describe('exactnessReport', () => {
  it('measures gradients by the largest of all, and losses as they are', () => {
    const ours = [run(falling(5e-6), [1, -2.0001]), run(falling(0.5), [1, -3])];
    const report = exactnessReport(ours, [run(falling())]);
    expect(report.pairs).toBe(2);
    expect(report.gradientDifference.least).toBeCloseTo(5e-5, 8);
    expect(report.gradientDifference.most).toBeCloseTo(0.5, 8);
    expect(report.lossesDifference.least).toBeCloseTo(5e-6, 9);
    expect(report.lossesDifference.most).toBeCloseTo(0.5, 9);
    expect(report.passed).toBe(true);
  });

  it.each([
    ['a gradient', run(falling(), [1, -2.001])],
    ['a loss', run(falling(1e-4))],
    ['a missing gradient', { losses: falling(), firstGradients: { b: [0.5] } }],
    ['a missing step', run(falling().slice(1))],
    ['NaN', run(falling(), [NaN, -2])],
  ])('does not let %s pass that is too far away, unless another run of the same is near', (_, ours) => {
    expect(exactnessReport([ours, ours], [run(falling())]).passed).toBe(false);
    expect(exactnessReport([ours, run(falling())], [run(falling())]).passed).toBe(true);
  });
});

describe('curvesReport', () => {
  const others = { otherThreads: run(falling(0.05)), otherSeed: run(falling(0.2)) };

  it('holds a curve against another number of threads and another seed', () => {
    const report = curvesReport({ ours: run(falling(0.1)), stock: run(falling()), ...others });
    expect(report.fromStock).toBeCloseTo(0.1, 9);
    expect(report.otherThreadsFromStock).toBeCloseTo(0.05, 9);
    expect(report.otherSeedFromStock).toBeCloseTo(0.2, 9);
    expect(report.passed).toBe(true);
  });

  it('does not let a curve pass that leaves the others', () => {
    const ours = run(falling().map((loss, i) => (i > 8 ? loss + 0.5 : loss)));
    expect(curvesReport({ ours, stock: run(falling()), ...others }).passed).toBe(false);
  });
});

it('draws one line for each curve, inside the frame', () => {
  const svg = curvesAsSvg('title', [
    { name: 'first', values: [3, 2, 1] },
    { name: 'second', values: [3, 2.5, 2] },
  ]);
  const points = [...svg.matchAll(/points="([^"]*)"/g)].map(([, list]) => list.split(' '));
  expect(points.map((list) => list.length)).toEqual([3, 3]);
  for (const [x, y] of points.flat().map((point) => point.split(',').map(Number))) {
    expect(x).toBeGreaterThanOrEqual(56);
    expect(x).toBeLessThanOrEqual(744);
    expect(y).toBeGreaterThanOrEqual(40);
    expect(y).toBeLessThanOrEqual(352);
  }
  expect(svg).toContain('first');
});
