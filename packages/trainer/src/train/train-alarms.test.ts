import { expect, it } from 'vitest';
import { gateAlarms } from '../guards/gate-alarms.js';
import { gateHistory } from '../guards/gate-record.js';
import { loadRunConfig, readMetrics } from '@dmnn/runs';
import { logWithoutClock } from '../fixtures/log-without-clock.js';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { gatingOptimum } from '../gates/gating-optimum.js';
import type { TrainEvent } from './train-events.js';
import { train } from '../train.js';
import type { TrainOptions } from './train-with.js';

const data = { train: tinyDataset('train', 8), test: tinyDataset('test', 8) };
// all gates stay open, which a target of 0.6 does not ask for
const recipe = tinyRecipe({
  epochs: 4,
  gating: { targetRate: 0.6, openingRate: 0.9999, resourceWeight: 1e-6 },
});

async function eventsOf(
  options: Omit<TrainOptions, 'onProgress'>,
  stopAfterEpoch?: number,
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const controller = new AbortController();
  await train({
    ...options,
    signal: controller.signal,
    onProgress: (event) => {
      events.push(event);
      if (event.kind === 'epoch' && event.epoch === stopAfterEpoch) controller.abort();
    },
  });
  return events;
}

function warnings(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
}

it('says at the start what gates shall come to, warns of what is wrong and writes it into the log', async () => {
  await inTemporaryFolder(async (folder) => {
    const events = await eventsOf({ recipe, data, folder });
    const { architecture } = await loadRunConfig(folder);
    const optimum = gatingOptimum(architecture, recipe.gating!);
    expect(events[0]).toMatchObject({ kind: 'start', optimum });

    const log = await readMetrics(folder);
    const alarms = log.filter((record) => record.kind === 'alarm');
    const steps = 8;
    expect(alarms.map(({ epoch, step, alarm }) => [epoch, step, alarm])).toEqual([
      [1, 4, 'fixed-network'],
      [1, 4, 'off-target'],
      [3, steps, 'fixed-network'],
      [3, steps, 'off-target'],
    ]);
    expect(warnings(events)).toEqual(alarms.map(({ message }) => message));
    const judged = gateAlarms(gateHistory(log, steps), { architecture, gating: recipe.gating! });
    expect(alarms.slice(2).map(({ message }) => message)).toEqual(judged.map(({ message }) => message));
    const { kind: before } = events[events.findIndex(({ kind }) => kind === 'warning') - 1]!;
    expect(before).toBe('epoch'); // whose figures they are about
  });
});

it('says no more when resumed than undisturbed, and leaves the same log', async () => {
  await inTemporaryFolder(async (undisturbed) => {
    const expected = warnings(await eventsOf({ recipe, data, folder: undisturbed }));
    for (const stopAfter of [0, 1, 2]) {
      await inTemporaryFolder(async (folder) => {
        const first = await eventsOf({ recipe, data, folder }, stopAfter);
        const second = await eventsOf({ recipe, data, folder, resume: true });
        expect([...warnings(first), ...warnings(second)]).toEqual(expected);
        expect(await logWithoutClock(folder)).toEqual(await logWithoutClock(undisturbed));
      });
    }
  });
});

it('has nothing to say of a network without gates', async () => {
  await inTemporaryFolder(async (folder) => {
    const events = await eventsOf({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder });
    expect(events[0]).not.toHaveProperty('optimum');
    expect(warnings(events)).toEqual([]);
  });
});
