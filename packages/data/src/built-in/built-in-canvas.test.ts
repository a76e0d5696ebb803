import { describe, expect, it } from 'vitest';
import { type Stamp, hsv, paint } from './built-in-canvas.js';
import { disc, square } from './built-in-shapes.js';

describe('hsv', () => {
  // the corners of the colour solid, and a half
  it.each([
    [0, 1, 1, [1, 0, 0]],
    [1 / 6, 1, 1, [1, 1, 0]],
    [1 / 3, 1, 1, [0, 1, 0]],
    [2 / 3, 1, 0.5, [0, 0, 0.5]],
    [5 / 6, 1, 1, [1, 0, 1]],
    [-1 / 3, 1, 1, [0, 0, 1]],
    [0.4, 0, 0.7, [0.7, 0.7, 0.7]],
    [0, 0.5, 0.8, [0.8, 0.4, 0.4]],
  ])('hue %d, saturation %d, value %d', (hue, saturation, value, expected) => {
    for (const [at, channel] of hsv(hue, saturation, value).entries())
      expect(channel).toBeCloseTo(expected[at]!, 10);
  });
});

describe('paint', () => {
  const stamp: Stamp = {
    shape: disc,
    centreX: 15.5,
    centreY: 15.5,
    radius: 10,
    turns: 0,
    stretch: 1,
    opacity: 1,
    colour: [1, 0.5, 0],
    secondColour: [0, 0, 1],
    pattern: () => 0,
  };
  const painted = (changes: Partial<Stamp>): Float32Array => {
    const canvas = new Float32Array(32 * 32 * 3);
    paint(canvas, 32, { ...stamp, ...changes });
    return canvas;
  };
  const area = (canvas: Float32Array) =>
    canvas.reduce((sum, value, at) => (at % 3 === 0 ? sum + value : sum), 0);

  it('covers the area of the shape, edges included', () => {
    // a disc of radius 0.9 · 10: 254.5 pixels; a square of side 1.6 · 10, turned: 256
    expect(area(painted({}))).toBeCloseTo(Math.PI * 81, -0.5);
    expect(Math.abs(area(painted({ shape: square, turns: 0.1 })) - 256)).toBeLessThan(4);
    expect(Math.abs(area(painted({ stretch: 1.2 })) - Math.PI * 81)).toBeLessThan(4);
  });

  it('stays on the canvas', () => {
    expect(area(painted({ centreX: 0, centreY: 0 }))).toBeGreaterThan(0);
    expect(area(painted({ centreX: 60, centreY: -40 }))).toBe(0);
  });

  it('mixes its two colours, and with what is below', () => {
    const middle = (canvas: Float32Array) => [...canvas.subarray((15 * 32 + 15) * 3, (15 * 32 + 15) * 3 + 3)];
    expect(middle(painted({ pattern: () => 0.25 }))).toEqual([0.75, 0.375, 0.25]);
    expect(middle(painted({ opacity: 0.5 }))).toEqual([0.5, 0.25, 0]);
  });

  it('turns clockwise: the tip of what points up points right after a quarter', () => {
    const half = (x: number, y: number) => Math.max(Math.abs(x) - 0.2, Math.abs(y + 0.5) - 0.4); // a bar above
    const at = (canvas: Float32Array, row: number, column: number) => canvas[(row * 32 + column) * 3]!;
    expect(at(painted({ shape: half }), 10, 15)).toBe(1);
    const turned = painted({ shape: half, turns: 0.25 });
    expect([at(turned, 15, 20), at(turned, 10, 15)]).toEqual([1, 0]);
  });
});
