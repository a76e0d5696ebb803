// Imports the files of check-torch-files.py, each without naming its model: files of torch.save must give the same
// architecture and the same weights, bit for bit, as the safetensors file of the same model.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { importTensorFile } from '@dmnn/import';

const [folder = ''] = process.argv.slice(2);
/** @param {string} file */
function imported(file) {
  const { architecture, weights, passedOver } = importTensorFile(readFileSync(join(folder, file)));
  const hash = createHash('sha256').update(JSON.stringify(architecture));
  for (const [name, { data }] of weights) hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)); // prettier-ignore
  return {
    name: architecture.name,
    tensors: weights.size,
    passedOver: passedOver.length,
    digest: hash.digest('hex'),
  };
}

let differences = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.safetensors'))) {
  const base = file.slice(0, -'.safetensors'.length);
  const wanted = imported(file);
  for (const ending of ['pth', 'older.pth', 'ckpt']) {
    const { name, tensors, passedOver, digest } = imported(`${base}.${ending}`);
    const same = digest === wanted.digest;
    if (!same) differences++;
    console.log(`${base}.${ending}: ${name}, ${tensors} tensors, ${passedOver} parts passed over: ${same ? 'as safetensors' : 'DIFFERENT'}`); // prettier-ignore
  }
}
process.exit(differences > 0 ? 1 : 0);
