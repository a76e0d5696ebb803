import { expect, it } from 'vitest';
import { settingHints } from './setting-hints.js';

it.each([
  ['--epochs', '3', ['--set epochs=3']],
  ['--batch-size', '64', ['--set batchSize=64']],
  ['--batchSize', undefined, ['--set batchSize=VALUE']],
  ['--lr', '0.1', ['--set learningRate.from=0.1']],
  ['--gating.target-rate', '0.5', ['--set gating.targetRate=0.5']],
  ['--target-rate', '0.5', ['--set gating.targetRate=0.5']],
  ['--momentum', '0.8', ['--set optimiser.momentum=0.8']],
  ['--epoch', '3', ['--set epochs=3']],
  ['--nonsense', '3', []],
])('%s %s', async (flag, value, hints) => {
  expect(await settingHints({ flag, value })).toEqual(hints);
});
