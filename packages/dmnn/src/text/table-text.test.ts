import { expect, it } from 'vitest';
import { tableText } from './table-text.js';

it('aligns text left and numbers right, and leaves nothing at the ends of lines', () => {
  const text = tableText(
    [{ head: 'model' }, { head: 'MACs', align: 'right' }, { head: 'note' }],
    [['resnet50', '4.089 G', ''], [], ['dmnn50-n2', '3.9 G', 'gated']],
  );
  expect(text.split('\n')).toEqual([
    'model         MACs  note',
    'resnet50   4.089 G',
    '',
    'dmnn50-n2    3.9 G  gated',
  ]);
});
