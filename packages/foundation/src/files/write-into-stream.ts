import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { closeAfter } from '../close-after.js';
import { systemCode } from './file-error.js';
import type { FileContent } from './file-content.js';

/**
 * Writes into a pipe or a device. A pipe is waited for until something reads it, in a way that signals interrupt.
 *
 * @throws the error of the system
 */
export async function writeIntoStream(path: string, content: FileContent): Promise<void> {
  const file = await opened(path);
  await closeAfter(
    () => file.writeFile(content as Uint8Array), // Node takes parts one after the other, too; its types do not say so
    () => file.close(),
  );
}

const READER_POLL_MS = 20;

/** Opening a pipe would wait for its reader in a thread that nothing interrupts: asks, and waits in this one. */
async function opened(path: string): Promise<FileHandle> {
  const nonblocking = (constants.O_NONBLOCK as number | undefined) ?? 0;
  for (;;) {
    try {
      const probe = await open(path, constants.O_WRONLY | nonblocking);
      return await closeAfter(
        () => open(path, constants.O_WRONLY), // there is a reader now, and writing may wait for it
        () => probe.close(),
      );
    } catch (error) {
      if (systemCode(error) !== 'ENXIO') throw error;
      await pause(READER_POLL_MS);
    }
  }
}
