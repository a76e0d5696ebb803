// Lints, formats and spell-checks what differs from a commit: node scripts/lint-changed.mjs [COMMIT]
// COMMIT defaults to main, or to HEAD where main is checked out. Files that git does not know yet are included.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const git = (/** @type {string[]} */ ...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);

const [branch] = git('rev-parse', '--abbrev-ref', 'HEAD');
const base = process.argv[2] ?? (branch === 'main' ? 'HEAD' : 'main');
const changed = [
  ...git('diff', '--name-only', '--diff-filter=d', base),
  ...git('ls-files', '-o', '--exclude-standard'),
];
const files = [...new Set(changed)].filter((path) => existsSync(`${root}${path}`));
const code = files.filter((path) => /\.(ts|mjs|js)$/.test(path) && !path.endsWith('.generated.ts'));
const prose = files.filter((path) => /\.(ts|mjs|md)$/.test(path) && !path.endsWith('.generated.ts'));

/** @param {string} title @param {string[]} args @param {string[]} paths */
function check(title, args, paths) {
  if (paths.length === 0) return true;
  console.log(`${title}: ${paths.length} files`);
  return spawnSync(process.execPath, [...args, ...paths], { cwd: root, stdio: 'inherit' }).status === 0;
}

const results = [
  check('format', ['scripts/run.mjs', 'prettier', '--check', '--ignore-unknown', '--log-level=warn'], files),
  check('lint', ['scripts/run.mjs', 'eslint', '--max-warnings=0', '--no-warn-ignored'], code),
  check('words', ['scripts/check-words.mjs'], prose),
];
process.exit(results.includes(false) ? 1 : 0);
