import { expect, it } from 'vitest';
import { tensorflowWheel } from './tensorflow-wheel.js';

it('knows which machines have a wheel, and the sum of each file', () => {
  expect(tensorflowWheel('linux', 'x64', false)?.requirement).toBe('tensorflow-cpu==2.21.0');
  expect(tensorflowWheel('linux', 'x64', true)?.requirement).toBe('tensorflow==2.21.0');
  expect(tensorflowWheel('linux', 'arm64', false)?.fileName).toContain('aarch64');
  expect(tensorflowWheel('linux', 'arm64', true)).toBeUndefined();
  expect(tensorflowWheel('win32', 'x64', false)).toBeUndefined();
  for (const gpu of [false, true]) {
    const platforms = tensorflowWheel('linux', 'x64', gpu)?.platforms;
    expect(platforms).toContain('manylinux_2_27_x86_64');
    expect(platforms).toContain('manylinux2014_x86_64');
  }
  expect(tensorflowWheel('linux', 'x64', false)?.cuda).toEqual([]);
  const cuda = tensorflowWheel('linux', 'x64', true)?.cuda ?? [];
  // the requirements of the extra `and-cuda` in the wheel's metadata
  expect(cuda.map(({ requirement }) => requirement.replace(/==.*/, '')).sort()).toEqual([
    'nvidia-cublas-cu12',
    'nvidia-cuda-cupti-cu12',
    'nvidia-cuda-nvcc-cu12',
    'nvidia-cuda-nvrtc-cu12',
    'nvidia-cuda-runtime-cu12',
    'nvidia-cudnn-cu12',
    'nvidia-cufft-cu12',
    'nvidia-curand-cu12',
    'nvidia-cusolver-cu12',
    'nvidia-cusparse-cu12',
    'nvidia-nccl-cu12',
    'nvidia-nvjitlink-cu12',
  ]);
  for (const { requirement, fileName, sha256 } of cuda) {
    expect(requirement).toMatch(/^[\w-]+==[\d.]+$/);
    expect(fileName).toContain(requirement.replaceAll('-', '_').replace('==', '-'));
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  }
});
