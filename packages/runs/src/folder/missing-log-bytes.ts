import { nodeFileSystem } from '@dmnn/foundation/node';
import { stateOf } from './checkpoint-contents.js';
import { CheckpointError } from './checkpoint-error.js';
import { runStores } from './checkpoint-store.js';
import { metricsPath, readMetrics } from './metrics-log.js';

/**
 * How many bytes a run's log lacks at its end, by its latest checkpoint: no line that is left shows that lines after it are
 * gone.
 *
 * @param folder - the run folder
 * @returns 0 if none are known to be missing, if the log itself says that some were lost, or without an intact checkpoint
 */
export async function missingLogBytes(folder: string): Promise<number> {
  const size = (await nodeFileSystem.size(metricsPath(folder))) ?? 0;
  let written: number;
  try {
    const latest = await runStores(folder, nodeFileSystem).checkpoints.latest();
    written = latest ? stateOf(latest).logBytes : 0;
  } catch (error) {
    if (error instanceof CheckpointError) return 0; // whoever opens it says what is wrong with it
    throw error;
  }
  if (written <= size) return 0;
  const records = await readMetrics(folder, { onProblems: () => undefined });
  return records.some(({ kind }) => kind === 'lost') ? 0 : written - size;
}
