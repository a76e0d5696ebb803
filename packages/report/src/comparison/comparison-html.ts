import { h } from 'hastscript';
import { plainText } from '../drawing/plain-text.js';
import { figureTree, reportPage } from '../page/report-page.js';
import { tableTree } from '../page/table-tree.js';
import { type ComparisonData, assertComparison } from './comparison-data.js';
import { errorAgainstCost } from './error-against-cost.js';
import { whereImagesStop } from './where-images-stop.js';

/**
 * Renders a comparison of systems as one HTML page: a table, their errors against their costs, and images by the place where
 * they stopped; no scripts, no network requests.
 *
 * The same data give the same bytes.
 *
 * @throws DmnnError `DMNN_REPORT_DATA` if a number is not finite or there is nothing to compare
 * @example
 * ```ts
 * import { comparisonHtml } from '@dmnn/report';
 *
 * const system = { name: 'static', topOneErrorPercent: 12.5, meanMacs: 3.2e6, msPerImage: null };
 * const page = comparisonHtml({ title: 'Demo', paragraphs: [], systems: [system], control: null, places: [] });
 * console.log(page.includes('12.50')); // => true
 * ```
 */
export function comparisonHtml(data: ComparisonData): string {
  assertComparison(data);
  const chart = errorAgainstCost(data);
  const stop = data.places.length > 0 ? whereImagesStop(data.places) : undefined;
  return reportPage({
    title: data.title,
    summary: data.paragraphs.map((paragraph) => h('p', plainText(paragraph))),
    sections: [
      {
        title: 'Error and cost',
        content: [tableTree('systems-table', chart.table), ...figureTree(chart).slice(0, 1)],
      },
      ...(stop ? [{ title: 'Easy images stop early', content: figureTree(stop) }] : []),
    ],
    footer: 'Written by dmnn demo.',
  });
}
