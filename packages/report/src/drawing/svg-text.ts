import type { Element } from './tree.js';
import { s } from 'hastscript';
import { coordinate } from './coordinate.js';
import { plainText } from './plain-text.js';

/** How a text is set. */
export interface TextStyle {
  /** @defaultValue 'start' */
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly sizePx?: number;
  readonly colour?: string;
  readonly isBold?: boolean;
  /** Turned by a quarter, upwards. */
  readonly isVertical?: boolean;
  /** A rim of paper, where it crosses lines. */
  readonly hasHalo?: boolean;
}

/** A line of text with its baseline at `(x, y)`. */
export function svgText(x: number, y: number, text: string, style: TextStyle = {}): Element {
  const [left, top] = [coordinate(x), coordinate(y)];
  return s(
    'text',
    {
      x: left,
      y: top,
      ...(style.anchor && { textAnchor: style.anchor }),
      ...(style.sizePx !== undefined && { fontSize: style.sizePx }),
      ...(style.colour !== undefined && { fill: style.colour }),
      ...(style.isBold && { fontWeight: 600 }),
      ...(style.isVertical && { transform: `rotate(-90 ${left} ${top})` }),
      ...(style.hasHalo && {
        stroke: '#ffffff',
        strokeWidth: 3,
        strokeLinejoin: 'round',
        paintOrder: 'stroke',
      }),
    },
    plainText(text),
  );
}
