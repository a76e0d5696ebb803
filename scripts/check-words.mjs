// Refuses words that native speakers of the field do not use, wherever people read: strings, doc comments and
// identifiers of sources and scripts, and Markdown. scripts/words.json lists them with what to write instead.
//   node scripts/check-words.mjs [FILE…]
// An exception is named in the line itself or the line before: `words: allow "beside"`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {{ word: string, instead: string }[]} */
const words = JSON.parse(readFileSync(`${root}scripts/words.json`, 'utf8'));
const refused = new RegExp(
  `\\b(?:${words.map(({ word }) => word.replaceAll(' ', '\\s+(?:\\*\\s+)?')).join('|')})\\b`,
  'gi',
);

/** An identifier's words: `letGatesBeTold` → `let Gates Be Told`. */
export const spelledOut = (/** @type {string} */ identifier) =>
  identifier.replace(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll('_', ' ');

/**
 * The parts of a source file that people read.
 *
 * @param {string} text @returns {{ at: number, text: string }[]}
 */
export function readableParts(text) {
  const parts = [];
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, false);
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node))
      parts.push({ at: node.getStart(file), text: spelledOut(node.text) });
    else if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    )
      parts.push({ at: node.getStart(file), text: node.text });
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const { 0: comment, index } of text.matchAll(/\/\*\*[\s\S]*?\*\//g))
    parts.push({ at: index, text: comment });
  return parts;
}

/**
 * @param {string} path of a TypeScript, JavaScript or Markdown file @param {string} text its content
 * @returns {string[]} a line each: place, word, what to write instead
 */
export function wordProblems(path, text) {
  const lines = text.split('\n');
  const parts = path.endsWith('.md') ? [{ at: 0, text }] : readableParts(text);
  return parts.flatMap((part) =>
    [...part.text.matchAll(refused)].flatMap((match) => {
      const line =
        text.slice(0, part.at).split('\n').length + part.text.slice(0, match.index).split('\n').length - 1;
      const found = match[0].replace(/\s+(?:\*\s+)?/g, ' ').toLowerCase();
      const allowed = [lines[line - 1], lines[line - 2]].some((near) =>
        near?.includes(`words: allow "${found}"`),
      );
      if (allowed) return [];
      const instead = words.find(({ word }) => word === found)?.instead;
      return [`${path}:${line}: "${found}"; write: ${instead}`];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const patterns = [
    'packages/*/src/*.ts',
    'packages/*/scripts/*.mjs',
    'packages/*/README.md',
    'scripts/*.mjs',
    'scripts/*.ts',
    'benchmarks/*.mjs',
    'docs/*.md',
    '*.md',
    '.changeset/*.md',
  ];
  const given = process.argv.slice(2);
  const files =
    given.length > 0
      ? given
      : execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...patterns], {
          cwd: root,
          encoding: 'utf8',
        })
          .split('\n')
          .filter(
            (path) =>
              path &&
              !path.startsWith('scripts/check-words') &&
              !path.endsWith('.generated.ts') &&
              !path.endsWith('CHANGELOG.md'),
          );
  const problems = files.flatMap((path) => wordProblems(path, readFileSync(`${root}${path}`, 'utf8')));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error(`${problems.length} words to replace`);
    process.exit(1);
  }
  console.log(`words: ${files.length} files read`);
}
