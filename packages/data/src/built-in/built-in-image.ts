import { type Colour, type Stamp, hsv, paint } from './built-in-canvas.js';
import type { BuiltInClass, Texture } from './built-in-classes.js';
import { type Shape, disc, square, triangle } from './built-in-shapes.js';
import type { RandomStream } from './random-stream.js';

/** Width and height of the built-in images, CIFAR's. */
export const SIZE_PX = 32;

/**
 * Paints one image: a background, clutter, the object, occluders, noise. The strength of each nuisance is the
 * difficulty plus or minus half of it, so one hard image is noisy and another cluttered.
 *
 * @param what - the class to show.
 * @param difficulty - 0 (plain) to 1.
 * @param random - the random stream of the image.
 * @param canvas - `[32, 32, 3]` floats to work in; overwritten.
 * @returns `[32, 32, 3]` bytes.
 */
export function paintBuiltInImage(
  what: BuiltInClass,
  difficulty: number,
  random: RandomStream,
  canvas: Float32Array,
): Uint8Array {
  const strength = (): number => Math.min(1, difficulty * random.between(0.5, 1.5));
  const clutter = strength();
  const hiding = strength();
  const fading = strength();
  const noise = strength();

  const light = random.uniform() < 0.5;
  paintBackground(canvas, light, clutter, random);
  const opacity = 1 - 0.65 * fading;
  for (let left = Math.round(clutter * 8); left > 0; left--) paint(canvas, SIZE_PX, piece(random, opacity));

  const object = objectStamp(what, difficulty, light, opacity, random);
  paint(canvas, SIZE_PX, object);
  for (let left = Math.round(hiding * 3 - 0.2); left > 0; left--) {
    const reach = object.radius * 0.9;
    paint(canvas, SIZE_PX, {
      ...piece(random, 0.5 + 0.5 * opacity),
      centreX: object.centreX + random.between(-reach, reach),
      centreY: object.centreY + random.between(-reach, reach),
      radius: random.between(2.5, 3 + 2.5 * hiding),
    });
  }
  return quantised(canvas, 0.01 + 0.12 * noise * noise, random);
}

function objectStamp(
  what: BuiltInClass,
  difficulty: number,
  light: boolean,
  opacity: number,
  random: RandomStream,
): Stamp {
  const wander = 1 + 2.5 * difficulty;
  const hue = what.hue + random.between(-what.hueSpread, what.hueSpread);
  const value = light ? random.between(0.45, 0.8) : random.between(0.75, 1);
  const saturation = random.between(0.75, 1);
  const side = random.uniform() < 0.5 ? -1 : 1;
  return {
    shape: what.texture === 'hollow' ? outlineOf(what.shape) : what.shape,
    centreX: 15.5 + random.between(-wander, wander),
    centreY: 15.5 + random.between(-wander, wander),
    radius: random.between(11.5, 13.5) - 4 * difficulty * random.uniform(),
    turns: side * (what.tilt ?? 0) + random.between(-1, 1) * (0.015 + 0.03 * difficulty),
    stretch: 1 + random.between(-0.15, 0.15) * difficulty,
    opacity,
    colour: hsv(hue, saturation, value),
    secondColour: hsv(hue + random.between(0.3, 0.7), 0.5, light ? 0.15 : 0.3),
    pattern: patterns[what.texture],
  };
}

/** A small coloured thing, anywhere. */
function piece(random: RandomStream, opacity: number): Stamp {
  const shape = [disc, square, triangle][random.below(3)] as Shape;
  const colour = hsv(random.uniform(), random.between(0.2, 0.9), random.between(0.2, 1));
  return {
    shape,
    centreX: random.between(0, SIZE_PX),
    centreY: random.between(0, SIZE_PX),
    radius: random.between(1.5, 3.5),
    turns: random.uniform(),
    stretch: random.between(0.6, 1.6),
    opacity,
    colour,
    secondColour: colour,
    pattern: patterns.plain,
  };
}

function outlineOf(shape: Shape): Shape {
  return (x, y) => {
    const distance = shape(x, y);
    return Math.max(distance, -0.24 - distance);
  };
}

const sharpened = (value: number): number => Math.min(1, Math.max(0, 0.5 + value));

/** Distance in pixels of a coordinate from the middle of its period. */
function fromMiddle(at: number, period: number): number {
  const phase = at / period;
  return Math.abs(phase - Math.floor(phase) - 0.5) * period;
}

const patterns: Readonly<Record<Texture, (u: number, v: number) => number>> = {
  plain: () => 0,
  hollow: () => 0,
  striped: (_, v) => sharpened(1.3 - fromMiddle(v, 5.2)),
  checked: (u, v) => (Math.floor(u / 3.6 + 64.5) + Math.floor(v / 3.6 + 64.5)) % 2,
  spotted: (u, v) => {
    const du = fromMiddle(u, 5.4);
    const dv = fromMiddle(v, 5.4);
    return sharpened(1.6 - Math.sqrt(du * du + dv * dv));
  },
};

const GRID = 5;

function paintBackground(canvas: Float32Array, light: boolean, clutter: number, random: RandomStream): void {
  const middle = light ? random.between(0.7, 0.92) : random.between(0.08, 0.3);
  const tint: Colour = [
    random.between(-0.06, 0.06),
    random.between(-0.06, 0.06),
    random.between(-0.06, 0.06),
  ];
  const rough = 0.03 + 0.12 * clutter;
  // a value for every point of a coarse grid and every channel, linearly interpolated in between
  const grid = Float64Array.from({ length: GRID * GRID * 3 }, (_, at) => {
    return middle + (tint[at % 3] as number) + random.between(-rough, rough);
  });
  const cell = (GRID - 1) / (SIZE_PX - 1);
  for (let row = 0; row < SIZE_PX; row++) {
    const y = Math.min(GRID - 2, Math.floor(row * cell));
    const fy = row * cell - y;
    for (let column = 0; column < SIZE_PX; column++) {
      const x = Math.min(GRID - 2, Math.floor(column * cell));
      const fx = column * cell - x;
      const corner = (y * GRID + x) * 3;
      const at = (row * SIZE_PX + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const from = corner + channel;
        const upper = (grid[from] as number) * (1 - fx) + (grid[from + 3] as number) * fx;
        const lower =
          (grid[from + GRID * 3] as number) * (1 - fx) + (grid[from + GRID * 3 + 3] as number) * fx;
        canvas[at + channel] = upper * (1 - fy) + lower * fy;
      }
    }
  }
}

/** Adds noise of a standard deviation in 0…1 and rounds to bytes. */
function quantised(canvas: Float32Array, deviation: number, random: RandomStream): Uint8Array {
  const pixels = new Uint8Array(canvas.length);
  // the sum of a word's four bytes is nearly normal: mean 510, deviation √(4 · (256² − 1) / 12) = 147.8
  const scale = (deviation * 255) / 147.8;
  for (let at = 0; at < pixels.length; at++) {
    const word = random.word();
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    const value = Math.round((canvas[at] as number) * 255 + (sum - 510) * scale);
    pixels[at] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
  return pixels;
}
