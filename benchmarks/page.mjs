// The results in docs/benchmarks.md, between two marks: everything else in it is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { overviewTable } from './overview.mjs';
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
    ...versions('openvino', 'OpenVINO'),
    ...versions('onnxruntime', 'ONNX Runtime'),
  ];
  const overview = overviewTable(results);
  const loads = results.map(({ loadAverage }) => loadAverage);
  return [
    `Measured on ${date}: ${cpu} (${flags.join(', ')}), ${cores} cores, ${memoryGigabytes} GB, ${system}; ${Math.max(...results.map(({ threads }) => threads))} threads on either side; ${software.join(', ')}; at commit ${joined(({ commit }) => commit)}; load average at the start at most ${Math.max(...loads)}.`,
    ...(overview === undefined ? [] : [overview]),
    markdownTable(results, benchmarks),
    ...notes(results),
  ].join('\n\n');
}

/**
 * A page with its results replaced.
 *
 * @param {string} page
 * @param {readonly object[]} contents - of the results file of each machine, as the page is to have them
 * @throws RangeError if the page has not the two marks, in this order
 */
export function pageWithResults(page, contents, benchmarks) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start)
    throw new RangeError(`page: expected the lines ${START} and ${END}, in this order`);
  const section =
    contents.length === 0
      ? 'There are no results yet.'
      : contents.map((content) => resultsSection(content, benchmarks)).join('\n\n');
  return `${page.slice(0, start)}${START}\n\n${section}\n\n${page.slice(end)}`;
}

/** Writes results into the page. */
export function writePage(contents, benchmarks, path = pagePath) {
  writeFileSync(path, pageWithResults(readFileSync(path, 'utf8'), contents, benchmarks));
}
