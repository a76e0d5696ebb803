import fc from 'fast-check';
import { expect, it } from 'vitest';
import { direction } from './direction.js';

it('is the cosine and sine of the angle', () => {
  fc.assert(
    fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (turns) => {
      const { cos, sin } = direction(turns);
      // the series is good to 10⁻¹¹; 3 turns in radians are rounded by 4·10⁻¹⁵
      expect(Math.abs(cos - Math.cos(turns * 2 * Math.PI))).toBeLessThan(2e-10);
      expect(Math.abs(sin - Math.sin(turns * 2 * Math.PI))).toBeLessThan(2e-10);
    }),
  );
});

it('is exact at quarter turns', () => {
  const quarters = [0, 0.25, 0.5, 0.75].map((turns) => direction(turns));
  expect(quarters.map(({ cos, sin }) => [cos + 0, sin + 0])).toEqual([
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ]);
});
