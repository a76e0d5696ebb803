import { expect, it } from 'vitest';
import { writableCache } from './prepare-cache.js';

it.runIf(process.platform === 'linux')(
  'refuses a folder of builds where none can be made, instead of hanging',
  async () => {
    await expect(writableCache('/proc/x/dmnn')).rejects.toMatchObject({
      step: 'prepare',
      message: expect.stringContaining('cannot write to /proc/x/dmnn (ENOENT)') as string,
    });
  },
);
