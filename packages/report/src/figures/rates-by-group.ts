import { scaleLinear } from 'd3-scale';
import type { Element } from '../drawing/tree.js';
import { s } from 'hastscript';
import { coordinate } from '../drawing/coordinate.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { legend } from '../drawing/legend.js';
import { lineOf } from '../drawing/axes.js';
import { percentNumber } from '../drawing/number-text.js';
import { type Place, seriesLine, seriesMarker } from '../drawing/series.js';
import { seriesStyle } from '../drawing/series-style.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { ReportRun } from '../report-data.js';
import { type ImageSetRates, groupRates, overallRates } from './group-rates.js';
import { ratesTable } from './rates-table.js';
import { blockLabels, subBlockColumns } from './sub-block-columns.js';

const LEFT = 62;
const PANEL_HEIGHT = 200;

/**
 * Execution rates of every sub-block by group of categories. @see DMNN Fig. 7
 *
 * @param index - the run's position in the report
 */
export function ratesByGroup(run: ReportRun, index: number): Figure {
  const overall = overallRates(run);
  const groups = groupRates(run.evaluation?.categories ?? []);
  const sets = groups.length > 0 ? groups : overall ? [overall] : [];
  const { letter } = seriesStyle(index);
  const title = `Execution rates by group of ${letter}, ${run.name}`;
  const id = `rates-by-group-${letter.toLowerCase()}`;
  const styles = sets.map((_, set) => ({ ...seriesStyle(set), letter: '' }));
  const key = legend(
    sets.map(({ name, images }, set) => ({
      style: styles[set] as (typeof styles)[number],
      name: `${name} (${images} images)`,
    })),
    LEFT - 38,
    8,
    FIGURE_WIDTH_PX - LEFT + 20,
  );
  const top = key.heightPx + 22;
  const bottom = top + PANEL_HEIGHT;
  const width = FIGURE_WIDTH_PX - LEFT - 16;
  const columns = subBlockColumns(run.blocks, LEFT, width, 90);
  const right = (columns.at(-1)?.left ?? LEFT) + (columns.at(-1)?.width ?? width);
  const y = scaleLinear([0, 100], [bottom, top]);
  // markers of a column are offset a little, so that equal rates do not hide one another
  const places = sets.map(({ executionRates }, set) =>
    columns.map(({ blockIndex, subBlock, left, width: columnPx }): Place => {
      const apart = Math.min(7, columnPx / (sets.length + 1)) * (set - (sets.length - 1) / 2);
      return [left + columnPx / 2 + apart, y(100 * (executionRates[blockIndex]?.[subBlock] as number))];
    }),
  );
  return {
    id,
    title,
    caption: `Share of the images of each group that ran each sub-block (the paper’s Fig. 7). ${groups.length > 0 ? 'Categories outside all groups are left out.' : 'The data set has no groups, so the rates are over all images.'}`,
    tree: svgFigure({
      id,
      title,
      description: describe(sets),
      heightPx: bottom + 46,
      children: [
        key.elements,
        ...run.blocks.flatMap((_, block) =>
          stripe(
            columns.filter(({ blockIndex }) => blockIndex === block),
            top,
            block,
          ),
        ),
        ...y
          .ticks(5)
          .flatMap((tick) => [
            lineOf(LEFT, y(tick), right, y(tick), ink.grid),
            svgText(LEFT - 6, y(tick) + 3.5, String(tick), { anchor: 'end', colour: ink.muted }),
          ]),
        svgText(LEFT - 42, (top + bottom) / 2, 'Images that run it, %', {
          anchor: 'middle',
          sizePx: typeSizePx.label,
          isVertical: true,
        }),
        ...places.map((own, set) => seriesLine(own, styles[set] as (typeof styles)[number], 0.9)),
        ...places.flatMap((own, set) =>
          own.map((place) => seriesMarker(place, styles[set] as (typeof styles)[number], 38)),
        ),
        ...blockLabels(run.blocks, columns, bottom + 17),
        svgText((LEFT + right) / 2, bottom + 36, 'Block (stage.block), its sub-blocks from left to right', {
          anchor: 'middle',
          sizePx: typeSizePx.label,
        }),
      ],
    }),
    table: ratesTable(title, 'Group', [...groups, ...(overall ? [overall] : [])], run),
  };
}

/** A grey background for every second block. */
function stripe(
  columns: readonly { readonly left: number; readonly width: number }[],
  top: number,
  block: number,
): Element[] {
  const [first, last] = [columns[0], columns.at(-1)];
  if (block % 2 === 1 || !first || !last) return [];
  return [
    s('rect', {
      x: coordinate(first.left),
      y: coordinate(top),
      width: coordinate(last.left + last.width - first.left),
      height: PANEL_HEIGHT,
      fill: '#f4f4f4',
    }),
  ];
}

function describe(sets: readonly ImageSetRates[]): string {
  const each = sets.map(({ name, executionRates }) => {
    const rates = executionRates.flat();
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
    return `${name}: ${percentNumber(mean)} % of the sub-blocks on average.`;
  });
  return `Chart of execution rates, a column for every sub-block. ${each.join(' ')}`;
}
