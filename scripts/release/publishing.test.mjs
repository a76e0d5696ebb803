import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { originOf, publishing, publishingProblems } from './publishing.mjs';

const set = { author: 'The authors', repository: 'https://example.org/somebody/dmnn' };
const unset = { author: 'The authors', repository: null };

describe('originOf', () => {
  it('derives homepage, bugs and repository from one address', () => {
    expect(originOf('packages/gating', set)).toEqual({
      author: 'The authors',
      homepage: 'https://example.org/somebody/dmnn/tree/main/packages/gating#readme',
      bugs: { url: 'https://example.org/somebody/dmnn/issues' },
      repository: {
        type: 'git',
        url: 'git+https://example.org/somebody/dmnn.git',
        directory: 'packages/gating',
      },
    });
  });

  it('takes the address as git writes it too', () => {
    const git = { ...set, repository: 'git+https://example.org/somebody/dmnn.git' };
    expect(originOf('packages/gating', git)).toEqual(originOf('packages/gating', set));
  });

  it('has the author alone while there is no address', () => {
    expect(originOf('packages/gating', unset)).toEqual({ author: 'The authors' });
  });
});

describe('publishingProblems', () => {
  it('has nothing to say where the address is set', () => {
    expect(publishingProblems(set)).toEqual([]);
  });

  it('says which setting is missing and what to do', () => {
    expect(publishingProblems(unset)).toEqual([
      expect.stringMatching(/^package\.json: publishing\.repository is not set.*sync-packages\.mjs\.$/),
    ]);
  });
});

describe('npm run release', () => {
  it.skipIf(publishing.repository !== null)('refuses to publish while the address is not set', () => {
    const release = fileURLToPath(new URL('release.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [release], {
      encoding: 'utf8',
      env: { ...process.env, npm_config_registry: 'http://127.0.0.1:9/' }, // whatever happens, nothing leaves
    });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('error: package.json: publishing.repository is not set');
  });
});
