import { scaleLinear } from 'd3-scale';
import type { CascadeReportData } from '../cascade-report-data.js';
import { numericColumns } from '../data-table.js';
import { axes } from '../drawing/axes.js';
import { dataDomain } from '../drawing/data-domain.js';
import { legend } from '../drawing/legend.js';
import { macsText } from '../drawing/number-text.js';
import type { Panel } from '../drawing/panel.js';
import { type Place, seriesLine, seriesMarker } from '../drawing/series.js';
import { seriesStyle } from '../drawing/series-style.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import type { Figure } from '../figure.js';

const LEFT = 62;
const PANEL_HEIGHT = 260;

/** Something of a cost and an error. */
interface Point {
  readonly name: string;
  readonly macs: number;
  readonly errorPercent: number;
}

/** Error of a cascade over its cost, next to a random choice of as many images and the stages alone. */
export function errorCost(data: CascadeReportData): Figure {
  const title = 'Error against cost';
  const series = seriesOf(data);
  const points = series.flatMap((each) => each.points);
  const share = ({ macs }: Point): number => (100 * macs) / data.undividedMacs;
  const panel: Panel = { left: LEFT, top: 16, width: FIGURE_WIDTH_PX - LEFT - 24, height: PANEL_HEIGHT };
  const x = scaleLinear(margined(points.map(share)), [panel.left, panel.left + panel.width]).nice(8);
  const y = scaleLinear(margined(points.map(({ errorPercent }) => errorPercent)), [
    panel.top + panel.height,
    panel.top,
  ]).nice(6);
  const [lowest, highest] = y.domain() as [number, number];
  y.domain([Math.max(0, lowest), Math.min(100, highest)]); // errors are in [0, 100]
  const place = (point: Point): Place => [x(share(point)), y(point.errorPercent)];
  const key = legend(
    series.map(({ style, name }) => ({ style, name })),
    LEFT - 38,
    panel.top + PANEL_HEIGHT + 44,
    FIGURE_WIDTH_PX - 60,
  );
  return {
    id: 'error-cost',
    title,
    caption: `Down is more accurate, left is cheaper. ${data.curveChosen}`.trim(),
    tree: svgFigure({
      id: 'error-cost',
      title,
      description: `Top-1 error over multiply–accumulates. ${points.map((point) => `${point.name}: ${point.errorPercent.toFixed(2)} % at ${macsText(point.macs)} MACs, ${share(point).toFixed(1)} %.`).join(' ')}`,
      heightPx: PANEL_HEIGHT + 70 + key.heightPx,
      children: [
        axes({
          panel,
          x,
          y,
          xLabel: 'Mean multiply–accumulates per image, % of the last network’s',
          yLabel: 'Top-1 error, %',
          xTicks: 8,
          yTicks: 6,
        }),
        ...series.map(({ style, points: own, isLine }) => [
          ...(isLine && own.length > 1 ? [seriesLine(own.map(place), style)] : []),
          ...own.map((point) => seriesMarker(place(point), style, isLine ? 22 : 70)),
        ]),
        key.elements,
      ],
    }),
    table: {
      caption: title,
      columns: [{ head: 'System' }, ...numericColumns(['MACs', 'of the last network, %', 'Top-1 error, %'])],
      rows: points.map((point) => [
        point.name,
        macsText(point.macs),
        share(point).toFixed(1),
        point.errorPercent.toFixed(2),
      ]),
    },
  };
}

interface Series {
  readonly name: string;
  readonly style: ReturnType<typeof seriesStyle>;
  readonly points: readonly Point[];
  readonly isLine: boolean;
}

function seriesOf({ result, curve, stages }: CascadeReportData): Series[] {
  const named = (name: string, points: readonly Omit<Point, 'name'>[]): Point[] =>
    points.map((point) => ({ name, ...point }));
  const all: [string, readonly Omit<Point, 'name'>[], boolean][] = [
    ['the cascade as saved', [{ macs: result.meanMacs, errorPercent: result.topOneErrorPercent }], false],
    [
      'as many images at random',
      [{ macs: result.meanMacs, errorPercent: result.control.topOneErrorPercent }],
      false,
    ],
    [
      'other thresholds',
      curve.map(({ meanMacs: macs, topOneErrorPercent: errorPercent }) => ({ macs, errorPercent })),
      true,
    ],
    [
      'at random at their costs',
      curve.map(({ meanMacs: macs, controlErrorPercent: errorPercent }) => ({ macs, errorPercent })),
      true,
    ],
  ];
  const lines = all.map(([name, points, isLine], index): Series => ({
    ...{ name, points: named(name, points), isLine, style: seriesStyle(index) },
  }));
  return [
    ...lines,
    {
      name: 'each stage alone',
      style: seriesStyle(4),
      isLine: false,
      points: stages.map(({ name, aloneMacs: macs, aloneErrorPercent: errorPercent }) => ({
        ...{ name: `${name} alone`, macs, errorPercent },
      })),
    },
  ].filter(({ points }) => points.length > 0);
}

/** The range of the values, with a margin on both sides. */
function margined(values: readonly number[]): [number, number] {
  const [low, high] = dataDomain(values);
  return [low - 0.08 * (high - low), high + 0.08 * (high - low)];
}
