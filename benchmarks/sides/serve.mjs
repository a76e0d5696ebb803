// Our side's half of the conversation with the parent: `go N` on stdin, one line of JSON on stdout.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Most memory that this process has had resident, in bytes. */
export function peakBytes() {
  return statusBytes('VmHWM') ?? process.resourceUsage().maxRSS * 1024;
}

function statusBytes(field) {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  } catch {
    return undefined;
  }
}

/**
 * Prepares, warms up, and measures when asked.
 *
 * @param {(settings: any) => Promise<{ facts: object, measure: () => number | Promise<number> } | { skipped: string }>} prepare -
 *   gets the settings that the parent gave; `measure` returns milliseconds per unit; `skipped`: why this processor cannot
 */
export async function serve(prepare) {
  await converse(async (settings) => {
    const prepared = await prepare(settings);
    if ('skipped' in prepared) return { facts: prepared, answer: async () => ({}) };
    const { facts, measure } = prepared;
    for (let i = 0; i < settings.warmUp; i++) await measure();
    return {
      facts,
      async answer(count) {
        const ms = [];
        for (let i = 0; i < count; i++) ms.push(await measure());
        return { ms, peakBytes: peakBytes() };
      },
    };
  });
}

/**
 * Prepares, and answers each `go N` with an object.
 *
 * @param {(settings: any) => Promise<{ facts: object, answer: (count: number) => Promise<object> }>} prepare
 */
export async function converse(prepare) {
  const { facts, answer } = await prepare(JSON.parse(process.argv[2]));
  const say = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
  say(facts);
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, count] = line.split(' ');
    if (word !== 'go') throw new RangeError(`stdin: expected "go N", got ${line}`);
    say(await answer(Number(count)));
  }
  process.exit(0); // a backend's threads would keep it alive
}
