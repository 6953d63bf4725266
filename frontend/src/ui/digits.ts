/** Keep the digits of what was typed, pasted or filled in by the phone: "123 456" is a code too. */
export function digits(typed: string): string {
  return typed.replace(/\D/g, '').slice(0, 6);
}
