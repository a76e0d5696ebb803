import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { packages } from './scripts/packages.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Tests run on the sources: no stale build can pass them, and coverage counts real lines. */
const alias = [
  { find: /^dmnn$/, replacement: `${root}packages/dmnn/src/index.ts` },
  { find: /^@dmnn\/([^/]+)$/, replacement: `${root}packages/$1/src/index.ts` },
  { find: /^@dmnn\/([^/]+)\/([^/]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

/** Whether a package's tests need a tensor library; for the others none is set up, so none can be needed. */
function testsTensors({ name }: { name: string }): boolean {
  const manifest = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')) as {
    devDependencies?: Record<string, string>;
  };
  return name === 'dmnn' || '@tensorflow/tfjs' in (manifest.devDependencies ?? {});
}
const plain = packages.filter((one) => !testsTensors(one));

const sourcesOf = (members: { name: string }[]) =>
  members.map(({ name }) => `packages/${name}/src/**/*.test.ts`);

function project(name: string, include: string[], setupFiles: string[]) {
  return {
    resolve: { alias },
    test: {
      name,
      include,
      setupFiles,
      pool: 'forks' as const, // native addons do not load in worker threads
      // against hangs only: a busy machine takes its time
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  };
}

export default defineConfig({
  test: {
    maxWorkers: availableParallelism(), // by default one less, which on two processors leaves one idle
    projects: [
      project('plain', sourcesOf(plain), []),
      project('scripts', ['benchmarks/**/*.test.mjs', 'scripts/**/*.test.mjs'], []),
      project('tensors', sourcesOf(packages.filter(testsTensors)), [`${root}scripts/vitest-tensors.ts`]),
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: [
        '**/*.test.ts',
        '**/*.generated.ts',
        'packages/test-kit/**',
        'packages/layers/src/fixtures/page.ts', // runs in a browser
      ],
      reporter: ['text-summary', 'json-summary', 'json'],
      reportOnFailure: true, // a test that fails does not hide what the others cover
    },
  },
});
