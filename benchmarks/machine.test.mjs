import { describe, expect, it } from 'vitest';
import { busySeconds, machineSlug, physicalCores } from './machine.mjs';

const processor = (socket, core) =>
  `processor\t: 0\nmodel name\t: X\nphysical id\t: ${socket}\ncore id\t\t: ${core}`;

describe('physicalCores', () => {
  it('counts two threads of a core once, and cores of two sockets apart', () => {
    const places = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    const list = [...places, ...places].map(([socket, core]) => processor(socket, core));
    expect(physicalCores(list.join('\n\n'))).toBe(4);
  });

  it('does not know where nothing is said', () => {
    expect(physicalCores('processor\t: 0\nFeatures\t: asimd')).toBeUndefined();
    expect(physicalCores('')).toBeUndefined();
  });
});

describe('machineSlug', () => {
  it.each([
    [{ cpu: 'AMD EPYC', flags: ['avx2', 'avx512f'], cores: 2 }, 'amd-epyc-2-cores-avx512'],
    [
      { cpu: 'Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz', flags: ['avx2'], cores: 16 },
      'intel-xeon-gold-6130-cpu-2-10ghz-16-cores-avx2',
    ],
    [{ cpu: 'Neoverse-N1', flags: ['asimd'], cores: 1 }, 'neoverse-n1-1-core'],
  ])('%j', (machine, slug) => {
    expect(machineSlug(machine)).toBe(slug);
  });
});

it('busySeconds leaves out what is idle or waits for a disk, and counts what a host took away', () => {
  // user 100, nice 20, system 30, idle 5000, waiting 700, interrupts 4, 5, stolen 41 → 200 of 100 a second
  expect(busySeconds('cpu  100 20 30 5000 700 4 5 41 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n')).toBe(2);
  expect(busySeconds('')).toBeNull();
});
