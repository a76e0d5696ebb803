// Measures the processor time that starting takes, and prints it as JSON: of `dmnn --version` and of `import('dmnn')`, in
// seconds and as a multiple of `node -e 0`. Five rounds in which each runs once; the minimum of each counts, since what
// else runs on the machine only ever adds to it.
//   node scripts/measure-startup.mjs [CHECKOUT]
// CHECKOUT is the root of a built checkout; without it, this one. Needs bash, whose `time` counts user and system time of a
// command and of the processes that it waited for.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = 5;
const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const dmnn = join(root, 'packages', 'dmnn'); // the name resolves there
const commands = {
  node: ['-e', '0'],
  version: [join(dmnn, 'bin', 'dmnn.js'), '--version'],
  import: ['-e', "import('dmnn')"],
};

/** @type {Record<string, number[]>} */
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, args] of Object.entries(commands)) times[name].push(processorSeconds(args));

const minima = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]));
const ratio = (name) => Number((minima[name] / minima.node).toFixed(2));
const ratios = { version: ratio('version'), import: ratio('import') };
console.log(JSON.stringify({ seconds: minima, ratios, rounds: times }, null, 2));

/** User and system time of node with these arguments, in seconds. */
function processorSeconds(args) {
  const timed = 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', timed, 'bash', process.execPath, ...args], {
    cwd: dmnn,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ended with ${status}\n${stderr}`);
  const [user = NaN, system = NaN] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return Number((user + system).toFixed(3));
}
