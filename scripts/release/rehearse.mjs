// Rehearses a release from end to end on this machine: npm run release:rehearse.
//
// A copy of the checkout is versioned, built, checked and published to a registry that runs here; then each package is
// installed from that registry into an empty folder, with npm and with pnpm, by nothing but the install lines of its
// README, and all examples of the README run there. Install scripts do not run.
//   node scripts/release/rehearse.mjs [NAME…] [--manager npm|pnpm] [--keep]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { checked, examplesOf, expectPrintedModule } from '../examples.mjs';
import { copyCheckout } from './checkout-copy.mjs';
import { startRegistry } from './local-registry.mjs';
import { publishingProblems } from './publishing.mjs';
import { pnpm, runBesides, twoAtATime } from './run.mjs';
import { build, makeVersions, packAll, publish } from './stages.mjs';
import { installLines, publishedPackages } from './workspace-packages.mjs';

const args = process.argv.slice(2);
const keep = args.includes('--keep');
const managerAt = args.indexOf('--manager');
const managers = managerAt < 0 ? ['npm', 'pnpm'] : [args[managerAt + 1] ?? ''];
const wanted = args.filter(
  (arg, index) => !arg.startsWith('--') && (managerAt < 0 || index !== managerAt + 1),
);

for (const problem of publishingProblems()) console.error(`warning: ${problem}`);
const work = mkdtempSync(join(tmpdir(), 'dmnn-rehearsal-'));
const checkout = copyCheckout();
const registry = await startRegistry(join(work, 'registry'));
/** Settings by environment, so that neither a global nor a project's file is changed. Caches are shared by all. */
const env = {
  npm_config_cache: join(work, 'npm-cache'),
  npm_config_store_dir: join(work, 'pnpm-store'),
  npm_config_prefer_offline: 'true',
  NPM_CONFIG_USERCONFIG: registry.userConfig,
  NPM_CONFIG_REGISTRY: registry.url,
  npm_config_registry: registry.url,
};
const seconds = (/** @type {number} */ began) => `${((performance.now() - began) / 1000).toFixed(0)} s`;

/**
 * @param {{ name: string, readme: string }} published @param {string} manager
 * @returns {Promise<number>} how many examples ran
 */
async function installAndRun({ name, readme }, manager) {
  const folder = join(work, `${manager}-${name.replace('/', '-')}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }');
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'packages: []\n');
  for (const line of installLines(readme)) {
    const named = line.split(/\s+/);
    const options = { cwd: folder, env };
    if (manager === 'npm')
      await runBesides('npm', ['install', '--silent', '--ignore-scripts', ...named], options);
    else await runBesides(process.execPath, [pnpm, 'add', '--silent', '--ignore-scripts', ...named], options);
  }
  writeFileSync(join(folder, 'expect-printed.mjs'), expectPrintedModule);
  const examples = examplesOf(`${name}/README.md`, readme);
  for (const [index, { where, code }] of examples.entries()) {
    const { outputText } = ts.transpileModule(checked(code), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: false,
      },
    });
    const file = `example${index}.mjs`;
    writeFileSync(join(folder, file), outputText);
    try {
      await runBesides(process.execPath, ['--import', './expect-printed.mjs', file], {
        cwd: folder,
        timeoutMs: 300_000,
      });
    } catch (error) {
      throw new Error(`${where}, installed with ${manager}`, { cause: error });
    }
  }
  if (!keep) rmSync(folder, { recursive: true, force: true });
  return examples.length;
}

try {
  const began = performance.now();
  const version = makeVersions(checkout);
  build(checkout);
  packAll(checkout, work);
  publish(checkout, env);
  console.log(`published ${publishedPackages(checkout).length} packages as ${version} (${seconds(began)})`);
  let [packages, examples] = [0, 0];
  /** @type {unknown[]} */
  const failures = [];
  const chosen = publishedPackages(checkout).filter(
    ({ name }) => wanted.length === 0 || wanted.includes(name),
  );
  await twoAtATime(chosen, async (published) => {
    const start = performance.now();
    let ran = 0;
    try {
      for (const manager of managers) ran += await installAndRun(published, manager);
    } catch (error) {
      failures.push(error);
      const { message, cause } = /** @type {Error} */ (error);
      console.error(`${message}\n${cause instanceof Error ? cause.message : ''}`);
      return;
    }
    packages += 1;
    examples += ran;
    console.log(
      `${published.name}: installed with ${managers.join(' and ')}, ${ran} examples ran (${seconds(start)})`,
    );
  });
  console.log(`rehearsal: ${packages} packages installed from the registry, ${examples} examples ran`);
  if (failures.length > 0) {
    console.error(`rehearsal: ${failures.length} packages failed`);
    process.exitCode = 1;
  }
} finally {
  registry.stop();
  if (!keep) for (const folder of [work, checkout]) rmSync(folder, { recursive: true, force: true });
}
