import { describe, expect, it } from 'vitest';
import { builtInCategories } from './built-in-classes.js';
import {
  type Shape,
  arrow,
  bars,
  comb,
  crescent,
  dome,
  flower,
  pie,
  pips,
  star,
  tee,
} from './built-in-shapes.js';

/** How many times the outline is entered along a closed or open path of points. */
function entries(shape: Shape, path: readonly (readonly [number, number])[]): number {
  const inside = path.map(([x, y]) => shape(x, y) < 0);
  return inside.filter((now, at) => now && !inside.at(at - 1)).length;
}

const circle = (radius: number) =>
  Array.from({ length: 720 }, (_, at): [number, number] => {
    const angle = (at / 720) * 2 * Math.PI;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
const row = (y: number) => Array.from({ length: 401 }, (_, at): [number, number] => [(at - 200) / 160, y]);

/** Connected areas on a grid of 120 × 120. */
function areas(shape: Shape): number {
  const size = 120;
  const inside = Array.from(
    { length: size * size },
    (_, at) => shape((at % size) / 50 - 1.2, Math.floor(at / size) / 50 - 1.2) < 0,
  );
  let found = 0;
  for (let start = 0; start < inside.length; start++) {
    if (!inside[start]) continue;
    found++;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (!inside[at]) continue;
      inside[at] = false;
      for (const row of [at - size, at, at + size]) open.push(row - 1, row, row + 1);
    }
  }
  return found;
}

describe('numbers', () => {
  it.each([3, 4, 5, 6, 7])('star and flower of %i', (count) => {
    expect(entries(star(count), circle(0.7))).toBe(count);
    expect(entries(flower(count), circle(0.75))).toBe(count);
    expect([areas(star(count)), areas(flower(count))]).toEqual([1, 1]);
    expect([star(count)(0, -0.95) < 0, flower(count)(0, -0.6) < 0]).toEqual([true, true]); // one is up
  });

  it.each([2, 3, 4, 5, 6])('bars, pips and comb of %i', (count) => {
    expect([areas(bars(count)), areas(pips(count)), areas(comb(count))]).toEqual([count, count, 1]);
    expect(entries(comb(count), row(-0.5))).toBe(count);
  });
});

describe('every shape', () => {
  const shapes = builtInCategories().flatMap(({ classes }) =>
    classes.map(({ name, shape }) => [name, shape] as const),
  );

  it('fits its circle and is not a speck', () => {
    for (const [name, shape] of shapes) {
      expect([name, entries(shape, circle(1.3))]).toEqual([name, 0]);
      let covered = 0;
      for (let at = 0; at < 10_000; at++)
        if (shape((at % 100) / 50 - 1, Math.floor(at / 100) / 50 - 1) < 0) covered++;
      expect([name, covered > 900 && covered < 8000]).toEqual([name, true]);
    }
  });

  it('changes by no more than the step: its distance is none too large', () => {
    for (const [name, shape] of shapes) {
      for (let at = 0; at < 2500; at++) {
        const [x, y] = [(at % 50) / 20 - 1.25, Math.floor(at / 50) / 20 - 1.25];
        const slope = Math.hypot(shape(x + 1e-6, y) - shape(x, y), shape(x, y + 1e-6) - shape(x, y)) / 1e-6;
        // √2 at a corner's bisector, where both sides count; where slots meet it jumps, away from any edge
        if (Math.abs(shape(x, y)) < 0.04) expect([name, slope < 1.42]).toEqual([name, true]);
      }
    }
  });

  it('is its own mirror image if direction defines the class, since training flips', () => {
    for (const shape of [arrow, crescent, dome, tee, pie]) {
      let differ = 0;
      for (let at = 0; at < 400; at++) {
        const [x, y] = [(at % 20) / 10 - 0.95, Math.floor(at / 20) / 10 - 0.95];
        expect(shape(-x, y)).toBeCloseTo(shape(x, y), 12);
        if (shape(x, y) < 0 !== shape(x, -y) < 0) differ++;
      }
      expect(differ).toBeGreaterThan(40); // upside down it is another
    }
  });
});
