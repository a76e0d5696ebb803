import { BuildError, errorLines, runProgram } from '@dmnn/native';
import { parseJson } from '@dmnn/foundation';
import { missingLibrary, OPENMP_LIBRARY } from './missing-library.js';

/** Asks the dynamic linker for a library of the system, as it will be asked when the core is loaded. */
const openmpScript = `
try { process.dlopen({ exports: {} }, process.argv[1]); } catch (error) { process.stdout.write(error.message); }
`;

/**
 * Looks for the library of the system that oneDNN needs, before anything is downloaded.
 *
 * @throws BuildError, step `prepare`, with the name of its package.
 */
export async function assertOpenMp(signal?: AbortSignal): Promise<void> {
  if (process.platform !== 'linux') return;
  const result = await runProgram(process.execPath, ['-e', openmpScript, '--', OPENMP_LIBRARY], { signal });
  const missing = missingLibrary(result?.stdout ?? '');
  if (missing === undefined) return;
  throw new BuildError('prepare', `${missing.library} is not installed.`, missing.remedy, {
    tool: missing.library,
  });
}

/** In a separate process: a library for another machine ends the process that loads it. */
const script = `process.stdout.write('\\n' + JSON.stringify(require(process.argv[1]).processor()));`;

/**
 * Loads a core in a separate process.
 *
 * @returns the version of oneDNN, such as `3.2.0`
 * @throws BuildError, step `check`.
 */
export async function checkEngine(path: string, signal?: AbortSignal): Promise<string> {
  const result = await runProgram(process.execPath, ['-e', script, '--', path], { signal });
  if (result?.status === 0) {
    const { oneDnn } = parseJson(result.stdout.split('\n').at(-1) ?? '') as { oneDnn: string };
    return oneDnn;
  }
  const output = result?.output ?? '';
  const missing = missingLibrary(output.replace(/^(Uncaught )?Error: /gm, ''));
  throw new BuildError(
    'check',
    `the core does not load: ${errorLines(output, 1) || 'the process that loads it was ended by a signal'}.`,
    missing?.remedy ?? 'Report it with what dmnn doctor prints.',
  );
}
