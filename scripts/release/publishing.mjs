// Where the packages are published from: one setting, `publishing` in the root manifest. Everything that npm shows of
// it follows: repository with directory, homepage, bugs.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {{ author: string, repository: string | null }} Publishing */

/** @type {Publishing} */
export const publishing = JSON.parse(readFileSync(`${root}package.json`, 'utf8')).publishing;

/**
 * What a manifest says of where it comes from.
 *
 * @param {string} directory of the package, such as `packages/gating`
 * @param {Publishing} [settings]
 */
export function originOf(directory, { author, repository } = publishing) {
  if (!repository) return { author };
  const web = repository.replace(/^git\+/, '').replace(/\.git$/, '');
  return {
    author,
    homepage: `${web}/tree/main/${directory}#readme`,
    bugs: { url: `${web}/issues` },
    repository: { type: 'git', url: `git+${web}.git`, directory },
  };
}

/**
 * @param {Publishing} [settings]
 * @returns {string[]} what is missing before a package may be published, in words; empty if nothing is
 */
export function publishingProblems({ repository } = publishing) {
  if (repository) return [];
  return [
    'package.json: publishing.repository is not set, so manifests have no repository, homepage and bugs. Set it to the address of the public repository and run node scripts/sync-packages.mjs.',
  ];
}
