import { scaleLinear } from 'd3-scale';
import { s } from 'hastscript';
import type { CascadeReportData, StageReport } from '../cascade-report-data.js';
import { numericColumns } from '../data-table.js';
import { axes, lineOf } from '../drawing/axes.js';
import { coordinate } from '../drawing/coordinate.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { percentNumber } from '../drawing/number-text.js';
import { seriesStyle } from '../drawing/series-style.js';
import { shortened } from '../drawing/shortened.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Element } from '../drawing/tree.js';
import type { Figure } from '../figure.js';

const COLUMNS = 3;
const SIDE = 168;
const COLUMN_PX = FIGURE_WIDTH_PX / COLUMNS;
const ROW_PX = SIDE + 90;

/** Whether a stage that is 90 % sure is right in 90 % of such images: a panel for each. @see Guo et al. 2017, Fig. 1 */
export function reliability({ stages }: CascadeReportData): Figure {
  const title = 'Reliability of each stage';
  return {
    id: 'reliability',
    title,
    caption:
      'Share of right answers over the largest probability, of each stage alone on all test images, at its temperature. On the diagonal a stage is as often right as it is sure; the area of a point is the number of images.',
    tree: svgFigure({
      id: 'reliability',
      title,
      description: stages.map(describe).join(' '),
      heightPx: Math.ceil(stages.length / COLUMNS) * ROW_PX,
      children: stages.map((stage, at) =>
        panelOf(stage, at, (at % COLUMNS) * COLUMN_PX, Math.floor(at / COLUMNS) * ROW_PX),
      ),
    }),
    table: {
      caption: title,
      columns: [
        { head: 'Stage' },
        ...numericColumns(['Confidence from, %', 'to, %', 'Images', 'Mean confidence, %', 'Right, %']),
      ],
      rows: stages.flatMap(({ name, bins }) =>
        bins
          .filter(({ images }) => images > 0)
          .map(({ from, to, images, confidence, accuracy }) => [
            name,
            percentNumber(from),
            percentNumber(to),
            String(images),
            percentNumber(confidence),
            percentNumber(accuracy),
          ]),
      ),
    },
  };
}

function describe({ name, calibrationError }: StageReport): string {
  return `${name}: expected calibration error ${percentNumber(calibrationError.before)} % without its temperature, ${percentNumber(calibrationError.after)} % with it.`;
}

function panelOf(
  { name, bins, calibrationError }: StageReport,
  at: number,
  left: number,
  top: number,
): Element[] {
  const panel = { left: left + 58, top: top + 34, width: SIDE, height: SIDE };
  const x = scaleLinear([0, 100], [panel.left, panel.left + SIDE]);
  const y = scaleLinear([0, 100], [panel.top + SIDE, panel.top]);
  const most = Math.max(1, ...bins.map(({ images }) => images));
  const { colour } = seriesStyle(at);
  return [
    svgText(left + 16, top + 16, shortened(`${at + 1} ${name}`, 34), {
      sizePx: typeSizePx.label,
      isBold: true,
    }),
    ...axes({
      ...{ panel, x, y, xTicks: 5, yTicks: 5 },
      xLabel: `Confidence, % (ECE ${percentNumber(calibrationError.after)} %)`,
      yLabel: 'Right, %',
    }),
    lineOf(x(0), y(0), x(100), y(100), ink.axis),
    ...bins
      .filter(({ images }) => images > 0)
      .map(({ confidence, accuracy, images }) =>
        s('circle', {
          cx: coordinate(x(100 * confidence)),
          cy: coordinate(y(100 * accuracy)),
          r: coordinate(2 + 7 * Math.sqrt(images / most)),
          fill: colour,
          fillOpacity: 0.75,
          stroke: ink.paper,
        }),
      ),
  ];
}
