// The table that a user asks for first: one image of 224 px on one thread, in the engines that there are.
import { numberText } from './result-table.mjs';

const PRECISIONS = ['f32', 'bf16', 'int8'];

/**
 * A row: a name, and for each precision the benchmark that has it, and whether as ours or as the peer.
 *
 * @typedef {{ name: string, of: (precision: string) => { benchmark: string, side: 'ours' | 'peer' } }} Row
 */

const others = (suffix) => ({
  of: (precision) => ({
    benchmark: `engine-resnet50-${precision}${suffix}`,
    side: /** @type {const} */ ('peer'),
  }),
});
const dynamic = (suffix) => ({
  of: (precision) => ({
    benchmark: `efficiency-dmnn50-n2-${precision}${suffix}`,
    side: /** @type {const} */ ('ours'),
  }),
});

/** @type {readonly Row[]} */
const rows = [
  { name: 'ResNet-50, PyTorch', ...others('-over-pytorch') },
  { name: 'ResNet-50, ONNX Runtime', ...others('-over-onnxruntime') },
  { name: 'ResNet-50, OpenVINO', ...others('') },
  {
    name: 'ResNet-50, our engine',
    of: (precision) => ({ benchmark: `engine-resnet50-${precision}`, side: 'ours' }),
  },
  { name: 'DMNN-50 n2, our engine, all sub-blocks open', ...dynamic('-all-open') },
  { name: 'DMNN-50 n2, our engine, half open', ...dynamic('') },
  { name: 'DMNN-50 n2, our engine, a quarter open', ...dynamic('-quarter-open') },
];

/**
 * Milliseconds an image, and in brackets what they are of those of ResNet-50 in our engine, which was measured in turn with each.
 * Undefined where none of it was measured.
 *
 * @param {readonly { name: string, ours: number, peer: number | null }[]} results
 * @returns {string | undefined} a table of Markdown
 */
export function overviewTable(results) {
  const byName = new Map(results.map((result) => [result.name, result]));
  const cell = ({ of }, precision) => {
    const { benchmark, side } = of(precision);
    const result = byName.get(benchmark);
    const own = result?.[side];
    if (result === undefined || own === undefined || own === null) return '–';
    // ResNet-50 in our engine is the other side of every one of them, but for itself
    const engine = benchmark.startsWith('engine-') ? result.ours : result.peer;
    return engine === null ? numberText(own) : `${numberText(own)} (${(own / engine).toFixed(2)})`;
  };
  const measured = rows
    .map((row) => [row.name, ...PRECISIONS.map((precision) => cell(row, precision))])
    .filter(([, ...cells]) => cells.some((text) => text !== '–'));
  if (measured.length === 0) return undefined;
  const head = ['one image of 224 px, one thread: ms', ...PRECISIONS];
  const widths = head.map((text, i) =>
    Math.max(...[head, ...measured].map((row) => (row[i] ?? '').length), text.length),
  );
  const line = (row) =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...measured.map(line)].join('\n');
}
