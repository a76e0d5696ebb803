// The results in docs/benchmarks.md, between two marks: everything else in it is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdownTable, notes } from './result-table.mjs';

const START = '<!-- results: npm run bench -- --page -->';
const END = '<!-- end of results -->';

/** The page that {@link writePage} changes by default. */
export const pagePath = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

/** Results in Markdown: machine, versions, table. */
function resultsSection({ date, machine, results }, benchmarks) {
  const { cpu, flags, cores, memoryGigabytes, system } = machine;
  const joined = (value) => [...new Set(results.flatMap((result) => value(result) ?? []))].join(', ');
  const versions = (key, label) => {
    const text = joined(({ versions: { ours, peer } }) => ours?.[key] ?? peer?.[key]);
    return text === '' ? [] : [`${label} ${text}`];
  };
  const software = [
    ...versions('node', 'Node'),
    ...versions('tfjs', 'TensorFlow.js'),
    ...versions('tensorflow', 'TensorFlow'),
    ...versions('torch', 'PyTorch'),
    ...versions('torchvision', 'torchvision'),
  ];
  const loads = results.map(({ loadAverage }) => loadAverage);
  return [
    `Measured on ${date}: ${cpu} (${flags.join(', ')}), ${cores} cores, ${memoryGigabytes} GB, ${system}; ${Math.max(...results.map(({ threads }) => threads))} threads on either side; ${software.join(', ')}; at commit ${joined(({ commit }) => commit)}; load average at the start at most ${Math.max(...loads)}.`,
    markdownTable(results, benchmarks),
    ...notes(results),
  ].join('\n\n');
}

/**
 * A page with its results replaced.
 *
 * @param {string} page
 * @param {object | undefined} content - of a results file
 * @throws RangeError if the page has not the two marks, in this order
 */
export function pageWithResults(page, content, benchmarks) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start)
    throw new RangeError(`page: expected the lines ${START} and ${END}, in this order`);
  const section = content ? resultsSection(content, benchmarks) : 'There are no results yet.';
  return `${page.slice(0, start)}${START}\n\n${section}\n\n${page.slice(end)}`;
}

/** Writes results into the page. */
export function writePage(content, benchmarks, path = pagePath) {
  writeFileSync(path, pageWithResults(readFileSync(path, 'utf8'), content, benchmarks));
}
