import type { Element } from './tree.js';
import { s } from 'hastscript';
import { coordinate } from './coordinate.js';
import { ink, typeSizePx } from './ink.js';
import { plainText } from './plain-text.js';

/** The parts of a figure, see {@link svgFigure}. */
export interface SvgFigureParts {
  readonly id: string;
  readonly title: string;
  /** Text for screen readers: the numbers that matter. */
  readonly description: string;
  readonly heightPx: number;
  readonly children: readonly (Element | readonly Element[])[];
}

/** Width of every figure: the column width of the page, on screen and in print. */
export const FIGURE_WIDTH_PX = 760;

/** A self-contained SVG with title, description, a white background and no external styles. */
export function svgFigure({ id, title, description, heightPx, children }: SvgFigureParts): Element {
  const height = coordinate(heightPx);
  return s(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${FIGURE_WIDTH_PX} ${height}`,
      width: FIGURE_WIDTH_PX,
      height,
      role: 'img',
      ariaLabelledBy: `${id}-title`,
      ariaDescribedBy: `${id}-description`,
      fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
      fontSize: typeSizePx.tick,
      fill: ink.text,
    },
    [
      s('title', { id: `${id}-title` }, plainText(title)),
      s('desc', { id: `${id}-description` }, plainText(description)),
      s('rect', { width: FIGURE_WIDTH_PX, height, fill: ink.paper }),
      ...children.flat(),
    ],
  );
}
