import { type LikelyClass, classLabel } from '../classify/likeliest-classes.js';
import { percentText } from '../text/count-text.js';
import { type Svg, svgElement } from './svg-element.js';

/** Options of a picture. */
export interface PictureOptions {
  /** The image as the network saw it, as a `data:` address. @defaultValue no image */
  readonly pixels?: string;
}

// measures are pixels of the picture at its own size
const WIDTH = 800;
export const MARGIN = 24;
const LABEL_WIDTH = 160;
const VALUE_WIDTH = 168;
export const BAR_LEFT: number = MARGIN + LABEL_WIDTH;
export const BAR_WIDTH: number = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
export const VALUE_RIGHT: number = WIDTH - MARGIN;
const HEADER = 128;
const IMAGE = 104;
export const BLOCK_HEIGHT = 32;
export const LINE_HEIGHT = 24;
const SECTION_GAP = 28;

// Wong 2011, "Points of view: Color blindness": distinguishable by colour-blind readers, and dark enough in greyscale print
export const RAN = '#0072b2';
export const INK = '#222222';
export const FAINT = '#d9d9d9';

/** Rows of a picture under a heading. */
export interface PictureSection {
  readonly title: string;
  readonly rows: readonly ((top: number) => Svg)[];
  readonly rowHeight: number;
}

/** What a picture shows. */
export interface Picture {
  readonly image: string;
  readonly model: string;
  /** Next to the image: what happened, and what it cost. */
  readonly sentences: readonly [string, string];
  /** All of it, for screen readers. */
  readonly description: string;
  readonly sections: readonly PictureSection[];
}

/** Draws one self-contained SVG picture: the image, then its sections. @returns the file's text */
export function pictureSvg(picture: Picture, options: PictureOptions): string {
  const parts: Svg[] = [header(picture, options)];
  let y = HEADER;
  for (const { title, rows, rowHeight } of picture.sections) {
    if (rows.length === 0) continue;
    y += SECTION_GAP;
    parts.push(text(MARGIN, y, title, { 'font-weight': 'bold' }));
    y += 10;
    for (const row of rows) {
      parts.push(row(y));
      y += rowHeight;
    }
  }
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
    svgElement('title', { id: 'dmnn-explanation-title' }, `What ${picture.model} ran for ${picture.image}`),
    svgElement('desc', { id: 'dmnn-explanation-description' }, picture.description),
    hatching(),
    svgElement('rect', { width: WIDTH, height, fill: 'white' }),
    ...parts,
  );
  return `${svg}\n`;
}

function header({ image, model, sentences }: Picture, { pixels }: PictureOptions): Svg {
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
    text(left, MARGIN + 72, sentences[0], {}),
    text(left, MARGIN + 92, sentences[1], {}),
  );
}

/** The likeliest classes. */
export function classesSection(classes: readonly LikelyClass[]): PictureSection {
  return {
    title: 'Classes',
    rows: classes.map((each, i) => (top) => {
      const { probability } = each;
      const label = shortened(classLabel(each), 24);
      return barRow(top, { label, share: probability, value: percentText(probability), strong: i === 0 });
    }),
    rowHeight: LINE_HEIGHT,
  };
}

/** A label, a bar of a share, and a value. */
export function barRow(
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

/** Text at a place. */
export function text(
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
export function shortened(words: string, most: number): string {
  const characters = Array.from(words);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : words;
}
