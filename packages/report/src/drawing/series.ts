import { line as linePath, symbol as symbolPath } from 'd3-shape';
import type { Element } from './tree.js';
import { s } from 'hastscript';
import { coordinate } from './coordinate.js';
import type { SeriesStyle } from './series-style.js';

/** Position of a data point in a figure, in pixels. */
export type Place = readonly [x: number, y: number];

/** A line through positions, in the colour and dashes of a series. */
export function seriesLine(
  places: readonly Place[],
  { colour, dashes }: SeriesStyle,
  widthPx = 1.75,
): Element {
  const path = linePath<Place>()
    .x(([x]) => coordinate(x))
    .y(([, y]) => coordinate(y));
  return s('path', {
    d: path([...places]) ?? '',
    fill: 'none',
    stroke: colour,
    strokeWidth: widthPx,
    strokeLinejoin: 'round',
    strokeDasharray: dashes,
  });
}

/** A series' marker at a position, with a white outline that separates overlapping markers. */
export function seriesMarker([x, y]: Place, { colour, symbol }: SeriesStyle, areaPx = 42): Element {
  return s('path', {
    d: symbolPath(symbol, areaPx).digits(2)() ?? '',
    transform: `translate(${coordinate(x)} ${coordinate(y)})`,
    fill: colour,
    stroke: '#ffffff',
    strokeWidth: 0.75,
  });
}

/** The outline of a series' marker: what a point of the series is compared with. */
export function hollowMarker([x, y]: Place, { colour, symbol }: SeriesStyle, areaPx = 50): Element {
  return s('path', {
    d: symbolPath(symbol, areaPx).digits(2)() ?? '',
    transform: `translate(${coordinate(x)} ${coordinate(y)})`,
    fill: '#ffffff',
    stroke: colour,
    strokeWidth: 1.5,
  });
}
