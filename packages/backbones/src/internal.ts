export { families, familyOf } from './families.js';
export {
  type BuildOptions,
  type Family,
  type NameParts,
  type PretrainedLibrary,
  type PretrainedNames,
  type Task,
} from './family.js';
