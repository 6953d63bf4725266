// Draws the icons of the app from the mark (public/icons). Needs a Chromium: CHROMIUM=/usr/bin/chromium.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { MARK } from '../src/ui/drawing.ts';

const folder = new URL('../public/icons/', import.meta.url);
const GROUND = 'oklch(.285 .051 152)';
const LEAF = 'oklch(.8 .0975 152)';

/** Side, share of the side that the mark fills, and roundness of the ground. */
const ICONS = [
  { name: '180.png', side: 180, fill: 0.66, corner: 0 },
  { name: '192.png', side: 192, fill: 0.7, corner: 0.22 },
  { name: '512.png', side: 512, fill: 0.7, corner: 0.22 },
  { name: 'maskable-512.png', side: 512, fill: 0.56, corner: 0 },
];

mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL('mark.svg', folder),
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">' +
    '<style>path{fill:#255635}@media (prefers-color-scheme:dark){path{fill:#8dd09f}}</style>' +
    `<path d="${MARK}"/></svg>\n`,
);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage();
for (const { name, side, fill, corner } of ICONS) {
  await page.setViewportSize({ width: side, height: side });
  await page.setContent(
    `<style>body{margin:0}div{display:grid;place-items:center;width:${side}px;height:${side}px;` +
      `background:${GROUND};border-radius:${corner * side}px}</style>` +
      `<div><svg width="${fill * side}" viewBox="0 0 28 28" fill="${LEAF}"><path d="${MARK}"/></svg></div>`,
  );
  await page.screenshot({ path: fileURLToPath(new URL(name, folder)), omitBackground: true });
}
await browser.close();
