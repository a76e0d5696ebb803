import { scaleLinear } from 'd3-scale';
import type { Element } from '../drawing/tree.js';
import { numericColumns } from '../data-table.js';
import { axes } from '../drawing/axes.js';
import { dataDomain } from '../drawing/data-domain.js';
import { typeSizePx } from '../drawing/ink.js';
import { legend } from '../drawing/legend.js';
import { macsText, percentNumber } from '../drawing/number-text.js';
import type { Panel } from '../drawing/panel.js';
import { labelTexts, placeLabels } from '../drawing/place-labels.js';
import { type Place, hollowMarker, seriesLine, seriesMarker } from '../drawing/series.js';
import type { SeriesStyle } from '../drawing/series-style.js';
import { shortened } from '../drawing/shortened.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { CostCurve, ReportRun } from '../report-data.js';
import { runResult } from './run-result.js';
import { type StyledRun, styledRuns } from './styled-runs.js';

const LEFT = 62;
const PANEL_HEIGHT = 260;
const PANEL_PX = PANEL_HEIGHT + 88;

/** A point of the figure. */
interface CostPoint {
  readonly run: string;
  readonly style: SeriesStyle;
  /** Label next to the point, followed by shorter ones for where it does not fit. */
  readonly labels: readonly string[];
  readonly macs: number;
  /** Cost in percent of the undivided network's MACs. */
  readonly macsPercent: number;
  readonly accuracyPercent: number;
  /** Origin of the point, for the table. */
  readonly source: string;
}

/** The points of a data set and the curves that join the points of one checkpoint. */
interface CostChart {
  readonly data: string;
  readonly runs: readonly CostPoint[];
  readonly curves: readonly (readonly CostPoint[])[];
  /** The best fixed patterns of the same mean costs. */
  readonly controls: readonly CostPoint[];
  /** Whether all undivided networks cost the same, so that costs can be shown as percentages of it. */
  readonly isOfOneCost: boolean;
}

/** Accuracy against cost over runs and budgets: a panel for every data set. @see DMNN Fig. 4 */
export function accuracyCost(runs: readonly ReportRun[], budgets: readonly CostCurve[] = []): Figure {
  const charts = costCharts(runs, budgets);
  const title = 'Accuracy against cost';
  const panels: ChartPanel[] = [];
  let heightPx = 0;
  for (const chart of charts) {
    const panel = chartPanel(chart, heightPx);
    panels.push(panel);
    heightPx += panel.heightPx;
  }
  return {
    id: 'accuracy-cost',
    title,
    caption: caption(charts),
    tree: svgFigure({
      id: 'accuracy-cost',
      title,
      description: describe(charts),
      heightPx: Math.max(PANEL_PX, heightPx),
      children: panels.map(({ elements }) => elements),
    }),
    table: {
      caption: 'Accuracy against cost',
      columns: [
        { head: 'Run' },
        { head: 'Data' },
        ...numericColumns(['MACs', 'of the undivided, %', 'Top-1 accuracy, %']),
        { head: 'Measured' },
      ],
      rows: charts.flatMap((chart) =>
        pointsOf(chart).map(({ run, macs, macsPercent, accuracyPercent, source }) => [
          run,
          chart.data,
          macsText(macs),
          macsPercent.toFixed(1),
          accuracyPercent.toFixed(2),
          source,
        ]),
      ),
    },
  };
}

function costCharts(runs: readonly ReportRun[], budgets: readonly CostCurve[]): CostChart[] {
  const styled = styledRuns(runs);
  return [...new Set(runs.map(({ data }) => data))]
    .map((data) => {
      const own = styled.filter(({ run }) => run.data === data);
      return {
        data,
        isOfOneCost: new Set(own.map(({ run }) => run.undividedMacs)).size === 1,
        runs: own.flatMap(({ run, style }): CostPoint[] => {
          const result = runResult(run);
          if (!result) return [];
          const { macsRatio, topOneErrorPercent, epoch, source } = result;
          return [
            {
              run: run.name,
              style,
              labels: [`${style.letter}  ${shortened(run.name, 32)}`, style.letter],
              macs: macsRatio * run.undividedMacs,
              macsPercent: 100 * macsRatio,
              accuracyPercent: 100 - topOneErrorPercent,
              source: `after epoch ${epoch}, ${source === 'log' ? "by the run's log" : 'for this report'}`,
            },
          ];
        }),
        curves: own.flatMap(({ run, style }) =>
          budgets
            .filter((curve) => curve.run === run.name && curve.points.length > 0)
            .map(({ points }) =>
              points.map(({ label, macsRatio, topOneErrorPercent }) => ({
                run: run.name,
                style,
                labels: [label],
                macs: macsRatio * run.undividedMacs,
                macsPercent: 100 * macsRatio,
                accuracyPercent: 100 - topOneErrorPercent,
                source: `budget ${label}`,
              })),
            ),
        ),
        controls: own.flatMap((each) => controlPoints(each, budgets)),
      };
    })
    .filter((chart) => chart.runs.length + chart.curves.length > 0);
}

/** The best fixed patterns of a run's costs. */
function controlPoints({ run, style }: StyledRun, budgets: readonly CostCurve[]): CostPoint[] {
  const own = budgets.filter((curve) => curve.run === run.name).flatMap(({ points }) => points);
  const all = [
    { of: 'as trained', control: run.evaluation?.control },
    ...own.map(({ label, control }) => ({ of: `of budget ${label}`, control })),
  ];
  return all.flatMap(({ of, control }): CostPoint[] => {
    if (!control) return [];
    const { macsRatio, topOneErrorPercent } = control;
    return [
      {
        ...{ run: `${run.name}, best fixed pattern`, style, labels: [] },
        macs: macsRatio * run.undividedMacs,
        macsPercent: 100 * macsRatio,
        accuracyPercent: 100 - topOneErrorPercent,
        source: `control of the gates ${of}`,
      },
    ];
  });
}

/** A chart and its layout. */
interface ChartPanel {
  readonly elements: Element[];
  readonly heightPx: number;
}

function pointsOf({ runs, curves, controls }: CostChart): CostPoint[] {
  return [...runs, ...curves.flat(), ...controls];
}

function chartPanel(chart: CostChart, top: number): ChartPanel {
  const { data, runs, curves, controls, isOfOneCost } = chart;
  const panel: Panel = {
    left: LEFT,
    top: top + 34,
    width: FIGURE_WIDTH_PX - LEFT - 24,
    height: PANEL_HEIGHT,
  };
  const points = pointsOf(chart);
  const unit = isOfOneCost
    ? undefined
    : Math.max(...points.map(({ macs }) => macs)) >= 1e9
      ? { macs: 1e9, letter: 'G' }
      : { macs: 1e6, letter: 'M' };
  const costOf = ({ macs, macsPercent }: CostPoint): number => (unit ? macs / unit.macs : macsPercent);
  const [left, right] = [panel.left, panel.left + panel.width];
  const x = scaleLinear(margined(points.map(costOf)), [left, right]).nice(8);
  const y = scaleLinear(margined(points.map(({ accuracyPercent }) => accuracyPercent)), [
    panel.top + panel.height,
    panel.top,
  ]).nice(6);
  const [lowest, highest] = y.domain() as [number, number];
  y.domain([Math.max(0, lowest), Math.min(100, highest)]); // accuracy is in [0, 100]
  const place = (point: CostPoint): Place => [x(costOf(point)), y(point.accuracyPercent)];
  const bounds = { left, right: FIGURE_WIDTH_PX - 4, top: panel.top - 6, bottom: panel.top + panel.height };
  const labels = placeLabels(
    [...runs, ...curves.flat()].map((point) => ({ at: place(point), texts: point.labels })),
    typeSizePx.label,
    bounds,
  );
  const areNamed = runs.every((run, index) => labels[index]?.text === run.labels[0]);
  const key = legend(
    areNamed ? [] : runs.map(({ run, style }) => ({ style, name: run })),
    LEFT - 38,
    panel.top + PANEL_HEIGHT + 44,
    FIGURE_WIDTH_PX - 60,
  );
  return {
    heightPx: PANEL_PX + key.heightPx,
    elements: [
      svgText(LEFT - 38, top + 18, `Data: ${shortened(data, 60)}`, {
        sizePx: typeSizePx.title,
        isBold: true,
      }),
      ...axes({
        panel,
        x,
        y,
        xLabel: `Mean multiply–accumulates per image, ${unit ? unit.letter : '% of the undivided network’s'}`,
        yLabel: 'Top-1 accuracy, %',
        xTicks: 8,
        yTicks: 6,
      }),
      ...curves.flatMap((curve) => [
        seriesLine(curve.map(place), curve[0]?.style as SeriesStyle),
        ...curve.map((point) => seriesMarker(place(point), point.style, 22)),
      ]),
      ...controls.map((point) => hollowMarker(place(point), point.style)),
      ...runs.map((point) => seriesMarker(place(point), point.style, 70)),
      ...labelTexts(labels, typeSizePx.label),
      ...key.elements,
    ],
  };
}

/** The range of the values, with a margin on both sides. */
function margined(values: readonly number[]): [number, number] {
  const [low, high] = dataDomain(values);
  return [low - 0.08 * (high - low), high + 0.08 * (high - low)];
}

function caption(charts: readonly CostChart[]): string {
  if (charts.length === 0) return 'No run was evaluated.';
  const budgets = charts.some(({ curves }) => curves.length > 0)
    ? ' A line joins budgets of one checkpoint; the small numbers are the budgets.'
    : '';
  const controls = charts.some((chart) => chart.controls.length > 0)
    ? ' A hollow marker is the best fixed pattern of the same mean cost: gates pay where theirs is above it.'
    : '';
  return `Each run at the mean cost of its test images (the paper’s Fig. 4): up is more accurate, left is cheaper.${budgets}${controls}`;
}

function describe(charts: readonly CostChart[]): string {
  const points = charts.flatMap((chart) =>
    pointsOf(chart).map(
      ({ run, macs, macsPercent, accuracyPercent }) =>
        `${run} on ${chart.data}: ${accuracyPercent.toFixed(2)} % at ${macsText(macs)} MACs, ${percentNumber(macsPercent / 100)} % of the undivided network’s.`,
    ),
  );
  return `Scatter plot of top-1 accuracy against multiply–accumulates. ${points.join(' ')}`;
}
