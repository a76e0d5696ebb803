// A registry on this machine: takes what is published to it and hands everything else through from npm's.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { run, toolPath } from './run.mjs';

/** @returns {Promise<number>} a port that is free now */
async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Starts verdaccio with an empty storage.
 *
 * @param {string} folder where it keeps everything
 * @returns {Promise<{ url: string, userConfig: string, stop: () => void }>} `userConfig`: an .npmrc that uses it
 */
export async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  const upstream = run('npm', ['config', 'get', 'registry'], { cwd: folder }).trim();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const config = join(folder, 'config.json'); // YAML reads JSON
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(folder, 'storage'),
      uplinks: { npm: { url: upstream, maxage: '60m', timeout: '120s', max_fails: 20 } },
      packages: { dmnn: ours, '@dmnn/*': ours, '**': { access: '$all', proxy: 'npm' } },
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      max_body_size: '100mb',
      log: { type: 'file', path: join(folder, 'verdaccio.log'), level: 'warn' },
      server: { keepAliveTimeout: 60 },
      web: { enable: false },
    }),
  );
  const userConfig = join(folder, 'npmrc');
  // whatever the token says: anybody on this machine may publish here
  writeFileSync(
    userConfig,
    `registry=${url}\n//127.0.0.1:${port}/:_authToken=rehearsal\naudit=false\nfund=false\nupdate-notifier=false\n`,
  );
  const child = spawn(
    process.execPath,
    [toolPath('verdaccio'), '--config', config, '--listen', `127.0.0.1:${port}`],
    {
      stdio: 'ignore',
    },
  );
  const stop = () => child.kill();
  process.once('exit', stop);
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}-/ping`).catch(() => undefined);
    if (answer?.ok) return { url, userConfig, stop };
    if (child.exitCode !== null || tries > 600)
      throw new Error(`verdaccio did not start; its log is ${join(folder, 'verdaccio.log')}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
