import type { Element } from './tree.js';
import { s } from 'hastscript';
import { coordinate } from './coordinate.js';
import { plainText } from './plain-text.js';

/** Typographic options of a text. */
export interface TextStyle {
  /** @defaultValue 'start' */
  readonly anchor?: 'start' | 'middle' | 'end' | undefined;
  readonly sizePx?: number | undefined;
  readonly colour?: string | undefined;
  readonly isBold?: boolean | undefined;
  /** Rotated by 90°, reading upwards. */
  readonly isVertical?: boolean | undefined;
  /** A white outline, for text that crosses lines. */
  readonly hasHalo?: boolean | undefined;
}

/** A line of text with its baseline at `(x, y)`. */
export function svgText(x: number, y: number, text: string, style: TextStyle = {}): Element {
  const [left, top] = [coordinate(x), coordinate(y)];
  return s(
    'text',
    {
      x: left,
      y: top,
      textAnchor: style.anchor,
      fontSize: style.sizePx,
      fill: style.colour,
      fontWeight: style.isBold ? 600 : undefined,
      transform: style.isVertical ? `rotate(-90 ${left} ${top})` : undefined,
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
