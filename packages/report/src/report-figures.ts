import type { Figure } from './figure.js';
import { accuracyCost } from './figures/accuracy-cost.js';
import { costHistogram } from './figures/cost-histogram.js';
import { easyHardImages } from './figures/easy-hard-images.js';
import { ratesByCategory } from './figures/rates-by-category.js';
import { ratesByGroup } from './figures/rates-by-group.js';
import { trainingCurves } from './figures/training-curves.js';
import { assertReportData } from './assert-report-data.js';
import { svgDocument } from './page/serialise.js';
import type { ReportData } from './report-data.js';

/** Title of the section about cost. */
export const COSTS_TITLE = 'Accuracy against cost';

/** A section of the report: figures on one topic. */
export interface FigureSection {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** All figures for which there are data. */
export function figureSections({ runs, budgets }: ReportData): FigureSection[] {
  const gated = runs.flatMap((run, index) =>
    run.evaluation && run.blocks.length > 0 ? [{ run, index, evaluation: run.evaluation }] : [],
  );
  return [
    { title: COSTS_TITLE, figures: [accuracyCost(runs, budgets)] },
    { title: 'Training', figures: [trainingCurves(runs)] },
    { title: 'Cost of the images', figures: gated.length > 0 ? [costHistogram(runs)] : [] },
    {
      title: 'Easy and hard images',
      figures: gated
        .filter(({ evaluation }) => evaluation.samples.length > 0)
        .map(({ run, index }) => easyHardImages(run, index)),
    },
    {
      title: 'Which sub-blocks run',
      figures: gated
        .filter(({ evaluation }) => evaluation.categories.length > 0)
        .flatMap(({ run, index }) => [ratesByGroup(run, index), ratesByCategory(run, index)]),
    },
  ].filter(({ figures }) => figures.length > 0);
}

/** A figure as a file. */
export interface ReportFigure {
  /** File name without `.svg`: `accuracy-cost`. */
  readonly id: string;
  readonly title: string;
  /** Describes the figure, in sentences. */
  readonly caption: string;
  /** The figure as a complete SVG document. */
  readonly svg: string;
}

/**
 * Draws the figures of a report, each as a self-contained SVG document.
 *
 * The same data give the same bytes.
 *
 * @throws DmnnError `DMNN_REPORT_DATA` if a number is not finite or parts of the data contradict each other
 * @example
 * ```ts
 * import { reportFigures } from '@dmnn/report';
 *
 * const figures = reportFigures({ format: 1, title: 'Nothing yet', conventions: '', runs: [], budgets: [], paper: [] });
 * console.log(figures.map(({ id }) => id).join(' ')); // => accuracy-cost training-curves
 * ```
 */
export function reportFigures(data: ReportData): ReportFigure[] {
  assertReportData(data);
  return figureSections(data).flatMap(({ figures }) =>
    figures.map(({ id, title, caption, tree }) => ({ id, title, caption, svg: svgDocument(tree) })),
  );
}
