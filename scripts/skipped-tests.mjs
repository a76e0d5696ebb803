// What vitest skipped, from its JSON report: node scripts/skipped-tests.mjs REPORT.json
// A line for each group of tests, by its file and title; a title says what the group needs.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {{ status: string, title: string, ancestorTitles: string[] }} Test
 * @param {{ testResults: { name: string, assertionResults: Test[] }[] }} report
 * @returns {string[]}
 */
export function skippedLines({ testResults }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { name, assertionResults } of testResults) {
    for (const { status, title, ancestorTitles } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const [group = title] = ancestorTitles.filter((one) => one !== '');
      const line = `${relative(root, name)}: ${group}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  return [...counts].map(([line, count]) => `skipped ${count}: ${line}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path = ''] = process.argv.slice(2);
  for (const line of skippedLines(JSON.parse(readFileSync(path, 'utf8')))) console.log(line);
}
