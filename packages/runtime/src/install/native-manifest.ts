import type { Build, BuildManifest } from '@dmnn/native';

/** `manifest.json` of a finished build of TensorFlow. `files` lists the binding, the libraries and the JavaScript. */
export interface NativeManifest extends BuildManifest {
  /** Before 2, `files` lacks the JavaScript. */
  readonly format: 1 | 2;
  /** The npm package that was built. */
  readonly packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** Its version. */
  readonly packageVersion: string;
  /** The version that the linked TensorFlow reports. */
  readonly tensorflowVersion: string;
  /** Where libtensorflow came from: a wheel's file name, or the path of a folder. */
  readonly source: string;
}

/** The format that is written. */
export const MANIFEST_FORMAT = 2;

/** A finished build of TensorFlow in the cache. */
export type NativeBuild = Build<NativeManifest>;
