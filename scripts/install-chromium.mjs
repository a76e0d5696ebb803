// Finds Chromium for the tests in a browser, or installs it by the system's package manager where that may be: as root,
// where there is apt-get. Fails where it may install one and there is none afterwards; elsewhere says that those tests
// are skipped. DMNN_CHROMIUM names a Chromium of your own.
//   node scripts/install-chromium.mjs
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findChromium } from '@dmnn/test-kit/chromium';

/** @param {string} name */
function hasProgram(name) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @param {readonly string[]} args @returns {boolean} whether it went well */
function apt(args) {
  const { status } = spawnSync('apt-get', args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

const found = findChromium();
if (found) {
  console.log(`Chromium: ${found}`);
} else if (process.getuid?.() === 0 && hasProgram('apt-get')) {
  const installed =
    apt(['update', '-qq']) && apt(['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  const now = findChromium();
  if (!installed || !now) {
    console.error(
      'Chromium: expected one after apt-get install chromium, got none. Set DMNN_CHROMIUM to one.',
    );
    process.exit(1);
  }
  console.log(`Chromium: ${now}, installed`);
} else {
  console.log(
    'not run: tests in a browser; no Chromium, and none may be installed here (root and apt-get needed)',
  );
}
