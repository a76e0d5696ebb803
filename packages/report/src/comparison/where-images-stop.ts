import type { Element } from '../drawing/tree.js';
import { s } from 'hastscript';
import { numericColumns } from '../data-table.js';
import { coordinate } from '../drawing/coordinate.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { percentNumber } from '../drawing/number-text.js';
import { shortened } from '../drawing/shortened.js';
import { svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { StoppedImage, StoppingPlace } from './comparison-data.js';

const LEFT = 16;
const IMAGE_PX = 64;
const GAP_PX = 10;
const IN_A_ROW = 10;
const HEAD_PX = 30;
const ROW_PX = IMAGE_PX + 34;

/** Some images of each place where images stop. */
export function whereImagesStop(places: readonly StoppingPlace[]): Figure {
  let top = 0;
  const drawn = places.map((place) => {
    const at = top;
    top += HEAD_PX + ROW_PX * Math.max(1, Math.ceil(place.images.length / IN_A_ROW));
    return placeTree(place, at);
  });
  const title = 'Where images stop';
  return {
    id: 'where-images-stop',
    title,
    caption:
      'Under an image how sure the system was of it where it stopped; where the answer is wrong (×), the class that was answered.',
    tree: svgFigure({
      id: 'where-images-stop',
      title,
      description: places.map(sentence).join(' '),
      heightPx: top,
      children: drawn,
    }),
    table: {
      caption: title,
      columns: [
        { head: 'Stopped at' },
        { head: 'Class' },
        { head: 'Answer' },
        ...numericColumns(['Sure, %']),
      ],
      rows: places.flatMap(({ name, images }) =>
        images.map(({ className, predictedClass, isCorrect, confidence }) => [
          name,
          className,
          isCorrect ? predictedClass : `${predictedClass} (wrong)`,
          percentNumber(confidence),
        ]),
      ),
    },
  };
}

function placeTree(place: StoppingPlace, top: number): Element[] {
  return [
    svgText(LEFT, top + 20, sentence(place), { sizePx: typeSizePx.title, isBold: true }),
    ...place.images.flatMap((image, index) => {
      const x = LEFT + (index % IN_A_ROW) * (IMAGE_PX + GAP_PX);
      return imageTree(image, x, top + HEAD_PX + Math.floor(index / IN_A_ROW) * ROW_PX);
    }),
  ];
}

function imageTree(
  { png, isCorrect, predictedClass, confidence }: StoppedImage,
  x: number,
  y: number,
): Element[] {
  const box = { x: coordinate(x), y: coordinate(y), width: IMAGE_PX, height: IMAGE_PX };
  const middle = x + IMAGE_PX / 2;
  return [
    s('image', { href: png, ...box, imageRendering: 'pixelated' }),
    s('rect', {
      ...box,
      fill: 'none',
      stroke: ink.axis,
      ...(!isCorrect && { stroke: ink.text, strokeWidth: 2, strokeDasharray: '4 3' }),
    }),
    svgText(middle, y + IMAGE_PX + 13, `${percentNumber(confidence)} %`, { anchor: 'middle' }),
    ...(isCorrect
      ? []
      : [
          svgText(middle, y + IMAGE_PX + 26, `× ${shortened(predictedClass, 10)}`, {
            anchor: 'middle',
            sizePx: typeSizePx.small,
          }),
        ]),
  ];
}

function sentence({ name, share, topOneErrorPercent }: StoppingPlace): string {
  return `${name}: ${percentNumber(share)} % of the images, ${topOneErrorPercent.toFixed(1)} % of them wrong.`;
}
