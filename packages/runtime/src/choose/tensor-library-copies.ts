import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Packages that can bring a copy of tfjs-core. */
const companions = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-node-gpu',
];

const inCore = /^(.*[\\/]@tensorflow[\\/]tfjs-core)[\\/]dist[\\/]/;

/**
 * The folders of all copies of tfjs-core that are loaded, or that the installed companions would load; sorted.
 *
 * Two copies share one registry of kernels but not their classes, which causes warnings and wrong results far from the cause.
 */
export function tensorLibraryCopies(require: NodeJS.Require = createRequire(import.meta.url)): string[] {
  const files = Object.keys(require.cache);
  const resolve = (from: NodeJS.Require, name: string): string | undefined => {
    try {
      return from.resolve(name);
    } catch {
      return undefined; // not installed, which is no copy
    }
  };
  const own = resolve(require, '@tensorflow/tfjs-core');
  if (own !== undefined) files.push(own);
  for (const name of companions) {
    const companion = resolve(require, name);
    if (companion === undefined) continue;
    const core = resolve(createRequire(companion), '@tensorflow/tfjs-core');
    if (core !== undefined) files.push(core);
  }
  const folders = new Set<string>();
  for (const file of files) {
    const folder = inCore.exec(file)?.[1];
    if (folder !== undefined) folders.add(realpathSync(folder));
  }
  return [...folders].sort();
}
