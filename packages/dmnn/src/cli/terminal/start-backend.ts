import { DmnnError } from '@dmnn/foundation';
import type { BackendReport } from '@dmnn/runtime';
import type { CommandIo } from './command-io.js';

/** Backends that `--backend` takes, by the names of `@dmnn/runtime`. */
export const backendChoices = ['native-gpu', 'native', 'wasm', 'cpu'] as const;

/** The requested backend, without fallback. */
export type BackendChoice = (typeof backendChoices)[number];

/**
 * Loads the tensor library and starts a backend, and reports which.
 *
 * @param backend - the requested one, without fallback; undefined: the best that works
 * @throws DmnnError `DMNN_BACKEND` if none works, or the requested one does not
 */
export async function startBackend(
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<BackendReport> {
  await import('@tensorflow/tfjs'); // registers the gradients
  const { chooseBackend, nativeCacheDirectory } = await import('@dmnn/runtime');
  const report = await chooseBackend({
    cacheDirectory: nativeCacheDirectory(io.env),
    prefer: backend,
  });
  const wanted = report.tried.find(({ name }) => name === backend);
  if (wanted && !wanted.works) {
    throw new DmnnError(
      'DMNN_BACKEND',
      `--backend: expected ${wanted.name} to work, but ${wanted.reason ?? 'it does not'}. Try: ${wanted.remedy ?? 'another'}.`,
    );
  }
  io.err(backendText(report));
  for (const warning of report.warnings) io.err(warning);
  if (backend === undefined && report.chosen !== 'native' && report.chosen !== 'native-gpu') {
    io.err('A native backend is several times as fast: dmnn backend install');
  }
  return report;
}

function backendText({ chosen, version, threads }: BackendReport): string {
  const on = threads === undefined ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `backend ${chosen}: ${version}${on}`;
}
