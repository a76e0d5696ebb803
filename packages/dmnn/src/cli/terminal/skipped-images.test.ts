import { expect, it } from 'vitest';
import type { CommandIo } from './command-io.js';
import { skippedImages } from './skipped-images.js';

it('stops after too many damaged images, and gives no advice that only a training can take', async () => {
  const lines: string[] = [];
  const io = { err: (text: string) => void lines.push(text) } as Partial<CommandIo> as CommandIo;
  const onSkipped = await skippedImages(1, io);
  const damaged = (file: string) => ({
    index: 0,
    problem: { file, expected: 'an image', got: 'none', remedy: '' },
  });
  void onSkipped([damaged('a.jpg'), damaged('a.jpg')]);
  expect(lines).toEqual(['skipped: a.jpg is damaged (none)']);
  const second = (): void => {
    void onSkipped([damaged('b.jpg')]);
  };
  expect(second).toThrow(expect.objectContaining({ code: 'DMNN_BAD_IMAGES' }));
  expect(second).toThrow(/at most 1 damaged, got 2:[^]*Get them again, or allow more \(--bad-images\)\.$/);
  expect(second).not.toThrow(/resume/);
});
