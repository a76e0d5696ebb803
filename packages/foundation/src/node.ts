export type { FileContent } from './files/file-content.js';
export {
  FileError,
  type FileErrorCode,
  type FileErrorOptions,
  type FileUse,
  fileError,
  orFileError,
  systemCode,
  systemReason,
} from './files/file-error.js';
export { type FileSystem, nodeFileSystem } from './files/file-system.js';
export { assertLeadsSomewhere, makeFolder } from './files/make-folder.js';
export { type PlaceToWrite, placeToWrite } from './files/place-to-write.js';
export {
  assertRegularFile,
  kindOfFile,
  readRegularFile,
  readRegularFileSync,
} from './files/read-regular-file.js';
export { syncFolder } from './files/sync-folder.js';
export { partialOf, writeFileDurably, writeFilesDurably } from './files/write-file-durably.js';
export { acquireLock, type Lock, type LockHolder, type LockOptions } from './lock/acquire-lock.js';
export { processStart } from './lock/process-start.js';
export { shellWord } from './shell-word.js';
