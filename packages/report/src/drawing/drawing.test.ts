import fc from 'fast-check';
import { interpolateCividis } from 'd3-scale-chromatic';
import { describe, expect, it } from 'vitest';
import { numberColour } from '../figures/rates-by-category.js';
import { coordinate } from './coordinate.js';
import { dataDomain } from './data-domain.js';
import { ink } from './ink.js';
import { integerText, macsText, percentNumber } from './number-text.js';
import { type PlacedLabel, placeLabels } from './place-labels.js';
import { plainText } from './plain-text.js';
import { seriesStyle } from './series-style.js';
import { shortened } from './shortened.js';
import { spreadLabels } from './spread-labels.js';
import { textWidth } from './text-width.js';

const place = fc.double({ min: -500, max: 500, noNaN: true });

describe('coordinate', () => {
  it('keeps hundredths, has no minus zero and refuses numbers that are not finite', () => {
    expect(coordinate(1.23456)).toBe(1.23);
    expect(Object.is(coordinate(-0.001), 0)).toBe(true);
    expect(() => coordinate(Number.NaN)).toThrow(/expected a finite number, got NaN/);
    expect(() => coordinate(-Infinity)).toThrow(RangeError);
  });
});

describe('dataDomain', () => {
  it('holds all values and is never empty', () => {
    fc.assert(
      fc.property(fc.array(place), (values) => {
        const [low, high] = dataDomain(values);
        expect(low).toBeLessThan(high);
        for (const value of values) expect(value >= low && value <= high).toBe(true);
      }),
    );
  });

  it('is wide enough for a scale, even around a single number next to 0', () => {
    expect(dataDomain([-Number.MIN_VALUE])).toEqual([-1, 1]);
    expect(dataDomain([0])).toEqual([-1, 1]);
    expect(dataDomain([-2])).toEqual([-2.2, -1.8]);
  });
});

describe('spreadLabels', () => {
  it('keeps labels apart, within their range and in order, and leaves them where there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 10 }), (wanted) => {
        const placed = spreadLabels(wanted, 10, [0, 100]);
        const order = wanted.map((_, i) => i).sort((a, b) => placed[a]! - placed[b]!);
        for (const [at, i] of order.entries()) {
          expect(placed[i]).toBeGreaterThanOrEqual(-1e-9);
          expect(placed[i]).toBeLessThanOrEqual(100 + 1e-9);
          const next = order[at + 1];
          if (next === undefined) continue;
          expect(placed[next]! - placed[i]!).toBeGreaterThanOrEqual(10 - 1e-9);
          expect(wanted[i]).toBeLessThanOrEqual(wanted[next]!);
        }
      }),
    );
    expect(spreadLabels([70, 20], 10, [0, 100])).toEqual([70, 20]);
    expect(spreadLabels([99, 100], 10, [0, 100])).toEqual([90, 100]);
  });
});

describe('placeLabels', () => {
  const bounds = { left: 0, right: 500, top: 0, bottom: 200 };
  const boxOf = ({
    x,
    y,
    anchor,
    text,
  }: PlacedLabel): { left: number; right: number; top: number; bottom: number } => {
    const width = textWidth(text, 11);
    const left = { start: x, middle: x - width / 2, end: x - width }[anchor];
    return { left, right: left + width, top: y - 8.8, bottom: y + 2.75 };
  };

  it('overlaps neither labels nor markers and stays within the bounds, however many there are', () => {
    const at = fc.tuple(
      fc.double({ min: 0, max: 500, noNaN: true }),
      fc.double({ min: 0, max: 200, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(at, { maxLength: 60 }), (places) => {
        const labels = placeLabels(
          places.map((each) => ({ at: each, texts: ['a label', 'a'] })),
          11,
          bounds,
        );
        const boxes = labels.flatMap((label) => (label ? [boxOf(label)] : []));
        for (const [i, a] of boxes.entries()) {
          expect(a.left >= 0 && a.right <= 500 && a.top >= 0 && a.bottom <= 200).toBe(true);
          for (const b of boxes.slice(i + 1)) {
            expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
          }
          for (const [x, y] of places) {
            expect(x > a.left && x < a.right && y > a.top && y < a.bottom).toBe(false);
          }
        }
      }),
    );
  });

  it('uses the first text that fits, and none if none fits', () => {
    const one = { at: [200, 100] as const, texts: ['a label', 'a'] };
    expect(placeLabels([one], 11, bounds)).toEqual([{ x: 209, y: 103.85, anchor: 'start', text: 'a label' }]);
    const narrow = { ...bounds, left: 180, right: 220 };
    expect(placeLabels([one], 11, narrow).map((label) => label?.text)).toEqual(['a']);
    expect(placeLabels([one], 11, { ...narrow, left: 195, right: 205, top: 95, bottom: 105 })).toEqual([
      null,
    ]);
  });
});

describe('text', () => {
  it('has units and thousands', () => {
    expect(integerText(1234567)).toBe('1\u202f234\u202f567');
    expect([percentNumber(0.5764), percentNumber(0)]).toEqual(['57.6', '0.0']);
    expect([4.0892e9, 40.56e6, 999.4e6, 2500, 12].map(macsText)).toEqual([
      '4.089\u00a0G',
      '40.56\u00a0M',
      '999.4\u00a0M',
      '2.500\u00a0k',
      '12',
    ]);
  });

  it('is cut without splitting characters, and freed of characters that XML does not allow', () => {
    expect(shortened('😀😀😀', 2)).toBe('😀…');
    expect(shortened('as it is', 8)).toBe('as it is');
    expect(plainText('a\u0000b\ud800c😀\n')).toBe('a\ufffdb\ufffdc😀\n');
  });
});

/** WCAG 2's relative luminance of `#rrggbb` or `rgb(r, g, b)`. */
function luminance(colour: string): number {
  const hex = /^#(..)(..)(..)$/.exec(colour)?.slice(1).map((part) => Number.parseInt(part, 16)); // prettier-ignore
  const channels = hex ?? [...colour.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  const [red, green, blue] = channels.map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe('colours', () => {
  it('contrast with white: text 7 to 1, and numbers in a map 4.5 to 1', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    for (const colour of [ink.text, ink.muted]) expect(contrast(colour, ink.paper)).toBeGreaterThan(7);
    for (let percent = 0; percent <= 100; percent++) {
      const rate = percent / 100;
      expect(contrast(interpolateCividis(rate), numberColour(rate)), `${percent} %`).toBeGreaterThan(4.5);
    }
  });

  it('look different for any two of 100 series, the first five in more than colour', () => {
    const styles = Array.from({ length: 100 }, (_, index) => seriesStyle(index));
    const looks = styles.map(({ colour, dashes, symbol }) => [colour, dashes, symbol]);
    for (const [i, a] of looks.entries())
      for (const b of looks.slice(i + 1)) expect(a.every((part, at) => part === b[at])).toBe(false);
    for (const [i, a] of styles.slice(0, 5).entries()) {
      for (const b of styles.slice(i + 1, 5)) {
        expect(a.dashes).not.toBe(b.dashes);
        expect(a.symbol).not.toBe(b.symbol);
      }
    }
    expect(new Set(styles.map(({ letter }) => letter)).size).toBe(100);
    expect([0, 25, 26, 52].map((index) => seriesStyle(index).letter)).toEqual(['A', 'Z', 'AA', 'BA']);
  });
});
