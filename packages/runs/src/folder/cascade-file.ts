import { DmnnError, printable } from '@dmnn/foundation';

/** The file that identifies a cascade's folder. */
export const cascadeFile = 'cascade.json';

/** What a folder of a cascade is refused with where one network is needed: the request is wrong, the folder is not. */
export function cascadeRefused(folder: string): DmnnError {
  return new DmnnError(
    'DMNN_CASCADE',
    `${printable(folder, 4096)}: expected one network, got a cascade of several (${cascadeFile}). Use one of the networks that it names, or the cascade by itself where a command takes one (dmnn help COMMAND).`,
  );
}
