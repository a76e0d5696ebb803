// All packages together in one folder, as a user would have them: tarballs, what their READMEs say to install, two
// TypeScripts. What each package needs alone is what release:rehearse looks at.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, run } from '../release/run.mjs';
import { installLines } from '../release/workspace-packages.mjs';

/** The lowest TypeScript that understands the declarations: `Float32Array<ArrayBuffer>` came with 5.7. */
export const LOWEST_TYPESCRIPT = '5.7.3';
export const NEWEST_TYPESCRIPT = '7.0.2';

/** @param {string} line of a README, as `installLines` gives it @returns {[string, string][]} name and range */
const namesAndRanges = (line) =>
  line.split(/\s+/).map((named) => {
    const at = named.lastIndexOf('@');
    return at > 0 ? [named.slice(0, at), named.slice(at + 1)] : [named, '*'];
  });

/**
 * @param {string} work
 * @param {readonly { name: string, readme: string }[]} published
 * @param {readonly { name: string, tarball: string }[]} packed
 * @returns {string} the folder
 */
export function installAll(work, published, packed) {
  const folder = join(work, 'installed');
  mkdirSync(folder);
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const others = published.flatMap(({ readme }) => installLines(readme).flatMap(namesAndRanges));
  const dependencies = {
    ...Object.fromEntries(others),
    ...tarballs,
    '@types/node': '^20.19.0',
    'typescript-lowest': `npm:typescript@${LOWEST_TYPESCRIPT}`,
    'typescript-newest': `npm:typescript@${NEWEST_TYPESCRIPT}`,
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'somebody', private: true, type: 'module', dependencies }, null, 2),
  );
  // YAML reads JSON
  writeFileSync(
    join(folder, 'pnpm-workspace.yaml'),
    JSON.stringify({ packages: [], overrides: tarballs }, null, 2),
  );
  run(process.execPath, [pnpm, 'install', '--silent', '--ignore-scripts', '--prefer-offline'], {
    cwd: folder,
  });
  return folder;
}
