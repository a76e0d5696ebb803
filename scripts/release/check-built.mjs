// Runs before a package is packed (`prepack`), in its folder: refuses one that is not built, was built from other
// sources than those that lie there, or still has what was compiled from sources that are gone.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const { name, exports: entries, bin = {} } = JSON.parse(readFileSync('package.json', 'utf8'));

/** @param {unknown} entry @returns {string[]} every file that an entry of `exports` names */
const filesOf = (entry) =>
  typeof entry === 'string' ? [entry] : Object.values(entry ?? {}).flatMap((inner) => filesOf(inner));

/** What the compiler says it has compiled: paths from `dist`, each with the digest of its text. */
function compiled() {
  const path = 'dist/.tsbuildinfo';
  if (!existsSync(path)) return new Map();
  const { fileNames, fileInfos } = JSON.parse(readFileSync(path, 'utf8'));
  return new Map(
    fileNames.map((/** @type {string} */ file, /** @type {number} */ index) => [
      file,
      fileInfos[index].version ?? fileInfos[index],
    ]),
  );
}

const problems = [...filesOf(entries), ...filesOf(bin)]
  .filter((path) => !existsSync(path))
  .map((path) => `${path} is not there`);
const digests = compiled();
for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
  const source = path.replaceAll('\\', '/');
  if (!source.endsWith('.ts') || /\.test(-d)?\.ts$|(^|\/)fixtures\//.test(source)) continue;
  const digest = createHash('sha256')
    .update(readFileSync(join('src', path), 'utf8'))
    .digest('hex');
  if (!existsSync(join('dist', path.replace(/\.ts$/, '.js')))) problems.push(`src/${source} is not compiled`);
  else if (digests.get(`../src/${source}`) !== digest)
    problems.push(`src/${source} was changed after the build`);
}
for (const path of existsSync('dist') ? readdirSync('dist', { recursive: true, encoding: 'utf8' }) : []) {
  const compiledFile = path.replaceAll('\\', '/');
  if (compiledFile.endsWith('.js') && !existsSync(join('src', path.replace(/\.js$/, '.ts'))))
    problems.push(`dist/${compiledFile} has no source: remove dist`);
}
if (problems.length > 0) {
  const more = problems.length > 5 ? `, and ${problems.length - 5} more` : '';
  console.error(`${name}: not built: ${problems.slice(0, 5).join('; ')}${more}. Run npm run build first.`);
  process.exit(1);
}
