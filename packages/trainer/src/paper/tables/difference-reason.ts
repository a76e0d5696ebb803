import type { CountedRow } from './count-row.js';
import type { PaperNumbers } from '../rows/paper-numbers.js';
import type { PaperRow } from '../rows/paper-rows.js';
import { rowOf } from '../rows/row-of.js';

/**
 * Why our numbers of a row differ from the paper's, and which agree.
 *
 * @param row - of the paper
 * @param counted - ours; undefined where this project has no such system
 * @returns sentences
 */
export function differenceReason({ id, paper }: PaperRow, counted: CountedRow | undefined): string {
  const sentences = [
    counted ? agreement(paper, counted) : '',
    counted ? costRemark(paper, counted) : '',
    rowOf(id).remark ?? '',
    counted ? ratioRemark(paper, counted) : '',
    systemRemarks[paper.system] ?? '',
    paper.note === undefined ? '' : `On the paper's row: ${paper.note}.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** Which of the printed counts come out to the last printed digit, and by how much ours are above the others. */
function agreement({ paramsM, gflops }: PaperNumbers, { parameters, cost }: CountedRow): string {
  const counts = [
    { name: 'parameters', unit: 'M', ours: parameters / 1e6, printed: paramsM },
    { name: 'MACs', unit: 'G', ours: cost.macs / 1e9, printed: gflops },
  ].flatMap(({ printed, ...count }) => (printed === null ? [] : [{ ...count, printed }]));
  if (counts.length === 0) return 'The paper prints no counts here.';
  const agrees = ({ ours, printed }: (typeof counts)[number]): boolean =>
    ours.toFixed(printedDigits(printed)) === printed.toFixed(printedDigits(printed));
  const agree = counts.filter(agrees).map(({ name }) => name);
  const differ = counts
    .filter((count) => !agrees(count))
    .map(({ name, unit, ours, printed }, place) => {
      const by = `by ${ours < printed ? '−' : '+'}${Math.abs(ours - printed).toFixed(3)} ${unit}`;
      return `${name} ${place === 0 ? 'differ ' : ''}${by}`;
    });
  const text = [
    ...(agree.length > 0 ? [`${agree.join(' and ')} agree as printed`] : []),
    ...(differ.length > 0 ? [differ.join(', ')] : []),
  ].join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function printedDigits(printed: number): number {
  return printed === 4.2 ? 2 : (String(printed).split('.')[1]?.length ?? 0); // the paper prints 4.20
}

/** Where a target rate stands behind our MACs. */
function costRemark({ gflops }: PaperNumbers, { cost, fullMacs }: CountedRow): string {
  if (cost.t === undefined) return '';
  const rate = cost.executionRate.toFixed(3);
  const share = `${cost.flopsRate.toFixed(3)} of the full ${gigaText(fullMacs)} G`;
  const how =
    cost.from === 'joint-optimum'
      ? `Eq. 12 and 14 together are least at a rate of ${rate}, ${share}`
      : `the published list of targets, met by each block, is a mean rate of ${rate}, ${share}`;
  const print = gflops === null ? '' : "; the paper's are a measured mean";
  return `Our MACs are not measured: at t = ${cost.t}, ${how}${print}.`;
}

/** What the paper's ratios divide by, by our name of the backbone. */
const paperUndividedGflops: Readonly<Record<string, number>> = {
  resnet50: 3.96,
  resnet101: 7.67,
  mobilenetv2: 0.3,
  'mobilenetv2-1.4-floor': 0.57,
  'cifar-resnet50': 0.33,
};

function ratioRemark({ ratioPercent }: PaperNumbers, { backbone, undividedMacs }: CountedRow): string {
  const printed = paperUndividedGflops[backbone.name];
  if (ratioPercent === null || ratioPercent === 100 || printed === undefined) return '';
  return `Ratios are of ${gigaText(undividedMacs)} G here, of ${printed.toFixed(2)} G there.`;
}

function gigaText(macs: number): string {
  return (macs / 1e9).toFixed(3);
}

/** What is particular to a system: whether this project trains it. */
const systemRemarks: Partial<Readonly<Record<PaperNumbers['system'], string>>> = {
  'taylor-pruning':
    'Nothing of ours is counted here: which channels go is found in training, by prune() and the recipe imagenet-pruned-resnet50. 70 % is of 3.8 G; of 3.96 G it is 67.2 %.',
  'convnet-aig':
    'Gates stand where the published list has targets below 1; the other blocks always run, and have no controller.',
  slimmable: 'The count is of that width of a slimmable network, alone.',
};
