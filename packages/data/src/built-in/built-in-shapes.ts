import { direction } from './direction.js';

/**
 * A shape about the unit disc: the distance from (x, y) to its outline, negative inside; x to the right, y down.
 * Exact near edges, and never larger than the true distance by much elsewhere: all that antialiasing needs.
 */
export type Shape = (x: number, y: number) => number;

function box(x: number, y: number, halfWidth: number, halfHeight: number): number {
  return Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
}

const R2 = Math.SQRT1_2;

export const disc: Shape = (x, y) => Math.sqrt(x * x + y * y) - 0.9;
export const ring: Shape = (x, y) => Math.abs(Math.sqrt(x * x + y * y) - 0.72) - 0.24;
export const square: Shape = (x, y) => box(x, y, 0.8, 0.8);
export const triangle: Shape = (x, y) => Math.max(y - 0.62, 0.866 * Math.abs(x) - 0.5 * y - 0.5);
export const heart: Shape = (x, y) => {
  const side = Math.abs(x);
  const lobe = Math.sqrt((side - 0.42) * (side - 0.42) + (y + 0.35) * (y + 0.35)) - 0.5;
  // below the lobes: the region under their tangents; between them: the gap that they leave
  const point = Math.max((side + y) * R2 - 0.55, -y);
  const middle = Math.max(side - 0.42, y - 0.1, -0.4 - y);
  return Math.min(lobe, point, middle);
};
export const cross: Shape = (x, y) => Math.min(box(x, y, 0.95, 0.36), box(x, y, 0.36, 0.95));
export const diamond: Shape = (x, y) => 0.8 * Math.abs(x) + 0.6 * Math.abs(y) - 0.62;
export const drop: Shape = (x, y) => {
  const bowl = Math.sqrt(x * x + (y - 0.28) * (y - 0.28)) - 0.66;
  const tip = Math.max(0.87 * Math.abs(x) - 0.49 * (y + 1), y - 0.0);
  return Math.min(bowl, tip);
};
export const egg: Shape = (x, y) => (Math.sqrt(x * x + y * y * 2.6) - 1) * 0.8;
export const shield: Shape = (x, y) => {
  const side = Math.abs(x);
  const flank = Math.sqrt((side + 0.6) * (side + 0.6) + (y + 0.35) * (y + 0.35)) - 1.38;
  return Math.max(-y - 0.75, side - 0.76, y > -0.35 ? flank : -1);
};

export const arrow: Shape = (x, y) => {
  const head = Math.max(y + 0.02, R2 * (Math.abs(x) - y) - 0.68);
  return Math.min(head, box(x, y - 0.42, 0.26, 0.52));
};
export const crescent: Shape = (x, y) => {
  const outer = Math.sqrt(x * x + y * y) - 0.92;
  const bite = Math.sqrt(x * x + (y + 0.5) * (y + 0.5)) - 0.72;
  return Math.max(outer, -bite);
};
export const dome: Shape = (x, y) => Math.max(Math.sqrt(x * x + (y - 0.42) * (y - 0.42)) - 0.98, y - 0.42);
export const tee: Shape = (x, y) => Math.min(box(x, y + 0.6, 0.85, 0.27), box(x, y - 0.1, 0.27, 0.85));
export const pie: Shape = (x, y) => {
  const wedge = R2 * (Math.abs(x) + y); // below 0 in the quarter above the centre
  return Math.max(Math.sqrt(x * x + y * y) - 0.92, -wedge);
};

/** A star with `points` points, one of them pointing up. */
export function star(points: number): Shape {
  const half = direction(0.5 / points);
  const inner = points === 3 ? 0.3 : 0.42;
  // the edge from a tip (0, −1) to the next notch: its outward normal and distance
  const [nx, ny] = [inner * half.sin, -inner * half.cos];
  const [ex, ey] = [nx, ny + 1];
  const length = Math.sqrt(ex * ex + ey * ey);
  const [ax, ay] = [-ey / length, ex / length];
  const sign = ax * 0 + ay * -1 > 0 ? 1 : -1;
  const fold = folded(points);
  return (x, y) => {
    const [fx, fy] = fold(x, y);
    return sign * (fx * ax + fy * ay) - sign * -ay;
  };
}

/** `petals` round petals around a centre, one of them pointing up. */
export function flower(petals: number): Shape {
  const reach = 0.6;
  const petal = Math.min(0.34, 0.85 * reach * direction(0.5 / petals).sin);
  const fold = folded(petals);
  return (x, y) => {
    const [fx, fy] = fold(x, y);
    const round = Math.sqrt(fx * fx + (fy + reach) * (fy + reach)) - petal;
    // the stalk joins petals to the middle
    return Math.min(round, Math.max(fx - 0.1, -fy - reach), Math.sqrt(x * x + y * y) - 0.24);
  };
}

/** Turns a point into the sector of half-width 1/(2·count) turn about the upward axis; its x becomes ≥ 0. */
function folded(count: number): (x: number, y: number) => readonly [number, number] {
  const axes = Array.from({ length: count }, (_, k) => direction(k / count));
  return (x, y) => {
    let up = -Infinity;
    let across = 0;
    for (const { cos, sin } of axes) {
      const along = x * sin - y * cos;
      if (along > up) {
        up = along;
        across = x * cos + y * sin;
      }
    }
    return [Math.abs(across), -up];
  };
}

/** `count` upright bars in a row. */
export function bars(count: number): Shape {
  const pitch = 1.9 / count;
  const halfWidth = count === 1 ? 0.3 : pitch * 0.27;
  return (x, y) => {
    const slot = Math.min(count - 1, Math.max(0, Math.floor((x + 0.95) / pitch)));
    return box(x + 0.95 - (slot + 0.5) * pitch, y, halfWidth, 0.82);
  };
}

/** Dots as on a die's faces 2 to 6. */
export function pips(count: number): Shape {
  const corner = 0.6;
  const dots: (readonly [x: number, y: number])[] = [
    [-corner, -corner],
    [corner, corner],
    [corner, -corner],
    [-corner, corner],
    [-corner, 0],
    [corner, 0],
  ];
  dots.length = count - (count % 2);
  if (count % 2 === 1) dots.push([0, 0]);
  return (x, y) => {
    let nearest = Infinity;
    for (const [dx, dy] of dots) nearest = Math.min(nearest, (x - dx) * (x - dx) + (y - dy) * (y - dy));
    return Math.sqrt(nearest) - 0.27;
  };
}

/** A base with `count` teeth on top. */
export function comb(count: number): Shape {
  const pitch = 1.8 / count;
  const halfWidth = count === 1 ? 0.3 : pitch * 0.27;
  return (x, y) => {
    const slot = Math.min(count - 1, Math.max(0, Math.floor((x + 0.9) / pitch)));
    const tooth = box(x + 0.9 - (slot + 0.5) * pitch, y + 0.2, halfWidth, 0.72);
    return Math.min(tooth, box(x, y - 0.66, 0.9, 0.22));
  };
}
