import type { Dataset } from '@dmnn/data';
import type { MeasuredPace, PaperRow, ReproductionScale } from '@dmnn/trainer/paper';
import type { Recipe } from '@dmnn/runs';
import { durationText, millisecondsText } from '../../../text/count-text.js';
import { paperText } from './reproduction-result.js';
import { type PlanTextOptions, type TrainingPlan, planLines, trainingPlan } from './training-plan.js';

/** A row of the paper to reproduce, and how. */
export interface ReproductionRequest {
  readonly row: PaperRow;
  readonly scale: ReproductionScale;
  readonly recipe: Recipe;
  readonly seeds: readonly number[];
  /** Null if nobody said. */
  readonly folder: string | null;
}

/** What reproducing a row would do: printed by `dmnn reproduce --dry-run`. */
export interface ReproductionPlan extends TrainingPlan {
  readonly row: PaperRow;
  readonly scale: ReproductionScale;
  readonly seeds: readonly number[];
  /** For one seed. */
  readonly time: ExpectedTime;
}

/** Estimated training time, and the measured pace behind it. */
export interface ExpectedTime {
  readonly seconds: number;
  /** The part of `seconds` that evaluations take. */
  readonly evaluationSeconds: number;
  readonly pace: MeasuredPace;
}

/** Plans the reproduction of a row. @param pace - as measured on this machine */
export async function reproductionPlan(
  { row, scale, recipe, seeds, folder }: ReproductionRequest,
  data: { readonly train: Dataset; readonly test: Dataset },
  pace: MeasuredPace,
): Promise<ReproductionPlan> {
  const plan = await trainingPlan(recipe, data, folder);
  return { ...plan, row, scale, seeds, time: expectedTime(plan, pace) };
}

/** Training steps at the measured pace; an evaluation only runs the forward pass, a third of a step's work. */
export function expectedTime(
  { recipe, steps, data }: Pick<TrainingPlan, 'recipe' | 'steps' | 'data'>,
  pace: MeasuredPace,
): ExpectedTime {
  const evaluations = Math.ceil(recipe.epochs / recipe.evaluation.everyEpochs);
  const evaluationSeconds = (evaluations * data.testImages * pace.secondsPerImage) / 3;
  const seconds = steps * recipe.batchSize * pace.secondsPerImage + evaluationSeconds;
  return { seconds, evaluationSeconds, pace };
}

/** The plan as text. The recipe, which is long, stands before it. */
export function reproductionPlanText(
  plan: ReproductionPlan,
  { verbose = false }: PlanTextOptions = {},
): string {
  const { row, scale, recipe, seeds, folder } = plan;
  return [
    ...(verbose ? [JSON.stringify(recipe, null, 2), ''] : []),
    `${row.id} at ${scale} scale: ${recipe.description}`,
    `paper   ${paperText(row)}`,
    ...planLines(plan),
    `time    ${timeText(plan)}`,
    ...(folder === null ? [] : seeds.map((seed) => `run     ${folder}/seed-${seed}`)),
  ].join('\n');
}

function timeText({ seeds, recipe, time: { seconds, evaluationSeconds, pace } }: ReproductionPlan): string {
  const { steps, batchSize, secondsPerImage } = pace;
  const images = `${steps} training ${steps === 1 ? 'step' : 'steps'} of ${batchSize} images`;
  const smaller = batchSize < recipe.batchSize ? `, not ${recipe.batchSize},` : '';
  return (
    `about ${durationText(1000 * seconds)} on this machine at its current load${seeds.length > 1 ? `, for each of ${seeds.length} seeds` : ''}: ` +
    `${images}${smaller} took ${millisecondsText(1000 * secondsPerImage)} per image; ${durationText(1000 * evaluationSeconds)} of the total is for ` +
    'evaluations, estimated at a third of that per image'
  );
}
