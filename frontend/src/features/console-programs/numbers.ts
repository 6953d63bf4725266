/** Return a share as percent, exactly: "0.05" is "5". What is no number stays as it is. */
export function fromShare(share: string): string {
  return shifted(share, 2);
}

/** Return percent as a share, exactly: "5" is "0.05"; nothing when nothing was typed. */
export function toShare(percent: string): string | undefined {
  return percent.trim() ? shifted(percent.trim(), -2) : undefined;
}

/** Whole numbers are sent as such; anything else as typed, for the server to refuse. */
export function wholeOf(typed: string): number | string {
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : typed;
}

function shifted(text: string, by: 2 | -2): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = `00${whole}${fraction}00`;
  const point = 2 + whole.length + by;
  const front = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const back = digits.slice(point).replace(/0+$/, '');
  return sign + (back ? `${front}.${back}` : front);
}
