// Everything a fresh clone needs, with Node and npm alone: fetches the pinned pnpm, installs the locked
// dependencies, and with --build compiles all packages. Does nothing where nothing has changed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heartbeat } from './heartbeat.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`dmnn needs Node 20.19 or later; this is ${process.version}.`);
  process.exit(1);
}

/** As corepack reads it: the version, and the SHA-512 of the archive. */
const [, version, sha512] =
  /^pnpm@([\d.]+)\+sha512\.([0-9a-f]{128})$/.exec(
    JSON.parse(readFileSync('package.json', 'utf8')).packageManager,
  ) ?? [];
if (version === undefined || sha512 === undefined) {
  console.error('package.json: expected packageManager as pnpm@VERSION+sha512.HEX, got something else.');
  process.exit(1);
}
const pnpm = '.tools/node_modules/pnpm/bin/pnpm.cjs';

// turbo asks for pnpm by name
const env = {
  ...process.env,
  PATH: `${root}.tools/node_modules/.bin${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
};

/**
 * Runs a command; its output is shown only where it fails, so that the job's own output stays readable.
 *
 * @param {string} what
 * @param {string} command
 * @param {readonly string[]} args
 */
async function quietly(what, command, args) {
  console.error(what);
  const end = heartbeat(what);
  let output = '';
  const status = await new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command === 'npm' && process.platform === 'win32',
      env,
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.on('close', resolve);
  });
  end();
  if (status === 0) return;
  console.error(`${output}\n${what} failed: ${command} ${args.join(' ')}`);
  process.exit(1);
}

function installedPnpm() {
  const manifest = '.tools/node_modules/pnpm/package.json';
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined;
}

if (installedPnpm() !== version) {
  mkdirSync('.tools', { recursive: true });
  // npm ci compares the archive with the lock; pnpm needs no other package
  const integrity = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`;
  const root = { dependencies: { pnpm: version } };
  const bin = { pnpm: 'bin/pnpm.cjs' }; // npm ci links only what the lock lists
  const packages = { '': root, 'node_modules/pnpm': { version, integrity, bin } };
  writeFileSync('.tools/package.json', JSON.stringify({ private: true, ...root }));
  writeFileSync('.tools/package-lock.json', JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
  await quietly(`Fetching pnpm ${version} …`, 'npm', [
    'ci',
    '--prefix',
    '.tools',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
}

const manifests = [
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'package.json',
  ...readdirSync('packages').map((name) => `packages/${name}/package.json`),
];
const digest = createHash('sha256');
for (const file of manifests) digest.update(file).update(readFileSync(file));
const wanted = digest.digest('hex');
const stamp = 'node_modules/.installed';
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  await quietly('Installing dependencies (about a minute the first time) …', process.execPath, [
    pnpm,
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
  ]);
  writeFileSync(stamp, wanted);
}

if (process.argv.includes('--build')) {
  await quietly('Building …', process.execPath, [
    'node_modules/turbo/bin/turbo',
    'run',
    'build',
    '--output-logs=errors-only',
    '--no-update-notifier',
  ]);
}
