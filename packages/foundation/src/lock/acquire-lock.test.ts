import { createHash } from 'node:crypto';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { inTemporaryFolder, typescriptLoader } from '@dmnn/test-kit';
import { ownFacts } from './lock-facts.js';
import type { SocketAnswer } from './lock-facts.js';
import type * as lockSocketModule from './lock-socket.js';
import type * as processStartModule from './process-start.js';
import { processStart } from './process-start.js';
import { type Lock, acquireLock } from './acquire-lock.js';

/** A process that runs until it is killed. */
async function withProcess<T>(body: (pid: number) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  try {
    return await body(child.pid!);
  } finally {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

/** Called just before a lock's holder is found dead. */
let beforeFoundDead: (() => Promise<void>) | undefined;

vi.mock('./process-start.js', async (original) => {
  const actual = await original<typeof processStartModule>();
  return {
    async processStart(pid: number): Promise<string | undefined> {
      const started = await actual.processStart(pid);
      if (started === undefined) {
        const body = beforeFoundDead;
        beforeFoundDead = undefined;
        await body?.();
      }
      return started;
    },
  };
});

/** Called after an entry's socket has answered, before the answer is known. */
let onceAsked: (() => Promise<void>) | undefined;

vi.mock('./lock-socket.js', async (original) => {
  const actual = await original<typeof lockSocketModule>();
  return {
    ...actual,
    async askSocket(path: string): Promise<SocketAnswer> {
      const answer = await actual.askSocket(path);
      const body = onceAsked;
      onceAsked = undefined;
      await body?.();
      return answer;
    },
  };
});

const stale = JSON.stringify({ pid: 2 ** 30, started: 'x', host: hostname() }); // no process has such a number
const id = (digit: string): string => digit.repeat(32);

const acquire = (folder: string): Promise<Lock> =>
  acquireLock(join(folder, 'lock'), {
    inUse: ({ pid, host, path }) => new Error(`held by process ${pid} on ${host}, in ${path}`),
  });

/** Facts of an entry of a process without a socket, as this process would write them, with some changed. */
async function factsOf(changes: object): Promise<string> {
  return JSON.stringify({ ...(await ownFacts()), held: true, ...changes });
}

/** Linux's letter for the state of a process: `T` stopped, `Z` ended and not reaped. */
async function stateOf(pid: number): Promise<string | undefined> {
  return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.slice(0, 1);
}

/** Names in a folder, the IDs of entries as `ID`. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort().map((name) => name.replace(/[0-9a-f]{32}/, 'ID'));
}

const heldNames = process.platform === 'win32' ? ['lock.ID'] : ['lock.ID', 'lock.ID.socket'];

describe('acquireLock', () => {
  it('has one holder at a time, also within a process', async () => {
    await inTemporaryFolder(async (folder) => {
      const lock = await acquire(folder);
      expect(await namesIn(folder)).toEqual(heldNames);
      await expect(acquire(folder)).rejects.toThrow('held by');
      await expect(acquire(folder)).rejects.toThrow(`process ${process.pid} on ${hostname()}, in ${folder}`);
      await lock.release();
      const next = await acquire(folder);
      await lock.release(); // the first one's again: must not let a third in
      await expect(acquire(folder)).rejects.toThrow('held by');
      await next.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('lets exactly one of many in, at any timing, and leaves nothing of the others', async () => {
    await inTemporaryFolder(async (folder) => {
      for (let round = 0; round < 5; round++) {
        await writeFile(join(folder, 'lock'), stale);
        const results = await Promise.allSettled(
          Array.from({ length: 16 }, async (_, i) => {
            await new Promise((resolve) => setTimeout(resolve, i % 4));
            return acquire(folder);
          }),
        );
        const taken = results.filter((result) => result.status === 'fulfilled');
        expect(taken).toHaveLength(1);
        for (const result of results) {
          if (result.status === 'rejected') expect(String(result.reason)).toMatch(/^Error: held by/);
        }
        expect(await namesIn(folder)).toEqual(heldNames);
        await taken[0]!.value.release();
        expect(await readdir(folder)).toEqual([]);
      }
    });
  });

  it('removes what older versions left when they were killed', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), stale);
      const claim = `lock.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
      for (const name of [claim, 'lock.123.0', 'lock.123.1.new']) await writeFile(join(folder, name), stale);
      const lock = await acquire(folder);
      expect(await namesIn(folder)).toEqual(heldNames);
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('keeps a lock that another process took while a dead holder was looked up', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), stale);
      let faster: Lock | undefined;
      beforeFoundDead = async () => {
        faster = await acquire(folder);
      };
      await expect(acquire(folder)).rejects.toThrow(`held by process ${process.pid}`);
      expect(faster).toBeDefined();
      expect(await namesIn(folder)).toEqual(heldNames);
      await faster!.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it.each(['lock', `lock.${id('a')}`])(
    'respects a living process in %s, and not a killed one',
    async (name) => {
      await inTemporaryFolder(async (folder) => {
        const path = join(folder, name);
        await withProcess(async (pid) => {
          await writeFile(path, await factsOf({ pid, started: await processStart(pid) }));
          await expect(acquire(folder)).rejects.toThrow(`process ${pid} on ${hostname()}, in ${path}`);
        });
        await (await acquire(folder)).release();
        expect(await readdir(folder)).toEqual([]);
      });
    },
  );

  it('recognises a different process with the number of the holder', async () => {
    await inTemporaryFolder(async (folder) => {
      await withProcess(async (pid) => {
        await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started: 'long ago', host: hostname() }));
        await (await acquire(folder)).release();
      });
    });
  });

  it.runIf(process.platform === 'linux')('does not wait for a killed process to be reaped', async () => {
    // a shell that is stopped cannot reap its child
    const shell = spawn('sh', ['-c', 'sleep 1000 & echo $!; kill -STOP $$; wait']);
    try {
      const pid = Number(await new Promise((resolve) => shell.stdout.once('data', resolve)));
      const started = await processStart(pid);
      await vi.waitUntil(async () => (await stateOf(shell.pid!)) === 'T', { timeout: 60_000 });
      process.kill(pid, 'SIGKILL');
      await vi.waitUntil(async () => (await stateOf(pid)) === 'Z', { timeout: 60_000 });
      await inTemporaryFolder(async (folder) => {
        await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started, host: hostname() }));
        await (await acquire(folder)).release();
      });
    } finally {
      shell.kill('SIGKILL');
    }
  });

  it.each(['lock', `lock.${id('0')}`])('never ends the lock of another machine in %s', async (name) => {
    await inTemporaryFolder(async (folder) => {
      const text = JSON.stringify({ pid: 1, started: 'x', host: 'elsewhere', boot: 'other', held: true });
      await writeFile(join(folder, name), text);
      await expect(acquire(folder)).rejects.toThrow('process 1 on elsewhere');
      expect(await readFile(join(folder, name), 'utf8')).toBe(text);
      expect(await readdir(folder)).toEqual([name]);
    });
  });

  it.runIf(process.platform === 'linux')(
    'knows nothing of another PID namespace, and all of an earlier boot',
    async () => {
      await inTemporaryFolder(async (folder) => {
        const path = join(folder, `lock.${id('7')}`);
        await writeFile(path, await factsOf({ pid: 2 ** 30, pidNamespace: 'pid:[1]' }));
        await expect(acquire(folder)).rejects.toThrow(`in ${path}`);
        await writeFile(path, await factsOf({ pidNamespace: 'pid:[1]', boot: 'an earlier one' }));
        const lock = await acquire(folder);
        expect(await namesIn(folder)).toEqual(heldNames);
        await lock.release();
      });
    },
  );

  it('does not take foreign files, folders and links for locks, nor removes them', async () => {
    await inTemporaryFolder(async (folder) => {
      await symlink('nowhere', join(folder, 'lock'));
      await symlink('nowhere', join(folder, `lock.${id('1')}`));
      await symlink('/dev/zero', join(folder, `lock.${id('2')}`));
      await symlink(`lock.${id('3')}`, join(folder, `lock.${id('3')}`));
      await mkdir(join(folder, `lock.${id('4')}`));
      await mkdir(join(folder, `lock.${id('5')}.socket`));
      await writeFile(join(folder, 'lock.txt'), 'x');
      await writeFile(join(folder, `lock.${id('6')}`), 'x');
      const before = await readdir(folder);
      const lock = await acquire(folder);
      await lock.release();
      expect(await readdir(folder)).toEqual(before);
    });
  });

  it.each(['', '{', 'null', '{"pid": "1"}', '{"pid": -1, "started": "x", "host": "y"}'])(
    'is not hindered by an entry without facts: %s',
    async (text) => {
      await inTemporaryFolder(async (folder) => {
        await writeFile(join(folder, 'lock'), text);
        const old = join(folder, `lock.${id('8')}`);
        await writeFile(old, text);
        await utimes(old, 1, 1); // left long ago
        await (await acquire(folder)).release();
        expect(await readdir(folder)).toEqual(['lock']);
      });
    },
  );

  it('keeps an entry whose socket refuses before it listens, and whose facts come just then', async () => {
    await inTemporaryFolder(async (folder) => {
      const entry = join(folder, `lock.${id('a')}`);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(`${entry}.made`, resolve));
      await rename(`${entry}.made`, `${entry}.socket`); // closed, it stays there and refuses
      await new Promise((resolve) => server.close(resolve));
      const holder = createServer();
      onceAsked = async () => {
        await rm(`${entry}.socket`);
        await new Promise<void>((resolve) => holder.listen(`${entry}.socket`, resolve));
        await writeFile(entry, await factsOf({}));
      };
      await expect(acquire(folder)).rejects.toThrow('held by process');
      expect(onceAsked).toBeUndefined();
      expect(await readdir(folder)).toEqual([basename(entry), `${basename(entry)}.socket`]);
      await new Promise((resolve) => holder.close(resolve));
    });
  });

  it('works in a folder whose path is too long for a socket', async () => {
    await inTemporaryFolder(async (parent) => {
      const folder = join(parent, 'x'.repeat(120), 'ü'.repeat(60));
      await mkdir(folder, { recursive: true });
      const lock = await acquire(folder);
      if (process.platform === 'linux') expect(await namesIn(folder)).toEqual(heldNames);
      await expect(acquire(folder)).rejects.toThrow('held by');
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('says what is wrong with the folder', async () => {
    await inTemporaryFolder(async (folder) => {
      await expect(acquire(join(folder, 'none'))).rejects.toMatchObject({
        code: 'DMNN_FILE',
        systemCode: 'ENOENT',
        message: expect.stringContaining(
          'expected a folder to take a lock in, got no such file or folder',
        ) as unknown,
      });
    });
  });
});

/** A process that takes a lock when asked. */
class Contender {
  readonly #child: ChildProcess;
  #output = '';
  #onOutput: () => void = () => undefined;

  constructor(folder: string, translated: string, command: readonly string[] = []) {
    const [program, ...args] = [
      ...command,
      process.execPath,
      '--import',
      typescriptLoader,
      fileURLToPath(new URL('fixtures/lock-in-child.mjs', import.meta.url)),
      join(folder, 'lock'),
    ];
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, DMNN_TEST_TRANSLATED: translated },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.#onOutput();
    });
  }

  /** Waits for its next line. */
  async line(): Promise<string> {
    while (!this.#output.includes('\n')) {
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
    const end = this.#output.indexOf('\n');
    const line = this.#output.slice(0, end);
    this.#output = this.#output.slice(end + 1);
    return line;
  }

  ask(text: string): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

describe('processes', () => {
  it.each([2, 5, 8])(
    '%i of them race for the lock of a killed one: one gets it, each time',
    async (count) => {
      await inTemporaryFolder(async (translated) => {
        await inTemporaryFolder(async (folder) => {
          const first = new Contender(folder, translated); // translates for all
          await first.line();
          const contenders = [
            first,
            ...Array.from({ length: count }, () => new Contender(folder, translated)),
          ];
          await Promise.all(contenders.slice(1).map((each) => each.line()));
          try {
            for (let round = 0; round < count; round++) {
              for (const each of contenders) each.ask(String(round));
              const answers = await Promise.all(contenders.map((each) => each.line()));
              expect(answers.filter((answer) => answer === `held ${round}`)).toHaveLength(1);
              expect(answers.filter((answer) => answer === `in use ${round}`)).toHaveLength(
                contenders.length - 1,
              );
              const [holder] = contenders.splice(answers.indexOf(`held ${round}`), 1);
              await holder!.kill();
            }
            const lock = await acquire(folder);
            expect(await namesIn(folder)).toEqual(heldNames);
            await lock.release();
            expect(await readdir(folder)).toEqual([]);
          } finally {
            await Promise.all(contenders.map((each) => each.kill()));
          }
        });
      });
    },
  );

  const isolated = ['unshare', '-Urpf', '--mount-proc', '--kill-child'];
  it.skipIf(!canRun([...isolated, 'true']))(
    'see the holder in another PID namespace, and that it has ended (needs unshare)',
    async () => {
      await inTemporaryFolder(async (translated) => {
        await inTemporaryFolder(async (folder) => {
          const holder = new Contender(folder, translated, isolated);
          try {
            await holder.line();
            holder.ask('');
            expect(await holder.line()).toBe('held ');
            await expect(acquire(folder)).rejects.toThrow('held by process 1');
          } finally {
            await holder.kill();
          }
          await vi.waitUntil(
            async () =>
              acquire(folder).then(
                (lock) => lock.release().then(() => true),
                () => false,
              ),
            {
              timeout: 60_000,
            },
          );
          expect(await readdir(folder)).toEqual([]);
        });
      });
    },
  );
});

function canRun([program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('processStart', () => {
  it('is the same every time, and differs between processes', async () => {
    const own = await processStart(process.pid);
    expect(own).toBe(await processStart(process.pid));
    await withProcess(async (pid) => {
      expect(await processStart(pid)).toBeDefined();
      expect(await processStart(pid)).not.toBe(own);
    });
  });

  it('is undefined for a process that is gone', async () => {
    const pid = await withProcess((running) => Promise.resolve(running));
    expect(await processStart(pid)).toBeUndefined();
  });
});
