import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { findBuildTools } from './build-tools.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

function folderWith(programs: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dmnn-tools-'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

it('finds each by its version, and takes what works', async () => {
  const folder = folderWith({
    python3: '[ "$1" = -m ] && exit 1; echo Python 3.99',
    python: '[ "$1" = -m ] && echo pip 99 from somewhere || echo Python 2',
    npm: 'echo 10.0.0',
    'g++': 'echo g++ 14; echo second line',
    make: 'exit 3',
  });
  vi.stubEnv('PATH', folder);
  const tools = await findBuildTools({});
  expect(tools.map(({ name, works, command, version }) => [name, works, command, version])).toEqual([
    ['python', true, ['python3'], 'Python 3.99'],
    ['pip', true, ['python', '-m', 'pip'], 'pip 99 from somewhere'],
    ['npm', true, ['npm'], '10.0.0'],
    ['compiler', true, ['g++'], 'g++ 14'],
    ['make', false, undefined, undefined],
  ]);
  expect(tools.at(-1)?.remedy).toContain('build-essential');
});

it('asks the compiler that CXX names', async () => {
  vi.stubEnv('PATH', folderWith({ 'my-cc': 'echo mine 1' }));
  const tools = await findBuildTools({ CXX: 'my-cc' });
  expect(tools.filter(({ works }) => works)).toEqual([
    expect.objectContaining({ name: 'compiler', command: ['my-cc'], version: 'mine 1' }),
  ]);
});
