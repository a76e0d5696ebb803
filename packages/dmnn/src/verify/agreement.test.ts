import { describe, expect, it } from 'vitest';
import { type Outputs, agreementOf } from './agreement.js';

const reference = {
  logits: Float32Array.of(1, -4, 2),
  gates: [
    [true, false],
    [false, true],
  ],
  logOdds: [
    [2, -1],
    [-5e-6, 3],
  ],
};

const ours = (change: Partial<Outputs>): Outputs => ({
  logits: reference.logits,
  gates: reference.gates,
  ...change,
});

describe('agreementOf', () => {
  it('measures logits by the largest', () => {
    expect(agreementOf(ours({}), reference)).toEqual({ kind: 'agrees', logitsDifference: 0 });
    const near = agreementOf(ours({ logits: Float32Array.of(1.0001, -4, 2) }), reference);
    expect(near).toEqual({ kind: 'agrees', logitsDifference: expect.closeTo(2.5e-5, 7) as number });
  });

  it.each([
    [Float32Array.of(1, -4.0006, 2), /^logit 1 is -4\.0005.* in the file and -4 in the network, 1\.5e-4/],
    [Float32Array.of(1, NaN, 2), /^logit 1 is NaN/],
    [Float32Array.of(1, -4, Infinity), /^logit 2 is Infinity/],
    [Float32Array.of(1, -4), /^the file has 2 logits and the network 3/],
  ])('refuses logits %j', (logits, what) => {
    expect(agreementOf(ours({ logits }), reference)).toEqual({
      kind: 'differs',
      what: expect.stringMatching(what) as string,
    });
  });

  it('compares logits that are all 0, and none that are not numbers', () => {
    const zeros = { ...reference, logits: new Float32Array(3) };
    expect(agreementOf(ours({ logits: new Float32Array(3) }), zeros)).toMatchObject({ kind: 'agrees' });
    expect(agreementOf(ours({ logits: Float32Array.of(0, 1e-9, 0) }), zeros).kind).toBe('differs');
    const broken = { ...reference, logits: Float32Array.of(1, NaN, 2) };
    expect(agreementOf(ours({}), broken).kind).toBe('differs');
  });

  it('leaves out what follows a gate that rounding decides', () => {
    const gates = [
      [true, false],
      [true, true],
    ];
    expect(agreementOf(ours({ gates, logits: new Float32Array(3) }), reference)).toEqual({
      kind: 'undecided',
    });
  });

  it.each([
    [
      [[true, true], reference.gates[1]!],
      /^gate 1 of block 0 is on in the file and off in the network.* -1$/,
    ],
    [[reference.gates[0]!, [true, false]], /^gate 1 of block 1 is off in the file and on .* 3$/],
    [[reference.gates[0]!], /^gate 1 of block 1/],
  ])('refuses gates %j', (gates, what) => {
    expect(agreementOf(ours({ gates }), reference)).toEqual({
      kind: 'differs',
      what: expect.stringMatching(what) as string,
    });
  });

  it('takes the block’s largest log-odds as the scale, if above 1', () => {
    const gates = [[false, true]];
    const wide = (largest: number) => ({ ...reference, gates: [[true, true]], logOdds: [[9e-5, largest]] });
    expect(agreementOf(ours({ gates }), wide(1)).kind).toBe('differs');
    expect(agreementOf(ours({ gates }), wide(10)).kind).toBe('undecided');
    const unknown = { ...reference, gates: [[true, true]], logOdds: [[NaN, 1]] };
    expect(agreementOf(ours({ gates }), unknown).kind).toBe('differs');
  });
});
