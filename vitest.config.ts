import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const packages = readdirSync(`${root}packages`);

/** Tests run on the sources: no stale build can pass them, and coverage counts real lines. */
const alias = [
  { find: /^dmnn$/, replacement: `${root}packages/dmnn/src/index.ts` },
  { find: /^@dmnn\/([^/]+)$/, replacement: `${root}packages/$1/src/index.ts` },
  { find: /^@dmnn\/([^/]+)\/([^/]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

/** No tensor library may be needed here, so none is set up. */
const plain = [
  'architecture',
  'backbones',
  'categories',
  'data',
  'flops',
  'foundation',
  'report',
  'runs',
  'subdivide',
  'weights',
];

const sourcesOf = (members: string[]) => members.map((member) => `packages/${member}/src/**/*.test.ts`);

function project(name: string, include: string[], setupFiles: string[]) {
  return {
    resolve: { alias },
    test: {
      name,
      include,
      setupFiles,
      pool: 'forks' as const, // native addons do not load in worker threads
      testTimeout: 60_000,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('plain', sourcesOf(plain), []),
      project('scripts', ['benchmarks/**/*.test.mjs', 'scripts/**/*.test.mjs'], []),
      project('tensors', sourcesOf(packages.filter((name) => !plain.includes(name))), [
        `${root}scripts/vitest-tensors.ts`,
      ]),
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.generated.ts', 'packages/test-kit/**'],
      reporter: ['text-summary', 'json-summary', 'json'],
    },
  },
});
