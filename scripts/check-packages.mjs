// Looks at packages as their users get them: packs all, and runs publint, arethetypeswrong, the lowest and the newest
// TypeScript, a bundler and yarn's Plug'n'Play over the tarballs. That each installs alone, by what its README says,
// is release:rehearse's.
//   node scripts/check-packages.mjs [--update-sizes]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserBundle } from './package-check/bundles.mjs';
import { installAll, LOWEST_TYPESCRIPT, NEWEST_TYPESCRIPT } from './package-check/installed.mjs';
import { recordSizes, sizeProblems } from './package-check/sizes.mjs';
import { typeProblems } from './package-check/types.mjs';
import { trainUnderPnp } from './package-check/yarn-pnp.mjs';
import { twoAtATime, runBesides, toolPath } from './release/run.mjs';
import { packAll } from './release/stages.mjs';
import { publishedPackages } from './release/workspace-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'dmnn-packages-'));
const problems = [];
let began = performance.now();
/** Says what is done, and how long it took. */
function done(/** @type {string} */ what) {
  console.log(`${what} (${((performance.now() - began) / 1000).toFixed(0)} s)`);
  began = performance.now();
}

try {
  const published = publishedPackages(root);
  const packed = packAll(root, work);
  done(`packed: ${packed.length} tarballs, which publint passes`);

  await twoAtATime(packed, async ({ tarball }) => {
    const attw = toolPath('@arethetypeswrong/cli', 'attw');
    await runBesides(process.execPath, [attw, tarball, '--profile', 'esm-only'], { cwd: root });
  });
  done('arethetypeswrong passes them');

  const folder = installAll(work, published, packed);
  done('installed together');

  problems.push(...typeProblems(folder, published));
  done(`entries and README examples compiled with TypeScript ${LOWEST_TYPESCRIPT} and ${NEWEST_TYPESCRIPT}`);

  /** @type {{ [name: string]: { tarball: number, browserBundle: number | 'Node only' } }} */
  const measured = {};
  for (const one of published) {
    const bundle = await browserBundle(folder, one);
    const tarball = packed.find(({ name }) => name === one.name)?.bytes ?? 0;
    measured[one.name] = { tarball, browserBundle: 'bytes' in bundle ? bundle.bytes : 'Node only' };
    const size = 'bytes' in bundle ? `browser bundle ${bundle.bytes}` : `Node only (${bundle.reason})`;
    console.log(`  ${one.name}: tarball ${tarball} bytes, ${size}`);
  }
  if (process.argv.includes('--update-sizes')) recordSizes(measured);
  const sizes = sizeProblems(measured);
  if (sizes.length > 0)
    problems.push(
      ...sizes,
      'If that is meant, run npm run packages -- --update-sizes and commit scripts/package-sizes.json.',
    );
  done('sizes measured');

  const dmnn = published.find(({ name }) => name === 'dmnn');
  trainUnderPnp(work, packed, dmnn?.readme ?? '');
  done("installed with yarn's Plug'n'Play, and trained there");
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error));
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
