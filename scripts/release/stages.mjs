// The stages of a release, each on a checkout that may be changed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, run, toolPath, withPnpm } from './run.mjs';
import { publishedPackages } from './workspace-packages.mjs';

/** Turns changesets into versions and changelogs. @returns {string} the version that all packages have now */
export function makeVersions(/** @type {string} */ checkout) {
  run(process.execPath, [toolPath('@changesets/cli', 'changeset'), 'version'], {
    cwd: checkout,
    env: withPnpm,
  });
  const versions = new Set(publishedPackages(checkout).map(({ manifest }) => manifest.version));
  const [version] = versions;
  if (versions.size !== 1 || version === undefined || version === '0.0.0')
    throw new Error(`expected one version above 0.0.0 for all packages, got ${[...versions].join(', ')}`);
  return version;
}

/** Installs what the lock file says and builds all packages. */
export function build(/** @type {string} */ checkout) {
  run(process.execPath, [join(checkout, 'scripts/bootstrap.mjs'), '--build'], { cwd: checkout });
}

/**
 * Packs every package as it would be published and looks at the tarballs: publint, and what each must and may not hold.
 *
 * @param {string} checkout @param {string} folder where tarballs go
 * @returns {{ name: string, tarball: string, bytes: number }[]}
 */
export function packAll(checkout, folder) {
  return publishedPackages(checkout).map(({ name, folder: cwd, manifest }) => {
    const printed = run(process.execPath, [pnpm, 'pack', '--json', '--pack-destination', folder], {
      cwd,
      env: withPnpm,
    });
    const packed = JSON.parse(printed.slice(printed.search(/^\{$/m))); // what prepack prints comes first
    const tarball = packed.filename.startsWith('/') ? packed.filename : join(folder, packed.filename);
    const listed = packed.files.map((/** @type {{ path: string }} */ file) => file.path);
    const released = manifest.version === '0.0.0' ? [] : ['CHANGELOG.md'];
    for (const needed of ['README.md', 'LICENSE', 'package.json', ...released]) {
      if (!listed.includes(needed)) throw new Error(`${name}: the tarball has no ${needed}`);
    }
    const unwanted = listed.find((/** @type {string} */ path) =>
      /\.test\.|\.test-d\.|tsbuildinfo|node_modules|(^|\/)fixtures\/|\.d\.ts\.map$/.test(path),
    );
    if (unwanted) throw new Error(`${name}: the tarball holds ${unwanted}`);
    for (const path of listed.filter((/** @type {string} */ one) => one.endsWith('.js.map'))) {
      const map = JSON.parse(readFileSync(join(cwd, path), 'utf8'));
      if (!map.sourcesContent)
        throw new Error(`${name}: ${path} points at sources that are not in the tarball`);
    }
    run(process.execPath, [toolPath('publint'), 'run', '--strict', tarball], { cwd: checkout });
    return { name, tarball, bytes: packed.size ?? readFileSync(tarball).length };
  });
}

/** Publishes all packages whose version the registry does not have. @param {Readonly<Record<string, string>>} env */
export function publish(/** @type {string} */ checkout, env = {}) {
  return run(process.execPath, [toolPath('@changesets/cli', 'changeset'), 'publish'], {
    cwd: checkout,
    env: { ...withPnpm, ...env },
  });
}
