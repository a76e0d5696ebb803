import { closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it, vi } from 'vitest';
import { type StartedCommand, startedCommand } from '../fixtures/started-command.js';

/** Steps without end, and nothing else that takes time. */
const endless = (folder: string): string[] => [
  ...['train', '--recipe', 'demo-dynamic', '--out', folder, '--backend', 'wasm', '--train-images', '64'],
  ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=2', '--set', 'epochs=1000000'],
  ...['--set', 'log.everySteps=1'],
];
const LONG = { timeout: 300_000, interval: 20 };

async function untilFirstStep({ err, child }: StartedCommand): Promise<void> {
  await vi.waitUntil(() => child.exitCode !== null || err().includes('step 1/'), LONG);
  if (child.exitCode !== null) throw new Error(err());
}

/** A run that was stopped in order: saved, and unlocked. */
function expectSaved(folder: string): void {
  expect(readdirSync(join(folder, 'checkpoints'))).toHaveLength(1);
  expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
}

describe.skipIf(process.platform === 'win32')('a command that gets signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'saves and ends at %s while it trains',
    async (signal) => {
      await inTemporaryFolder(async (folder) => {
        const run = join(folder, 'run');
        const command = startedCommand(endless(run));
        await untilFirstStep(command);
        command.child.kill(signal);
        expect(await command.ended).toBe(130);
        expect(command.err()).toContain('Finishing the step and saving');
        expectSaved(run);
      });
    },
  );

  it('goes on training where nothing can be written to stdout and stderr, and saves', async () => {
    await inTemporaryFolder(async (folder) => {
      const run = join(folder, 'run');
      const command = startedCommand(endless(run));
      await untilFirstStep(command);
      command.child.stdout?.destroy();
      command.child.stderr?.destroy();
      const log = (): number => statSync(join(run, 'metrics.jsonl')).size;
      const before = log();
      await vi.waitUntil(() => log() > before, LONG);
      command.child.kill('SIGINT');
      const code = await new Promise((resolve) => command.child.once('exit', resolve));
      expect(code).toBe(130);
      expectSaved(run);
    });
  });

  it.skipIf(!existsSync('/dev/full'))('trains to the end where stderr is a full disk', async () => {
    await inTemporaryFolder(async (folder) => {
      const run = join(folder, 'run');
      const full = openSync('/dev/full', 'w');
      const command = startedCommand(
        [...endless(run), '--set', 'epochs=1', '--json'],
        ['ignore', 'pipe', full],
      );
      closeSync(full);
      expect(await command.ended).toBe(0);
      expect(JSON.parse(command.out())).toMatchObject({ status: 'finished', step: 32 });
      expectSaved(run);
    });
  });
});
