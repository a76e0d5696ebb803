import { describe, expect, it } from 'vitest';
import { convUnit } from './conv-unit.js';

describe('convUnit', () => {
  it('keeps the size, has a batch norm and a ReLU by default', () => {
    expect(convUnit(5, 3, 8)).toEqual({
      kernelSize: 5,
      stride: 1,
      padding: 2,
      inChannels: 3,
      outChannels: 8,
      groups: 1,
      bias: false,
      batchNorm: true,
      activation: 'relu',
    });
  });

  it('takes every option', () => {
    const options = {
      stride: 2,
      padding: 0,
      groups: 4,
      bias: true,
      batchNorm: false,
      epsilon: 1e-3,
      activation: 'none',
    } as const;
    expect(convUnit(2, 4, 8, options)).toEqual({ kernelSize: 2, inChannels: 4, outChannels: 8, ...options });
  });
});
