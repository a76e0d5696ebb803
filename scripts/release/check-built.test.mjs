import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, toolPath } from './run.mjs';

const checkBuilt = fileURLToPath(new URL('check-built.mjs', import.meta.url));
/** @type {string} */
let folder;
const SOURCE = 'export const one: number = 1;\n';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmnn-check-built-'));
  mkdirSync(join(folder, 'src/fixtures'), { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'somebody',
      type: 'module',
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    }),
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        rootDir: 'src',
        outDir: 'dist',
        tsBuildInfoFile: 'dist/.tsbuildinfo',
        composite: true,
        types: [],
      },
      include: ['src'],
    }),
  );
  write('src/index.ts', SOURCE);
  run(process.execPath, [toolPath('typescript', 'tsc'), '-b'], { cwd: folder });
  renameSync(join(folder, 'dist'), join(folder, 'built'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(/** @type {string} */ path, /** @type {string} */ text) {
  writeFileSync(join(folder, path), text);
}

/** Lays `src` and `dist` as they were after a build. */
function build() {
  write('src/index.ts', SOURCE);
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  cpSync(join(folder, 'built'), join(folder, 'dist'), { recursive: true });
}

function check() {
  const { status, stderr } = spawnSync(process.execPath, [checkBuilt], { cwd: folder, encoding: 'utf8' });
  return { status, stderr };
}

describe('prepack', () => {
  it('lets a package through that was built from the sources that lie there', () => {
    build();
    expect(check()).toEqual({ status: 0, stderr: '' });
  });

  it('does not mind tests and fixtures, which are not packed', () => {
    build();
    write('src/index.test.ts', 'export {};\n');
    write('src/fixtures/small.ts', 'export {};\n');
    expect(check().status).toBe(0);
  });

  it('refuses a package without dist', () => {
    build();
    rmSync(join(folder, 'dist'), { recursive: true });
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('somebody: not built: ./dist/index.d.ts is not there');
    expect(stderr).toContain('Run npm run build first.');
  });

  it('refuses a source that was changed after the build', () => {
    build();
    write('src/index.ts', 'export const one: number = 2;\n');
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('src/index.ts was changed after the build'),
    });
  });

  it('refuses a source that was never compiled', () => {
    build();
    write('src/other.ts', 'export const other: number = 1;\n');
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('src/other.ts is not compiled'),
    });
    rmSync(join(folder, 'src/other.ts'));
  });

  it('refuses what was compiled from a source that is gone', () => {
    build();
    write('dist/gone.js', 'export {};\n');
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('dist/gone.js has no source: remove dist'),
    });
  });
});
