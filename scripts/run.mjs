// Runs a tool of node_modules/.bin by name, on any platform: node scripts/run.mjs TOOL ARGS…
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heartbeat } from './heartbeat.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [tool, ...args] = process.argv.slice(2);
const packageOf = { changeset: '@changesets/cli', attw: '@arethetypeswrong/cli', tsc: 'typescript' };
const name = packageOf[tool] ?? tool;
const manifestPath = join(root, 'node_modules', name, 'package.json');
const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8'));
const script = createRequire(manifestPath).resolve(
  join(dirname(manifestPath), typeof bin === 'string' ? bin : bin[tool]),
);
/** These say by themselves how far they are, or ask questions. */
const end = ['vitest', 'changeset', 'turbo'].includes(tool) ? () => undefined : heartbeat(tool);
const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit', cwd: root });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  end();
  process.exit(code ?? (signal ? 1 : 0));
});
