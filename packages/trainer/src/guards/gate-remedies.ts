import { type GatingRecipe, gatingTarget } from '@dmnn/runs';
import { OFF_TARGET, type RateFinding, isNoisy, noiseEnd, shareOfDeciding } from './gate-findings.js';
import type { GateRecord } from './gate-record.js';

/** Recipe settings that may help gates that decide nothing, each as an argument of `--set`. */
export function collapseRemedy(
  kind: 'closed' | 'fixed',
  gating: GatingRecipe,
  { progress }: GateRecord,
): string {
  const { bounds, openingRate, resourceRiseUntil, resourceWeight } = gating;
  const { targetFallUntil, temperature } = gating;
  const [fallen, risen] = [settingShare(0.5, gating), settingShare(0.3, gating)];
  const ends = noiseEnd(gating);
  const noiseEnds = kind === 'fixed' && ends < 1 && isNoisy(progress, gating);
  const bounding =
    kind === 'closed' && gatingTarget(gating).kind !== 'blocks'
      ? [
          bounds
            ? `a larger gating.bounds.weight (now ${bounds.weight})`
            : 'gating.bounds={"weight":5} (now null)',
        ]
      : [];
  const settings = [
    ...bounding,
    ...(kind === 'fixed' && ends >= 1 ? ['gating.noiseOffAfter=0.8 (now 1)'] : []),
    ...(targetFallUntil < fallen ? [`gating.targetFallUntil=${fallen} (now ${targetFallUntil})`] : []),
    ...(resourceRiseUntil < risen ? [`gating.resourceRiseUntil=${risen} (now ${resourceRiseUntil})`] : []),
    ...(resourceWeight > 2 ? [`a smaller gating.resourceWeight (now ${resourceWeight})`] : []),
    ...(typeof openingRate === 'number' && openingRate < 0.85
      ? [`gating.openingRate=0.88 (now ${openingRate})`]
      : []),
    ...(temperature.kind === 'constant'
      ? ['gating.temperature={"kind":"exponential","from":5,"to":1} (now constant)']
      : []),
  ];
  const wait = noiseEnds
    ? [
        `Noise on the gates ends at ${ends} of training (${endSetting(gating)}), which may let them decide again.`,
      ]
    : [];
  return [...wait, settingsText(settings)].filter((text) => text !== '').join(' ');
}

/** Advice that may bring the mean rate to the optimum of the losses. */
export function offTargetRemedy(
  { rate, wanted }: RateFinding,
  gating: GatingRecipe,
  { trainingRate, progress }: GateRecord,
): string {
  const { bounds, gatesLearnUntil = 1, resourceWeight, targetFallUntil } = gating;
  const fallen = settingShare(0.5, gating);
  const isNoise =
    isNoisy(progress, gating) && trainingRate !== null && Math.abs(trainingRate - wanted) <= OFF_TARGET;
  if (isNoise) {
    const ends =
      noiseEnd(gating) < 1
        ? `noise ends at ${noiseEnd(gating)} of training (${endSetting(gating)})`
        : 'gating.noiseOffAfter=0.8 (now 1) trains the end without noise';
    return `During training, with noise, the mean rate is ${figure(trainingRate)}, which is on target: ${ends}.`;
  }
  return settingsText([
    `a larger gating.resourceWeight (now ${resourceWeight})`,
    ...(gatesLearnUntil < 1 ? [`a later gating.gatesLearnUntil (now ${gatesLearnUntil})`] : []),
    ...((rate > wanted ? targetFallUntil > fallen : targetFallUntil < fallen)
      ? [`gating.targetFallUntil=${fallen} (now ${targetFallUntil})`]
      : []),
    ...(rate < wanted && !bounds && gatingTarget(gating).kind !== 'blocks'
      ? ['gating.bounds={"weight":5} (now null)']
      : []),
  ]);
}

/** When a share of the training of gates is over, as it is given to `--set`. */
function settingShare(share: number, gating: GatingRecipe): number {
  return Number(shareOfDeciding(share, gating).toFixed(2));
}

/** The setting that ends the noise. */
function endSetting({ noiseOffAfter, gatesLearnUntil = 1 }: GatingRecipe): string {
  return gatesLearnUntil < noiseOffAfter ? 'gating.gatesLearnUntil' : 'gating.noiseOffAfter';
}

/** A rate as it is printed. */
export function figure(rate: number): string {
  return rate.toFixed(3);
}

function settingsText(settings: readonly string[]): string {
  return settings.length === 0 ? '' : `Try, one at a time: ${settings.join('; ')}.`;
}
