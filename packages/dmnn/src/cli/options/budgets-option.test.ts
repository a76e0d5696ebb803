import { describe, expect, it } from 'vitest';
import { budgetsOption } from './budgets-option.js';

describe('budgetsOption', () => {
  it.each([
    ['0.3..1', 'share', [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]],
    ['.5..0.6:0.05', 'share', [0.5, 0.55, 0.6]],
    ['0.4..1:0.25', 'share', [0.4, 0.65, 0.9]],
    ['0.5..0.5', 'share', [0.5]],
    ['1.02', 'share', [1.02]], // all gates open: controllers cost too
    ['0.2..1:2', 'share', [0.2]],
    ['0.6, 0.4', 'share', [0.6, 0.4]],
    ['0.5', 'share', [0.5]],
    ['8ms', 'ms', [8]],
    ['6ms,0.5ms', 'ms', [6, 0.5]],
    ['6ms..7.5ms:0.5ms', 'ms', [6, 6.5, 7, 7.5]],
  ])('reads %s', (text, unit, values) => {
    expect(budgetsOption(text)).toEqual({ unit, values });
  });

  it.each([
    ['', /expected numbers above 0, as a list or a range: 0\.3\.\.1/],
    ['half', /expected numbers above 0, .*0\.3\.\.1.*got half/],
    ['0', /expected numbers above 0/],
    ['-0.5', /expected numbers above 0/],
    ['0.3,8ms', /shares of MACs or milliseconds throughout .*got both in 0\.3,8ms/],
    ['6ms..8', /got both in 6ms\.\.8/],
    ['6ms..8ms:0.5', /got both in 6ms\.\.8ms:0\.5/],
    ['6ms..8ms', /a step after a range of milliseconds, 6ms\.\.8ms:1ms/],
    ['1..0.3', /from the smallest to the largest, 0\.3\.\.1, got 1\.\.0\.3/],
    ['8ms..6ms:1ms', /to the largest, 6ms\.\.8ms, got 8ms\.\.6ms:1ms/],
    ['0.1..1:0.0001', /at most 100 budgets, got 9001 in .*Give a larger step after a colon/],
    ['0.3..1..2', /expected/],
    ['1e400', /expected/],
    ['2..3', /shares .* up to 1 .* got 2\.\.3/],
    ['0.3..1.5', /up to 1/],
    ['30..100:10', /up to 1 \(50 % is 0\.5\), got 30/],
    ['0.5,50', /up to 1/],
    ['1.2', /up to 1/],
  ])('refuses %s', (text, message) => {
    expect(() => budgetsOption(text)).toThrow(expect.objectContaining({ code: 'DMNN_USAGE' }));
    expect(() => budgetsOption(text)).toThrow(message);
  });
});
