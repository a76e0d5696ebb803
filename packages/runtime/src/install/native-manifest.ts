import type { BuiltFile } from '@dmnn/native';

/** `manifest.json` of a finished build. It is written last, so a folder that has one is complete. */
export interface NativeManifest {
  /** Version of this format. Before 2, `files` lacks the JavaScript. */
  readonly format: 1 | 2;
  /** The npm package that was built. */
  readonly packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** Its version. */
  readonly packageVersion: string;
  /** The version that the linked TensorFlow reports. */
  readonly tensorflowVersion: string;
  /** Where libtensorflow came from: a wheel's file name, or the path of a folder. */
  readonly source: string;
  /** `process.platform` of the machine that it was built on; it runs only there. */
  readonly platform: string;
  /** `process.arch` of that machine. */
  readonly arch: string;
  /** The version of Node-API that the binding needs. */
  readonly napiVersion: number;
  /** All that is loaded: the binding, the libraries and the JavaScript, relative to the build's folder. */
  readonly files: readonly BuiltFile[];
}

/** The format that is written. */
export const MANIFEST_FORMAT = 2;

/** A finished build in the cache. */
export interface NativeBuild {
  /** Absolute, links resolved. */
  readonly folder: string;
  /** Its contents and origin. */
  readonly manifest: NativeManifest;
}
