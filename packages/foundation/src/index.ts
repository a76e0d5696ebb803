export {
  assertFunction,
  assertList,
  assertLists,
  assertRecord,
  assertTensor,
  kindOf,
} from './argument-checks.js';
export { closeAfter, closeAfterEach, closeAfterSync, closeIfFails, closeIfFailsSync } from './close-after.js';
export { closestName } from './closest-name.js';
export { closestNames } from './closest-names.js';
export { codeString } from './code-string.js';
export { DmnnError, type DmnnErrorOptions, isDmnnError } from './dmnn-error.js';
export { errorInFile, inFile } from './error-in-file.js';
export { type FileFormat, fileFormatOf, type FileKind, formatName } from './file-format.js';
export { openingBias } from './opening-bias.js';
export { philox4x32 } from './philox.js';
export { LONGEST_LIST, problemLines } from './problem-lines.js';
export { printable, printableLines } from './printable.js';
export { JsonError, type JsonValue, parseJson, parseJsonMaps, type ParseJsonOptions } from './parse-json.js';
export { compareUtf8, decodeUtf8, encodeUtf8, isWellFormed } from './utf8.js';
