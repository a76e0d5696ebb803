import { join } from 'node:path';
import { shellWord } from '@dmnn/foundation/node';
import type { Recipe, RunConfig } from '@dmnn/runs';
import { fileJson } from '../../options/file-contents.js';
import { usageError } from '../../terminal/usage-error.js';

/**
 * Top-1 errors of finished runs of the paper's rows, as after `reproduce`, by row id.
 *
 * Only what the row stands for counts: its recipe unchanged, on all of its data, to the last epoch.
 *
 * @param folders - of runs
 * @throws DmnnError `DMNN_USAGE` for a run of something else, saying what differs
 */
export async function measuredErrors(folders: readonly string[]): Promise<Map<string, number>> {
  const { measuredRow } = await import('@dmnn/trainer/paper');
  const { readMetrics } = await import('@dmnn/runs');
  const errors = new Map<string, number>();
  for (const folder of folders) {
    const recipe = await rowRun(folder);
    const records = await readMetrics(folder);
    const measured = measuredRow(recipe.name, recipe, records);
    if (!measured) {
      const epochs = records.filter(({ kind }) => kind === 'epoch').length;
      throw usageError(`--run ${folder}: expected a finished run, got ${epochs} of ${recipe.epochs} epochs.`);
    }
    if (errors.has(recipe.name)) {
      throw usageError(`--run ${folder}: expected one run of each row, got a second of ${recipe.name}.`);
    }
    errors.set(recipe.name, measured.top1ErrorPercent);
  }
  return errors;
}

async function rowRun(folder: string): Promise<Recipe> {
  const { paperRow } = await import('@dmnn/trainer/paper');
  const { parseRecipe } = await import('@dmnn/runs');
  const { rowDifferences } = await import('../../../report/row-differences.js');
  const config = fileJson(join(folder, 'config.json'), '--run') as RunConfig;
  const recipe = parseRecipe(config.recipe);
  assertRow(folder, recipe.name);
  const differing = rowDifferences(paperRow(recipe.name).id, { ...config, recipe });
  if (differing.length === 0) return recipe;
  throw usageError(
    `--run ${folder}: expected a run as the paper's row ${recipe.name} asks for, got another ${differing.join(', ')}.`,
  );
}

/** The paper's tables have no place for other runs, in particular not for a row's method on a small network. */
function assertRow(folder: string, recipe: string): void {
  const row = /^(table\d\/.+)-laptop$/.exec(recipe)?.[1];
  if (row === undefined) return;
  throw usageError(
    `--run ${folder}: expected a run of one of the paper's rows, got ${row} at laptop scale: another network on other data, ` +
      `which has no place in the tables. Compare it with other runs at this scale: dmnn report ${shellWord(folder)} --out FOLDER`,
  );
}
