import type { PinnedWheel } from '@dmnn/native';
import { cudaWheels } from './cuda-wheels.js';

/** The file of the Python package index that holds libtensorflow. */
export interface TensorflowWheel extends PinnedWheel {
  readonly bytes: number;
  /** The tags of platforms that pip may take, best first. */
  readonly platforms: readonly string[];
  /** The files with the CUDA libraries that it needs. */
  readonly cuda: readonly PinnedWheel[];
}

/** The TensorFlow that is built against. */
export const TENSORFLOW_VERSION = '2.21.0';

function linuxPlatforms(arch: string): string[] {
  // pip takes a tag literally, and the CUDA packages use many
  const numbered = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}_${arch}`);
  return [...numbered, `manylinux2014_${arch}`, `manylinux2010_${arch}`, `manylinux1_${arch}`];
}

/**
 * The wheel for this machine; `undefined` if there is none with a libtensorflow for it.
 *
 * The Python version in its name does not matter: only its C library is used.
 */
export function tensorflowWheel(platform: string, arch: string, gpu: boolean): TensorflowWheel | undefined {
  if (platform !== 'linux') return undefined;
  if (arch === 'x64' && gpu) {
    return {
      requirement: `tensorflow==${TENSORFLOW_VERSION}`,
      fileName: `tensorflow-${TENSORFLOW_VERSION}-cp312-cp312-manylinux_2_27_x86_64.whl`,
      bytes: 572_611_111,
      sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      platforms: linuxPlatforms('x86_64'),
      cuda: cudaWheels,
    };
  }
  if (arch === 'x64') {
    return {
      requirement: `tensorflow-cpu==${TENSORFLOW_VERSION}`,
      fileName: `tensorflow_cpu-${TENSORFLOW_VERSION}-cp312-cp312-manylinux_2_27_x86_64.whl`,
      bytes: 274_000_871,
      sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      platforms: linuxPlatforms('x86_64'),
      cuda: [],
    };
  }
  if (arch === 'arm64' && !gpu) {
    return {
      requirement: `tensorflow==${TENSORFLOW_VERSION}`,
      fileName: `tensorflow-${TENSORFLOW_VERSION}-cp312-cp312-manylinux_2_27_aarch64.whl`,
      bytes: 281_946_471,
      sha256: 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
      platforms: linuxPlatforms('aarch64'),
      cuda: [],
    };
  }
  return undefined;
}
