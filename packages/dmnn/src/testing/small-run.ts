import { run } from './run-captured.js';

/** Trains a two-path ResNet-8 on 16 of the built-in images for one epoch: a run folder, with gates that images decide about. */
export async function trainSmallRun(folder: string): Promise<void> {
  const { code, err } = await run([
    ...['train', '--recipe', 'demo-dynamic', '--backend', 'wasm', '--data', 'built-in=16', '--out', folder],
    ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=1'],
    ...['--set', 'gating.openingRate=0.5'],
  ]);
  if (code !== 0) throw new Error(err);
}
