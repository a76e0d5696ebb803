import { interpolateCividis } from 'd3-scale-chromatic';
import type { Element } from '../drawing/tree.js';
import { s } from 'hastscript';
import { coordinate } from '../drawing/coordinate.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { percentNumber } from '../drawing/number-text.js';
import { seriesStyle } from '../drawing/series-style.js';
import { shortened } from '../drawing/shortened.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { ReportRun } from '../report-data.js';
import { type ImageSetRates, groupRates, overallRates } from './group-rates.js';
import { ratesTable } from './rates-table.js';
import { type SubBlockColumn, blockLabels, subBlockColumns } from './sub-block-columns.js';

/** Space for names. */
const LEFT = 206;
/** Space for the mean cost of a row. */
const RIGHT_PX = 54;
const ROW_PX = 17;
const GROUP_GAP_PX = 9;
const TOP_PX = 64;
/** Columns narrower than this are too narrow for a number. */
const NUMBER_PX = 19;
const NAME_CHARACTERS = 33;

/** Rows that belong together. */
type Section = readonly ImageSetRates[];

/**
 * Execution rates of every sub-block by category, as a heat map with rows sorted by cost within their groups.
 *
 * @param index - the run's position in the report
 * @see DMNN Fig. 7
 */
export function ratesByCategory(run: ReportRun, index: number): Figure {
  const sections = sectionsOf(run);
  const rows = sections.flat();
  const { letter } = seriesStyle(index);
  const title = `Execution rates by category of ${letter}, ${run.name}`;
  const id = `rates-by-category-${letter.toLowerCase()}`;
  const columns = subBlockColumns(run.blocks, LEFT, FIGURE_WIDTH_PX - LEFT - RIGHT_PX, 34);
  const right = (columns.at(-1)?.left ?? LEFT) + (columns.at(-1)?.width ?? 0);
  let top = TOP_PX;
  const drawn = sections.flatMap((section) => {
    const elements = section.flatMap((row) => {
      const y = top;
      top += ROW_PX;
      return mapRow(row, run, columns, { y, right });
    });
    top += GROUP_GAP_PX;
    return elements;
  });
  return {
    id,
    title,
    caption:
      'Percentage of a category’s images that ran each sub-block; on the right, their mean cost in percent of the undivided network’s MACs. Groups come first, then the categories of each group, cheapest first, and finally the categories outside all groups.',
    tree: svgFigure({
      id,
      title,
      description: describe(rows, run),
      heightPx: top,
      children: [
        scaleKey(LEFT, 10),
        blockLabels(run.blocks, columns, TOP_PX - 8),
        svgText(LEFT - 8, TOP_PX - 8, 'stage.block', { anchor: 'end', colour: ink.muted }),
        svgText(right + 8, TOP_PX - 8, 'MACs, %', { colour: ink.muted }),
        drawn,
      ].map((each) => (Array.isArray(each) ? each : [each])),
    }),
    table: ratesTable(title, 'Images of', rows, run),
  };
}

/** All images and the groups; the categories of each group; the categories outside all groups. */
function sectionsOf(run: ReportRun): Section[] {
  const categories = run.evaluation?.categories ?? [];
  const overall = overallRates(run);
  const groups = groupRates(categories);
  const byCost = (a: ImageSetRates, b: ImageSetRates): number => a.meanMacs - b.meanMacs;
  return [
    [...(overall ? [overall] : []), ...groups],
    ...[...groups.map(({ name }) => name), null].map((name) =>
      categories.filter(({ group }) => group === name).sort(byCost),
    ),
  ].filter((section) => section.length > 0);
}

function mapRow(
  { name, meanMacs, executionRates }: ImageSetRates,
  { undividedMacs }: ReportRun,
  columns: readonly SubBlockColumn[],
  { y, right }: { y: number; right: number },
): Element[] {
  const baseline = y + ROW_PX / 2 + 3.5;
  return [
    svgText(LEFT - 8, baseline, shortened(name, NAME_CHARACTERS), { anchor: 'end' }),
    ...columns.flatMap(({ blockIndex, subBlock, left, width }) => {
      const rate = executionRates[blockIndex]?.[subBlock] as number;
      return [
        s('rect', {
          x: coordinate(left),
          y: coordinate(y),
          width: coordinate(width - 0.75),
          height: ROW_PX - 0.75,
          fill: interpolateCividis(rate),
        }),
        ...(width < NUMBER_PX
          ? []
          : [
              svgText(left + width / 2, baseline, (100 * rate).toFixed(0), {
                anchor: 'middle',
                sizePx: typeSizePx.small,
                colour: numberColour(rate),
              }),
            ]),
      ];
    }),
    svgText(right + 8, baseline, percentNumber(meanMacs / undividedMacs)),
  ];
}

/** A text colour that is readable on the map's colour, which ranges from dark blue to light yellow. */
export function numberColour(rate: number): string {
  return rate < 0.46 ? '#ffffff' : '#000000';
}

/** The colour key, from 0 to 100 %. */
function scaleKey(left: number, top: number): Element[] {
  const steps = 50;
  const width = 200 / steps;
  return [
    ...Array.from({ length: steps }, (_, step) =>
      s('rect', {
        x: coordinate(left + step * width),
        y: top,
        width: coordinate(width + 0.3),
        height: 10,
        fill: interpolateCividis((step + 0.5) / steps),
      }),
    ),
    ...[0, 50, 100].map((percent) =>
      svgText(left + 2 * percent, top + 22, String(percent), {
        anchor: percent === 0 ? 'start' : percent === 100 ? 'end' : 'middle',
        colour: ink.muted,
      }),
    ),
    svgText(left + 210, top + 9, '% of the images ran it', { colour: ink.muted }),
  ];
}

function describe(rows: readonly ImageSetRates[], { undividedMacs }: ReportRun): string {
  const sorted = [...rows].sort((a, b) => a.meanMacs - b.meanMacs);
  const [cheapest, mostExpensive] = [sorted[0], sorted.at(-1)];
  if (!cheapest || !mostExpensive) return 'Empty map.';
  const text = ({ name, meanMacs }: ImageSetRates): string =>
    `${name} at ${percentNumber(meanMacs / undividedMacs)} %`;
  return `Map of execution rates: ${rows.length} rows of images, a column for every sub-block. The cheapest row costs ${text(cheapest)} of the undivided network's MACs, the most expensive ${text(mostExpensive)}. The table below has every rate.`;
}
