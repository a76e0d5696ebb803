import type { BuiltFile } from './built-file.js';

/** What every `manifest.json` of a finished build has. It is written last, so a folder that has one is complete. */
export interface BuildManifest {
  /** Version of this format. */
  readonly format: number;
  /** `process.platform` of the machine that it was built on; it runs only there. */
  readonly platform: string;
  /** `process.arch` of that machine. */
  readonly arch: string;
  /** The version of Node-API that the addon needs. */
  readonly napiVersion: number;
  /** All that is loaded, relative to the build's folder. */
  readonly files: readonly BuiltFile[];
}

/** A finished build. */
export interface Build<M extends BuildManifest> {
  /** Absolute, links resolved. */
  readonly folder: string;
  /** Its contents and origin. */
  readonly manifest: M;
}
