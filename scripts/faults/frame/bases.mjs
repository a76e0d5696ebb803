import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { saveModel } from '@dmnn/runs';
import { initialWeights } from '@dmnn/weights';
import { runDmnn } from './command.mjs';
import { runSummary } from '../../killed-training.mjs';

/** Settings of the small runs: 2 epochs of 8 steps, a checkpoint after every fourth. */
const settings = {
  'model.name': 'dmnn-cifar-resnet8-0.25-n2',
  epochs: '2',
  batchSize: '8',
  'checkpoints.everySteps': '4',
  'gating.openingRate': '0.5',
};

/**
 * Arguments of `dmnn train` for the small run.
 *
 * @param {string} run
 * @param {Record<string, string>} [changes] further settings
 * @param {string} [data]
 */
export function trainArgs(run, changes = {}, data = 'built-in=64') {
  const set = Object.entries({ ...settings, ...changes }).flatMap(([path, value]) => [
    '--set',
    `${path}=${value}`,
  ]);
  return [
    ...['train', '--recipe', 'demo-dynamic', '--data', data, '--backend', 'wasm', '--out', run],
    ...set,
  ];
}

/**
 * What faults are injected into copies of.
 *
 * @typedef {object} Bases
 * @property {string} folder
 * @property {string} run a finished run
 * @property {import('../../killed-training.mjs').RunSummary} summary what every run that survives ends with
 * @property {string} model a model folder of four classes, as `dmnn import` makes them
 */

/** @param {string} folder @returns {Promise<Bases>} */
export async function makeBases(folder) {
  mkdirSync(folder, { recursive: true });
  const run = join(folder, 'run');
  const { code, err } = await runDmnn(trainArgs(run));
  if (code !== 0) throw new Error(`the run for the copies failed:\n${err}`);
  const model = join(mkdtempSync(join(folder, 'models-')), 'model');
  const architecture = createArchitecture(settings['model.name'], { classes: 4 });
  await saveModel(model, {
    architecture,
    weights: initialWeights(architecture, { seed: 5 }),
    channelMeans: [0.5, 0.4, 0.3],
    channelDeviations: [0.2, 0.25, 0.3],
    classNames: ['ant', 'bee', 'crane', 'dove'],
    importedFrom: { file: 'small.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
  });
  return { folder, run, model, summary: runSummary(run) };
}
