import { scaleLinear } from 'd3-scale';
import { numericColumns } from '../data-table.js';
import { axes } from '../drawing/axes.js';
import { typeSizePx } from '../drawing/ink.js';
import { macsText } from '../drawing/number-text.js';
import type { Panel } from '../drawing/panel.js';
import { labelTexts, placeLabels } from '../drawing/place-labels.js';
import { type Place, seriesMarker } from '../drawing/series.js';
import { seriesStyle } from '../drawing/series-style.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import type { Figure } from '../figure.js';
import type { ComparedSystem, ComparisonData } from './comparison-data.js';

const panel: Panel = { left: 62, top: 16, width: FIGURE_WIDTH_PX - 86, height: 260 };

/** Error against cost of each system, and of the control. */
export function errorAgainstCost({ systems, control }: ComparisonData): Figure {
  const shown = [...systems, ...(control ? [control] : [])];
  const costs = shown.map(({ meanMacs }) => meanMacs / 1e6);
  const errors = shown.map(({ topOneErrorPercent }) => topOneErrorPercent);
  const x = scaleLinear([0, 1.15 * Math.max(...costs)], [panel.left, panel.left + panel.width]).nice(8);
  const y = scaleLinear(
    [0, Math.min(100, 1.15 * Math.max(1, ...errors))],
    [panel.top + panel.height, panel.top],
  ).nice(6);
  const places = shown.map((_, index): Place => [x(costs[index] as number), y(errors[index] as number)]);
  const labels = placeLabels(
    places.map((at, index) => ({ at, texts: [shown[index]?.name ?? ''] })),
    typeSizePx.label,
    {
      left: panel.left,
      right: FIGURE_WIDTH_PX - 4,
      top: panel.top - 6,
      bottom: panel.top + panel.height,
    },
  );
  const title = 'Error against cost';
  return {
    id: 'error-against-cost',
    title,
    caption: 'Down is more accurate, left is cheaper.',
    tree: svgFigure({
      id: 'error-against-cost',
      title,
      description: shown.map(sentence).join(' '),
      heightPx: panel.top + panel.height + 48,
      children: [
        ...axes({
          panel,
          x,
          y,
          xLabel: 'Mean multiply–accumulates per image, M',
          yLabel: 'Top-1 error, %',
        }),
        ...places.map((at, index) => seriesMarker(at, seriesStyle(index), 90)),
        ...labelTexts(labels, typeSizePx.label),
      ],
    }),
    table: {
      caption: 'Systems',
      columns: [
        { head: 'System' },
        ...numericColumns(['Top-1 error, %', 'Mean MACs', 'Of the first, %', 'Time per image, ms']),
      ],
      rows: shown.map(({ name, topOneErrorPercent, meanMacs, msPerImage }) => [
        name,
        topOneErrorPercent.toFixed(2),
        macsText(meanMacs),
        ((100 * meanMacs) / (shown[0]?.meanMacs ?? NaN)).toFixed(1),
        msPerImage === null ? '–' : msPerImage.toFixed(3),
      ]),
    },
  };
}

function sentence({ name, topOneErrorPercent, meanMacs }: ComparedSystem): string {
  return `${name}: ${topOneErrorPercent.toFixed(2)} % at ${macsText(meanMacs)} MACs.`;
}
