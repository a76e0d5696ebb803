import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { findChromium } from '@dmnn/test-kit/chromium';
import { type Plugin, build as bundle } from 'esbuild';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PageResult } from './fixtures/page.js';

const executablePath = findChromium();
const packages = fileURLToPath(new URL('../../', import.meta.url));

/** As in the other tests: packages of this repository from their sources. */
const sources: Plugin = {
  name: 'sources',
  setup: (build) => {
    build.onResolve({ filter: /^@dmnn\// }, ({ path }) => {
      const [, name = '', entry = 'index'] = path.split('/');
      return { path: `${packages}${name}/src/${entry}.ts` };
    });
  },
};

describe.skipIf(executablePath === undefined)(
  'layers in a browser (skipped where no Chromium is found; DMNN_CHROMIUM names one)',
  () => {
    it('trains a model with gates, saves it and loads it again', async () => {
      const { outputFiles } = await bundle({
        entryPoints: [fileURLToPath(new URL('./fixtures/page.ts', import.meta.url))],
        bundle: true,
        format: 'esm',
        platform: 'browser',
        target: 'es2022',
        write: false,
        logLevel: 'silent',
        plugins: [sources],
      });
      // localStorage belongs to an origin, which a page without an address has not
      const server = createServer(({ url }, response) => {
        const script = url === '/page.js';
        response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
        response.end(script ? outputFiles[0]?.text : '<script type="module" src="/page.js"></script>');
      }).listen(0, '127.0.0.1');
      const browser = await chromium.launch({
        executablePath: executablePath as string,
        args: ['--no-sandbox'],
      });
      try {
        const page = await browser.newPage();
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        await page.waitForFunction('globalThis.train');
        const result = await page.evaluate<PageResult>('globalThis.train()');
        expect(complaints).toEqual([]);
        expect(result).toMatchObject({ backend: 'cpu', difference: 0, sameGates: true, blocks: 2 });
        expect(result.flopsRate).toBeGreaterThan(0);
        expect(result.losses).toHaveLength(8);
        expect(result.losses.at(-1)).toBeLessThan((result.losses[0] as number) * 0.9);
      } finally {
        await browser.close();
        server.close();
      }
    });
  },
);
