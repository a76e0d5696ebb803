/// <reference lib="dom" />
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { findChromium } from '@dmnn/test-kit/chromium';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportFigures } from './report-figures.js';
import { reportHtml } from './report-html.js';
import { sampleReportData } from './fixtures/sample-report-data.js';

const executablePath = findChromium();
const data = sampleReportData();

describe.skipIf(executablePath === undefined)(
  'the page in a browser (skipped where no Chromium is found; DMNN_CHROMIUM names one)',
  () => {
    let folder: string;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    const requests: string[] = [];
    const complaints: string[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'dmnn-report-'));
      const file = join(folder, 'report.html');
      await writeFile(file, reportHtml(data));
      browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
      context = await browser.newContext({ offline: true, viewport: { width: 1000, height: 900 } });
      page = await context.newPage();
      page.on('request', (request) => requests.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(pathToFileURL(file).href);
    });

    afterAll(async () => {
      await browser.close();
      await rm(folder, { recursive: true });
    });

    it('loads from its file alone, without console output', () => {
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([page.url()]);
      expect(complaints).toEqual([]);
    });

    it('shows every figure, with its text inside it', async () => {
      const figures = reportFigures(data);
      const shown = await page.locator('figure > svg').evaluateAll((all) =>
        all.map((svg) => {
          const { width, height, left, right, top, bottom } = svg.getBoundingClientRect();
          const outside = [...svg.querySelectorAll('text')].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < left - 1 || box.right > right + 1 || box.top < top - 1 || box.bottom > bottom + 1; // prettier-ignore
          });
          return { width, height, outside: outside.map((text) => text.textContent) };
        }),
      );
      expect(shown).toHaveLength(figures.length);
      for (const { width, height, outside } of shown) {
        expect(width).toBeGreaterThan(300);
        expect(height).toBeGreaterThan(80);
        expect(outside).toEqual([]);
      }
    });

    it('draws no overlapping labels', async () => {
      const overlaps = await page.locator('figure > svg').evaluateAll((all) =>
        all.flatMap((svg) => {
          const texts = [...svg.querySelectorAll('text')].map((text) => ({
            text: text.textContent,
            box: text.getBoundingClientRect(),
          }));
          return texts.flatMap((a, i) =>
            texts.slice(i + 1).flatMap((b) => {
              const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
              const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
              // boxes span a font's full ascent and descent, which no single text uses
              return wide > 1 && high > 4 ? [`${a.text} | ${b.text}`] : [];
            }),
          );
        }),
      );
      expect(overlaps).toEqual([]);
    });

    it('is named and described to a screen reader', async () => {
      for (const { title } of reportFigures(data))
        expect(await page.getByRole('img', { name: title, exact: true }).count()).toBe(1);
      expect(await page.getByRole('img', { name: 'Accuracy against cost' }).ariaSnapshot()).toContain(
        'Accuracy against cost',
      );
      const described = await page.locator('#cost-histogram desc').textContent();
      expect(described).toContain('dynamic-s1: 200 images');
      await page.getByText('Data of the figure: Cost of the test images').click();
      expect(await page.getByRole('table', { name: 'Images by cost' }).isVisible()).toBe(true);
      expect(await page.getByRole('rowheader', { name: 'B dynamic-s1' }).count()).toBeGreaterThan(0);
    });

    it('passes the axe accessibility checks', async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      // the page's own policy forbids scripts, axe among them; this copy is without it
      const open = await context.newPage();
      await open.setContent(reportHtml(data).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''));
      await open.locator('details').evaluateAll((all) => {
        for (const details of all) details.setAttribute('open', '');
      });
      await open.evaluate(axe);
      const { violations } = await open.evaluate<AxeResults>('axe.run()');
      await open.close();
      expect(violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes[0]?.html.slice(0, 200)})`)).toEqual([]); // prettier-ignore
    });

    it('does not scroll sideways on a telephone', async () => {
      await page.setViewportSize({ width: 360, height: 700 });
      const excess = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(excess).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1000, height: 900 });
    });

    it('prints, on few sheets', async () => {
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      const sheets = [...pdf.toString('latin1').matchAll(/\/Type\s*\/Page\b/g)].length;
      expect(sheets).toBeGreaterThan(1);
      expect(sheets).toBeLessThan(9);
    });

    it.each(reportFigures(data).map(({ id, svg }) => [id, svg]))(
      'opens %s.svg by itself',
      async (id, svg) => {
        const file = join(folder, `${id}.svg`);
        await writeFile(file, svg);
        const own = await context.newPage();
        await own.goto(pathToFileURL(file).href);
        expect(await own.evaluate(() => document.documentElement.nodeName)).toBe('svg');
        expect(await own.locator('parsererror').count()).toBe(0);
        await own.close();
      },
    );
  },
);
