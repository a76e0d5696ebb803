import type { CountedRow } from './count-row.js';
import type { PaperNumbers } from './paper-numbers.js';
import type { PaperRow } from './paper-rows.js';

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
    rowRemarks[id] ?? '',
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
function costRemark({ targetRate, gflops }: PaperNumbers, { cost, fullMacs }: CountedRow): string {
  if (targetRate === undefined) return '';
  const rate = cost.executionRate.toFixed(3);
  const share = `${cost.flopsRate.toFixed(3)} of the full ${gigaText(fullMacs)} G`;
  const how =
    cost.from === 'joint-optimum'
      ? `Eq. 12 and 14 together are least at a rate of ${rate}, ${share}`
      : `the published list of targets, met by each block, is a mean rate of ${rate}, ${share}`;
  const print = gflops === null ? '' : "; the paper's are a measured mean";
  return `Our MACs are not measured: at t = ${targetRate}, ${how}${print}.`;
}

/** What the paper's ratios divide by, by our name of the backbone. */
const paperBackboneGflops: Readonly<Record<string, number>> = {
  resnet50: 3.96,
  resnet101: 7.67,
  mobilenetv2: 0.3,
  'mobilenetv2-1.4-floor': 0.57,
  'cifar-resnet50': 0.33,
};

function ratioRemark({ ratioPercent }: PaperNumbers, { backbone, backboneMacs }: CountedRow): string {
  const printed = paperBackboneGflops[backbone.name];
  if (ratioPercent === null || ratioPercent === 100 || printed === undefined) return '';
  return `Ratios are of ${gigaText(backboneMacs)} G here, of ${printed.toFixed(2)} G there.`;
}

function gigaText(macs: number): string {
  return (macs / 1e9).toFixed(3);
}

/** 118 M of the stem's 7×7 and 12.8 M of the first 1×1 convolution. */
const RESNET_GAP =
  "The paper's count is 0.13 G lower; without the stem's and the first 1×1 convolution ours is";

const RESNEXT_GAP =
  'Counting three operations for every value that batch norm writes gives the printed MACs to the digit (arithmetic, ' +
  'no proof).';

const LINEAR_SCALING = 'The paper scaled both counts linearly by 0.75; at that width they are what we count.';

const AIG_PARAMETERS =
  'ConvNet-AIG prints more parameters than its published code has: with a gate at every block';

const AUTHORS_PARAMETERS = 'The print leaves out the scales and shifts of batch norm';

const CIFAR_TARGETS = 'The printed ratio is above what this t asks for.';

const NO_ROUNDING =
  'No way of rounding the channels gives 6.09 M: down 6.083, to the nearest 6.097, to multiples of 8 (as here) 6.109.';

const SHARED_STATE =
  'A matrix of the previous state for each block instead of one for all would make the parameters 24.668 M; one for all fits ' +
  'four of the five parameter counts that the paper prints.';

/** What is particular to a row. */
const rowRemarks: Readonly<Record<string, string>> = {
  'table1/01-resnet50-stride1x1': 'The print is cut to one digit.',
  'table1/02-resnet50-pytorch': `${RESNET_GAP} 3.958 G (arithmetic, no proof).`,
  'table1/03-resnet50': `${RESNET_GAP} 3.958 G (arithmetic, no proof).`,
  'table1/05-resnext50-2x40d': RESNEXT_GAP,
  'table1/06-resnext50-4x24d': RESNEXT_GAP,
  'table1/07-convnet-aig50-t0.7': `${AIG_PARAMETERS}, 25.768 M.`,
  'table1/08-slimmable-resnet50-0.75': LINEAR_SCALING,
  'table1/09-dmnn50-n2-t0.4': SHARED_STATE,
  'table1/10-dmnn50-n2-t0.5': SHARED_STATE,
  'table1/11-dmnn50-n2-t0.6': SHARED_STATE,
  'table1/12-dmnn50-n2-t0.7': SHARED_STATE,
  'table1/15-resnet101-stride1x1': 'The prints are cut, not rounded.',
  'table1/16-resnet101-pytorch': `${RESNET_GAP} 7.671 G (arithmetic, no proof).`,
  'table1/17-resnet101': `${RESNET_GAP} 7.671 G (arithmetic, no proof).`,
  'table1/18-resnext101-2x40d': RESNEXT_GAP,
  'table1/19-convnet-aig101-t0.5': `${AIG_PARAMETERS}, 45.040 M.`,
  'table2/01-mobilenetv2-authors': `${AUTHORS_PARAMETERS}: 3.471 M without them.`,
  'table2/03-slimmable-mobilenetv2-0.75': LINEAR_SCALING,
  'table2/07-mobilenetv2-1.4-authors': `${AUTHORS_PARAMETERS}: 6.061 M without them.`,
  'table2/08-mobilenetv2-1.4': NO_ROUNDING,
  'table3/02-dmnn-cifar-resnet50-n2-t0.4': CIFAR_TARGETS,
  'table3/03-dmnn-cifar-resnet50-n2-t0.6': CIFAR_TARGETS,
  'table3/04-dmnn-cifar-resnet50-n2-t0.7': CIFAR_TARGETS,
};

/** What is particular to a system: whether this project trains it. */
const systemRemarks: Partial<Readonly<Record<PaperNumbers['system'], string>>> = {
  'taylor-pruning':
    'Nothing of ours is counted here: which channels go is found in training, by prune() and the recipe imagenet-pruned-resnet50. 70 % is of 3.8 G; of 3.96 G it is 67.2 %.',
  'convnet-aig':
    'Gates stand where the published list has targets below 1; the other blocks always run, and have no controller.',
  slimmable: 'The count is of that width of a slimmable network, alone.',
};
