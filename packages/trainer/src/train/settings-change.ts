import type { Architecture } from '@dmnn/architecture';
import { RecipeError, type Recipe } from '@dmnn/runs';
import type { SettingsAtStep } from '@dmnn/runs/internal';
import { gatingSchedule } from '../gates/gating-schedule.js';

/** What a change of settings is checked against. */
export interface ChangedRun {
  readonly architecture: Architecture;
  readonly stepsPerEpoch: number;
}

/**
 * Refuses settings with which a run cannot go on from where it stands.
 *
 * @throws RecipeError if they have fewer epochs than are done, or would hold gates open again that decide by now
 */
export function assertCanChange({ then, now, state }: SettingsAtStep, run: ChangedRun): void {
  const { epoch, stepInEpoch, step } = state;
  const problems: string[] = [];
  const begun = epoch + (stepInEpoch > 0 ? 1 : 0);
  if (now.epochs < begun) {
    const are = stepInEpoch > 0 ? `of which ${begun} have begun` : `of which ${begun} are done`;
    problems.push(`epochs: expected at least ${begun}, ${are}, got ${now.epochs}`);
  }
  if (step > 0 && !areHeldOpen(then, step - 1, run) && areHeldOpen(now, step, run)) {
    // rounded down, so that it is over by this step
    const share = Math.floor((1000 * step) / (now.epochs * run.stepsPerEpoch)) / 1000;
    problems.push(
      `gating.gatesOpenUntil: expected at most ${share} with ${now.epochs} epochs, since gates decide by step ${step}, ` +
        `got ${now.gating?.gatesOpenUntil ?? 0}. Add --set gating.gatesOpenUntil=${share}`,
    );
  }
  if (problems.length > 0) throw new RecipeError(`recipe ${now.name}`, problems);
}

/** Whether settings hold all gates open at a step, counted from 0. */
export function areHeldOpen(
  recipe: Recipe,
  step: number,
  { architecture, stepsPerEpoch }: ChangedRun,
): boolean {
  if (!recipe.gating) return false;
  return gatingSchedule(recipe.gating, architecture).holdsOpen(step / (recipe.epochs * stepsPerEpoch));
}
