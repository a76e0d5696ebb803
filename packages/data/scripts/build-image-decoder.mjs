// Compiles native/ and libjpeg-turbo into src/image-decoder.generated.ts. Needed only after a change there:
//   python3 -m venv build-tools && build-tools/bin/pip install ziglang==0.17.1
//   node scripts/build-image-decoder.mjs LIBJPEG_TURBO build-tools/bin/python
// LIBJPEG_TURBO is the unpacked source release of the version below. Zig brings clang and the headers of C for
// WebAssembly; neither is a dependency of the workspace, because they are big and rarely needed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '3.1.0';
const zig = '0.17.1';
const [library, python = 'python3'] = process.argv.slice(2);
if (!library) throw new Error('usage: node scripts/build-image-decoder.mjs LIBJPEG_TURBO [PYTHON]');
const cmake = readFileSync(join(library, 'CMakeLists.txt'), 'utf8');
if (!cmake.includes(`set(VERSION ${version})`))
  throw new Error(`${library}: expected libjpeg-turbo ${version}`);
const found = execFileSync(python, ['-m', 'ziglang', 'version'], { encoding: 'utf8' }).trim();
if (found !== zig) throw new Error(`${python} -m ziglang: expected version ${zig}, got ${found}`);

const root = fileURLToPath(new URL('..', import.meta.url));
const native = join(root, 'native');
const folder = mkdtempSync(join(tmpdir(), 'dmnn-'));

// what is needed to decompress 8 bits by Huffman or arithmetic codes, at once or progressively
const parts = [
  'jcomapi jdapimin jdapistd jdarith jaricom jdcoefct jdcolor jddctmgr jdhuff jdinput jdmainct jdmarker jdmaster',
  'jdphuff jdpostct jdsample jidctflt jidctfst jidctint jidctred jmemmgr jutils',
].flatMap((names) => names.split(' '));

const configuration = {
  'jconfig.h': [
    '#define JPEG_LIB_VERSION 62',
    `#define LIBJPEG_TURBO_VERSION ${version}`,
    '#define LIBJPEG_TURBO_VERSION_NUMBER 3001000',
    '#define D_ARITH_CODING_SUPPORTED 1',
    '#define WITH_SIMD 1',
    '#define BITS_IN_JSAMPLE 8',
  ],
  'jconfigint.h': [
    '#define HIDDEN',
    '#undef inline',
    '#define INLINE __inline__ __attribute__((always_inline))',
    '#define THREAD_LOCAL',
    '#define PACKAGE_NAME "libjpeg-turbo"',
    `#define VERSION "${version}"`,
    '#define SIZEOF_SIZE_T 4',
    '#define FALLTHROUGH __attribute__((fallthrough));',
  ],
  'jversion.h': ['#define JVERSION "6b"', '#define JCOPYRIGHT ""', '#define JCOPYRIGHT_SHORT ""'],
};

try {
  cpSync(join(library, 'src'), folder, { recursive: true });
  for (const [name, lines] of Object.entries(configuration)) {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  }
  const replace = (name, ...pairs) => {
    const path = join(folder, name);
    let text = readFileSync(path, 'utf8');
    for (const [from, to] of pairs) {
      if (!text.includes(from)) throw new Error(`${name}: expected to find ${JSON.stringify(from)}`);
      text = text.replace(from, to);
    }
    writeFileSync(path, text);
  };
  replace(
    'jdhuff.h',
    // WebAssembly has registers of 64 bits, though its addresses have 32
    ['#elif defined(__x86_64__) && defined(__ILP32__)', '#elif defined(__wasm32__)'],
    ['} d_derived_tbl;', '  int fast[1 << 9]; /* of native/huffman.h */\n} d_derived_tbl;'],
  );
  replace(
    'jdhuff.c',
    [
      '/*\n * Compute the derived values for a Huffman table',
      '#include "huffman.h"\n\n/*\n * Compute the derived values for a Huffman table',
    ],
    ['  /* Validate symbols', '  fill_fast_table(dtbl);\n\n  /* Validate symbols'],
    [
      'decode_mcu_fast(j_decompress_ptr cinfo, JBLOCKROW *MCU_data)\n{',
      'decode_mcu_as_it_was(j_decompress_ptr cinfo, JBLOCKROW *MCU_data)\n{',
    ],
  );
  // each side of a block is reduced as far as its component's sampling needs, not both as far as one of them
  const rowsOf = (before, after = '') => [
    `${before}compptr->_DCT_scaled_size${after}`,
    `${before}compptr->_DCT_v_scaled_size${after}`,
  ];
  replace('jpegapicomp.h', [
    '#define _DCT_v_scaled_size  DCT_scaled_size',
    '#define _DCT_v_scaled_size  DCT_scaled_rows',
  ]);
  replace('jpeglib.h', ['  int DCT_scaled_size;', '  int DCT_scaled_size, DCT_scaled_rows;']);
  replace('jdinput.c', [
    'compptr->DCT_scaled_size = ',
    'compptr->DCT_scaled_rows = compptr->DCT_scaled_size = ',
  ]);
  replace(
    'jdmaster.c',
    [
      'compptr->DCT_scaled_size = ssize;',
      `compptr->DCT_scaled_size = compptr->DCT_scaled_rows = cinfo->_min_DCT_scaled_size;
      while (compptr->DCT_scaled_size < DCTSIZE && (cinfo->max_h_samp_factor * cinfo->_min_DCT_scaled_size) %
             (compptr->h_samp_factor * compptr->DCT_scaled_size * 2) == 0) compptr->DCT_scaled_size *= 2;
      while (compptr->DCT_scaled_rows < DCTSIZE && (cinfo->max_v_samp_factor * cinfo->_min_DCT_scaled_size) %
             (compptr->v_samp_factor * compptr->DCT_scaled_rows * 2) == 0) compptr->DCT_scaled_rows *= 2;`,
    ],
    rowsOf('(compptr->v_samp_factor *\n                             '),
  );
  replace(
    'jdcoefct.c',
    rowsOf('yoffset * '),
    rowsOf('output_ptr += '),
    rowsOf('output_ptr += '),
    rowsOf('output_ptr += '),
  );
  replace(
    'jdmainct.c',
    rowsOf('(compptr->v_samp_factor * ', ') /'),
    rowsOf('(compptr->v_samp_factor * ', ') /'),
    rowsOf('iMCUheight = compptr->v_samp_factor * '),
    rowsOf('(compptr->v_samp_factor * ', ') /'),
  );
  replace('jdmainct.h', rowsOf('(compptr->v_samp_factor * '));
  replace('jdsample.c', rowsOf('v_in_group = (compptr->v_samp_factor * '));
  replace('jdhuff.c', [
    '(compptr->_DCT_scaled_size > 1)',
    '(compptr->_DCT_scaled_size > 1 || compptr->_DCT_v_scaled_size > 1)',
  ]);
  replace(
    'jddctmgr.c',
    [
      '    switch (compptr->_DCT_scaled_size) {',
      '    if (compptr->_DCT_scaled_size != compptr->_DCT_v_scaled_size) {\n' +
        '      method_ptr = idct_of_unequal_sides;\n      method = JDCT_ISLOW;\n' +
        '    } else switch (compptr->_DCT_scaled_size) {',
    ],
    [
      '/*\n * Prepare for an output pass.',
      'EXTERN(void) idct_of_unequal_sides(j_decompress_ptr, jpeg_component_info *, JCOEFPTR, JSAMPARRAY, JDIMENSION);\n\n' +
        '/*\n * Prepare for an output pass.',
    ],
  );

  const own = readdirSync(native).sort();
  const compile = (...options) =>
    execFileSync(python, ['-m', 'ziglang', 'cc', '-target', 'wasm32-wasi', ...options], { stdio: 'inherit' });
  const shared = [
    '-O3',
    '-flto',
    '-mcpu=generic+simd128+bulk_memory+sign_ext+nontrapping_fptoint+mutable_globals',
  ];
  const sources = [
    ...parts.map((part) => join(folder, `${part}.c`)),
    ...own.filter((name) => name.endsWith('.c')).map((name) => join(native, name)),
  ];
  const objects = sources.map((source, at) => {
    const object = join(folder, `${at}.o`);
    const options = [
      '-fno-stack-protector',
      '-DNO_GETENV',
      '-DNO_PUTENV',
      `-I${folder}`,
      `-I${native}`,
      '-w',
    ];
    compile(...shared, ...options, '-c', source, '-o', object);
    return object;
  });
  const out = join(folder, 'decoder.wasm');
  const link = ['--no-entry', '--strip-all', '--export=__stack_pointer', '-z,stack-size=262144'];
  compile(...shared, '-nostdlib', ...objects, ...link.map((option) => `-Wl,${option}`), '-o', out);

  const digest = createHash('sha256');
  for (const name of own) digest.update(readFileSync(join(native, name)));
  const lines = readFileSync(out)
    .toString('base64')
    .match(/.{1,100}/g);
  writeFileSync(
    join(root, 'src', 'image-decoder.generated.ts'),
    `// Compiled by scripts/build-image-decoder.mjs from native/ and libjpeg-turbo ${version} with Zig ${zig}. Do not edit.\n` +
      '// libjpeg-turbo: NOTICE in this package.\n' +
      `export const sourceDigest = '${digest.digest('hex')}';\n` +
      `export const imageDecoder: string =\n  ${lines?.map((line) => `'${line}'`).join(' +\n  ')};\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
