import { DmnnError } from '@dmnn/foundation';
import { expect, it, vi } from 'vitest';
import { decodeImage } from './decode-image.js';
import { evaluationView } from './image-view.js';

vi.mock('sharp', () => {
  throw new Error("Cannot find package 'sharp'");
});

it('says what to install where sharp is missing', async () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const error: unknown = await decodeImage(png, evaluationView(), 'x.png').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DmnnError);
  expect((error as DmnnError).code).toBe('DMNN_IMAGE_LIBRARY');
  expect((error as DmnnError).message).toMatch(/x\.png.*npm install sharp/);
});
