export { acquireLock, type Lock, type LockHolder, type LockOptions } from './acquire-lock.js';
export { type FileSystem, nodeFileSystem } from './file-system.js';
export { makeFolder } from './make-folder.js';
export { processStart } from './process-start.js';
export { shellWord } from './shell-word.js';
export { systemCode } from './system-code.js';
export { writeFileDurably } from './write-file-durably.js';
