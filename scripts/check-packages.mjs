// Packs every package and looks at the tarballs as their users will: publint, arethetypeswrong, then each installed
// alone, or with what its README says to install beside it, with npm and with pnpm, into an empty folder, where it is
// imported, type-checked and runs its README's example.
//   node scripts/check-packages.mjs [NAME…] [--manager npm|pnpm]
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pnpm = join(root, '.tools/node_modules/pnpm/bin/pnpm.cjs');
const work = mkdtempSync(join(tmpdir(), 'dmnn-packages-'));
const args = process.argv.slice(2);
const managerAt = args.indexOf('--manager');
const managers = managerAt < 0 ? ['npm', 'pnpm'] : args.splice(managerAt, 2).slice(1);

const packages = readdirSync(join(root, 'packages'))
  .map((folder) => ({
    folder: join(root, 'packages', folder),
    ...JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')),
  }))
  .filter((manifest) => !manifest.private);
const tfjsVersion = /tfjs': (\S+)/.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))[1];

function run(command, commandArgs, cwd) {
  try {
    return execFileSync(command, commandArgs, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  } catch (error) {
    throw new Error(
      `in ${cwd}: ${command} ${commandArgs.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? ''}`,
      { cause: error },
    );
  }
}

const tool = (name, binary) => {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  return join(
    root,
    'node_modules',
    name,
    typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[binary],
  );
};

const tarballs = {};
for (const { name, folder } of packages) {
  const packed = JSON.parse(
    run(process.execPath, [pnpm, 'pack', '--json', '--pack-destination', work], folder),
  );
  tarballs[name] = packed.filename.startsWith('/') ? packed.filename : join(work, packed.filename);
  const listed = packed.files.map((file) => file.path);
  for (const needed of ['README.md', 'LICENSE', 'package.json']) {
    if (!listed.includes(needed)) throw new Error(`${name}: the tarball has no ${needed}`);
  }
  const unwanted = listed.find((path) => /\.test\.|tsbuildinfo|node_modules/.test(path));
  if (unwanted) throw new Error(`${name}: the tarball holds ${unwanted}`);
  run(process.execPath, [tool('publint', 'publint'), 'run', '--strict', tarballs[name]], root);
  run(
    process.execPath,
    [tool('@arethetypeswrong/cli', 'attw'), tarballs[name], '--profile', 'esm-only'],
    root,
  );
}
console.log(`packed: ${packages.length} tarballs pass publint and arethetypeswrong`);

const readme = ({ folder }) => readFileSync(join(folder, 'README.md'), 'utf8');

/** The README's first example, which ends in an import of everything. */
function example({ name, folder }) {
  const block = /```ts\n([\s\S]*?)```/.exec(readme({ folder }));
  if (!block) throw new Error(`${name}: its README has no example`);
  return `${block[1]}\nimport * as everything from '${name}';\nif (Object.keys(everything).length === 0) throw new Error('nothing is exported');\n`;
}

/** Other packages of ours that the README's first line of installation names. */
function companions(manifest) {
  const line = /^npm install (.*)$/m.exec(readme(manifest))?.[1] ?? '';
  return line.split(/\s+/).filter((name) => name in tarballs && name !== manifest.name);
}

function install(manifest, manager) {
  const folder = join(work, `${manager}-${manifest.name.replace('/', '-')}`);
  mkdirSync(folder);
  const code = example(manifest);
  const overrides = Object.fromEntries(
    Object.entries(tarballs)
      .filter(([name]) => name !== manifest.name)
      .map(([name, path]) => [name, `file:${path}`]),
  );
  const dependencies = { [manifest.name]: `file:${tarballs[manifest.name]}` };
  for (const name of companions(manifest)) dependencies[name] = `file:${tarballs[name]}`;
  for (const needed of ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm']) {
    if (code.includes(`'${needed}'`)) dependencies[needed] = tfjsVersion;
  }
  const onNode = code.includes("'node:");
  if (onNode) dependencies['@types/node'] = '^20.19.0';
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify(
      {
        name: 'somebody',
        private: true,
        type: 'module',
        dependencies,
        ...(manager === 'npm' ? { overrides } : { pnpm: { overrides } }),
      },
      null,
      2,
    ),
  );
  writeFileSync(join(folder, 'example.ts'), code);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        module: 'NodeNext',
        moduleResolution: 'NodeNext',
        strict: true,
        skipLibCheck: true,
        types: onNode ? ['node'] : [],
        lib: ['ES2022', 'DOM'],
      },
      files: ['example.ts'],
    }),
  );
  if (manager === 'npm')
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
  else
    run(
      process.execPath,
      [pnpm, 'install', '--silent', '--ignore-workspace', '--no-frozen-lockfile'],
      folder,
    );
  const cores = run(
    'find',
    [
      'node_modules',
      '-type',
      'd',
      '-path',
      '*@tensorflow/tfjs-core',
      '-not',
      '-path',
      '*/tfjs-core/*',
      '-print',
    ],
    folder,
  )
    .trim()
    .split('\n')
    .filter(Boolean);
  if (cores.length > 1)
    throw new Error(
      `${manifest.name} with ${manager}: more than one copy of tfjs-core:\n${cores.join('\n')}`,
    );
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
  run(process.execPath, ['example.js'], folder);
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
}

const wanted = packages.filter(({ name }) => args.length === 0 || args.includes(name));
for (const manifest of wanted) {
  for (const manager of managers) install(manifest, manager);
  console.log(
    `${manifest.name}: installed alone with ${managers.join(' and ')}, imports, type-checks, runs its example`,
  );
}
if (existsSync(work)) rmSync(work, { recursive: true, force: true });
console.log(`packages: ${wanted.length} installed alone with ${managers.join(' and ')}`);
