import type { Element } from '../drawing/tree.js';
import { s } from 'hastscript';
import { numericColumns } from '../data-table.js';
import { coordinate } from '../drawing/coordinate.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { percentNumber } from '../drawing/number-text.js';
import { seriesStyle } from '../drawing/series-style.js';
import { shortened } from '../drawing/shortened.js';
import { FIGURE_WIDTH_PX, svgFigure } from '../drawing/svg-figure.js';
import { svgText } from '../drawing/svg-text.js';
import type { Figure } from '../figure.js';
import type { ClassSamples, ReportRun, SampleImage } from '../report-data.js';

const LEFT = 16;
/** Gap between the two halves of a row. */
const MIDDLE_GAP_PX = 24;
const IMAGE_GAP_PX = 8;
const ROW_HEAD_PX = 24;
const ROW_FOOT_PX = 40;
const TOP_PX = 30;
/** Maximum length of a class name under an image, in characters. */
const NAME_CHARACTERS = 11;

/**
 * The cheapest and most expensive images of some classes of a run. @see DMNN Fig. 6
 *
 * @param index - the run's position in the report
 */
export function easyHardImages(run: ReportRun, index: number): Figure {
  const samples = run.evaluation?.samples ?? [];
  const perSide = Math.max(1, ...samples.flatMap(({ easiest, hardest }) => [easiest.length, hardest.length]));
  const side = (FIGURE_WIDTH_PX - 2 * LEFT - MIDDLE_GAP_PX) / 2;
  const imagePx = Math.min(72, (side - (perSide - 1) * IMAGE_GAP_PX) / perSide);
  const rowPx = ROW_HEAD_PX + imagePx + ROW_FOOT_PX;
  const { letter } = seriesStyle(index);
  const title = `Easy and hard images of ${letter}, ${run.name}`;
  const id = `easy-hard-images-${letter.toLowerCase()}`;
  return {
    id,
    title,
    caption:
      samples.length === 0
        ? 'No images were collected.'
        : 'The cheapest (left) and most expensive (right) test images of a class, with their cost in percent of the undivided network’s MACs and, where the prediction is wrong (×), the predicted class (the paper’s Fig. 6).',
    tree: svgFigure({
      id,
      title,
      description: describe(run, samples),
      heightPx: TOP_PX + Math.max(1, samples.length) * rowPx,
      children: [
        svgText(LEFT, 20, 'Easiest: cheapest first', { sizePx: typeSizePx.title, isBold: true }),
        svgText(LEFT + side + MIDDLE_GAP_PX, 20, 'Hardest: most expensive first', {
          sizePx: typeSizePx.title,
          isBold: true,
        }),
        ...samples.flatMap(({ className, images, easiest, hardest }, row) => {
          const top = TOP_PX + row * rowPx;
          return [
            svgText(LEFT, top + 15, `${shortened(className, 50)}, ${images} images`, {
              sizePx: typeSizePx.label,
            }),
            ...sampleRow(easiest, run, { left: LEFT, top: top + ROW_HEAD_PX, imagePx }),
            ...sampleRow(hardest, run, {
              left: LEFT + side + MIDDLE_GAP_PX,
              top: top + ROW_HEAD_PX,
              imagePx,
            }),
          ];
        }),
      ],
    }),
    table: {
      caption: title,
      columns: [
        { head: 'Class' },
        { head: 'Among its' },
        ...numericColumns(['Image', 'MACs, % of the undivided']),
        { head: 'Predicted' },
      ],
      rows: samples.flatMap(({ className, easiest, hardest }) =>
        [
          ...easiest.map((image) => ({ image, among: 'easiest' })),
          ...hardest.map((image) => ({ image, among: 'hardest' })),
        ].map(({ image, among }) => [
          className,
          among,
          String(image.index),
          percentNumber(image.macs / run.undividedMacs),
          image.isCorrect ? image.predictedClass : `${image.predictedClass} (wrong)`,
        ]),
      ),
    },
  };
}

function sampleRow(
  images: readonly SampleImage[],
  { undividedMacs }: ReportRun,
  { left, top, imagePx }: { left: number; top: number; imagePx: number },
): Element[] {
  return images.flatMap(({ png, macs, predictedClass, isCorrect }, column) => {
    const x = left + column * (imagePx + IMAGE_GAP_PX);
    const middle = x + imagePx / 2;
    return [
      s('image', {
        href: png,
        x: coordinate(x),
        y: coordinate(top),
        width: coordinate(imagePx),
        height: coordinate(imagePx),
        imageRendering: 'pixelated',
      }),
      s('rect', {
        x: coordinate(x),
        y: coordinate(top),
        width: coordinate(imagePx),
        height: coordinate(imagePx),
        fill: 'none',
        stroke: ink.axis,
        ...(!isCorrect && { stroke: ink.text, strokeWidth: 2, strokeDasharray: '4 3' }),
      }),
      svgText(middle, top + imagePx + 14, `${percentNumber(macs / undividedMacs)} %`, { anchor: 'middle' }),
      ...(isCorrect
        ? []
        : [
            svgText(middle, top + imagePx + 27, `× ${shortened(predictedClass, NAME_CHARACTERS)}`, {
              anchor: 'middle',
              sizePx: typeSizePx.small,
            }),
          ]),
    ];
  });
}

function describe({ undividedMacs }: ReportRun, samples: readonly ClassSamples[]): string {
  const range = (images: readonly SampleImage[]): string => {
    const costs = images.map(({ macs }) => percentNumber(macs / undividedMacs));
    const right = images.filter(({ isCorrect }) => isCorrect).length;
    return `${costs.join(', ')} %, ${right} of ${images.length} predicted correctly`;
  };
  const classes = samples.map(
    ({ className, easiest, hardest }) =>
      `${className}: easiest ${range(easiest)}; hardest ${range(hardest)}.`,
  );
  return `Images of classes. ${classes.join(' ')}`;
}
