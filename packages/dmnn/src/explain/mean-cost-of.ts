import type { ModelSource } from '@dmnn/runs';
import type { MeanCost } from './explanation.js';

/** Mean cost of an image from the run's own evaluation of the checkpoint; undefined without one. */
export async function meanCostOf(source: ModelSource): Promise<MeanCost | undefined> {
  if (source.kind !== 'run') return undefined;
  const { readMetrics } = await import('@dmnn/runs');
  // lines that are damaged are no reason not to explain an image: at worst there is no mean to compare it with
  const records = await readMetrics(source.folder, { onProblems: () => undefined });
  const epochs = records.filter((record) => record.kind === 'epoch');
  const evaluation = epochs.filter(({ step }) => step === source.checkpoint.step).at(-1)?.evaluation;
  return evaluation ? { macs: evaluation.meanMacs, images: evaluation.images } : undefined;
}
