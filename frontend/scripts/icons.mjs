// Turns the Lucide icons named here into one path each (src/ui/icons), so that a page ships only what it draws.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const NAMES = `
  archive banknote arrow-down arrow-left arrow-right arrow-up award badge-check ban bell bell-off book-open
  calculator calendar-check calendar-days calendar-x-2 check check-check chevron-down chevron-left
  chevron-right chevron-up circle-alert circle-check circle-question-mark clock clock-arrow-up cloud-off coins
  contrast copy credit-card crown database download ellipsis-vertical equal eye eye-off file-check
  file-input file-spreadsheet file-text file-exclamation-point funnel fingerprint-pattern flag flame gift globe
  hand-coins handshake rotate-ccw-clock hourglass inbox info key-round landmark languages layers
  layout-dashboard link list-filter lock log-out mail map-pin medal menu message-circle-question-mark
  message-square-reply messages-square minus monitor moon network package package-open pause pencil
  pencil-ruler percent phone piggy-bank play plus qr-code receipt-text refresh-cw rocket rotate-ccw
  save scale scan-line scroll-text search send settings share-2 shield-check sliders-horizontal
  smartphone sparkles star store sun sun-medium sunrise target ticket trash trending-up
  triangle-alert trophy undo-2 unlink unplug upload user-plus user-round user-round-check
  user-round-x users wallet wallet-cards wifi-off wrench x zap
`
  .trim()
  .split(/\s+/);

const folder = new URL('../src/ui/icons/', import.meta.url);
const nodes = JSON.parse(
  readFileSync(new URL('../node_modules/lucide-static/icon-nodes.json', import.meta.url), 'utf8'),
);

const n = Number;
const arc = (cx, cy, rx, ry) =>
  `M${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;

/** A path may open with a relative "m", which is absolute only while it comes first. */
function absolute(d) {
  const match = /^\s*m\s*(-?[\d.]+)[\s,]*(-?(?:\d+\.?\d*|\.\d+))\s*/.exec(d);
  if (!match) return d;
  const rest = d.slice(match[0].length);
  return `M${match[1]} ${match[2]}${/^[-.\d]/.test(rest) ? 'l' : ''}${rest}`;
}

function rect({ x = 0, y = 0, width, height, rx = 0, ry = rx }) {
  const [w, h, r, s] = [n(width), n(height), n(rx), n(ry)];
  if (r === 0) return `M${x} ${y}h${w}v${h}h${-w}z`;
  const corner = (dx, dy) => `a${r} ${s} 0 0 1 ${dx} ${dy}`;
  return (
    `M${n(x) + r} ${y}h${w - 2 * r}${corner(r, s)}v${h - 2 * s}${corner(-r, s)}` +
    `h${2 * r - w}${corner(-r, -s)}v${2 * s - h}${corner(r, -s)}z`
  );
}

const shapes = {
  path: ({ d }) => absolute(d),
  circle: ({ cx, cy, r }) => arc(n(cx), n(cy), n(r), n(r)),
  ellipse: ({ cx, cy, rx, ry }) => arc(n(cx), n(cy), n(rx), n(ry)),
  line: ({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`,
  polyline: ({ points }) => `M${points}`,
  polygon: ({ points }) => `M${points}z`,
  rect,
};

function pathOf(name) {
  const icon = nodes[name];
  if (!icon) throw new Error(`Lucide has no icon "${name}".`);
  return icon.map(([shape, attributes]) => shapes[shape](attributes)).join('');
}

const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const name of NAMES)
  writeFileSync(new URL(`${name}.ts`, folder), `export default '${pathOf(name)}';\n`);
writeFileSync(
  new URL('index.ts', folder),
  [
    '// Written by scripts/icons.mjs from Lucide (ISC licence). Add a name there to add an icon.',
    '/** The outline of an icon on a 24 by 24 grid. */',
    'export type IconPath = string;',
    ...NAMES.map((name) => `export { default as ${camel(name)} } from './${name}';`),
    '',
  ].join('\n'),
);
