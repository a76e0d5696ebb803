import { expect, it, vi } from 'vitest';
import { withDecoderModule } from './decoder-module.js';

it('says which limit to raise where the system refuses its memory, and starts when it no longer does', () => {
  const { Module } = Reflect.get(globalThis, 'WebAssembly') as { readonly Module: object };
  vi.stubGlobal('WebAssembly', {
    Module,
    Instance: function () {
      throw new RangeError(
        'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance',
      );
    },
  });
  expect(() => withDecoderModule(() => 1)).toThrow(
    expect.objectContaining({
      code: 'DMNN_DECODING',
      message: expect.stringContaining('ulimit -v unlimited') as string,
    }),
  );
  vi.unstubAllGlobals();
  expect(withDecoderModule(() => 1)).toBe(1);
});
