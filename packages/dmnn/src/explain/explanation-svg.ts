import { countText, percentText } from '../text/count-text.js';
import {
  type ComparedCost,
  type ExplainedBlock,
  type ExplainedSubBlock,
  type Explanation,
  blockCost,
  comparedCosts,
  costSentence,
  runSentence,
} from './explanation.js';
import {
  BAR_LEFT,
  BAR_WIDTH,
  BLOCK_HEIGHT,
  FAINT,
  INK,
  LINE_HEIGHT,
  MARGIN,
  type PictureOptions,
  RAN,
  VALUE_RIGHT,
  barRow,
  classesSection,
  pictureSvg,
  text,
} from './picture.js';
import { type Svg, svgElement } from './svg-element.js';

/**
 * Draws an explanation as one self-contained SVG picture: a row for each block, then costs, then classes.
 *
 * What ran is filled and says so; what was skipped is hatched with a broken outline and says so: it is readable in
 * greyscale and without colours. Title and description give all of it to screen readers.
 *
 * @returns the file's text
 */
export function explanationSvg(explanation: Explanation, options: PictureOptions = {}): string {
  const costs = comparedCosts(explanation);
  const largest = Math.max(...costs.map(({ macs }) => macs));
  const { image, model, blocks } = explanation;
  return pictureSvg(
    {
      ...{ image, model },
      sentences: [runSentence(explanation), costSentence(explanation)],
      description: descriptionOf(explanation),
      sections: [
        {
          title: 'Blocks, in the order in which the image passes them',
          rows: blocks.map((block) => (top) => blockRow(block, top)),
          rowHeight: BLOCK_HEIGHT,
        },
        {
          title: 'Multiply-accumulates, and their share of the undivided backbone’s',
          rows: costs.map((cost, i) => (top) => {
            const value = costText(explanation, cost);
            return barRow(top, { label: cost.what, share: cost.macs / largest, value, strong: i === 0 });
          }),
          rowHeight: LINE_HEIGHT,
        },
        classesSection(explanation.classes),
      ],
    },
    options,
  );
}

function descriptionOf(explanation: Explanation): string {
  const { blocks, classes } = explanation;
  return [
    runSentence(explanation),
    costSentence(explanation),
    ...comparedCosts(explanation).map((cost) => `${cost.what}: ${costText(explanation, cost)}.`),
    ...blocks.map(({ path, subBlocks }) => {
      const each = subBlocks.map((subBlock, n) => `sub-block ${n} ${stateText(subBlock)}`);
      return `${path}: ${each.join(', ')}.`;
    }),
    `Likeliest classes: ${classes.map(({ name, probability }) => `${name} ${percentText(probability)}`).join(', ')}.`,
  ].join(' ');
}

function costText({ undividedMacs }: Explanation, { macs }: ComparedCost): string {
  return `${countText(macs)}, ${percentText(macs / undividedMacs)}`;
}

function stateText({ ran, probability }: ExplainedSubBlock): string {
  return `${ran ? 'ran' : 'skipped'}, ${(100 * probability).toFixed(0)} %`;
}

function blockRow(block: ExplainedBlock, top: number): Svg {
  const { macs, fullMacs } = blockCost(block);
  const gap = 6;
  const width = (BAR_WIDTH + gap) / block.subBlocks.length - gap;
  return svgElement(
    'g',
    {},
    text(MARGIN, top + 16, block.path, {}),
    ...block.subBlocks.map((subBlock, n) => subBlockBox(subBlock, BAR_LEFT + n * (width + gap), top, width)),
    text(VALUE_RIGHT, top + 16, `${countText(macs)} of ${countText(fullMacs)}`, { 'text-anchor': 'end' }),
  );
}

/** A box that says whether it ran, over a bar of the probability. */
function subBlockBox(subBlock: ExplainedSubBlock, left: number, top: number, width: number): Svg {
  const { ran, probability } = subBlock;
  const box = { x: left, y: top, width, height: 21 };
  const words = width > 84 ? stateText(subBlock) : `${(100 * probability).toFixed(0)} %`;
  const middle = left + width / 2;
  return svgElement(
    'g',
    {},
    ran
      ? svgElement('rect', { ...box, fill: RAN, stroke: RAN })
      : svgElement('rect', { ...box, fill: 'url(#dmnn-hatching)', stroke: INK, 'stroke-dasharray': '3 2' }),
    ...(ran
      ? []
      : [
          svgElement('rect', {
            x: middle - 4.1 * words.length,
            y: top + 3,
            width: 8.2 * words.length,
            height: 15,
            fill: 'white',
          }),
        ]),
    text(middle, top + 15, words, {
      'text-anchor': 'middle',
      'font-weight': ran ? 'bold' : 'normal',
      fill: ran ? 'white' : INK,
    }),
    svgElement('rect', { x: left, y: top + 23, width, height: 3, fill: FAINT }),
    svgElement('rect', { x: left, y: top + 23, width: width * probability, height: 3, fill: INK }),
  );
}
