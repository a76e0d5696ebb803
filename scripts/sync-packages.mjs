// Writes what follows from packages.json: dependencies between manifests, references between TypeScript projects, the
// table of docs/architecture.md, and in each README where the package runs.
//   node scripts/sync-packages.mjs           writes
//   node scripts/sync-packages.mjs --check   changes nothing; exits 1 and lists the files that are not up to date
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { LOWEST_TYPESCRIPT } from './package-check/installed.mjs';
import { npmName, packages } from './packages.mjs';
import { originOf } from './release/publishing.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale = [];
const problems = [];

async function write(path, text) {
  const options = await prettier.resolveConfig(`${root}${path}`);
  const formatted = await prettier.format(text, { ...options, filepath: `${root}${path}` });
  if (readFileSync(`${root}${path}`, 'utf8') === formatted) return;
  stale.push(path);
  if (!check) writeFileSync(`${root}${path}`, formatted);
}

const byName = (entries) => Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
const isOurs = (dependency) => dependency === 'dmnn' || dependency.startsWith('@dmnn/');
const folderOf = (dependency) => dependency.replace('@dmnn/', '');

/** What every package that is published leaves out of its tarball: tests and what only they need. */
const leftOut = ['!dist/**/*.test.*', '!dist/**/*.test-d.*', '!dist/**/fixtures', '!dist/**/*.tsbuildinfo'];

/** A manifest with everything that follows from packages.json and from the root manifest's `publishing`. */
function completed(manifest, name, imports) {
  const others = Object.entries(manifest.dependencies ?? {}).filter(([dependency]) => !isOurs(dependency));
  const dependencies = byName([...others, ...imports.map((other) => [npmName(other), 'workspace:^'])]);
  const { devDependencies, ...rest } = manifest;
  delete rest.dependencies;
  const withOrigin = manifest.private
    ? rest
    : {
        ...rest,
        ...originOf(`packages/${name}`),
        files: [
          ...manifest.files.filter((path) => !path.startsWith('!') && path !== 'CHANGELOG.md'),
          ...leftOut,
          'CHANGELOG.md',
        ],
        scripts: { ...manifest.scripts, prepack: 'node ../../scripts/release/check-built.mjs' },
      };
  return inOrder({
    ...withOrigin,
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
    ...(devDependencies && { devDependencies }),
  });
}

const order = [
  ...[
    'name',
    'version',
    'private',
    'description',
    'keywords',
    'license',
    'author',
    'homepage',
    'bugs',
    'repository',
  ],
  ...['type', 'sideEffects', 'engines', 'bin', 'files', 'exports', 'publishConfig', 'scripts'],
  ...['dependencies', 'peerDependencies', 'peerDependenciesMeta', 'optionalDependencies', 'devDependencies'],
];

/** The same manifest, its keys in the order of all manifests; unknown ones last. */
function inOrder(manifest) {
  const unknown = Object.keys(manifest).filter((key) => !order.includes(key));
  return Object.fromEntries(
    [...order, ...unknown].filter((key) => key in manifest).map((key) => [key, manifest[key]]),
  );
}

/**
 * What a README says about Node, browsers, TypeScript and Jest.
 *
 * @param {typeof packages[number]} one
 */
function whereItRuns({ name, runsIn = [] }) {
  const { engines } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8'));
  const node = engines.node.replace('>=', '');
  const places = runsIn.includes('browser')
    ? `Node ${node} or later, and browsers`
    : `Node ${node} or later; not browsers`;
  return [
    `Runs in ${places}. It is an ES module (\`import\`; \`require\` works from Node 20.19 on), with types for TypeScript ${LOWEST_TYPESCRIPT.replace(/\.\d+$/, '')} or later.`,
    'Jest runs it as it is with `NODE_OPTIONS=--experimental-vm-modules npx jest`, where tests are ES modules too.',
  ];
}

for (const folder of readdirSync(`${root}packages`)) {
  if (!packages.some(({ name }) => name === folder))
    problems.push(
      `packages/${folder}: not in packages.json. Add an entry: name, what it holds, what it imports.`,
    );
}
for (const [index, { name, imports }] of packages.entries()) {
  if (!existsSync(`${root}packages/${name}/package.json`)) {
    problems.push(`packages.json: ${name} has no packages/${name}/package.json`);
    continue;
  }
  for (const imported of imports) {
    if (!packages.slice(0, index).some((other) => other.name === imported))
      problems.push(`packages.json: ${name} imports ${imported}, which does not stand before it`);
  }
  const manifest = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8'));
  await write(`packages/${name}/package.json`, JSON.stringify(completed(manifest, name, imports)));
  const forTests = Object.keys(manifest.devDependencies ?? {})
    .filter(isOurs)
    .map(folderOf);
  const references = [...new Set([...imports, ...forTests])].sort().map((other) => ({ path: `../${other}` }));
  const config = JSON.parse(readFileSync(`${root}packages/${name}/tsconfig.json`, 'utf8'));
  delete config.references;
  await write(
    `packages/${name}/tsconfig.json`,
    JSON.stringify(references.length > 0 ? { ...config, references } : config),
  );
}

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
async function section(path, name, lines) {
  const text = readFileSync(`${root}${path}`, 'utf8');
  const between = new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!between.test(text))
    problems.push(`${path}: expected <!-- ${name} --> … <!-- /${name} -->, got neither`);
  await write(
    path,
    text.replace(between, (_, open, close) => `${open}\n\n${lines.join('\n')}\n\n${close}`),
  );
}

await section('docs/architecture.md', 'packages', [
  '| package | holds | imports | tensors |',
  '| --- | --- | --- | --- |',
  ...packages.map(
    ({ name, holds, imports, tensors }) =>
      `| \`${npmName(name)}\` | ${holds} | ${name === 'dmnn' ? 'all' : imports.join(', ') || 'nothing'} | ${tensors ? 'yes' : 'no'} |`,
  ),
]);

for (const one of packages) {
  if (one.runsIn) await section(`packages/${one.name}/README.md`, 'where it runs', whereItRuns(one));
}

for (const problem of problems) console.error(problem);
if (check && stale.length > 0)
  console.error(
    `not up to date with packages.json, run node scripts/sync-packages.mjs:\n${stale.join('\n')}`,
  );
else if (stale.length > 0) console.log(`written:\n${stale.join('\n')}`);
if (problems.length > 0 || (check && stale.length > 0)) process.exit(1);
console.log(`packages: ${packages.length}, all that follows from packages.json is up to date`);
