import { describe, expect, it } from 'vitest';
import { benchmarks } from './benchmarks.mjs';
import { overviewTable } from './overview.mjs';

const result = (name, ours, peer) => ({ name, ours, peer });

describe('overviewTable', () => {
  it('gives milliseconds, and what they are of those of our engine in the same run', () => {
    const table = overviewTable([
      result('engine-resnet50-f32', 50, 48),
      result('engine-resnet50-f32-over-pytorch', 52, 78),
      result('efficiency-dmnn50-n2-f32', 30, 60),
      result('efficiency-dmnn50-n2-bf16', 6, null),
    ]);
    expect(table?.split('\n')).toEqual([
      '| one image of 224 px, one thread: ms |         f32 | bf16 | int8 |',
      '| ----------------------------------- | ----------: | ---: | ---: |',
      '| ResNet-50, PyTorch                  | 78.0 (1.50) |    – |    – |',
      '| ResNet-50, OpenVINO                 | 48.0 (0.96) |    – |    – |',
      '| ResNet-50, our engine               | 50.0 (1.00) |    – |    – |',
      '| DMNN-50 n2, our engine, half open   | 30.0 (0.50) | 6.00 |    – |',
    ]);
  });

  it('is left out where nothing of it was measured', () => {
    expect(overviewTable([result('soak', 1, 1)])).toBeUndefined();
  });

  it('reads benchmarks that there are', () => {
    const all = overviewTable(benchmarks.map(({ name }) => result(name, 1, 1)));
    expect(all?.split('\n')).toHaveLength(9);
    const missing = all?.match(/–/g);
    expect(missing).toHaveLength(4); // PyTorch and ONNX Runtime in bf16 and int8
  });
});
