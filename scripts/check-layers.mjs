// Who may import whom: packages.json, enforced on the sources and on the manifests.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { folderProblems } from './folder-problems.mjs';
import { packages } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const problems = [];

function* sources(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (name.endsWith('.ts')) yield path;
  }
}

function importsOf(path) {
  return ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles.map((file) => file.fileName);
}

for (const { name, imports, tensors } of packages) {
  const folder = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const dependency of Object.keys(declared)) {
    const ours = /^@dmnn\/(.+)$/.exec(dependency)?.[1];
    if (ours && !imports.includes(ours))
      problems.push(`packages/${name}/package.json: may not depend on ${dependency}`);
    if (!tensors && dependency.startsWith('@tensorflow/'))
      problems.push(`packages/${name}/package.json: may not depend on a tensor library (${dependency})`);
  }
  const graph = new Map();
  const production = new Map();
  for (const path of sources(join(folder, 'src'))) {
    const where = relative(root, path);
    const test = /\.test(-d)?\.ts$/.test(path) || path.includes('/fixtures/');
    const local = [];
    for (const target of importsOf(path)) {
      if (target.startsWith('.')) {
        const file = resolve(dirname(path), target).replace(/\.js$/, '.ts');
        if (!file.startsWith(join(folder, 'src')) && !test)
          problems.push(`${where}: imports ${target} from outside its package`);
        local.push(file);
        continue;
      }
      if (test || target.startsWith('node:')) continue;
      const parts = target.split('/');
      const dependency = target.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
      const subpath = target.length > dependency.length;
      const ours = /^@dmnn\/(.+)$/.exec(dependency)?.[1] ?? (dependency === 'dmnn' ? 'dmnn' : undefined);
      if (ours && !imports.includes(ours)) problems.push(`${where}: ${name} may not import ${ours}`);
      if (ours && subpath && !/^@dmnn\/[^/]+\/(?:internal|layers-model|node|paper)$/.test(target))
        problems.push(`${where}: imports the inside of ${dependency} (${target})`);
      if (!tensors && dependency.startsWith('@tensorflow/'))
        problems.push(`${where}: ${name} may not import a tensor library`);
      if (!declared[dependency] && name !== 'test-kit')
        problems.push(`${where}: ${dependency} is not a dependency of ${manifest.name}`);
    }
    graph.set(path, local);
    if (!test) production.set(path, local);
  }
  findCycle(graph);
  problems.push(...folderProblems(root, join(folder, 'src'), production));
}

function findCycle(graph) {
  const state = new Map();
  const visit = (path, trail) => {
    if (state.get(path) === 'done' || !graph.has(path)) return;
    if (state.get(path) === 'open') {
      problems.push(
        `import cycle: ${[...trail.slice(trail.indexOf(path)), path].map((file) => relative(root, file)).join(' → ')}`,
      );
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path)) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`layers: ${packages.length} packages, each imports only what it may, no folder in a circle`);
