import { BuildError } from '@dmnn/native';
import { checkEngine } from './check-engine.js';
import type { EngineManifest } from './engine-build.js';
import { locateEngine, type LocateOptions } from './locate-engine.js';

/** Whether the engine works on this machine. */
export type EngineReport =
  | { readonly works: true; readonly path: string; readonly manifest: EngineManifest }
  | { readonly works: false; readonly reason: string; readonly remedy: string };

/**
 * Finds the core and loads it in a separate process, which a core that is damaged or for another machine would end.
 *
 * @example
 * ```ts
 * import { diagnoseEngine } from '@dmnn/engine';
 *
 * const report = await diagnoseEngine({ cacheDirectory: '/no/builds/here' });
 * console.log(report.works || report.remedy); // => dmnn backend install --engine
 * ```
 */
export async function diagnoseEngine(options: LocateOptions = {}): Promise<EngineReport> {
  const { path, manifest, reason, remedy } = locateEngine(options);
  if (path === undefined) return { works: false, reason, remedy };
  try {
    await checkEngine(path);
    return { works: true, path, manifest };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { works: false, reason: `${path}: ${error.problem}`, remedy: error.remedy };
  }
}
