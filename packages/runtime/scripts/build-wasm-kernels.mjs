// Compiles assembly/ into src/wasm-kernels.generated.ts. Needed only after a change there, or to the plan that it shares
// with TypeScript:
//   node scripts/build-wasm-kernels.mjs
// The compiler is fetched by npx and is no dependency of the workspace, because it is big and rarely needed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const compiler = 'assemblyscript@0.28.20';
const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'assembly');
const folder = mkdtempSync(join(tmpdir(), 'dmnn-'));
try {
  const out = join(folder, 'kernels.wasm');
  const options = [
    'index.ts',
    '--outFile',
    out,
    '-O3',
    '--converge',
    '--runtime',
    'stub',
    '--noAssert',
    '--use',
    'abort=',
    // the kernels work on the tensors where they lie, in the memory of tfjs-backend-wasm, from several threads
    '--importMemory',
    '--noExportMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
    '--sharedMemory',
    '--enable',
    'simd,threads',
  ];
  execFileSync('npx', ['-y', '-p', compiler, 'asc', ...options], { cwd: sources, stdio: 'inherit' });
  const digest = createHash('sha256');
  for (const name of readdirSync(sources).sort()) digest.update(readFileSync(join(sources, name)));
  digest.update(readFileSync(join(root, 'src', 'wasm-kernels', 'norm-sum-plan.ts')));
  const lines = readFileSync(out)
    .toString('base64')
    .match(/.{1,100}/g);
  writeFileSync(
    join(root, 'src', 'wasm-kernels.generated.ts'),
    `// Compiled by scripts/build-wasm-kernels.mjs with ${compiler}. Do not edit.\n` +
      `export const sourceDigest = '${digest.digest('hex')}';\n` +
      `export const wasmKernels: string =\n  ${lines?.map((line) => `'${line}'`).join(' +\n  ')};\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
