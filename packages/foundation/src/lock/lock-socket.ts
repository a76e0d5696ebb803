import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Server, connect, createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { closeAfter } from '../close-after.js';
import { systemCode } from '../files/file-error.js';
import type { SocketAnswer } from './lock-facts.js';

/** A listening socket in a folder: the kernel closes it when its process ends, however it ends. */
export interface LockSocket {
  /** Closes the socket and removes its file. */
  close(): Promise<void>;
}

/**
 * Listens at a path, without keeping the process alive.
 *
 * @param path - absolute, unused
 * @returns undefined where that is not possible: on Windows, on a file system without sockets, in a sandbox
 */
export async function listenAt(path: string): Promise<LockSocket | undefined> {
  const address = addressOf(path);
  if (!address) return undefined;
  // exclusive: in a worker of a cluster it would otherwise be its primary that listens
  const server = createServer((connection) => connection.destroy());
  const socket: LockSocket = {
    async close() {
      await closed(server);
      address.release();
      await rm(path, { force: true });
    },
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: address.path, exclusive: true }, resolve);
    });
  } catch {
    await socket.close().catch(() => undefined); // there is none, and the facts have to suffice
    return undefined;
  }
  server.unref();
  // some file systems have a file of the name, and no way to it
  if ((await askSocket(path)) === 'answers') return socket;
  await socket.close().catch(() => undefined);
  return undefined;
}

/**
 * Asks the kernel whether the process that listened at a path is there. It answers for a process that is busy or stopped, and
 * for one of another container.
 */
export async function askSocket(path: string): Promise<SocketAnswer> {
  let address: Address | undefined;
  try {
    address = addressOf(path);
  } catch {
    return 'none'; // the folder is gone
  }
  if (!address) return 'none';
  const { path: at } = address;
  return closeAfter(
    async () => {
      return await new Promise<SocketAnswer>((resolve) => {
        const connection = connect(at);
        connection.once('connect', () => {
          connection.destroy();
          resolve('answers');
        });
        connection.once('error', (error) => {
          const code = systemCode(error);
          // EAGAIN: so many ask that the kernel queues no more of them
          resolve(code === 'EAGAIN' ? 'answers' : code === 'ECONNREFUSED' ? 'refuses' : 'none');
        });
      });
    },
    () => {
      address.release();
    },
  );
}

/** What a socket is called in system calls. */
interface Address {
  readonly path: string;
  readonly release: () => void;
}

// of 104 on macOS and 108 on Linux, with the closing zero
const LONGEST_ADDRESS_BYTES = 100;

/** @returns undefined where there is none */
function addressOf(path: string): Address | undefined {
  if (process.platform === 'win32') return undefined; // what is listened at there are names of another kind
  if (Buffer.byteLength(path) <= LONGEST_ADDRESS_BYTES) return { path, release: () => undefined };
  if (process.platform !== 'linux') return undefined;
  const folder = openSync(dirname(path), 'r');
  const release = (): void => {
    closeSync(folder);
  };
  return { path: `/proc/self/fd/${folder}/${basename(path)}`, release };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
