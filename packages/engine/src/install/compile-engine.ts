import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BuildError, errorLines, runProgram } from '@dmnn/native';
import { CORE, coreFlags, coreSources } from './engine-build.js';
import { ONEDNN_LIBRARY } from './onednn-wheels.js';

/** Places of {@link compileEngine}. */
export interface CompileOptions {
  /** The compiler's command line. */
  readonly compiler: readonly string[];
  /** The folder that holds `oneapi/dnnl/dnnl.hpp`. */
  readonly headers: string;
  /** Gets the addon; holds {@link ONEDNN_LIBRARY}, next to which the addon looks for it. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compiles the core, without node-gyp: a few files, and the headers of Node-API come with an npm package that this one needs.
 *
 * @throws BuildError, step `compile`.
 */
export async function compileEngine({ compiler, headers, folder, signal }: CompileOptions): Promise<void> {
  const [program, ...args] = compiler as [string, ...string[]];
  const sources = readdirSync(coreSources).filter((name) => name.endsWith('.cc'));
  const result = await runProgram(
    program,
    [
      ...args,
      ...coreFlags,
      ...[`-I${nodeApiHeaders()}`, `-I${headers}`],
      ...sources.sort().map((name) => join(coreSources, name)),
      join(folder, ONEDNN_LIBRARY),
      ...(process.platform === 'darwin'
        ? ['-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path']
        : ['-Wl,-rpath,$ORIGIN']),
      ...['-o', join(folder, CORE)],
    ],
    // the temporary files of a compiler that is ended
    { signal, environment: { TMPDIR: folder } },
  );
  if (result?.status === 0) return;
  const output = result?.output ?? '';
  const isFull = /No space left on device|ENOSPC/.test(output);
  throw new BuildError(
    'compile',
    `${compiler.join(' ')} failed:\n${errorLines(output, 20)}\n`,
    isFull
      ? 'The disk is full: make room, or set XDG_CACHE_HOME to a folder on another disk, and run the command again.'
      : 'See the lines above; a C++17 compiler is needed (Debian: apt-get install g++). Set CXX to use another one.',
    { tool: 'compiler' },
  );
}

/** The folder of `node_api.h`. */
function nodeApiHeaders(): string {
  const { include_dir: folder } = createRequire(import.meta.url)('node-api-headers') as {
    include_dir: string;
  };
  return folder;
}
