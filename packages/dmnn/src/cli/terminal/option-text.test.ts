import { Option } from 'commander';
import { expect, it } from 'vitest';
import { optionText } from './option-text.js';

it('says once what an option is by default, as one would type it', () => {
  expect(optionText(new Option('--top <count>', 'classes to show').default(5))).toBe(
    'classes to show (default: 5)',
  );
  expect(optionText(new Option('--how <how>', 'how').default('skipping'))).toBe('how (default: skipping)');
  expect(optionText(new Option('--shares <shares>', 'shares').default([0.25, 1]))).toBe(
    'shares (default: 0.25,1)',
  );
  expect(optionText(new Option('--seeds <seeds>', 'seeds (default: 1)').default([1]))).toBe(
    'seeds (default: 1)',
  );
  expect(optionText(new Option('--noisy [seed]', 'noise').preset('1'))).toBe('noise (without a value: 1)');
  expect(optionText(new Option('--no-gpu', 'only the CPU').default(false))).toBe('only the CPU');
});

it('marks what is required', () => {
  expect(optionText(new Option('--out <file>', 'the file').makeOptionMandatory())).toBe(
    'the file (required)',
  );
});
