import type { Element } from './tree.js';
import { s } from 'hastscript';
import { coordinate } from './coordinate.js';
import { ink, typeSizePx } from './ink.js';
import type { AxisScale, Panel } from './panel.js';
import { svgText } from './svg-text.js';

/** Options of {@link axes}. */
export interface AxesParts {
  readonly panel: Panel;
  readonly x: AxisScale;
  readonly y: AxisScale;
  /** Label, including the unit; omitted if the panel below has it. */
  readonly xLabel?: string | undefined;
  readonly yLabel?: string | undefined;
  /** Approximate number of ticks. @defaultValue 5 */
  readonly xTicks?: number | undefined;
  /** Approximate number of ticks. @defaultValue 5 */
  readonly yTicks?: number | undefined;
  /** Ticks at whole numbers only, for epochs and image counts. @defaultValue false */
  readonly hasWholeX?: boolean | undefined;
  /** @defaultValue false */
  readonly hasWholeY?: boolean | undefined;
}

/** Grid, ticks and labels of a panel; draw them before the data. */
export function axes(parts: AxesParts): Element[] {
  const { panel, x, y, xLabel, yLabel, xTicks = 5, yTicks = 5 } = parts;
  const [bottom, right] = [panel.top + panel.height, panel.left + panel.width];
  const formatX = x.tickFormat(xTicks);
  const formatY = y.tickFormat(yTicks);
  return [
    ...ticksOf(y, yTicks, parts.hasWholeY).flatMap((value) => [
      lineOf(panel.left, y(value), right, y(value), ink.grid),
      svgText(panel.left - 6, y(value) + 3.5, formatY(value), { anchor: 'end', colour: ink.muted }),
    ]),
    ...ticksOf(x, xTicks, parts.hasWholeX).flatMap((value) => [
      lineOf(x(value), bottom, x(value), bottom + 4, ink.axis),
      svgText(x(value), bottom + 16, formatX(value), { anchor: 'middle', colour: ink.muted }),
    ]),
    lineOf(panel.left, bottom, right, bottom, ink.axis),
    ...(xLabel === undefined
      ? []
      : [
          svgText(panel.left + panel.width / 2, bottom + 33, xLabel, {
            anchor: 'middle',
            sizePx: typeSizePx.label,
          }),
        ]),
    ...(yLabel === undefined
      ? []
      : [
          svgText(panel.left - 42, panel.top + panel.height / 2, yLabel, {
            anchor: 'middle',
            sizePx: typeSizePx.label,
            isVertical: true,
          }),
        ]),
  ];
}

/** A straight hairline. */
export function lineOf(x1: number, y1: number, x2: number, y2: number, colour: string): Element {
  return s('line', {
    x1: coordinate(x1),
    y1: coordinate(y1),
    x2: coordinate(x2),
    y2: coordinate(y2),
    stroke: colour,
  });
}

function ticksOf(scale: AxisScale, count: number, isWhole = false): number[] {
  const ticks = scale.ticks(count);
  return isWhole ? ticks.filter((value) => Number.isInteger(value)) : ticks;
}
