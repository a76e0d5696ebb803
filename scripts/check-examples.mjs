// Compiles and runs every example of the documentation: `@example` blocks of the sources, ```ts blocks of the READMEs.
// A line `console.log(…); // => text` is held against what it prints.
//   node scripts/check-examples.mjs [PART OF A FILE NAME]
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { checked, examplesOf, expectPrintedModule, expectPrintedTypes } from './examples.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const only = process.argv[2] ?? '';
// what the examples use of others resolves from this package; our own packages are linked into it
const folder = join(root, 'packages/dmnn/.examples');

function* files(directory, extension) {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (name === 'node_modules' || name === 'dist') continue;
    if (statSync(path).isDirectory()) yield* files(path, extension);
    else if (name.endsWith(extension) && !/\.test(-d)?\.ts$/.test(name)) yield path;
  }
}

const sources = [
  ...readdirSync(join(root, 'packages')).flatMap((name) => [
    ...files(join(root, 'packages', name, 'src'), '.ts'),
  ]),
  ...readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name, 'README.md'))
    .filter((path) => statSync(path, { throwIfNoEntry: false })),
  join(root, 'README.md'),
];
const examples = sources
  .flatMap((path) => examplesOf(relative(root, path), readFileSync(path, 'utf8')))
  .filter(({ where }) => where.includes(only))
  .map((example, index) => ({ ...example, file: join(folder, `example${index}.ts`) }));

const clean = () => {
  rmSync(folder, { recursive: true, force: true });
};
// Also after a failure, an exception or Ctrl-C: what is left would be linted and searched
process.on('exit', clean);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => process.exit(1));
clean();
const linked = join(folder, 'node_modules/@dmnn');
mkdirSync(linked, { recursive: true });
for (const name of readdirSync(join(root, 'packages')))
  if (name !== 'dmnn') symlinkSync(join(root, 'packages', name), join(linked, name), 'dir');
for (const example of examples) {
  writeFileSync(example.file, checked(example.code));
}
writeFileSync(join(folder, 'globals.d.ts'), expectPrintedTypes);
writeFileSync(join(folder, 'expect-printed.mjs'), expectPrintedModule);

const program = ts.createProgram([...examples.map(({ file }) => file), join(folder, 'globals.d.ts')], {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  outDir: folder,
  rootDir: folder,
});
const { diagnostics } = program.emit();
const placeOf = (/** @type {string | undefined} */ file) =>
  examples.find((example) => example.file === file)?.where ?? file;
const failures = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(
  (diagnostic) =>
    `${placeOf(diagnostic.file?.fileName)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`,
);

/** @param {{ file: string, where: string }} example @returns {Promise<void>} when it has ended */
function run({ file, where }) {
  return new Promise((done) => {
    let output = '';
    const child = spawn(
      process.execPath,
      ['--import', join(folder, 'expect-printed.mjs'), file.replace(/\.ts$/, '.js')],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 120_000,
      },
    );
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('exit', (code) => {
      if (code !== 0) failures.push(`${where}: failed\n${output}`);
      done();
    });
  });
}

if (failures.length === 0) {
  const waiting = [...examples];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await run(next);
  };
  await Promise.all([worker(), worker()]);
}
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exit(1);
}
console.log(`examples: ${examples.length} ran and printed what they say`);
