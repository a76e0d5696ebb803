// Writes locks/NAME.json: every npm package that `dmnn backend install` fetches, with version and integrity. Run it to move
// to other versions, which are given here:
//   node packages/runtime/scripts/lock-packages.mjs
// The places in the registry are left out, so that npm asks the one that is configured.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const wanted = {
  'tfjs-node': { '@tensorflow/tfjs-node': '4.22.0' },
  'tfjs-node-gpu': { '@tensorflow/tfjs-node-gpu': '4.22.0' },
  'node-gyp': { 'node-gyp': '11.5.0', 'node-api-headers': '1.5.0' },
};
/** What npm needs of an entry to install it; the rest is for people who look it up. */
const kept = [
  ...['name', 'version', 'integrity', 'optional', 'dependencies', 'optionalDependencies'],
  ...['peerDependencies', 'peerDependenciesMeta'],
];

for (const [name, dependencies] of Object.entries(wanted)) {
  const folder = mkdtempSync(join(tmpdir(), 'dmnn-lock-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    const flags = [
      '--package-lock-only',
      '--ignore-scripts',
      '--no-audit',
      '--omit-lockfile-registry-resolved',
    ];
    execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    const packages = Object.entries(lock.packages).map(([path, entry]) => {
      if (path === '') return [path, { dependencies }];
      if (!entry.integrity) throw new Error(`${path}: expected an integrity, got none`);
      return [path, Object.fromEntries(kept.filter((key) => key in entry).map((key) => [key, entry[key]]))];
    });
    const text = JSON.stringify(
      { lockfileVersion: 3, requires: true, packages: Object.fromEntries(packages) },
      undefined,
      2,
    );
    writeFileSync(new URL(`../locks/${name}.json`, import.meta.url), `${text}\n`);
    console.log(`${name}: ${packages.length - 1} packages`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
