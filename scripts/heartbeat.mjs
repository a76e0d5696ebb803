// Progress lines for programs that say nothing for minutes: who waits sees that something happens, and what.
import process from 'node:process';

/**
 * Says what runs, and for how long: in a terminal once a second on one line, in a log after two seconds and then twice a
 * minute.
 *
 * @param {string} what
 * @param {{ out?: { write(text: string): unknown, isTTY?: boolean | undefined } }} [options] - where to; by default
 *   standard error
 * @returns {() => void} what ends it and leaves no line behind
 */
export function heartbeat(what, { out = process.stderr } = {}) {
  const start = Date.now();
  let drawn = false;
  const say = () => {
    const line = `${what}: ${Math.round((Date.now() - start) / 1000)} s`;
    out.write(out.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    drawn = true;
  };
  const first = setTimeout(say, 2000);
  const others = setInterval(say, out.isTTY ? 1000 : 30_000);
  for (const timer of [first, others]) timer.unref();
  return () => {
    clearTimeout(first);
    clearInterval(others);
    if (out.isTTY && drawn) out.write('\r\x1b[K');
  };
}
