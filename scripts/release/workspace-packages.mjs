// The packages that are published, as their manifests describe them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmName, packages } from '../packages.mjs';

/** @typedef {{ name: string, folder: string, readme: string, manifest: Record<string, any> }} PublishedPackage */

/**
 * @param {string} root of a checkout
 * @returns {PublishedPackage[]} in order of floors
 */
export function publishedPackages(root) {
  return packages.flatMap(({ name }) => {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (manifest.private) return [];
    return [
      { name: npmName(name), folder, manifest, readme: readFileSync(join(folder, 'README.md'), 'utf8') },
    ];
  });
}

/** What a README says to install, line by line: `['@dmnn/gating @tensorflow/tfjs-core', …]`, without comments. */
export function installLines(/** @type {string} */ readme) {
  return [...readme.matchAll(/^npm install ([^#\n]*)/gm)].map((match) => (match[1] ?? '').trim());
}
