import { type Recipe, recipeNamed, recipeNames } from '@dmnn/runs';

/** What is known when a run stops at numbers that are not finite. */
export interface StoppedRun {
  readonly recipe: Pick<Recipe, 'name' | 'learningRate' | 'epochs'>;
  /** Optimiser steps before the last checkpoint; undefined if there is none. */
  readonly checkpointStep: number | undefined;
  /** Whether a run that is resumed may have other settings. */
  readonly mayChange: boolean;
  /** Where it was seen first: `images`, `stem`, …; undefined if that is not known. */
  readonly block: string | undefined;
}

/** What can be done about it: settings as `dmnn train --resume` takes them. */
export function nanRemedy({ recipe, checkpointStep, mayChange, block }: StoppedRun): string {
  const kept =
    checkpointStep === undefined
      ? 'There is no checkpoint yet.'
      : `The last checkpoint, of step ${checkpointStep}, is finite and stays.`;
  if (block === 'images')
    return `${kept} Look at the images of this step, and at the channel means and deviations of the data.`;
  const { from, warmUpEpochs } = recipe.learningRate;
  const rate = `--set learningRate.from=${lowerRate(recipe)} (now ${from})`;
  if (!mayChange) return `${kept} Train again in another folder with a lower rate: ${rate}.`;
  const warmUp =
    checkpointStep === undefined && warmUpEpochs === 0 && recipe.epochs > 1
      ? ' or --set learningRate.warmUpEpochs=1 (now 0)'
      : '';
  return `${kept} Resume with a lower rate: --resume ${rate}${warmUp}.`;
}

/** A tenth of the rate; the usual one, if the rate is so far above it that a tenth is no remedy either. */
function lowerRate({ name, learningRate: { from } }: StoppedRun['recipe']): number {
  const usual = recipeNames().includes(name) ? recipeNamed(name).learningRate.from : USUAL_RATE;
  return from > 10 * usual ? usual : Number((from / 10).toPrecision(3));
}

/** Of a recipe that does not say one. */
const USUAL_RATE = 0.1;
