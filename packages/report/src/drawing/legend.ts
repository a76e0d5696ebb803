import type { Element } from './tree.js';
import { typeSizePx } from './ink.js';
import { shortened } from './shortened.js';
import { seriesLine, seriesMarker } from './series.js';
import type { SeriesStyle } from './series-style.js';
import { svgText } from './svg-text.js';
import { textWidth } from './text-width.js';

/** An entry of a legend. */
export interface LegendEntry {
  readonly style: SeriesStyle;
  readonly name: string;
}

/** A legend and its height. */
export interface Legend {
  readonly elements: readonly Element[];
  readonly heightPx: number;
}

const ROW_PX = 18;
const SAMPLE_PX = 30;

/** Draws line, marker, letter and name of each entry, side by side, wrapped into lines that fit the width. */
export function legend(entries: readonly LegendEntry[], left: number, top: number, widthPx: number): Legend {
  let [x, y] = [left, top + ROW_PX / 2];
  const elements = entries.flatMap(({ style, name }) => {
    const text = `${style.letter}  ${shortened(name, 60)}`.trim();
    const entryWidth = SAMPLE_PX + 6 + textWidth(text, typeSizePx.label) + 18;
    if (x > left && x + entryWidth > left + widthPx) [x, y] = [left, y + ROW_PX];
    const at = x;
    x += entryWidth;
    return [
      seriesLine(
        [
          [at, y],
          [at + SAMPLE_PX, y],
        ],
        style,
      ),
      seriesMarker([at + SAMPLE_PX / 2, y], style),
      svgText(at + SAMPLE_PX + 6, y + 4, text, { sizePx: typeSizePx.label }),
    ];
  });
  return { elements, heightPx: entries.length === 0 ? 0 : y - top + ROW_PX / 2 };
}
