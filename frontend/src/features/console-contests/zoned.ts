const DAY = 86_400_000;

/**
 * Return the instant at which a clock on a wall in `zone` shows `wall` ("2026-11-16T09:00").
 *
 * An hour that comes twice is meant the first time; one that is skipped is read as if it were not.
 */
export function toInstant(wall: string, zone: string): string {
  const asUtc = Date.parse(`${wall}:00Z`);
  const offsets = [offsetAt(asUtc - DAY, zone), offsetAt(asUtc + DAY, zone)] as const;
  const fits = offsets.map((o) => asUtc - o).filter((at) => at + offsetAt(at, zone) === asUtc);
  return new Date(fits.length ? Math.min(...fits) : asUtc - offsets[0]).toISOString();
}

/** Return what a clock on a wall in `zone` shows at an instant. */
export function toWall(instant: string, zone: string): string {
  const at = Date.parse(instant);
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 16);
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds that a clock in `zone` is ahead of UTC. */
function offsetAt(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const read = (type: string): number =>
    Number(parts.find((part) => part.type === type)?.value ?? 0);
  const shown = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return shown - Math.floor(at / 1000) * 1000;
}
