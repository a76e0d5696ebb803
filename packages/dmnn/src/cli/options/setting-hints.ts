import { closestNames } from '@dmnn/foundation';
import type { OptionHints } from '../terminal/argument-problems.js';

/** What other programs call settings that have other names here. */
const otherNames: Readonly<Record<string, string>> = {
  lr: 'learningRate.from',
  bs: 'batchSize',
  batch: 'batchSize',
  wd: 'optimiser.weightDecay',
  size: 'imageSizePx',
  imagesize: 'imageSizePx',
};

/**
 * Whether an unknown option is a setting of the recipe: `--epochs 3` may mean `--set epochs=3`. Settings are found by
 * their path, by their last word, and if neither fits by similarity.
 */
export const settingHints: OptionHints = async ({ flag, value = 'VALUE' }) => {
  const { settingPaths } = await import('@dmnn/runs/internal');
  const paths = settingPaths();
  const typed = plain(flag);
  const other = otherNames[typed];
  const same = paths.filter((path) => plain(path) === typed);
  const ending = paths.filter((path) => plain(path.slice(path.lastIndexOf('.') + 1)) === typed);
  const found = [other === undefined ? [] : [other], same, ending].find((each) => each.length > 0);
  const near = found ?? closestNames(typed, paths.map(plain)).flatMap((name) => paths.filter((path) => plain(path) === name)); // prettier-ignore
  return near.slice(0, 3).map((path) => `--set ${path}=${value}`);
};

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}
