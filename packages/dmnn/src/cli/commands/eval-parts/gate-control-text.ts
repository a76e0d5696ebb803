import type { PatternControl } from '@dmnn/trainer';
import { countText, percentText } from '../../../text/count-text.js';
import { tableText } from '../../../text/table-text.js';
import type { Budgets } from '../../options/budgets-option.js';
import { comparisonJson, differenceText, errorText, isBetter } from '../../../control/control-finding.js';
import { costText } from './cost-text.js';
import type { GateControl, GateControls } from '../../../control/gate-control.js';

/** The control of gates, if it was asked for. @param budget - undefined: of the gates as trained */
export function controlJson(controls: GateControls | undefined, budget: number | undefined): object {
  const own = controls?.controls.find((each) => each.budget === budget);
  if (!controls || !own) return {};
  return {
    top1ErrorHalfWidth: 100 * own.finding.error.halfWidth,
    control: gateControlJson(own, controls),
  };
}

/** A control as `--json` prints it. */
function gateControlJson(
  { finding, meanMacs, choices }: GateControl,
  { chosenOn, choosingImages, undividedMacs }: GateControls,
): object {
  return {
    ...comparisonJson(finding),
    meanMacs,
    macsRatio: meanMacs / undividedMacs,
    choices: choices.map(({ order, norms, patterns, tried }) => ({ order, norms, patterns, tried })),
    chosenOn,
    choosingImages,
    trainedFurther: false,
  };
}

/** Controls as text. */
export function gateControlsText(found: GateControls, unit: Budgets['unit'] = 'share'): string {
  const { controls, undividedMacs, controllerMacs, normImages } = found;
  const right = { align: 'right' as const };
  const nameOf = ({ budget }: GateControl): string =>
    budget === undefined ? 'as trained' : costText(budget, unit);
  const better = controls.filter(({ finding }) => isBetter(finding)).length;
  return [
    tableText(
      [
        { head: 'gates', ...right },
        { head: 'mean MACs', ...right },
        { head: 'of the backbone', ...right },
        { head: 'top-1 error', ...right },
        { head: 'pattern costs', ...right },
        { head: 'fixed pattern', ...right },
        { head: 'difference', ...right },
      ],
      controls.map((control) => {
        const { finding, meanMacs, evaluation } = control;
        return [
          nameOf(control),
          countText(evaluation.cost.meanMacs),
          percentText(evaluation.cost.macsRatio),
          errorText(evaluation.error.top1ErrorPercent, finding),
          percentText(meanMacs / undividedMacs),
          `${finding.errorPercent.toFixed(2)} %`,
          differenceText(finding),
        ];
      }),
    ),
    '',
    ...controls.flatMap((control) =>
      control.choices.map(
        (choice, half) =>
          `${nameOf(control)}${control.choices.length > 1 ? `, half ${half}` : ''}: ${choiceText(choice)}`,
      ),
    ),
    `patterns were chosen ${whereText(found)}`,
    `batch norms were estimated again on ${normImages} training images, and kept where that was better; patterns were not trained further; controllers, ${percentText(controllerMacs / undividedMacs)} of the backbone, are counted in both`,
    better === controls.length
      ? 'better than the best fixed gate pattern of equal mean cost, beyond the 95 % interval over images'
      : `no better than static networks: ${controls.length - better} of ${controls.length} do not differ from a fixed gate pattern beyond the 95 % interval over images`,
  ].join('\n');
}

function choiceText({ order, norms, patterns }: PatternControl): string {
  const orders = {
    'most-often-open': 'what gates open most often',
    'greedy-closing': 'greedy closing by loss',
    taylor: 'Taylor scores',
  };
  const shares = patterns.map(({ pattern, share }) => {
    const words = pattern.map((row) => row.map(Number).join('')).join(',');
    return patterns.length === 1 ? words : `${words} for ${percentText(share)} of the images`;
  });
  return `${shares.join(', ')}; by ${orders[order]}, batch norms ${norms === 'trained' ? 'as trained' : 'estimated again'}`;
}

function whereText({ chosenOn, choosingImages }: GateControls): string {
  const where = {
    training: `on ${choosingImages} training images, on which the network was trained`,
    'held-out': `on ${choosingImages} images that the run held out`,
    'test-halves': `on one half of the test images and measured on the other, both ways round; error and cost are the means`,
  };
  return where[chosenOn];
}
