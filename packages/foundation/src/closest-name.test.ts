import { describe, expect, it } from 'vitest';
import { closestName } from './closest-name.js';

const names = ['kernelSize', 'stride', 'padding', 'inChannels', 'outChannels', 'groups', 'bias'];

describe('closestName', () => {
  it.each([
    ['kernalSize', 'kernelSize'], // one letter replaced
    ['strid', 'stride'], // one missing
    ['grouops', 'groups'], // one too many
    ['bais', 'bias'], // two swapped
    ['kernel_size', 'kernelSize'], // another spelling of the same words
    ['OUTCHANNELS', 'outChannels'],
    ['outChanels', 'outChannels'], // nearer than inChannels
  ])('%s: %s', (name, meant) => {
    expect(closestName(name, names)).toBe(meant);
  });

  it.each(['dilation', 'x', '', 'kernel', 'ab'])('%s: none close enough', (name) => {
    expect(closestName(name, names)).toBeUndefined();
  });

  it('finds no name in an empty list', () => {
    expect(closestName('stride', [])).toBeUndefined();
  });
});
