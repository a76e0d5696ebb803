import { createArchitecture } from '@dmnn/backbones';
import { countUndivided } from '@dmnn/flops';
import type { MetricsRecord, Recipe } from '@dmnn/runs';
import { rowOf } from '../rows/row-of.js';
import { rowRecipe } from '../rows/row-recipe.js';

/** What a finished run of a row measured: the evaluation after its last epoch, of a slimmable network at the row's width. */
export interface MeasuredRow {
  readonly top1ErrorPercent: number;
  /** Multiply–accumulates of an image, mean over the test images. */
  readonly meanMacs: number;
  /**
   * `meanMacs` over those of the undivided backbone: of the one that the row's ratio divides by, a ResNet also where the row
   * is about a ResNeXt; of the network's own, if the run trained another network than the row's.
   */
  readonly macsRatio: number;
  /** Mean over the gates and images; null without gates. */
  readonly executionRate: number | null;
}

/**
 * Reads what a run of a row measured from the run's log.
 *
 * @param rowId - `table1/08-slimmable-resnet50-0.75`
 * @param recipe - of the run, at either scale
 * @param records - as `readMetrics` gives them
 * @returns undefined while the run is not finished
 * @throws DmnnError `DMNN_UNKNOWN_ROW` if there is no such row
 * @example
 * ```ts
 * import { laptopRecipe, measuredRow } from '@dmnn/trainer/paper';
 *
 * const rowId = 'table1/03-resnet50';
 * console.log(measuredRow(rowId, laptopRecipe(rowId), [])); // => undefined
 * ```
 */
export function measuredRow(
  rowId: string,
  recipe: Pick<Recipe, 'epochs' | 'slimmable' | 'model'>,
  records: readonly MetricsRecord[],
): MeasuredRow | undefined {
  const { width = 1 } = rowOf(rowId);
  const last = records.filter((record) => record.kind === 'epoch').at(-1);
  if (!last?.evaluation || last.epoch + 1 < recipe.epochs) return undefined;
  if (width === 1 || !recipe.slimmable) {
    const { topOneErrorPercent, meanMacs, executionRate } = last.evaluation;
    const backbone = backboneOf(rowId, recipe.model.name);
    const macsRatio = backbone
      ? meanMacs / countUndivided(createArchitecture(backbone)).macs
      : last.evaluation.macsRatio;
    return { top1ErrorPercent: topOneErrorPercent, meanMacs, macsRatio, executionRate };
  }
  const narrow = last.widths?.find((one) => one.width === width);
  if (!narrow) return undefined;
  const { topOneErrorPercent, macs, macsRatio } = narrow;
  return { top1ErrorPercent: topOneErrorPercent, meanMacs: macs, macsRatio, executionRate: null };
}

/** @throws RangeError if the widths of a slimmable recipe do not have the row's among them */
export function assertRowWidth(rowId: string, { slimmable }: Pick<Recipe, 'slimmable'>): void {
  const { width = 1 } = rowOf(rowId);
  if (!slimmable || slimmable.widths.includes(width)) return;
  throw new RangeError(
    `recipe.slimmable.widths: expected ${width} among them, which row ${rowId} is about, got ${slimmable.widths.join(', ')}.`,
  );
}

/** What a row's ratio divides by at the scale whose network this is; undefined: by the network's own undivided one. */
function backboneOf(rowId: string, model: string): string | undefined {
  const { ours, laptop } = rowOf(rowId);
  if (model === rowRecipe(rowId).model.name) return ours?.backbone;
  return model === laptop.model ? laptop.backbone : undefined;
}
