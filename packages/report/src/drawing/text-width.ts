/** Width of a character of a sans-serif font, mean, as a share of the font's size: a little too much rather than too little. */
const MEAN_CHARACTER_WIDTH = 0.57;

/** About how wide a text will be, in pixels: fonts differ between machines, so room is left by this. */
export function textWidth(text: string, fontSizePx: number): number {
  return text.length * fontSizePx * MEAN_CHARACTER_WIDTH;
}
