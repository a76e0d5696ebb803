import { classLabel } from '../classify/likeliest-classes.js';
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
import { type Svg, svgElement } from './svg-element.js';

/** Options of {@link explanationSvg}. */
export interface PictureOptions {
  /** The image as the network saw it, as a `data:` address. @defaultValue no image */
  readonly pixels?: string;
}

// measures are pixels of the picture at its own size
const WIDTH = 800;
const MARGIN = 24;
const LABEL_WIDTH = 160;
const VALUE_WIDTH = 168;
const BAR_LEFT = MARGIN + LABEL_WIDTH;
const BAR_WIDTH = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
const VALUE_RIGHT = WIDTH - MARGIN;
const HEADER = 128;
const IMAGE = 104;
const BLOCK_HEIGHT = 32;
const LINE_HEIGHT = 24;
const SECTION_GAP = 28;

// Wong 2011, "Points of view: Color blindness": distinguishable by colour-blind readers, and dark enough in greyscale print
const RAN = '#0072b2';
const INK = '#222222';
const FAINT = '#d9d9d9';

/**
 * Draws an explanation as one self-contained SVG picture: a row for each block, then costs, then classes.
 *
 * What ran is filled and says so; what was skipped is hatched with a broken outline and says so: it is readable in
 * greyscale and without colours. Title and description give all of it to screen readers.
 *
 * @returns the file's text
 */
export function explanationSvg(explanation: Explanation, options: PictureOptions = {}): string {
  const parts: Svg[] = [header(explanation, options)];
  let y = HEADER;
  const section = (title: string, rows: readonly ((y: number) => Svg)[], rowHeight: number): void => {
    if (rows.length === 0) return;
    y += SECTION_GAP;
    parts.push(text(MARGIN, y, title, { 'font-weight': 'bold' }));
    y += 10;
    for (const row of rows) {
      parts.push(row(y));
      y += rowHeight;
    }
  };
  const costs = comparedCosts(explanation);
  const largest = Math.max(...costs.map(({ macs }) => macs));
  section(
    'Blocks, in the order in which the image passes them',
    explanation.blocks.map((block) => (top) => blockRow(block, top)),
    BLOCK_HEIGHT,
  );
  section(
    'Multiply-accumulates, and their share of the undivided backbone’s',
    costs.map((cost, i) => (top) => {
      const value = costText(explanation, cost);
      return barRow(top, { label: cost.what, share: cost.macs / largest, value, strong: i === 0 });
    }),
    LINE_HEIGHT,
  );
  section(
    'Classes',
    explanation.classes.map((each, i) => (top) => {
      const { probability } = each;
      const label = shortened(classLabel(each), 24);
      return barRow(top, { label, share: probability, value: percentText(probability), strong: i === 0 });
    }),
    LINE_HEIGHT,
  );
  const height = y + MARGIN;
  const { svg } = svgElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: 'img',
      'aria-labelledby': 'dmnn-explanation-title dmnn-explanation-description',
      'font-family': 'system-ui, "DejaVu Sans", sans-serif',
      'font-size': 13,
      fill: INK,
    },
    svgElement('title', { id: 'dmnn-explanation-title' }, titleOf(explanation)),
    svgElement('desc', { id: 'dmnn-explanation-description' }, descriptionOf(explanation)),
    hatching(),
    svgElement('rect', { width: WIDTH, height, fill: 'white' }),
    ...parts,
  );
  return `${svg}\n`;
}

function titleOf({ image, model }: Explanation): string {
  return `What ${model} ran for ${image}`;
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

function header(explanation: Explanation, { pixels }: PictureOptions): Svg {
  const { image, model } = explanation;
  const left = pixels === undefined ? MARGIN : MARGIN + IMAGE + 16;
  return svgElement(
    'g',
    {},
    ...(pixels === undefined
      ? []
      : [
          svgElement('image', {
            x: MARGIN,
            y: MARGIN,
            width: IMAGE,
            height: IMAGE,
            href: pixels,
            style: 'image-rendering: pixelated',
          }),
        ]),
    text(left, MARGIN + 16, endOf(image, 56), { 'font-weight': 'bold', 'font-size': 16 }),
    text(left, MARGIN + 38, shortened(`seen by ${model}`, 80), {}),
    text(left, MARGIN + 72, runSentence(explanation), {}),
    text(left, MARGIN + 92, costSentence(explanation), {}),
  );
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

function barRow(
  top: number,
  { label, share, value, strong }: { label: string; share: number; value: string; strong: boolean },
): Svg {
  const bar = { x: BAR_LEFT, y: top + 3, height: 13 };
  return svgElement(
    'g',
    {},
    text(MARGIN, top + 14, label, strong ? { 'font-weight': 'bold' } : {}),
    svgElement('rect', { ...bar, width: BAR_WIDTH, fill: 'white', stroke: FAINT }),
    svgElement('rect', { ...bar, width: BAR_WIDTH * share, fill: strong ? RAN : '#8a8a8a' }),
    text(VALUE_RIGHT, top + 14, value, { 'text-anchor': 'end' }),
  );
}

function hatching(): Svg {
  return svgElement(
    'defs',
    {},
    svgElement(
      'pattern',
      {
        id: 'dmnn-hatching',
        width: 6,
        height: 6,
        patternUnits: 'userSpaceOnUse',
        patternTransform: 'rotate(45)',
      },
      svgElement('rect', { width: 6, height: 6, fill: 'white' }),
      svgElement('rect', { width: 1.2, height: 6, fill: '#9a9a9a' }),
    ),
  );
}

function text(
  x: number,
  y: number,
  words: string,
  attributes: { readonly [name: string]: string | number },
): Svg {
  return svgElement('text', { x, y, ...attributes }, words);
}

/** The end of a path that has no room, where the file's name is. */
function endOf(path: string, most: number): string {
  const characters = Array.from(path);
  return characters.length > most ? `…${characters.slice(1 - most).join('')}` : path;
}

/** The beginning of a text that has no room; all of it is in title and description. */
function shortened(words: string, most: number): string {
  const characters = Array.from(words);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : words;
}
