// A copy of this checkout to work on: what a release changes (versions, changelogs, tags) changes there only.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Copies what git knows or would add, with the tools and the build, into a new folder with a history of one commit.
 *
 * @returns {string} the folder; the caller removes it
 */
export function copyCheckout() {
  const copy = mkdtempSync(join(tmpdir(), 'dmnn-release-'));
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const path of listed.split('\0')) {
    if (!path || !existsSync(join(root, path)) || path.startsWith('docs/results/')) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path), { preserveTimestamps: true });
  }
  cpSync(join(root, '.tools'), join(copy, '.tools'), { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(join(root, 'packages'))) {
    const built = join(root, 'packages', name, 'dist');
    if (existsSync(built))
      cpSync(built, join(copy, 'packages', name, 'dist'), { recursive: true, preserveTimestamps: true });
  }
  const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { cwd: copy, stdio: 'ignore' });
  git('init', '--initial-branch=main');
  git('add', '--all');
  git(
    '-c',
    'user.name=release',
    '-c',
    'user.email=release@localhost',
    'commit',
    '--message',
    'a copy of the checkout',
  );
  return copy;
}
