import { tinyDynamic } from '@dmnn/test-networks';
import { describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import {
  assertQuantisationFits,
  parseQuantisation,
  quantisationText,
  type Quantisation,
} from './quantisation.js';
import { architectureFingerprint, weightsFingerprint } from './weights-fingerprint.js';

const architecture = tinyDynamic();
const weights = arbitraryWeights(architecture, 1);
const quantisation: Quantisation = {
  network: architecture.name,
  weights: weightsFingerprint(weights),
  architecture: architectureFingerprint(architecture),
  images: 300,
  percentile: 0.9999,
  ranges: { image: 2.5, 'stem.unit0': 0.1 },
  heldOut: { images: 100, int8: { sameClass: 0.99, sameGates: 0.98 }, bf16: { sameClass: 1, sameGates: 1 } },
};
const file = JSON.parse(quantisationText(quantisation)) as Record<string, unknown>;

describe('a quantisation', () => {
  it('is read as it was written', () => {
    expect(parseQuantisation(quantisationText(quantisation))).toEqual(quantisation);
    const { heldOut, ...alone } = quantisation;
    expect(heldOut).toBeDefined();
    expect(parseQuantisation(new TextEncoder().encode(quantisationText(alone)))).toEqual(alone);
  });

  it.each<[object, string]>([
    [
      { format: 'other' },
      "q.json: format: expected 'dmnn quantisation', got 'other'. Quantise the network again.",
    ],
    [{ version: 2 }, 'q.json: version: expected 1, got 2. '],
    [
      { range: {} },
      "q.json: expected format, version, network, weights, architecture, images, percentile, ranges, heldOut, got 'range'. Do you mean ranges?",
    ],
    [{ network: 3 }, 'q.json: network: expected a name, got 3'],
    [{ weights: 'ABC' }, "q.json: weights: expected a SHA-256 in hexadecimal, got 'ABC'"],
    [{ architecture: 3 }, 'q.json: architecture: expected a SHA-256 in hexadecimal, got 3'],
    [{ images: 1.5 }, 'q.json: images: expected a whole number from 1 on, got 1.5'],
    [{ percentile: 2 }, 'q.json: percentile: expected a share from 0 to 1, got 2'],
    [{ ranges: [] }, 'q.json: ranges: expected an object, got an empty list'],
    [{ ranges: { image: -1 } }, 'q.json: ranges: image: expected a number from 0 on, got -1'],
    [{ ranges: { image: 1e39 } }, 'q.json: ranges: image: expected a number from 0 on, got 1e+39'],
    [{ ranges: { image: '1' } }, "q.json: ranges: image: expected a number from 0 on, got '1'"],
    [{ heldOut: { images: 1 } }, 'q.json: heldOut: int8: expected an object, got nothing'],
    [{ heldOut: { images: 0, int8: {} } }, 'q.json: heldOut: images: expected a whole number'],
    [
      { heldOut: { images: 1, int8: { sameClass: 1 } } },
      'q.json: heldOut: int8: sameGates: expected a share',
    ],
  ])('is refused where it is damaged: %j', (change, message) => {
    const read = () => parseQuantisation(JSON.stringify({ ...file, ...change }), 'q.json');
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'DMNN_ENGINE' }));
  });

  it.each(['', '[]', '{"format": ', '{"images": 1, "images": 2}'])(
    'is refused where it is no JSON object: %s',
    (text) => {
      expect(() => parseQuantisation(text, 'q.json')).toThrow(/^q\.json: /);
    },
  );

  it('fits its own weights only', () => {
    assertQuantisationFits(quantisation, { architecture, weights });
    const others = arbitraryWeights(architecture, 2);
    expect(() => {
      assertQuantisationFits(quantisation, { architecture, weights: others });
    }).toThrow(
      /^quantisation: expected one of these weights of .*, got one of others .*Quantise the network again/,
    );
    expect(() => {
      assertQuantisationFits(quantisation, { architecture: { ...architecture, name: 'x' }, weights });
    }).toThrow(`quantisation: expected one of x, got one of ${architecture.name}. Quantise this network.`);
  });

  it('fits its own ε and padding only, if it was written with them', () => {
    const units = architecture.stem.units.map((unit) => ({ ...unit, epsilon: 1e-3 }));
    const others = { ...architecture, stem: { ...architecture.stem, units } };
    expect(() => {
      assertQuantisationFits(quantisation, { architecture: others, weights });
    }).toThrow(
      /^quantisation: expected one of this architecture of .*, got one of another with the same weights/,
    );
    const before: Quantisation = { ...quantisation };
    Reflect.deleteProperty(before, 'architecture');
    const read = parseQuantisation(quantisationText(before));
    expect(read).toEqual(before);
    assertQuantisationFits(read, { architecture: others, weights });
  });

  it('knows weights whatever their order, by names, shapes and numbers', () => {
    const [name, tensor] = [...weights][0]!;
    const reversed = new Map([...weights].reverse());
    expect(weightsFingerprint(reversed)).toBe(quantisation.weights);
    const changes = [
      new Map([...weights]).set(name, {
        ...tensor,
        data: tensor.data.map((value, i) => (i === 0 ? value + 1 : value)),
      }),
      new Map([...weights]).set(name, { ...tensor, shape: [...tensor.shape, 1] }),
      new Map([...weights]).set('more', tensor),
    ];
    expect(new Set([quantisation.weights, ...changes.map(weightsFingerprint)]).size).toBe(4);
  });
});
