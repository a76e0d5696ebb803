import { scaleLinear } from 'd3-scale';
import type { Element } from '../drawing/tree.js';
import { axes } from '../drawing/axes.js';
import { dataDomain } from '../drawing/data-domain.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { legend } from '../drawing/legend.js';
import { percentNumber } from '../drawing/number-text.js';
import type { Panel } from '../drawing/panel.js';
import { type Place, seriesLine, seriesMarker } from '../drawing/series.js';
import { spreadLabels } from '../drawing/spread-labels.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { ReportRun } from '../report-data.js';
import { runResult } from './run-result.js';
import { type StyledRun, styledRuns } from './styled-runs.js';
import { type TrainingQuantity, trainingQuantities } from './training-quantities.js';
import { trainingTable } from './training-table.js';

const PANEL_WIDTH = 302;
const PANEL_HEIGHT = 150;
const COLUMN_LEFTS = [46, 428] as const;
const ROW_PX = PANEL_HEIGHT + 72;
/** Gap between letters at the ends of curves. */
const LETTER_GAP_PX = 11;

/** Training curves: one panel per quantity, one curve per run. */
export function trainingCurves(runs: readonly ReportRun[]): Figure {
  const styled = styledRuns(runs);
  const shown = trainingQuantities.filter(({ curve }) => runs.some((run) => curve(run).length > 0));
  const epochs = Math.max(1, ...runs.flatMap((run) => shown.map(({ curve }) => curve(run).at(-1)?.[0] ?? 0)));
  const key = legend(
    styled.map(({ run, style }) => ({ style, name: run.name })),
    COLUMN_LEFTS[0] - 38,
    8,
    FIGURE_WIDTH_PX - 60,
  );
  const top = key.heightPx + 40;
  const title = 'Training curves';
  return {
    id: 'training-curves',
    title,
    caption:
      shown.length === 0
        ? 'No run has logged a step yet.'
        : 'Each curve ends with the letter of its run. Curves over steps are means over at most 100 intervals of equal length; data.json has every logged step.',
    tree: svgFigure({
      id: 'training-curves',
      title,
      description: describe(styled),
      heightPx: top + Math.max(1, Math.ceil(shown.length / 2)) * ROW_PX - 28,
      children: [
        key.elements,
        ...shown.map((quantity, index) => {
          const panel = {
            left: COLUMN_LEFTS[index % 2] as number,
            top: top + Math.floor(index / 2) * ROW_PX,
            width: PANEL_WIDTH,
            height: PANEL_HEIGHT,
          };
          const isLowest = index >= shown.length - 2;
          return quantityPanel(quantity, styled, panel, epochs, isLowest);
        }),
      ],
    }),
    table: trainingTable(styled),
  };
}

function quantityPanel(
  { title, curve, target, hasMarkers, atLeast }: TrainingQuantity,
  styled: readonly StyledRun[],
  panel: Panel,
  epochs: number,
  isLowest: boolean,
): Element[] {
  const curves = styled
    .map(({ run, style }) => ({ style, places: curve(run), aim: target?.(run) ?? [] }))
    .filter(({ places }) => places.length > 0);
  const values = curves.flatMap(({ places, aim }) => [...places, ...aim].map(([, y]) => y));
  const x = scaleLinear([0, epochs], [panel.left, panel.left + panel.width]);
  const y = scaleLinear(dataDomain([...values, ...(atLeast ?? [])]), [
    panel.top + panel.height,
    panel.top,
  ]).nice(5);
  const inPixels = (places: readonly Place[]): Place[] =>
    places.map(([epoch, value]) => [x(epoch), y(value)]);
  return [
    svgText(panel.left - 38, panel.top - 12, title, { sizePx: typeSizePx.title, isBold: true }),
    ...axes({ panel, x, y, hasWholeX: epochs >= 3, xLabel: isLowest ? 'Epochs' : undefined }),
    ...curves.flatMap(({ style, places, aim }) => [
      ...(aim.length > 0 ? [seriesLine(inPixels(aim), { ...style, dashes: '1 2' }, 1)] : []),
      seriesLine(inPixels(places), style),
      ...(hasMarkers || places.length === 1
        ? inPixels(places).map((place) => seriesMarker(place, style, places.length > 40 ? 14 : 30))
        : []),
    ]),
    ...endLetters(
      curves.map(({ style, places }) => ({ letter: style.letter, end: inPixels(places).at(-1) as Place })),
      panel,
    ),
  ];
}

function endLetters(
  ends: readonly { readonly letter: string; readonly end: Place }[],
  panel: Panel,
): Element[] {
  const heights = spreadLabels(
    ends.map(({ end: [, y] }) => y),
    LETTER_GAP_PX,
    [panel.top, panel.top + panel.height],
  );
  return ends.map(({ letter, end: [x] }, index) =>
    svgText(x + 7, (heights[index] as number) + 4, letter, {
      sizePx: typeSizePx.tick,
      isBold: true,
      colour: ink.text,
      hasHalo: true,
    }),
  );
}

function describe(styled: readonly StyledRun[]): string {
  const ends = styled.map(({ run, style }) => {
    const result = runResult({ ...run, evaluation: null });
    const what = result
      ? `test error ${result.topOneErrorPercent.toFixed(2)} % after epoch ${result.epoch}, at ${percentNumber(result.macsRatio)} % of the undivided network's MACs`
      : 'no evaluation yet';
    return `${style.letter}, ${run.name}: ${what}.`;
  });
  return `Line charts over epochs, one line for each run. ${ends.join(' ')}`;
}
