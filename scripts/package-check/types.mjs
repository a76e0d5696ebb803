// Declarations as users compile against them: every entry and every example of the READMEs, with the lowest and the
// newest TypeScript, libraries checked too.
import { mkdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checked, examplesOf, expectPrintedTypes } from '../examples.mjs';
import { packages, npmName } from '../packages.mjs';
import { LOWEST_TYPESCRIPT, NEWEST_TYPESCRIPT } from './installed.mjs';

/** @typedef {import('../release/workspace-packages.mjs').PublishedPackage} PublishedPackage */

/** Entries of a package as one imports them: `@dmnn/foundation`, `@dmnn/foundation/node`. */
const entriesOf = (/** @type {PublishedPackage} */ { name, manifest }) =>
  Object.keys(manifest.exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => `${name}${entry.slice(1)}`);

/** @param {string} entry @returns {boolean} whether it must compile without Node's types */
function runsInBrowser(entry) {
  const owner = packages.find(({ name }) => entry === npmName(name) || entry.startsWith(`${npmName(name)}/`));
  return owner?.runsIn?.includes('browser') === true && !entry.endsWith('/node');
}

/**
 * @param {string} folder as `installAll` makes it @param {readonly PublishedPackage[]} published
 * @returns {string[]} what is wrong with declarations of ours or with examples
 */
export function typeProblems(folder, published) {
  const problems = [];
  for (const browser of [true, false]) {
    const name = browser ? 'browser' : 'node';
    const place = join(folder, `types-${name}`);
    mkdirSync(place);
    writeFileSync(join(place, 'globals.d.ts'), expectPrintedTypes);
    const entries = published.flatMap(entriesOf).filter((entry) => runsInBrowser(entry) === browser);
    writeFileSync(
      join(place, 'entries.ts'),
      entries
        .map((entry, index) => `import * as entry${index} from '${entry}';\nvoid entry${index};\n`)
        .join(''),
    );
    const sources = published.filter((one) => runsInBrowser(one.name) === browser);
    const examples = sources.flatMap((one) => examplesOf(`${one.name}/README.md`, one.readme));
    for (const [index, { code }] of examples.entries())
      writeFileSync(join(place, `example${index}.ts`), checked(code));
    writeFileSync(
      join(place, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2022',
          module: 'NodeNext',
          moduleResolution: 'NodeNext',
          strict: true,
          skipLibCheck: false,
          noEmit: true,
          types: browser ? [] : ['node'],
          lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        },
        include: ['*.ts'],
      }),
    );
    for (const version of ['lowest', 'newest']) {
      const tsc = join(folder, 'node_modules', `typescript-${version}`, 'bin/tsc');
      const { stdout, stderr, error } = spawnSync(
        process.execPath,
        [tsc, '-p', '.', '--pretty', 'false', '--listFiles'],
        { cwd: place, encoding: 'utf8', maxBuffer: 1 << 28 },
      );
      if (error) throw error;
      const number = version === 'lowest' ? LOWEST_TYPESCRIPT : NEWEST_TYPESCRIPT;
      const lines = `${stdout}${stderr}`.split('\n');
      if (!lines.some((line) => line.endsWith('/entries.ts')))
        throw new Error(`TypeScript ${number} did not compile:\n${stdout}${stderr}`);
      for (const line of lines) {
        const path = /^(.*?)\(\d+,\d+\): error /.exec(line)?.[1];
        // what is wrong in declarations of others is not ours to mend
        const ours =
          path !== undefined &&
          (!path.includes('node_modules') || /node_modules\/(@dmnn\/|dmnn\/)/.test(path));
        const example = /^example(\d+)\.ts/.exec(line)?.[1];
        const where = example === undefined ? line : `${examples[Number(example)]?.where}: ${line}`;
        if (ours || /^error TS/.test(line)) problems.push(`TypeScript ${number}, ${name}: ${where}`);
      }
      const nodes = lines.find((line) => /@types[/+]node[/@].*\.d\.ts$/.test(line));
      if (browser && nodes)
        problems.push(
          `TypeScript ${number}: packages that run in browsers bring Node's types: ${nodes}. Declare what is needed by its shape.`,
        );
    }
  }
  return problems;
}
