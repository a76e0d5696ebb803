/** A unit vector. */
export interface Direction {
  readonly cos: number;
  readonly sin: number;
}

/**
 * The unit vector at an angle given in turns (1 turn = 360°), computed with sums and products only: the last bit of
 * `Math.sin` may differ between JavaScript engines, and the built-in images must not.
 */
export function direction(turns: number): Direction {
  const quarters = Math.round(turns * 4);
  const angle = (turns - quarters / 4) * 2 * Math.PI; // −π/4 … π/4
  const a2 = angle * angle;
  // Taylor to the 11th degree: within 10⁻¹¹ for |angle| ≤ π/4
  const sin = angle * (1 - (a2 / 6) * (1 - (a2 / 20) * (1 - (a2 / 42) * (1 - (a2 / 72) * (1 - a2 / 110)))));
  const cos = 1 - (a2 / 2) * (1 - (a2 / 12) * (1 - (a2 / 30) * (1 - (a2 / 56) * (1 - a2 / 90))));
  switch (((quarters % 4) + 4) % 4) {
    case 0:
      return { cos, sin };
    case 1:
      return { cos: -sin, sin: cos };
    case 2:
      return { cos: -cos, sin: -sin };
    default:
      return { cos: sin, sin: -cos };
  }
}
