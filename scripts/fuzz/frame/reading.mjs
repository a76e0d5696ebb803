// The process that reads mutated files: told a range of them, it answers each with what became of it. A process of its
// own, so that a hang or a crash ends it and nothing else.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTarget } from './target.mjs';

/** Memory that a small file may need at most. */
const MOST_BYTES = 2 ** 30;

const [name = '', seed = '0'] = process.argv.slice(2);
const { target, bases, mutation } = await loadTarget(name);
const typed = target.typed ?? ((error) => /^DMNN_/.test(/** @type {any} */ (error)?.code));
const folder = mkdtempSync(join(tmpdir(), 'dmnn-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('disconnect', () => process.exit());
let folders = 0;

/** @param {number} index below 0: a base file, unchanged */
async function outcome(index) {
  const { bytes } = index < 0 ? bases[-1 - index] : mutation(Number(seed), index);
  const before = process.resourceUsage().maxRSS;
  let passed = false;
  /** @type {string | undefined} */
  let written;
  try {
    const value = await target.read({
      bytes,
      passed: () => (passed = true),
      write: (name) => {
        written = join(folder, `${folders++}`);
        mkdirSync(written);
        writeFileSync(join(written, name), bytes);
        return join(written, name);
      },
    });
    const kibibytes = process.resourceUsage().maxRSS - before;
    if (kibibytes > MOST_BYTES / 1024)
      return { kind: 'failed', message: `took ${Math.round(kibibytes / 1024)} MiB of memory` };
    return { kind: 'accepted', value };
  } catch (error) {
    const kibibytes = process.resourceUsage().maxRSS - before;
    if (kibibytes > MOST_BYTES / 1024)
      return { kind: 'failed', message: `took ${Math.round(kibibytes / 1024)} MiB of memory` };
    if (typed(error)) return { kind: 'refused', passed, message: String(error) };
    return { kind: 'failed', message: (error instanceof Error && error.stack) || `threw ${String(error)}` };
  } finally {
    if (written !== undefined) rmSync(written, { recursive: true, force: true });
  }
}

process.on('message', async (/** @type {number} */ index) => {
  process.send?.({ index, ...(await outcome(index)) });
});
process.send?.({ kind: 'ready', bases: bases.map(({ name, refused = false }) => ({ name, refused })) });
