import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalisationTable } from './normalisation.js';
import { writeSample } from './write-sample.js';

interface Fixture {
  sizePx: number;
  means: number[];
  deviations: number[];
  pixels: number[];
  cases: { topPx: number; leftPx: number; flipped: boolean; expected: number[] }[];
}
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/pad-crop-flip.json', import.meta.url), 'utf8'),
) as Fixture;

describe('writeSample', () => {
  const table = normalisationTable({ channelMeans: fixture.means, channelDeviations: fixture.deviations });
  const pixels = Uint8Array.from(fixture.pixels);

  it.each(fixture.cases)(
    'agrees with PyTorch: top $topPx, left $leftPx, flipped $flipped',
    ({ expected, ...crop }) => {
      const target = new Float32Array(expected.length + 10).fill(9);
      writeSample(target, 5, pixels, fixture.sizePx, table, crop);
      const written = target.subarray(5, 5 + expected.length);
      // the fixture is rounded to 5 digits
      expect(Math.max(...expected.map((value, at) => Math.abs(value - written[at]!)))).toBeLessThan(1e-5);
      expect([...target.subarray(0, 5), ...target.subarray(-5)]).toEqual(new Array(10).fill(9));
    },
  );
});

describe('normalisationTable', () => {
  it('is (byte / 255 − mean) / deviation', () => {
    const table = normalisationTable({ channelMeans: [0.5, 0, 0.2], channelDeviations: [0.25, 1, 0.5] });
    // red 255: (1 − 0.5) / 0.25; green 51: 0.2; blue 0: −0.2 / 0.5
    expect([table[255], table[256 + 51], table[512]]).toEqual([2, Math.fround(0.2), Math.fround(-0.4)]);
  });

  it.each([
    [[0.5, 0.5], [1, 1, 1], 'channelMeans[2]: expected a finite number, got NaN'],
    [[0.5, Number.NaN, 0.5], [1, 1, 1], 'channelMeans[1]'],
    [[0, 0, 0], [1, 0, 1], 'channelDeviations[1]: expected a finite number > 0, got 0'],
    [[0, 0, 0], [1, 1, Number.NaN], 'channelDeviations[2]'],
  ])('refuses means %j, deviations %j', (channelMeans, channelDeviations, message) => {
    expect(() => normalisationTable({ channelMeans, channelDeviations })).toThrow(message);
  });
});
