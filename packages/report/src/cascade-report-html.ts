import { h } from 'hastscript';
import { assertFinite } from './assert-finite.js';
import type { CascadeReportData } from './cascade-report-data.js';
import { macsText, percentNumber } from './drawing/number-text.js';
import { plainText } from './drawing/plain-text.js';
import type { Element } from './drawing/tree.js';
import type { Figure } from './figure.js';
import { errorCost } from './figures/error-cost.js';
import { reliability } from './figures/reliability.js';
import { figureTree, reportPage } from './page/report-page.js';
import { svgDocument } from './page/serialise.js';
import { tableTree } from './page/table-tree.js';
import { reportDataError } from './report-data-error.js';
import type { ReportFigure } from './report-figures.js';
import { stagesTable } from './tables/stages-table.js';

/**
 * Renders the report of a cascade as one HTML page: a table of its stages, and figures as SVG, each with a table of its data;
 * no scripts, no network requests.
 *
 * The same data give the same bytes.
 *
 * @throws DmnnError `DMNN_REPORT_DATA` if a number is not finite, or there are fewer than two stages
 * @example
 * ```ts
 * import { type CascadeReportData, type StageReport, cascadeReportHtml } from '@dmnn/report';
 *
 * const stage = (name: string, threshold: number | null): StageReport => ({
 *   ...{ name, threshold, share: 0.5, topOneErrorPercent: 5, aloneErrorPercent: 8, aloneMacs: 40e6, macs: 40e6 },
 *   ...{ temperature: 1.5, calibrationError: { before: 0.05, after: 0.01 }, bins: [] },
 * });
 * const data: CascadeReportData = {
 *   ...{ format: 1, kind: 'cascade', title: 'small, then large', conventions: '', data: 'cifar10', images: 100 },
 *   ...{ by: 'probability', combine: 'mean', undividedMacs: 125e6, stages: [stage('small', 0.9), stage('large', null)] },
 *   result: {
 *     ...{ topOneErrorPercent: 6, halfWidthPercent: 1, meanMacs: 56e6 },
 *     control: { topOneErrorPercent: 8, difference: -2, interval: [-3, -1] },
 *   },
 *   ...{ curve: [], curveChosen: '', remarks: [] },
 * };
 * console.log(cascadeReportHtml(data).includes('<title>small, then large</title>')); // => true
 * ```
 */
export function cascadeReportHtml(data: CascadeReportData): string {
  assertCascadeReportData(data);
  const [cost, calibration] = figuresOf(data);
  return reportPage({
    title: data.title,
    summary: summary(data),
    sections: [
      { title: 'Stages', content: [tableTree('stages-table', stagesTable(data)), ...remarks(data)] },
      { title: 'Error against cost', content: cost ? figureTree(cost) : [] },
      { title: 'Reliability', content: calibration ? figureTree(calibration) : [] },
    ],
    footer:
      'Written by dmnn. In the same folder, data.json has every number and figures/ every figure as SVG.',
  });
}

/**
 * Draws the figures of a cascade's report, each as a self-contained SVG document.
 *
 * @throws as {@link cascadeReportHtml}
 * @example
 * ```ts
 * import { type CascadeReportData, cascadeReportFigures } from '@dmnn/report';
 *
 * const namesOf = (data: CascadeReportData) => cascadeReportFigures(data).map(({ id }) => id); // error-cost, reliability
 * console.log(namesOf.length); // => 1
 * ```
 */
export function cascadeReportFigures(data: CascadeReportData): ReportFigure[] {
  assertCascadeReportData(data);
  return figuresOf(data).map(({ id, title, caption, tree }) => ({
    id,
    title,
    caption,
    svg: svgDocument(tree),
  }));
}

function figuresOf(data: CascadeReportData): Figure[] {
  return [errorCost(data), reliability(data)];
}

/** @throws DmnnError `DMNN_REPORT_DATA` */
function assertCascadeReportData(data: CascadeReportData): void {
  assertFinite('', data);
  if (data.stages.length < 2)
    throw reportDataError('stages', `expected at least two, got ${data.stages.length}`);
  if (!(data.undividedMacs > 0))
    throw reportDataError('undividedMacs', `expected a number > 0, got ${data.undividedMacs}`);
}

function summary({
  result,
  data,
  images,
  by,
  combine,
  undividedMacs,
  conventions,
}: CascadeReportData): Element[] {
  const { topOneErrorPercent, halfWidthPercent, meanMacs, control } = result;
  const [low, high] = control.interval;
  const verdict =
    high < 0
      ? 'It is better than as many images chosen at random, beyond the interval.'
      : 'It is no better than static networks: the difference to a random choice is within the interval.';
  const points = (value: number): string => value.toFixed(2).replace('-', '−');
  return [
    h(
      'p',
      plainText(
        `Top-1 error ${topOneErrorPercent.toFixed(2)} ± ${halfWidthPercent.toFixed(2)} % at ${macsText(meanMacs)} MACs an image, ${percentNumber(meanMacs / undividedMacs)} % of the last network’s, on ${images} test images of ${data}. As many images chosen at random: ${control.topOneErrorPercent.toFixed(2)} %; difference ${points(control.difference)} points (95 % interval over images ${points(low)} to ${points(high)}). ${verdict}`,
      ),
    ),
    h(
      'p',
      { className: ['muted'] },
      plainText(
        `Confidence: ${by}. Answers: ${combine}. MACs: ${conventions}; per image. Shares are of the last network’s, undivided.`,
      ),
    ),
  ];
}

function remarks({ remarks: all }: CascadeReportData): Element[] {
  if (all.length === 0) return [];
  return [
    h('h3', 'Remarks'),
    h(
      'ul',
      all.map((remark) => h('li', plainText(remark))),
    ),
  ];
}
