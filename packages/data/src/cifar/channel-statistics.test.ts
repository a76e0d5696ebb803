import { expect, it } from 'vitest';
import { ChannelCounter } from './channel-statistics.js';

it('gives means and population deviations of the channels', () => {
  const counter = new ChannelCounter();
  counter.add(Uint8Array.of(0, 51, 255, 255, 51, 255));
  counter.add(Uint8Array.of(0, 51, 0, 255, 51, 0));
  const { means, deviations } = counter.statistics();
  expect(means).toEqual([0.5, 0.2, 0.5]);
  expect(deviations).toEqual([0.5, 0, 0.5]);
});
