import { direction } from './direction.js';
import type { Shape } from './built-in-shapes.js';

/** Red, green, blue in 0…1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Position and paint of a shape. Lengths are in pixels, angles in turns. */
export interface Stamp {
  readonly shape: Shape;
  readonly centreX: number;
  readonly centreY: number;
  readonly radius: number;
  readonly turns: number;
  /** Width over height, about 1. */
  readonly stretch: number;
  /** 1 covers the background; less lets it show through. */
  readonly opacity: number;
  readonly colour: Colour;
  readonly secondColour: Colour;
  /** Share of the second colour at a point of the shape, 0 to 1; coordinates are pixels along the shape's axes. */
  readonly pattern: (u: number, v: number) => number;
}

/** Paints a shape on `[size, size, 3]` floats, its edges smoothed over one pixel. */
export function paint(canvas: Float32Array, size: number, stamp: Stamp): void {
  const { shape, centreX, centreY, radius, stretch, opacity, pattern } = stamp;
  const [r0, g0, b0] = stamp.colour;
  const [r1, g1, b1] = stamp.secondColour;
  const { cos, sin } = direction(stamp.turns);
  const reach = radius * 1.45; // the corners of a square and a stretch
  const top = Math.max(0, Math.floor(centreY - reach));
  const bottom = Math.min(size - 1, Math.ceil(centreY + reach));
  const left = Math.max(0, Math.floor(centreX - reach));
  const right = Math.min(size - 1, Math.ceil(centreX + reach));
  const across = 1 / (radius * stretch);
  const along = stretch / radius;
  for (let row = top; row <= bottom; row++) {
    const dy = row - centreY;
    for (let column = left; column <= right; column++) {
      const dx = column - centreX;
      const u = dx * cos + dy * sin;
      const v = dy * cos - dx * sin;
      const cover = 0.5 - shape(u * across, v * along) * radius;
      if (cover <= 0) continue;
      const mix = pattern(u, v);
      const weight = cover >= 1 ? opacity : cover * opacity;
      const at = (row * size + column) * 3;
      blend(canvas, at, weight, r0 + (r1 - r0) * mix);
      blend(canvas, at + 1, weight, g0 + (g1 - g0) * mix);
      blend(canvas, at + 2, weight, b0 + (b1 - b0) * mix);
    }
  }
}

function blend(canvas: Float32Array, at: number, weight: number, value: number): void {
  const before = canvas[at] as number;
  canvas[at] = before + (value - before) * weight;
}

/** Red, green, blue of a hue in turns, a saturation and a value in 0…1. */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const sixth = (hue - Math.floor(hue)) * 6;
  const channel = (offset: number): number => {
    const k = (offset + sixth) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}
