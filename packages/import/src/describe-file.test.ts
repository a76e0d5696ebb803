import { describe, expect, it } from 'vitest';
import { describeFile } from './describe-file.js';

const text = (content: string) => new TextEncoder().encode(content);
/** A local header of a zip archive, with the name of its member. */
const zip = (member: string) => {
  const header = new Uint8Array(30);
  header.set([0x50, 0x4b, 3, 4]);
  header[26] = member.length;
  return Uint8Array.of(...header, ...text(member), ...new Uint8Array(50));
};
const tar = () => {
  const header = new Uint8Array(512);
  header.set(text('ustar'), 257);
  return header;
};

describe('describeFile', () => {
  it.each([
    ['nothing', new Uint8Array(), 'an empty file'],
    ['a pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'), 'a Git LFS pointer'],
    ['a page', text('\ufeff\n<!DOCTYPE html>\n<html lang="en">'), 'a web page (HTML)'],
    ['a page without a type', text('<html><head><title>404</title>'), 'a web page (HTML)'],
    ['an answer of a store', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), 'XML text'],
    ['an answer', text('Entry not found'), 'a text that begins with "Entry not found"'],
    ['an answer in JSON', text('{"error":"Invalid username or password."}'), 'JSON text'],
    ['an index', text('{"metadata": {"total_size": 8}, "weight_map": {"a": "b"}}'), 'an index of shards'],
    ['Keras, HDF5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10), 'an HDF5 file (.h5)'],
    ['Keras, zip', zip('model.weights.h5'), 'a model of Keras (.keras)'],
    ['PyTorch, zip', zip('archive/data.pkl'), 'written by torch.save'],
    ['PyTorch, pickle', Uint8Array.of(0x80, 2, 0x8a, 10), 'a Python pickle, as torch.save wrote'],
    ['another zip', zip('resnet18.safetensors'), 'a ZIP archive that begins with resnet18.safetensors'],
    ['NumPy, one', text('\u0093NUMPY').slice(1), 'an array of NumPy (.npy)'],
    ['NumPy, several', zip('arr_0.npy'), 'arrays of NumPy (.npz)'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), 'gzip-compressed'],
    ['tar', tar(), 'a tar archive'],
    ['GGUF', text('GGUF\0\0\0\u0003'), 'a GGUF file'],
    ['ONNX', Uint8Array.of(8, 8, 0x12, 7, ...text('pytorch')), 'an ONNX file'],
  ])('%s', (_, bytes, what) => {
    const description = describeFile(bytes);
    expect(description?.what).toContain(what);
    expect(description?.remedy).toMatch(/\S/);
  }); // prettier-ignore

  it('knows nothing of other bytes, a damaged safetensors file among them', () => {
    expect(describeFile(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b))).toBeUndefined();
    expect(describeFile(Uint8Array.of(0x7b, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22))).toBeUndefined();
  });

  it('is brief, whatever is in the file', () => {
    expect(describeFile(text('x'.repeat(5_000_000)))?.what.length).toBeLessThan(100);
    expect(describeFile(zip('\u001b[2J'.repeat(40)))?.what).not.toContain('\u001b');
  });
});
