/** One file of a build, as of the check of the build. */
export interface BuiltFile {
  /** Relative to the build's folder. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}
