// What packages weigh, against the ceilings that scripts/package-sizes.json keeps.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('../package-sizes.json', import.meta.url));

/**
 * @typedef {{ measured: number, ceiling: number }} Size in bytes
 * @typedef {{ [name: string]: { tarball: Size, browserBundle: Size | 'Node only' } }} Sizes
 */

/** A tenth above what is measured, in whole hundreds. */
const withCeiling = (/** @type {number} */ measured) => ({
  measured,
  ceiling: Math.ceil((measured * 1.1) / 100) * 100,
});

/**
 * Rewrites the file from the measurements.
 *
 * @param {{ [name: string]: { tarball: number, browserBundle: number | 'Node only' } }} measured
 */
export function recordSizes(measured) {
  const sizes = Object.entries(measured).map(([name, { tarball, browserBundle }]) => [
    name,
    {
      tarball: withCeiling(tarball),
      browserBundle: browserBundle === 'Node only' ? browserBundle : withCeiling(browserBundle),
    },
  ]);
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(sizes), null, 2)}\n`);
}

/**
 * @param {{ [name: string]: { tarball: number, browserBundle: number | 'Node only' } }} measured
 * @param {Sizes} recorded
 * @returns {string[]} what is too big, does not bundle any more, or is not listed
 */
export function sizeProblems(measured, recorded = JSON.parse(readFileSync(path, 'utf8'))) {
  const problems = [];
  for (const [name, { tarball, browserBundle }] of Object.entries(measured)) {
    const known = recorded[name];
    if (!known) {
      problems.push(`${name}: not in package-sizes.json`);
      continue;
    }
    if (tarball > known.tarball.ceiling)
      problems.push(`${name}: its tarball has ${tarball} bytes; the ceiling is ${known.tarball.ceiling}`);
    if (known.browserBundle === 'Node only') {
      if (browserBundle !== 'Node only')
        problems.push(`${name}: bundles for browsers, but is listed as Node only`);
    } else if (browserBundle === 'Node only') problems.push(`${name}: no longer bundles for browsers`);
    else if (browserBundle > known.browserBundle.ceiling)
      problems.push(
        `${name}: its browser bundle has ${browserBundle} bytes; the ceiling is ${known.browserBundle.ceiling}`,
      );
  }
  for (const name of Object.keys(recorded)) {
    if (!(name in measured))
      problems.push(`${name}: in package-sizes.json, but no such package is published`);
  }
  return problems;
}
