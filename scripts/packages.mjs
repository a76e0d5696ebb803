// The one list of packages, packages.json, as data: who may import whom, who may touch a tensor library, what each holds.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * In order of floors: a package imports only packages that stand before it.
 *
 * @type {{ name: string, holds: string, imports: string[], tensors: boolean,
 *   runsIn?: ('node' | 'browser')[], coverage?: number }[]}
 *   `runsIn`: where its main entry runs; an entry `./node` runs in Node only. `coverage`: least percentage of lines that
 *   tests must reach. Both are absent for private packages
 */
export const packages = JSON.parse(readFileSync(`${root}packages.json`, 'utf8'));

/** @param {string} name as in packages.json @returns {string} as npm knows it */
export const npmName = (name) => (name === 'dmnn' ? 'dmnn' : `@dmnn/${name}`);
