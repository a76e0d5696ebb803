import { classLabel } from '../classify/likeliest-classes.js';
import { countText, percentText } from '../text/count-text.js';
import {
  type CascadeExplanation,
  type ExplainedStage,
  cascadeCostSentence,
  stopSentence,
  sureText,
} from './cascade-explanation.js';
import {
  BAR_LEFT,
  BAR_WIDTH,
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
  shortened,
  text,
} from './picture.js';
import { type Svg, svgElement } from './svg-element.js';

const STAGE_HEIGHT = 46;

/**
 * Draws how a cascade processed an image as one self-contained SVG picture: a row for each stage with what it would answer, how
 * sure it was, and from where an image stops; then costs, then classes.
 *
 * Stages that did not run are hatched with a broken outline and say so: it is readable in greyscale and without colours.
 *
 * @returns the file's text
 */
export function cascadeExplanationSvg(explanation: CascadeExplanation, options: PictureOptions = {}): string {
  const { image, model, stage, stages, undividedMacs, classes, settings } = explanation;
  const reached = stages.filter(({ macs }) => macs !== null);
  const largest = Math.max(undividedMacs, ...reached.map(({ macs }) => macs ?? 0));
  const costs = [
    ...reached.map(({ name, macs }) => ({ label: name, macs: macs ?? 0 })),
    { label: 'last network, undivided', macs: undividedMacs },
  ];
  return pictureSvg(
    {
      ...{ image, model },
      sentences: [stopSentence(explanation), cascadeCostSentence(explanation)],
      description: descriptionOf(explanation),
      sections: [
        {
          title: `Stages, how sure each was (${settings.by}), and from where an image stops`,
          rows: stages.map((each, at) => (top) => stageRow(each, top, at === stage)),
          rowHeight: STAGE_HEIGHT,
        },
        {
          title: 'Multiply-accumulates until each stage, and their share of the last network’s',
          rows: costs.map(({ label, macs }, at) => (top) => {
            const value = `${countText(macs)}, ${percentText(macs / undividedMacs)}`;
            return barRow(top, {
              label: shortened(label, 24),
              share: macs / largest,
              value,
              strong: at === stage,
            });
          }),
          rowHeight: LINE_HEIGHT,
        },
        classesSection(classes),
      ],
    },
    options,
  );
}

function descriptionOf(explanation: CascadeExplanation): string {
  const { stages, classes } = explanation;
  return [
    stopSentence(explanation),
    cascadeCostSentence(explanation),
    ...stages.map((each) => `${each.name}: ${[answerText(each), stopText(each)].join(', ')}.`),
    `Likeliest classes: ${classes.map((each) => `${classLabel(each)} ${percentText(each.probability)}`).join(', ')}.`,
  ].join(' ');
}

function answerText({ answer, confidence }: ExplainedStage): string {
  return answer ? `${classLabel(answer)}, ${sureText(confidence ?? 0)} sure` : 'did not run';
}

function stopText({ threshold }: ExplainedStage): string {
  return threshold === null ? 'all stop here' : `stops from ${sureText(threshold)}`;
}

/** A bar of the confidence with a mark where images stop, over the answer; a hatched box if the stage did not run. */
function stageRow(stage: ExplainedStage, top: number, stopped: boolean): Svg {
  const { name, confidence, threshold } = stage;
  const box = { x: BAR_LEFT, y: top + 3, height: 16 };
  const strong = stopped ? { 'font-weight': 'bold' } : {};
  const mark = BAR_LEFT + BAR_WIDTH * (threshold ?? 0);
  return svgElement(
    'g',
    {},
    text(MARGIN, top + 16, shortened(name, 24), strong),
    ...(confidence === null
      ? [
          svgElement('rect', {
            ...box,
            ...{ width: BAR_WIDTH, fill: 'url(#dmnn-hatching)', stroke: INK, 'stroke-dasharray': '3 2' },
          }),
        ]
      : [
          svgElement('rect', { ...box, width: BAR_WIDTH, fill: 'white', stroke: FAINT }),
          svgElement('rect', { ...box, width: BAR_WIDTH * confidence, fill: stopped ? RAN : '#8a8a8a' }),
        ]),
    ...(threshold === null
      ? []
      : [svgElement('rect', { x: mark - 1, y: top, width: 2, height: 22, fill: INK })]),
    text(BAR_LEFT, top + 34, shortened(answerText(stage), 60), strong),
    text(VALUE_RIGHT, top + 16, stopText(stage), { 'text-anchor': 'end' }),
    ...(stopped ? [text(VALUE_RIGHT, top + 34, 'stopped here', { 'text-anchor': 'end', ...strong })] : []),
  );
}
