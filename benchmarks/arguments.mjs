import { parseArgs } from 'node:util';

/** What the harness says with `--help`, and after a wrong option. */
export const USAGE = `npm run bench -- [OPTIONS] [NAME…]

  NAME…               these benchmarks only, as with --only

  --only NAMES        these benchmarks only, with commas between them
  --json              print an array of {name, ours, peer, ratio, unit} instead of a table
  --threads N         threads of both sides (default: physical cores)
  --rounds N          alternating rounds (default: 30 of compiled networks and ONNX files, else 5)
  --measurements N    measurements of a side in each round (default: 3)
  --steps N           steps of soak (default: 5000)
  --photographs DIR   JPEG files for decode-imagenet, which is left out without them
  --peer-python DIR   a virtual environment that has what a peer imports (default: one is made in the cache)
  --no-peer           leave Python's side out
  --no-save           write no results file
  --page              write the newest results into docs/benchmarks.md; alone, measure nothing
  --help              this text`;

/** A command line that cannot be followed. */
export class UsageError extends Error {
  /** @override */
  name = 'UsageError';
}

/**
 * Reads the command line.
 *
 * @param {string[]} argv - without node and script
 * @throws UsageError naming option, what is expected, and what was given
 */
export function parseArguments(argv) {
  const { values, positionals } = parsed(argv);
  return {
    only: [...positionals, ...(values.only?.split(',').map((name) => name.trim()) ?? [])],
    json: values.json,
    threads: whole('threads', values.threads),
    rounds: whole('rounds', values.rounds),
    measurements: whole('measurements', values.measurements) ?? 3,
    steps: whole('steps', values.steps, 2) ?? 5000,
    photographs: values.photographs,
    peerPython: values['peer-python'],
    peer: !values['no-peer'],
    save: !values['no-save'],
    page: values.page,
    pageOnly: values.page && argv.length === 1,
    help: values.help,
  };
}

/** @param {string[]} argv */
function parsed(argv) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        threads: { type: 'string' },
        rounds: { type: 'string' },
        measurements: { type: 'string' },
        steps: { type: 'string' },
        photographs: { type: 'string' },
        'peer-python': { type: 'string' },
        'no-peer': { type: 'boolean', default: false },
        'no-save': { type: 'boolean', default: false },
        page: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} name @param {string | undefined} value */
function whole(name, value, least = 1) {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw new UsageError(`--${name}: expected a whole number, at least ${least}, got ${value}`);
}
