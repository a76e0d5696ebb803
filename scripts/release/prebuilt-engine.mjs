// Makes an npm package of the engine's core that is installed on this machine: npm run release:engine -- FOLDER [--publish]
// The loader of @dmnn/engine takes it before the cache. Its version is that of @dmnn/engine.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { locateEngine } from '@dmnn/engine';
import { originOf } from './publishing.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {string} target an empty folder, or none yet
 * @param {{ folder: string, manifest: import('@dmnn/engine').EngineManifest }} build
 */
export function packPrebuilt(target, { folder, manifest }) {
  const { platform, arch, libc, files, oneDnn } = manifest;
  const machine = [platform, arch, ...(libc === 'none' ? [] : [libc])].join('-');
  const { version, license } = JSON.parse(readFileSync(join(root, 'packages/engine/package.json'), 'utf8'));
  mkdirSync(target, { recursive: true });
  for (const { path } of files) cpSync(join(folder, path), join(target, path));
  cpSync(join(folder, 'manifest.json'), join(target, 'manifest.json'));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  const about = {
    name: `@dmnn/engine-${machine}`,
    version,
    description: `The core of @dmnn/engine for ${machine}, with oneDNN ${oneDnn}.`,
    license,
    ...originOf('packages/engine'),
    os: [platform],
    cpu: [arch],
    // npm's words for what Node calls gnu
    ...(libc === 'none' ? {} : { libc: [libc === 'gnu' ? 'glibc' : libc] }),
    files: ['manifest.json', 'LICENSE', ...files.map(({ path }) => path)],
    publishConfig: { access: 'public' },
  };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(about, undefined, 2)}\n`);
  writeFileSync(
    join(target, 'README.md'),
    `# ${about.name}\n\n${about.description} Installed by npm with @dmnn/engine.\n`,
  );
  return about.name;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { publish: { type: 'boolean', default: false } },
  });
  const [target] = positionals;
  const { path, manifest, reason, remedy } = locateEngine();
  if (target === undefined || existsSync(target)) {
    console.error('usage: npm run release:engine -- FOLDER [--publish] (a folder that does not exist yet)');
    process.exitCode = 2;
  } else if (path === undefined) {
    console.error(`${reason}. ${remedy}`);
    process.exitCode = 1;
  } else {
    console.log(packPrebuilt(resolve(target), { folder: dirname(path), manifest }));
    if (values.publish) execFileSync('npm', ['publish', resolve(target)], { stdio: 'inherit' });
  }
}
