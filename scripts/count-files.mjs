// Counts what somebody has to read, and prints it as JSON:
// - `predict`: the source files that `dmnn predict IMAGE --model RUN` calls into, for a run that is trained here first. A
//   file is called into if a function in it ran, not counting what loading it runs (`NODE_V8_COVERAGE`, all processes).
// - `targetRate`: the production files that name `targetRate`.
//   node scripts/count-files.mjs [--list] [--check] [CHECKOUT]
// CHECKOUT is the root of a built checkout, however its packages are laid out; without it, this one. --list names the files.
// --check: exits 1 if a count is above its ceiling.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A JPEG of 16 × 16 px. */
const image =
  '/9j/2wBDACgoKCgrKC0yMi0/RDxEP11VTk5VXYxkbGRsZIzVhZuFhZuF1bzkua255Lz//+vr////////////////////////2wBDASgoKCgrKC0yMi0/' +
  'RDxEP11VTk5VXYxkbGRsZIzVhZuFhZuF1bzkua255Lz//+vr////////////////////////wgARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAA' +
  'AAAAAAAAAwT/xAAVAQEBAAAAAAAAAAAAAAAAAAABA//aAAwDAQACEAMQAAAAjodqH//EABcQAAMBAAAAAAAAAAAAAAAAAAACAxH/2gAIAQEAAT8ASQsx' +
  'Ziz0/8QAGREBAAIDAAAAAAAAAAAAAAAAAQADAhEh/9oACAECAQE/ALLjEObWf//EABURAQEAAAAAAAAAAAAAAAAAAAMA/9oACAEDAQE/AAa//9k=';

const list = process.argv.includes('--list');
const given = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
const root = realpathSync(given ?? fileURLToPath(new URL('..', import.meta.url)));
const packages = readdirSync(join(root, 'packages'))
  .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
  .map((name) => ({
    folder: join(root, 'packages', name),
    manifest: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
  }));

/** Most files of each kind: 60 % of the counts at 93d2fa3. If one is exceeded, look for what is done or written twice. */
const ceilings = { predict: 87, targetRate: 21 };

const report = (files) => (list ? { files: files.length, list: files } : { files: files.length });
const counted = { predict: calledByPredict(), targetRate: naming(/\btargetRate\b/) };
console.log(JSON.stringify({ predict: report(counted.predict), targetRate: report(counted.targetRate) }, null, 2)); // prettier-ignore
if (process.argv.includes('--check')) {
  for (const [name, ceiling] of Object.entries(ceilings)) {
    const { length } = counted[name];
    if (length <= ceiling) continue;
    console.error(`${name}: expected at most ${ceiling} files, got ${length}. --list names them.`);
    process.exitCode = 1;
  }
}

/** Source files of ours in which a function ran. */
function calledByPredict() {
  const work = mkdtempSync(join(tmpdir(), 'dmnn-count-'));
  try {
    const [photograph, run, coverage] = ['photograph.jpg', 'run', 'coverage'].map((name) => join(work, name));
    writeFileSync(photograph, Buffer.from(image, 'base64'));
    mkdirSync(coverage);
    dmnn([
      ...['train', '--recipe', 'demo-dynamic', '--data', 'built-in=16', '--backend', 'wasm', '--out', run],
      ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=1'],
    ]);
    dmnn(['predict', photograph, '--model', run, '--backend', 'wasm'], { NODE_V8_COVERAGE: coverage });
    const scripts = readdirSync(coverage).flatMap(
      (name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')).result,
    );
    const called = scripts.filter(({ url, functions }) => url.startsWith('file:') && functions.some(isCall));
    const sources = called
      .map(({ url }) => sourceOf(fileURLToPath(url)))
      .filter((file) => file !== undefined);
    return [...new Set(sources)].sort();
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Whether a function ran that loading its module does not run. */
function isCall({ functionName, ranges: [{ startOffset, count }] }) {
  const isModule = functionName === '' && startOffset === 0;
  return count > 0 && !isModule && functionName !== '<static_initializer>';
}

/** The source of a built file, from the root; undefined if it is not one of our packages' modules. */
function sourceOf(file) {
  const [top, name, kind, ...inside] = relative(root, file).split(sep);
  if (top !== 'packages' || (kind !== 'dist' && kind !== 'src')) return undefined;
  const source = ['packages', name, 'src', ...inside].join('/').replace(/\.js$/, '.ts');
  if (!existsSync(join(root, source))) throw new Error(`${file}: expected its source at ${source}, got none`);
  return source;
}

/**
 * Runs the command line of the checkout.
 *
 * @param {readonly string[]} args
 */
function dmnn(args, env = {}) {
  const { folder, manifest } = /** @type {typeof packages[number]} */ (
    packages.find(({ manifest: { bin } }) => bin?.dmnn !== undefined)
  );
  const { status, stderr } = spawnSync(process.execPath, [join(folder, manifest.bin.dmnn), ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`dmnn ${args.join(' ')}: ended with ${status}\n${stderr}`);
}

/** Files of published packages that are not for tests and not generated, and match. */
function naming(pattern) {
  return packages
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder }) => join(folder, 'src'))
    .filter((src) => existsSync(src))
    .flatMap((src) => readdirSync(src, { recursive: true }).map((name) => join(src, name)))
    .filter((file) => isProduction(relative(root, file)) && pattern.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file).split(sep).join('/'))
    .sort();
}

function isProduction(file) {
  const isInTestFolder = /(^|[\\/])(fixtures|testing)[\\/]/.test(`${dirname(file)}/`);
  return (
    file.endsWith('.ts') && !isInTestFolder && !/\.(test|test-d|test\.support|generated|d)\.ts$/.test(file)
  );
}
