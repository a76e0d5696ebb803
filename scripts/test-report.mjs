// What failed and what was skipped, from vitest's JSON report: node scripts/test-report.mjs REPORT.json
// A line for each test that failed, with the beginning of its message, and for each group of tests that was skipped, by its
// file and title; a title says what the group needs.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {{ status: string, title: string, ancestorTitles: string[], failureMessages?: string[] }} Test
 * @typedef {{ testResults: { name: string, status?: string, message?: string, assertionResults: Test[] }[] }} Report
 */

/** @param {Report} report */
export function failedLines({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    // a file that does not load has no tests
    if (failed.length === 0) return status === 'failed' ? [`failed: ${file}: ${beginning(message)}`] : [];
    return failed.map(({ title, ancestorTitles, failureMessages }) => {
      const path = [...ancestorTitles, title].filter((one) => one !== '').join(' > ');
      return `failed: ${file}: ${path}: ${beginning(failureMessages?.[0])}`;
    });
  });
}

/** One line of a message, short enough for a list. */
function beginning(message = '') {
  const [line = ''] = message.split('\n');
  return line.length > 300 ? `${line.slice(0, 300)} …` : line;
}

/** @param {Report} report */
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
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const line of [...failedLines(report), ...skippedLines(report)]) console.log(line);
}
