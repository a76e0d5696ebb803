// dmnn under yarn's Plug'n'Play, which has no node_modules: only declared dependencies resolve, and files lie in zip
// archives behind a file system of yarn's.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, toolPath } from '../release/run.mjs';

/** The lines of dmnn's README that a `.yarnrc.yml` needs. */
function packageExtensions(/** @type {string} */ readme) {
  const lines = /```yaml\n(packageExtensions:\n[\s\S]*?)```/.exec(readme)?.[1];
  if (!lines)
    throw new Error('packages/dmnn/README.md: expected a yaml block with packageExtensions for yarn');
  return lines;
}

/**
 * Installs dmnn's tarballs and trains an epoch on 16 images.
 *
 * @param {string} work @param {readonly { name: string, tarball: string }[]} packed @param {string} readme of dmnn
 */
export function trainUnderPnp(work, packed, readme) {
  const folder = join(work, 'yarn-pnp');
  mkdirSync(folder);
  const resolutions = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'somebody',
      private: true,
      type: 'module',
      dependencies: { dmnn: resolutions.dmnn, '@tensorflow/tfjs': '^4.22.0' },
      resolutions,
    }),
  );
  writeFileSync(join(folder, 'yarn.lock'), ''); // its own project, wherever the folder lies
  const registry = run('npm', ['config', 'get', 'registry'], { cwd: folder }).trim();
  writeFileSync(
    join(folder, '.yarnrc.yml'),
    [
      'nodeLinker: pnp',
      'enableScripts: false',
      'enableTelemetry: false',
      'enableImmutableInstalls: false',
      `npmRegistryServer: ${JSON.stringify(registry)}`,
      ...(registry.startsWith('http:')
        ? [`unsafeHttpWhitelist: [${JSON.stringify(new URL(registry).hostname)}]`]
        : []),
      packageExtensions(readme),
    ].join('\n'),
  );
  const yarn = (/** @type {string[]} */ ...args) =>
    run(process.execPath, [toolPath('@yarnpkg/cli-dist', 'yarn'), ...args], {
      cwd: folder,
      timeoutMs: 300_000,
    });
  yarn('install');
  const small = [
    'model.name=dmnn-cifar-resnet8-0.25-n2',
    'batchSize=8',
    'epochs=1',
    'gating.openingRate=0.5',
  ];
  const settings = small.flatMap((setting) => ['--set', setting]);
  yarn(
    'dmnn',
    'train',
    '--recipe',
    'demo-dynamic',
    '--backend',
    'wasm',
    '--data',
    'built-in=16',
    '--out',
    'run',
    ...settings,
  );
  const log = readFileSync(join(folder, 'run/metrics.jsonl'), 'utf8');
  if (!log.includes('"kind":"epoch"'))
    throw new Error(`under yarn PnP training did not finish an epoch:\n${log}`);
}
