import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { uniformAt } from '@dmnn/gating';
import { expect, it } from 'vitest';
import { loadRun } from '../run/load-run.js';
import { readMetrics } from '../run/metrics-log.js';
import { inTemporaryFolder } from '../testing/temporary-folder.js';

const changes = JSON.stringify({ epochs: 3, checkpoints: { everySteps: 3 } });
const steps = 48;

function trainInChild(folder: string): ChildProcess {
  const testing = (name: string): string => fileURLToPath(new URL(`../testing/${name}`, import.meta.url));
  return spawn(
    process.execPath,
    ['--import', new URL('../testing/typescript-loader.mjs', import.meta.url).href, testing('train-in-child.ts'), folder, changes],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

/** Lets a child train until it ends, or kills it a while after it has reported a step. @returns its output */
async function run(folder: string, kill?: { afterStep: number; milliseconds: number }): Promise<string> {
  const child = trainInChild(folder);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (kill && output.includes(`step ${kill.afterStep}\n`)) {
      setTimeout(() => child.kill('SIGKILL'), kill.milliseconds);
      kill = undefined;
    }
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}

async function resultOf(folder: string): Promise<{ weights: Buffer; log: unknown[] }> {
  const { network, checkpoint } = await loadRun(folder, { which: 'latest' });
  network.dispose();
  expect(checkpoint.step).toBe(steps);
  return {
    weights: await readFile(join(checkpoint.path, 'weights.safetensors')),
    log: (await readMetrics(folder)).map(({ clock: _, ...record }) => record),
  };
}

it('killed at random moments and resumed each time, it ends with the weights and log of an undisturbed run', async () => {
  await inTemporaryFolder(async (folder) => {
    const [straight, killed] = [join(folder, 'straight'), join(folder, 'killed')];
    const undisturbed = run(straight);
    let step = 0;
    for (let kills = 0; kills < 4; kills++) {
      step += 1 + Math.floor(10 * uniformAt(11, kills, 0));
      const output = await run(killed, { afterStep: step, milliseconds: 60 * uniformAt(11, kills, 1) });
      expect(output).not.toContain('finished');
      step = Number(/.*step (\d+)\n/s.exec(output)?.[1]);
    }
    expect(await run(killed)).toContain('finished');
    expect(await undisturbed).toContain('finished');
    const [expected, got] = [await resultOf(straight), await resultOf(killed)];
    expect(got.weights.equals(expected.weights)).toBe(true);
    expect(got.log).toEqual(expected.log);
  });
}, 120_000);
