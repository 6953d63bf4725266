/** Pure geometry of the design: leaves, wreaths and engravings as SVG path texts. */

const round = (value: number): number => Math.round(value * 10) / 10;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

type Point = readonly [x: number, y: number];

/** One leaf growing up from the origin. */
export function leafPath(length: number, width: number): string {
  return leafAt(length, width, 0, 0, 0);
}

/** One leaf growing from (x, y) in the direction `angle` (degrees, 0 is up). */
export function leafAt(length: number, width: number, x: number, y: number, angle: number): string {
  const [sin, cos] = [Math.sin(radians(angle)), Math.cos(radians(angle))];
  const put = ([px, py]: Point): string =>
    `${round(x + px * cos - py * sin)} ${round(y + px * sin + py * cos)}`;
  const right: Point[] = [
    [width, -length * 0.22],
    [width * 0.92, -length * 0.66],
    [0, -length],
  ];
  const left: Point[] = [
    [-width * 0.92, -length * 0.66],
    [-width, -length * 0.22],
    [0, 0],
  ];
  return `M${put([0, 0])}C${right.map(put).join(' ')}C${left.map(put).join(' ')}Z`;
}

interface Garland {
  readonly centre: Point;
  readonly radius: number;
  readonly pairs: number;
  readonly from: number;
  readonly step: number;
  readonly leaf: Point;
  readonly tilt: (pair: number) => number;
}

/** Two mirrored rows of leaves around a circle, as one path. */
function garland({ centre: [cx, cy], radius, pairs, from, step, leaf, tilt }: Garland): string {
  let path = '';
  for (const side of [-1, 1])
    for (let pair = 0; pair < pairs; pair++) {
      const at = radians(from + pair * step);
      const along = (Math.atan2(side * Math.cos(at), Math.sin(at)) * 180) / Math.PI;
      const [x, y] = [cx + side * radius * Math.sin(at), cy + radius * Math.cos(at)];
      path += leafAt(leaf[0], leaf[1], x, y, along + side * tilt(pair));
    }
  return path;
}

/** The crown of leaves around the first place and above empty states, in a box of 120. */
export const CROWN: string = garland({
  centre: [60, 60],
  radius: 44,
  pairs: 6,
  from: 18,
  step: 21,
  leaf: [20, 5],
  tilt: (pair) => (pair === 5 ? 6 : pair % 2 ? -30 : 32),
});

/** Laurel's own mark, in a box of 28. */
export const MARK: string = garland({
  centre: [14, 14.5],
  radius: 9,
  pairs: 4,
  from: 22,
  step: 34,
  leaf: [8.6, 2.7],
  tilt: () => 14,
});

/** The wreath around the laurel medal, centred on the origin. */
export const MEDAL_WREATH: string = garland({
  centre: [0, 0],
  radius: 44,
  pairs: 8,
  from: 14,
  step: 20,
  leaf: [19, 5],
  tilt: (pair) => (pair === 7 ? 4 : pair % 2 ? -30 : 34),
});

export interface Leaf {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

export const WREATH = { centre: [150, 146], radius: 106, from: 13, to: 146 } as const;

/** Where the `count` leaves of a wreath grow: in pairs from the stem upward, left first. */
export function wreathLeaves(count: number): Leaf[] {
  const { centre, radius, from, to } = WREATH;
  const pairs = Math.ceil(count / 2);
  const step = (to - from) / (pairs - 0.4);
  return Array.from({ length: count }, (_, index) => {
    const side = index % 2 ? 1 : -1;
    const pair = Math.floor(index / 2);
    const at = radians(from + step * (pair + 0.18));
    const along = (Math.atan2(side * Math.cos(at), Math.sin(at)) * 180) / Math.PI;
    const tilt = pair === pairs - 1 ? 4 : pair % 2 ? -26 : 30;
    return {
      x: round(centre[0] + side * radius * Math.sin(at)),
      y: round(centre[1] + radius * Math.cos(at)),
      angle: round(along + side * tilt),
    };
  });
}

/** Both stems of the wreath and their crossing at the foot. */
export const WREATH_STEM: string = [-1, 1]
  .map((side) => {
    let path = '';
    for (let degrees = 4; degrees <= WREATH.to - 4; degrees += 8) {
      const at = radians(degrees);
      const x = round(WREATH.centre[0] + side * WREATH.radius * Math.sin(at));
      path += `${path ? 'L' : 'M'}${x} ${round(WREATH.centre[1] + WREATH.radius * Math.cos(at))}`;
    }
    return path;
  })
  .join('')
  .concat('M138 262q12 -13 24 -13M162 262q-12 -13 -24 -13');

/** The outline of `count` ellipses turned around the origin, like the rosettes on banknotes. */
export function rosettePath(rx: number, ry: number, count: number, turn = 0): string {
  let path = '';
  for (let index = 0; index < count; index++) {
    const degrees = (index * 180) / count + turn;
    const [dx, dy] = [rx * Math.cos(radians(degrees)), rx * Math.sin(radians(degrees))];
    const radii = `A${round(rx)} ${round(ry)} ${round(degrees)} 1 0 `;
    path += `M${round(-dx)} ${round(-dy)}${radii}${round(dx)} ${round(dy)}${radii}${round(-dx)} ${round(-dy)}`;
  }
  return path;
}

/** A band of fine waves, as on share certificates. */
export function wavesPath(width: number, height: number, count: number): string {
  const [amplitude, length] = [14, 60];
  let path = '';
  for (let row = 0; row < count; row++)
    for (let x = -10; x <= width + 10; x += 6) {
      const swing = Math.sin((x / length) * 2 * Math.PI + row * 0.35) * amplitude;
      const y = height / 2 + swing * Math.cos((x / width) * 3 + row * 0.2);
      path += `${x === -10 ? 'M' : 'L'}${x} ${round(y + ((row - count / 2) * height * 0.75) / count)}`;
    }
  return path;
}

/** A closed wavy circle: the shape of the gold medal. */
export function scallopPath(waves: number, radius: number, depth: number): string {
  const steps = waves * 12;
  let path = '';
  for (let index = 0; index <= steps; index++) {
    const at = (index / steps) * 2 * Math.PI;
    const r = radius + depth * Math.cos(waves * at);
    path += `${index ? 'L' : 'M'}${round(r * Math.sin(at))} ${round(-r * Math.cos(at))}`;
  }
  return `${path}Z`;
}

export function polygonPath(sides: number, radius: number): string {
  let path = '';
  for (let index = 0; index < sides; index++) {
    const at = (index / sides) * 2 * Math.PI;
    path += `${index ? 'L' : 'M'}${round(radius * Math.sin(at))} ${round(-radius * Math.cos(at))}`;
  }
  return `${path}Z`;
}

export function circlePath(radius: number, cx = 0, cy = 0): string {
  return `M${cx - radius} ${cy}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
}

/** The points of a sparkline inside width x height, first value left. */
export function sparkPoints(values: readonly number[], width: number, height: number): Point[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  const gaps = Math.max(1, values.length - 1);
  return values.map((value, index) => [
    round(3 + (index * (width - 8)) / gaps),
    round(height - 5 - ((value - low) / span) * (height - 10)),
  ]);
}

/** A bar with one round corner at its top left, standing on `floor`. */
export function barPath(x: number, width: number, height: number, floor: number): string {
  const corner = Math.min(9, height, width / 2);
  const top = floor - height;
  return `M${round(x)} ${floor}V${round(top + corner)}q0 ${-corner} ${corner} ${-corner}H${round(x + width - 2)}q2 0 2 2V${floor}Z`;
}
