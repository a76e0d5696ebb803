import {
  type SymbolType,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
} from 'd3-shape';

/** How a series is distinguished from the others: letter, marker, dashes and colour each suffice alone. */
export interface SeriesStyle {
  /** `A`, `B`, … `Z`, `AA`. */
  readonly letter: string;
  readonly colour: string;
  /** Lengths of dashes and gaps in pixels; `undefined` for a solid line. */
  readonly dashes: string | undefined;
  readonly symbol: SymbolType;
}

/** Okabe and Ito's colours, those with the most contrast against white first. @see https://jfly.uni-koeln.de/color/ */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#000000', '#e69f00', '#56b4e9'] as const;

const dashes = [undefined, '7 3', '2 2.5', '9 3 2 3', '4 2'] as const;

/**
 * The style of series `index`, from 0. Colours repeat after 7, dashes after 5 and markers after 6, never all at once.
 */
export function seriesStyle(index: number): SeriesStyle {
  const symbols = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolStar];
  return {
    letter: seriesLetter(index),
    colour: colours[index % colours.length] as string,
    dashes: dashes[index % dashes.length],
    symbol: symbols[index % symbols.length] as SymbolType,
  };
}

function seriesLetter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : `${seriesLetter(Math.floor(index / 26) - 1)}${last}`;
}
