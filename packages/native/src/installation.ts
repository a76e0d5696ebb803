import { closeAfter } from '@dmnn/foundation';
import { asBuildError, BuildError, type BuildStep } from './build-error.js';
import { lockBuild } from './build-lock.js';
import type { Build, BuildManifest } from './build-manifest.js';
import type { FoundBuild } from './find-build.js';
import { writableCache } from './prepare-cache.js';

/** Says that a step begins; throws if the installation was aborted. */
export type ReportStep = (step: BuildStep, message: string) => void;

/** Options of {@link installation}. */
export interface InstallationOptions {
  readonly cacheDirectory: string;
  /** The name of its lock: one installation of that name runs at a time. */
  readonly lock: string;
  /** What the first step says. */
  readonly begins: string;
  /** Called as each step begins. */
  readonly onProgress?:
    ((progress: { readonly step: BuildStep; readonly message: string }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs an installation into the cache: alone, saying each step, with errors that name the step.
 *
 * @throws BuildError; the reason of the signal
 */
export async function installation<T>(
  { cacheDirectory, lock: name, begins, onProgress, signal }: InstallationOptions,
  install: (report: ReportStep) => Promise<T>,
): Promise<T> {
  let step: BuildStep = 'prepare';
  const report: ReportStep = (next, message) => {
    signal?.throwIfAborted();
    step = next;
    onProgress?.({ step, message });
  };
  try {
    report('prepare', begins);
    await writableCache(cacheDirectory);
    const lock = await lockBuild(cacheDirectory, name);
    return await closeAfter(
      () => install(report),
      () => lock.release(),
    );
  } catch (error) {
    signal?.throwIfAborted(); // a program that was ended fails in its own way
    throw asBuildError(error, step);
  }
}

/**
 * Whether an installation can take the build that it finds: `undefined` if there is none, or a damaged one, which is made
 * again.
 *
 * @throws BuildError, step `prepare`, for one that is not ours to replace: of a newer version, or unreadable
 */
export function usableBuild<M extends BuildManifest>(
  found: FoundBuild<M>,
  report: ReportStep,
): Build<M> | undefined {
  switch (found.state) {
    case 'intact':
      return found.build;
    case 'newer':
      throw new BuildError(
        'prepare',
        `${found.reason}.`,
        'Use that version, or build again for this one (--force).',
      );
    case 'unreadable':
      throw new BuildError(
        'prepare',
        `${found.reason}.`,
        'Give this user access to it, or set XDG_CACHE_HOME to another folder.',
      );
    case 'damaged':
      report('prepare', `building again: ${found.reason}`);
      return undefined;
    case 'none':
      return undefined;
    default:
      return found satisfies never;
  }
}
