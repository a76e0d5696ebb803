// Results as text: columns for a terminal, or a table of Markdown.

/** A number with three significant digits or, from 100 on, none after the point. */
export function numberText(value) {
  if (value === null) return '–';
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size === 0 ? '0' : value.toPrecision(3);
}

/**
 * The cells of a result.
 *
 * @param {import('./results-file.mjs').Result & { ratioOfMedians?: number | null }} result
 * @param {{ goal?: string, peerIs?: string } | undefined} benchmark - its declaration; undefined if there is none any more
 */
function cells(result, benchmark) {
  const { name, ours, peer, ratio, ratioOfMedians = null, unit } = result;
  const asRatio = (value) => (value === null ? '–' : value.toFixed(value < 0.1 ? 3 : 2));
  return [
    name,
    numberText(ours),
    numberText(peer),
    unit,
    asRatio(ratio),
    asRatio(ratioOfMedians),
    benchmark?.goal ?? '',
    benchmark?.peerIs ?? '',
  ];
}

const HEADINGS = ['name', 'ours', 'peer', 'unit', 'ratio', 'of medians', 'goal', 'peer is'];
const RIGHT = new Set([1, 2, 4, 5]);

function table(results, benchmarks, rule) {
  const declared = new Map(benchmarks.map((benchmark) => [benchmark.name, benchmark]));
  const body = results.map((result) => cells(result, declared.get(result.name)));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...body.map((row) => row[column].length)),
  );
  const aligned = (row) =>
    row.map((cell, i) => (RIGHT.has(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
  return { head: aligned(HEADINGS), rule: widths.map(rule), body: body.map(aligned) };
}

/** What a table has no column for, a line each. */
export function notes(results) {
  return results.flatMap(({ name, note }) => (note ? [`${name}: ${note}.`] : []));
}

/** For a terminal. */
export function textTable(results, benchmarks) {
  const { head, rule, body } = table(results, benchmarks, (width) => '─'.repeat(width));
  const rows = [head, rule, ...body].map((row) => row.join('  ').trimEnd());
  return [...rows, ...notes(results)].join('\n');
}

/** For a page. */
export function markdownTable(results, benchmarks) {
  const { head, rule, body } = table(results, benchmarks, (width, column) =>
    RIGHT.has(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
