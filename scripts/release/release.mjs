// Publishes all packages: npm run release. With --dry-run it does all but publish, on a copy of the checkout.
//
// Versions and changelogs are made by `npm run changeset version`, in a change of their own that is reviewed; a real
// release publishes what is there. The dry run makes them in its copy, so that it can be tried at any time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyCheckout } from './checkout-copy.mjs';
import { publishingProblems } from './publishing.mjs';
import { build, makeVersions, packAll, publish } from './stages.mjs';
import { publishedPackages } from './workspace-packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dryRun = process.argv.includes('--dry-run');
const problems = publishingProblems();
for (const problem of problems) console.error(`${dryRun ? 'warning' : 'error'}: ${problem}`);
if (problems.length > 0 && !dryRun) process.exit(1);

const unversioned = publishedPackages(root).filter(({ manifest }) => manifest.version === '0.0.0');
if (unversioned.length > 0 && !dryRun) {
  console.error(
    `error: ${unversioned.length} packages have version 0.0.0. Run npm run changeset version, and commit what it writes.`,
  );
  process.exit(1);
}

const checkout = dryRun ? copyCheckout() : root;
const tarballs = mkdtempSync(join(tmpdir(), 'dmnn-tarballs-'));
try {
  if (dryRun) console.log(`version ${makeVersions(checkout)}`);
  build(checkout);
  for (const { name, bytes } of packAll(checkout, tarballs)) console.log(`${name}: ${bytes} bytes`);
  if (dryRun) console.log('dry run: nothing is published');
  else console.log(publish(checkout));
} finally {
  rmSync(tarballs, { recursive: true, force: true });
  if (dryRun) rmSync(checkout, { recursive: true, force: true });
}
