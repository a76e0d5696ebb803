import { printable } from '@dmnn/foundation';
import { classLabel } from '../classify/likeliest-classes.js';
import { countText, percentText } from '../text/count-text.js';
import { tableText } from '../text/table-text.js';
import { type Explanation, blockCost, comparedCosts, costSentence, runSentence } from './explanation.js';

/** The terminal that an explanation is printed on. */
export interface TextPlace {
  /** Width of a line, in characters. */
  readonly columns: number;
  /** Whether it shows characters beyond ASCII. */
  readonly unicode: boolean;
}

/** Characters to draw with. */
interface Pen {
  readonly ran: string;
  readonly skipped: string;
  readonly full: string;
  readonly empty: string;
}

const unicodePen: Pen = { ran: '●', skipped: '○', full: '█', empty: '░' };
const asciiPen: Pen = { ran: 'x', skipped: '-', full: '#', empty: '.' };

const LABEL_COLUMNS = 17;
const MACS_COLUMNS = 20;
const CELL_COLUMNS = 10; // next to the bar: mark, percent and the gap to the next
const LONGEST_BAR = 20;

/**
 * Draws an explanation in lines of a terminal: a line for each block, then costs, then classes.
 *
 * Uses no colour, so that it reads the same on paper and in a pipe.
 */
export function explanationText(explanation: Explanation, place: TextPlace): string {
  const pen = place.unicode ? unicodePen : asciiPen;
  const { image, model } = explanation;
  return [
    `${printable(image, Infinity)}, classified by ${printable(model, Infinity)}`,
    '',
    runSentence(explanation),
    costSentence(explanation),
    '',
    ...(explanation.blocks.length > 0
      ? [blocksText(explanation, place.columns, pen), '', legend(pen), '']
      : []),
    costsText(explanation, pen),
    '',
    classesText(explanation, pen),
  ].join('\n');
}

function legend({ ran, skipped }: Pen): string {
  return `${ran} ran, ${skipped} skipped; in percent: how probably its controller opens it`;
}

function blocksText(explanation: Explanation, columns: number, pen: Pen): string {
  const { blocks } = explanation;
  const most = Math.max(...blocks.map(({ subBlocks }) => subBlocks.length));
  const room = Math.floor((columns - LABEL_COLUMNS - MACS_COLUMNS) / most) - CELL_COLUMNS;
  const bar = Math.max(0, Math.min(LONGEST_BAR / 2, room));
  const hasBars = bar > 2;
  const cell = (probability: number, ran: boolean): string => {
    const mark = ran ? pen.ran : pen.skipped;
    const percent = (100 * probability).toFixed(0).padStart(3);
    return hasBars ? `${mark} ${barText(probability, bar, pen)} ${percent} %` : `${mark} ${percent}`;
  };
  return tableText(
    [
      { head: 'block' },
      ...Array.from({ length: most }, (_, n) => ({ head: hasBars ? `sub-block ${n}` : `n = ${n}` })),
      { head: 'MACs', align: 'right' },
      { head: '' },
    ],
    blocks.map((block) => {
      const { macs, fullMacs } = blockCost(block);
      return [
        block.path,
        ...Array.from({ length: most }, (_, n) => {
          const subBlock = block.subBlocks[n];
          return subBlock ? cell(subBlock.probability, subBlock.ran) : '';
        }),
        countText(macs),
        `of ${countText(fullMacs)}`,
      ];
    }),
  );
}

function costsText(explanation: Explanation, pen: Pen): string {
  const costs = comparedCosts(explanation);
  const largest = Math.max(...costs.map(({ macs }) => macs));
  return tableText(
    [
      { head: 'cost' },
      { head: '' },
      { head: 'MACs', align: 'right' },
      { head: 'of the undivided', align: 'right' },
    ],
    costs.map(({ what, macs }) => [
      what,
      barText(macs / largest, LONGEST_BAR, pen),
      countText(macs),
      percentText(macs / explanation.undividedMacs),
    ]),
  );
}

function classesText({ classes }: Explanation, pen: Pen): string {
  return tableText(
    [{ head: 'class' }, { head: '' }, { head: 'probability', align: 'right' }],
    classes.map((each) => [
      printable(classLabel(each)),
      barText(each.probability, LONGEST_BAR, pen),
      percentText(each.probability),
    ]),
  );
}

function barText(share: number, length: number, { full, empty }: Pen): string {
  const filled = Math.round(share * length);
  return full.repeat(filled) + empty.repeat(length - filled);
}
