import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { uniformAt } from '@dmnn/gating';
import { expect, it } from 'vitest';
import { EventFile } from '@dmnn/runs/internal';
import { loadRun } from '../run/load-run.js';
import { inTemporaryFolder, typescriptLoader } from '@dmnn/test-kit';
import { logWithoutClock } from '../fixtures/log-without-clock.js';

/** 18 steps; a checkpoint after every second one, and after each epoch of 6. */
const changes = JSON.stringify({ epochs: 3, checkpoints: { everySteps: 2 } });
const steps = 18;
const kills = 3;

/** When to kill a child: some time after it has reported a step, but never later than it has reported another one. */
interface Kill {
  readonly afterStep: number;
  readonly milliseconds: number;
  /** At this step the child waits, so that it cannot finish before it is killed, however fast it is. */
  readonly lastStep: number;
}

/** Lets a child train until it ends or is killed. @returns its output */
async function trainInChild(folder: string, kill?: Kill): Promise<string> {
  const fixture = (name: string): URL => new URL(`fixtures/${name}`, import.meta.url);
  const child = spawn(
    process.execPath,
    [
      '--import',
      typescriptLoader,
      fileURLToPath(fixture('train-in-child.mjs')),
      folder,
      changes,
      String(kill?.lastStep ?? ''),
    ],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, DMNN_TEST_TRANSLATED: dirname(folder) },
    },
  );
  let output = '';
  let killing = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (!kill || killing || lastStep(output) < kill.afterStep) return;
    killing = true;
    setTimeout(() => child.kill('SIGKILL'), kill.milliseconds);
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}

function lastStep(output: string): number {
  return Number(/.*step (\d+)\n/s.exec(output)?.[1] ?? 0);
}

async function resultOf(folder: string): Promise<{ weights: Buffer; log: unknown[] }> {
  const { network, checkpoint } = await loadRun(folder, { which: 'latest' });
  network.dispose();
  expect(checkpoint.step).toBe(steps);
  return {
    weights: await readFile(join(checkpoint.path, 'weights.safetensors')),
    log: await logWithoutClock(folder),
  };
}

it('killed at random moments and resumed each time, it ends with the weights and log of an undisturbed run', async () => {
  await inTemporaryFolder(async (folder) => {
    const [straight, killed] = [join(folder, 'straight'), join(folder, 'killed')];
    expect(await trainInChild(straight)).toContain('finished');
    let step = 0;
    for (let kill = 0; kill < kills; kill++) {
      const afterStep = step + 1 + Math.floor(3 * uniformAt(11, kill, 0));
      const output = await trainInChild(killed, {
        afterStep,
        milliseconds: 80 * uniformAt(11, kill, 1),
        lastStep: afterStep + 2, // 5, 10 and 15 of the 18 steps at most
      });
      expect(output).not.toContain('finished');
      step = lastStep(output);
    }
    expect(await trainInChild(killed)).toContain('finished');
    const [expected, got] = [await resultOf(straight), await resultOf(killed)];
    expect(got.weights.equals(expected.weights)).toBe(true);
    expect(got.log).toEqual(expected.log);
    // TensorBoard's file holds the log's steps and no other: written again from the log, it is the same
    const events = await readFile(join(killed, 'events.out.tfevents.dmnn'));
    await EventFile.open(killed, nodeFileSystem);
    expect((await readFile(join(killed, 'events.out.tfevents.dmnn'))).equals(events)).toBe(true);
  });
}, 1_200_000); // against a hang only: on a machine with ten times the work of its cores, each of the five children takes a minute
