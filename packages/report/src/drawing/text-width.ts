/** Mean width of a character in a sans-serif font, as a fraction of the font size; rather too wide than too narrow. */
const MEAN_CHARACTER_WIDTH = 0.57;

/** Estimates the width of a text in pixels, to reserve space for it: fonts differ between machines. */
export function textWidth(text: string, fontSizePx: number): number {
  return text.length * fontSizePx * MEAN_CHARACTER_WIDTH;
}
