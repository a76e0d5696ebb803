import type { Element } from './tree.js';
import { s } from 'hastscript';
import { coordinate } from './coordinate.js';
import { ink, typeSizePx } from './ink.js';
import { plainText } from './plain-text.js';

/** What {@link svgFigure} puts together. */
export interface SvgFigureParts {
  readonly id: string;
  readonly title: string;
  /** What a screen reader says: the numbers that matter. */
  readonly description: string;
  readonly heightPx: number;
  readonly children: readonly (Element | readonly Element[])[];
}

/** Width of every figure: that of the page's column, and of a sheet's. */
export const FIGURE_WIDTH_PX = 760;

/** A figure as an SVG that stands alone: named, described, on white, without styles from elsewhere. */
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
