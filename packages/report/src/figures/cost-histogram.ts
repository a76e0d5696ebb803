import { type Bin, bin } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import type { Element } from '../drawing/tree.js';
import { s } from 'hastscript';
import { numericColumns } from '../data-table.js';
import { axes } from '../drawing/axes.js';
import { coordinate } from '../drawing/coordinate.js';
import { dataDomain } from '../drawing/data-domain.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { integerText, macsText, percentNumber } from '../drawing/number-text.js';
import { shortened } from '../drawing/shortened.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { ReportRun, RunEvaluation } from '../report-data.js';
import { type StyledRun, styledRuns } from './styled-runs.js';

const LEFT = 62;
const PANEL_HEIGHT = 150;
const PANEL_PX = PANEL_HEIGHT + 74;
const BARS = 40;

/** An evaluated run with gates, whose images can differ in cost. */
type Counted = StyledRun & { readonly evaluation: RunEvaluation };

/** A bar: the images whose cost is in `[x0, x1)`, in percent of the undivided network's. */
type Bar = Bin<number, number>;

/** Histograms of cost per image: one panel per run with gates, on a common axis. @see DMNN Fig. 5 */
export function costHistogram(runs: readonly ReportRun[]): Figure {
  const counted = styledRuns(runs).flatMap(({ run, style }): Counted[] =>
    run.evaluation && run.blocks.length > 0 ? [{ run, style, evaluation: run.evaluation }] : [],
  );
  const domain = dataDomain(counted.flatMap((each) => percents(each)));
  const bars = counted.map((each) => ({ each, bars: costBars(percents(each), domain) }));
  const title = 'Cost of the test images';
  return {
    id: 'cost-histogram',
    title,
    caption:
      counted.length === 0
        ? 'No run with gates was evaluated; every image of a network without gates costs the same.'
        : 'Number of test images by cost (the paper’s Fig. 5). The dashed line is the mean. Every image of a network without gates costs the same.',
    tree: svgFigure({
      id: 'cost-histogram',
      title,
      description: describe(counted),
      heightPx: Math.max(1, counted.length) * PANEL_PX + 24,
      children: bars.map(({ each, bars: own }, index) =>
        histogramPanel(each, own, domain, index * PANEL_PX, index === counted.length - 1),
      ),
    }),
    table: {
      caption: 'Images by cost',
      columns: [
        { head: 'Run' },
        ...numericColumns(['MACs from, % of the undivided', 'to (excluded), %', 'Images']),
      ],
      rows: bars.flatMap(({ each: { run, style }, bars: own }) =>
        own
          .filter(({ length }) => length > 0)
          .map((bar) => [
            `${style.letter} ${run.name}`,
            (bar.x0 as number).toFixed(2),
            (bar.x1 as number).toFixed(2),
            String(bar.length),
          ]),
      ),
    },
  };
}

/** Bars of equal width over a domain; each image is counted in exactly one. */
export function costBars(values: readonly number[], [low, high]: readonly [number, number]): Bar[] {
  const step = (high - low) / BARS;
  const thresholds = Array.from({ length: BARS - 1 }, (_, index) => low + (index + 1) * step);
  return bin().domain([low, high]).thresholds(thresholds)(values);
}

function percents({ run, evaluation }: Counted): number[] {
  return evaluation.perImageMacs.map((macs) => (100 * macs) / run.undividedMacs);
}

function histogramPanel(
  { run, style, evaluation }: Counted,
  bars: readonly Bar[],
  domain: readonly [number, number],
  top: number,
  isLowest: boolean,
): Element[] {
  const panel = { left: LEFT, top: top + 48, width: FIGURE_WIDTH_PX - LEFT - 24, height: PANEL_HEIGHT };
  const bottom = panel.top + panel.height;
  const x = scaleLinear(domain, [panel.left, panel.left + panel.width]);
  const highest = Math.max(1, ...bars.map(({ length }) => length));
  const y = scaleLinear([0, highest], [bottom, panel.top]).nice(4);
  const mean = x(100 * evaluation.macsRatio);
  const meanText = `mean ${percentNumber(evaluation.macsRatio)} % (${macsText(evaluation.meanMacs)} MACs)`;
  const isLeft = mean < panel.left + panel.width / 2;
  return [
    svgText(
      LEFT - 38,
      top + 18,
      `${style.letter}  ${shortened(run.name, 40)}: ${integerText(evaluation.images)} images`,
      {
        sizePx: typeSizePx.title,
        isBold: true,
      },
    ),
    ...axes({
      panel,
      x,
      y,
      yLabel: 'Images',
      yTicks: 4,
      xTicks: 8,
      hasWholeY: true,
      xLabel: isLowest ? 'Multiply–accumulates per image, % of the undivided network’s' : undefined,
    }),
    ...bars.map((bar) => {
      const [from, to] = [x(bar.x0 as number), x(bar.x1 as number)];
      return s('rect', {
        x: coordinate(from + 0.5),
        y: coordinate(y(bar.length)),
        width: coordinate(Math.max(0.5, to - from - 1)),
        height: coordinate(bottom - y(bar.length)),
        fill: style.colour,
      });
    }),
    s('line', {
      x1: coordinate(mean),
      x2: coordinate(mean),
      y1: coordinate(panel.top - 4),
      y2: coordinate(bottom),
      stroke: ink.text,
      strokeWidth: 1.25,
      strokeDasharray: '5 3',
    }),
    svgText(mean + (isLeft ? 6 : -6), panel.top - 8, meanText, {
      anchor: isLeft ? 'start' : 'end',
      sizePx: typeSizePx.label,
      hasHalo: true,
    }),
  ];
}

function describe(counted: readonly Counted[]): string {
  const each = counted.map((one) => {
    const [low, high] = [Math.min, Math.max].map((pick) =>
      percents(one)
        .reduce((a, b) => pick(a, b))
        .toFixed(1),
    );
    return `${one.run.name}: ${one.evaluation.images} images from ${low} to ${high} % of the undivided network's MACs, mean ${percentNumber(one.evaluation.macsRatio)} %.`;
  });
  return `Histograms of cost per image. ${each.join(' ')}`;
}
