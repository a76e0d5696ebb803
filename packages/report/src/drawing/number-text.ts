/** A fraction as a percentage with one decimal, without the % sign: `57.6`. */
export function percentNumber(share: number): string {
  return (100 * share).toFixed(1);
}

/** Whole numbers with thin spaces between thousands: `10 000`. */
export function integerText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Multiply–accumulates with the customary unit prefix: `4.089 G`, `40.8 M`, `24.7 k`. */
export function macsText(macs: number): string {
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (macs >= size) return `${significant(macs / size)}\u00a0${unit}`;
  }
  return macs.toFixed(0);
}

function significant(value: number): string {
  return value.toFixed(value >= 100 ? 1 : value >= 10 ? 2 : 3);
}
