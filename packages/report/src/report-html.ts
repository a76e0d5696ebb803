import type { Element } from './drawing/tree.js';
import { h } from 'hastscript';
import { assertReportData } from './assert-report-data.js';
import { plainText } from './drawing/plain-text.js';
import { seriesStyle } from './drawing/series-style.js';
import { type PageSection, figureTree, reportPage } from './page/report-page.js';
import { tableTree } from './page/table-tree.js';
import type { PaperComparison, ReportData, ReportRun } from './report-data.js';
import { COSTS_TITLE, figureSections } from './report-figures.js';
import { controlsTable, controlsVerdict } from './tables/controls-table.js';
import { exitsTable } from './tables/exits-table.js';
import { paperTable } from './tables/paper-table.js';
import { runsTable } from './tables/runs-table.js';
import { seedsTable } from './tables/seeds-table.js';

/**
 * Renders a report as one HTML page: figures as SVG, each with a table of its data; no scripts, no network requests.
 *
 * The same data give the same bytes.
 *
 * @throws DmnnError `DMNN_REPORT_DATA` if a number is not finite or parts of the data contradict each other
 * @example
 * ```ts
 * import { reportHtml } from '@dmnn/report';
 *
 * const page = reportHtml({ format: 1, title: 'R & D', conventions: '', runs: [], budgets: [], paper: [] });
 * console.log(page.startsWith('<!DOCTYPE html>'), page.includes('<title>R &#x26; D</title>')); // => true true
 * ```
 */
export function reportHtml(data: ReportData): string {
  assertReportData(data);
  return reportPage({
    title: data.title,
    summary: summary(data),
    sections: sectionsOf(data),
    footer:
      'Written by dmnn from the runs’ logs and checkpoints. In the same folder, data.json has every number and figures/ every figure as SVG.',
  });
}

function sectionsOf(data: ReportData): PageSection[] {
  const seeds = seedsTable(data.runs);
  const exits = exitsTable(data.runs);
  return [
    {
      title: 'Runs',
      content: [
        tableTree('runs-table', runsTable(data.runs)),
        ...(exits ? [tableTree('exits-table', exits)] : []),
        ...(seeds ? [tableTree('seeds-table', seeds)] : []),
        ...remarks(data.runs),
      ],
    },
    ...figureSections(data).map(({ title, figures }) => ({
      title,
      content: [...figures.flatMap(figureTree), ...(title === COSTS_TITLE ? controls(data) : [])],
    })),
    ...(data.paper.length > 0 ? [{ title: 'Ours against the paper', content: paper(data.paper) }] : []),
  ];
}

/** What the best fixed patterns reach, if that was asked for. */
function controls({ runs, budgets }: ReportData): Element[] {
  const table = controlsTable(runs, budgets);
  const verdict = controlsVerdict(runs, budgets);
  if (!table || verdict === null) return [];
  return [h('h3', 'Do gates pay?'), h('p', plainText(verdict)), tableTree('controls-table', table)];
}

function summary({ runs, conventions }: ReportData): Element[] {
  const data = [...new Set(runs.map((run) => run.data))];
  const evaluated = runs.filter(({ evaluation }) => evaluation !== null).length;
  const count = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`;
  return [
    h(
      'p',
      plainText(
        `${count}${data.length > 0 ? ` on ${data.join(', ')}` : ''}, ${evaluated} evaluated for this report. Each run has a letter, a colour, a marker and a dash pattern, the same in all figures.`,
      ),
    ),
    h(
      'p',
      { className: ['muted'] },
      plainText(
        `MACs: ${conventions}; per image. “Of the undivided” means relative to the network whose blocks are not divided into sub-blocks.`,
      ),
    ),
  ];
}

function remarks(runs: readonly ReportRun[]): Element[] {
  const entries = runs.flatMap((run, index) =>
    run.remarks.map((remark) => ({ head: `${seriesStyle(index).letter} ${run.name}`, remark })),
  );
  if (entries.length === 0) return [];
  return [
    h('h3', 'Remarks'),
    h(
      'dl',
      entries.flatMap(({ head, remark }) => [h('dt', plainText(head)), h('dd', plainText(remark))]),
    ),
  ];
}

function paper(rows: readonly PaperComparison[]): Element[] {
  const byReason = new Map<string, string[]>();
  for (const { id, reason } of rows) byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  return [
    h(
      'p',
      'Our counts compared with the paper’s numbers. Our error is given only if a run of exactly that row measured it; – means no number.',
    ),
    tableTree('paper-table', paperTable(rows)),
    h('h3', 'Why they differ'),
    h(
      'dl',
      [...byReason].flatMap(([reason, ids]) => [
        h('dt', plainText(ids.join(', '))),
        h('dd', plainText(reason)),
      ]),
    ),
  ];
}
